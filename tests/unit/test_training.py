"""Training: what it aims at, what it keeps, when it stops, how it goes on after a kill."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tf_keras

from tests.small_net import accuracy, build, lessons, trained
from tests.training_context import Workplace
from tflite_ui.core.errors import ConversionFailed, DataMismatch
from tflite_ui.core.training import FineTuningParams, TrainingSet
from tflite_ui.training.batch_norm import reestimate
from tflite_ui.training.fit import Task, fit
from tflite_ui.training.heads import heads
from tflite_ui.training.objective import objective
from tflite_ui.training.teaching import teaching
from tflite_ui.training.watch import patience

ROOT = Path(__file__).parents[2]


def task(model: Any, data: TrainingSet, **settings: Any) -> Task:
    params = FineTuningParams(**settings)
    return Task("pruning", model, objective(model, data, params), data, params)


def workplace(folder: Path, data: TrainingSet, **more: Any) -> Workplace:
    return Workplace(folder, None, data, **more)


def test_training_learns_tells_and_keeps_the_best_epoch(tmp_path: Path) -> None:
    data, model = lessons(), build()
    place = workplace(tmp_path, data)
    fit(task(model, data, epochs=4, learning_rate=3e-3, targets="labels"), place)
    losses = [point.metrics["val_loss"] for point in place.curve]
    assert [(point.epoch, point.of) for point in place.curve] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert set(place.curve[0].metrics) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert place.told == sorted(place.told)
    assert place.told[-1] <= 1.0
    model.compile(loss="sparse_categorical_crossentropy")
    x = {name: values[data.training :] for name, values in data.inputs.items()}
    found = model.evaluate(x["image"], data.labels["label"][data.training :], verbose=0, batch_size=64)
    assert found == pytest.approx(min(losses), rel=1e-3)


def test_it_stops_when_nothing_improves(tmp_path: Path) -> None:
    data = lessons(labels=False)
    place = workplace(tmp_path, data)
    fit(task(trained(), data, epochs=30, learning_rate=0.3), place)
    losses = [point.metrics["val_loss"] for point in place.curve]
    assert len(losses) == int(np.argmin(losses)) + 1 + patience(30) < 30


def test_a_long_training_is_waited_for_longer() -> None:
    assert [patience(epochs) for epochs in (1, 15, 16, 30)] == [3, 3, 4, 7]


def test_the_user_stops_it_and_the_best_so_far_stays(tmp_path: Path) -> None:
    data = lessons()
    place = workplace(tmp_path, data, stop_after=1)
    fit(task(build(), data, epochs=30), place)
    assert len(place.curve) == 2


def test_time_is_up(tmp_path: Path) -> None:
    data = lessons()
    place = workplace(tmp_path, data)
    begin = time.monotonic()
    fit(task(build(), data, epochs=1000, minutes=0.05), place)
    assert time.monotonic() - begin < 30
    assert 1 <= len(place.curve) < 1000


def test_no_epochs_is_no_training(tmp_path: Path) -> None:
    data, model = lessons(), trained()
    before = model.get_weights()
    fit(task(model, data, epochs=0), workplace(tmp_path, data))
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_loss_that_is_no_number_is_said(tmp_path: Path) -> None:
    bad = dataclasses.replace(of(None), inputs={"x": np.full((12, 4), np.nan, np.float32)})
    with pytest.raises(ConversionFailed, match="loss became nan in epoch 1"):
        fit(task(head("linear"), bad, epochs=2), workplace(tmp_path, bad))


def test_a_frozen_model_is_said(tmp_path: Path) -> None:
    data, model = lessons(), trained()
    model.trainable = False
    with pytest.raises(ConversionFailed, match="frozen"):
        fit(task(model, data, epochs=1), workplace(tmp_path, data))


def test_too_few_samples_are_said(tmp_path: Path) -> None:
    data = dataclasses.replace(lessons(), training=4)
    with pytest.raises(DataMismatch, match="4 samples"):
        fit(task(trained(), data, epochs=1), workplace(tmp_path, data))


KILLED = """
import sys
from pathlib import Path
from tests.small_net import build, lessons
from tests.unit.test_training import task, workplace
from tflite_ui.training.fit import fit
data = lessons()
class Loud(type(workplace(Path(sys.argv[1]), data))):
    def epoch(self, point):
        print(point.epoch, flush=True)
fit(task(build(), data, epochs=6), Loud(Path(sys.argv[1]), None, data))
print("done", flush=True)
"""


@pytest.mark.worker
def test_a_killed_training_goes_on_at_its_last_epoch(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as first:
        assert first.stdout is not None
        heard = [first.stdout.readline().strip() for _ in range(3)]
        first.kill()
    again = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True).stdout.split()
    assert heard == ["1", "2", "3"]
    assert again[0] in ("3", "4")
    assert again[-2:] == ["6", "done"]


def test_a_training_that_has_ended_is_not_done_again(tmp_path: Path) -> None:
    """A step of several trainings may be killed in a later one."""
    data, first, again = lessons(), build(), build()
    place = workplace(tmp_path, data)
    fit(task(first, data, epochs=2), place)
    fit(task(again, data, epochs=2), place)
    assert len(place.curve) == 2
    for old, new in zip(first.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_statistics_are_brought_up_to_date() -> None:
    data, model = lessons(), trained()
    right = accuracy(model)
    norm = model.get_layer("stem_bn")
    norm.set_weights([*norm.get_weights()[:2], norm.get_weights()[2] + 0.5, norm.get_weights()[3] * 9.0])
    spoilt, momentum = accuracy(model), norm.momentum
    reestimate(model, data.inputs)
    assert spoilt < right - 0.1
    assert accuracy(model) > right - 0.03
    assert norm.momentum == momentum


def head(activation: str, units: int = 3, softmax: bool = False) -> Any:
    x = tf_keras.Input((4,))
    y = tf_keras.layers.Dense(units, activation=activation, name="out")(x)
    return tf_keras.Model(x, tf_keras.layers.Softmax()(y) if softmax else y)


def of(labels: Any, outputs: np.ndarray | None = None) -> TrainingSet:
    n = 12
    originals = np.full((n, 3), 1 / 3, np.float32) if outputs is None else outputs
    return TrainingSet(
        {"x": np.ones((n, 4), np.float32)}, {} if labels is None else {"out": labels}, {"out": originals}, 10
    )


@pytest.mark.parametrize(
    ("model", "found"),
    [
        (head("softmax"), "softmax"),
        (head("linear", softmax=True), "softmax"),
        (head("sigmoid"), "sigmoid"),
        (head("linear"), "linear"),
        (head("relu"), "linear"),
    ],
)
def test_heads_are_told_apart(model: Any, found: str) -> None:
    assert heads(model) == (found,)


CLASSES = np.arange(12) % 3


@pytest.mark.parametrize(
    ("model", "labels", "loss"),
    [
        (head("softmax"), CLASSES, "CategoricalCrossentropy"),
        (head("linear"), CLASSES, "CategoricalCrossentropy"),
        (head("sigmoid", 1), CLASSES % 2, "BinaryCrossentropy"),
        (head("linear", 1), CLASSES.astype(np.float32) / 2, "MeanSquaredError"),
        (head("softmax"), None, "CategoricalCrossentropy"),
        (head("sigmoid"), None, "BinaryCrossentropy"),
        (head("linear"), None, "MeanSquaredError"),
    ],
)
def test_the_loss_fits_the_head_and_the_labels(model: Any, labels: Any, loss: str) -> None:
    found = objective(model, of(labels), FineTuningParams())
    assert type(found.losses[0]).__name__ == loss
    assert len(found.targets[0]) == 12


@pytest.mark.parametrize("targets", ["auto", "labels"])
def test_a_linear_head_with_classes_gives_logits(targets: Any) -> None:
    (loss,) = objective(head("linear"), of(CLASSES), FineTuningParams(targets=targets)).losses
    assert loss.get_config()["from_logits"]


@pytest.mark.parametrize(("activation", "made"), [("softmax", np.asarray), ("linear", np.log)])
def test_labels_and_the_originals_doubts_both_count(activation: str, made: Any) -> None:
    likely = np.tile(np.float32([0.7, 0.2, 0.1]), (12, 1))
    (found,) = objective(head(activation), of(CLASSES, made(likely)), FineTuningParams()).targets
    np.testing.assert_allclose(found[2], [0.35, 0.1, 0.55], atol=1e-6)
    np.testing.assert_array_equal(found.argmax(axis=1), CLASSES)
    (alone,) = objective(head(activation), of(CLASSES), FineTuningParams(targets="labels")).targets
    np.testing.assert_array_equal(alone, CLASSES)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (CLASSES + 1, "A label is 3, but the model has 3 classes"),
        (CLASSES - 1, "A label is -1"),
        (np.full(12, 2), "All labels are 2"),
        (CLASSES + 0.5, "numbers with fractions"),
    ],
)
def test_labels_that_do_not_fit_are_said(labels: Any, said: str) -> None:
    with pytest.raises(DataMismatch, match=said):
        objective(head("softmax"), of(labels), FineTuningParams())


@pytest.mark.parametrize(
    ("model", "labels", "compiled", "chosen", "loss"),
    [
        (head("linear", 1), CLASSES / 2, "mean_absolute_error", "auto", "MeanAbsoluteError"),
        (head("linear", 1), CLASSES / 2, "mean_absolute_error", "huber", "Huber"),
        (head("linear", 1), CLASSES % 2, "binary_crossentropy", "auto", "BinaryCrossentropy"),
        (head("linear", 1), CLASSES % 2, "auto", "auto", "MeanSquaredError"),
        (head("sigmoid"), CLASSES, "crossentropy", "auto", "CategoricalCrossentropy"),
        (head("softmax"), CLASSES, "mean_squared_error", "auto", "MeanSquaredError"),
        (head("linear"), None, "mean_absolute_error", "auto", "MeanAbsoluteError"),
        (head("softmax"), None, "mean_squared_error", "auto", "CategoricalCrossentropy"),
    ],
)
def test_the_loss_is_the_one_asked_for_or_compiled(
    model: Any, labels: Any, compiled: Any, chosen: Any, loss: str
) -> None:
    data = dataclasses.replace(of(labels), losses=(compiled,))
    found = objective(model, data, FineTuningParams(loss=chosen))
    assert type(found.losses[0]).__name__ == loss
    answers = np.full((12, *model.outputs[0].shape[1:]), 0.3, np.float32)
    assert np.isfinite(np.asarray(found.losses[0](found.targets[0], answers)))


def test_a_binary_answer_in_logits_counts_as_right_above_zero() -> None:
    found = objective(head("linear", 1), of(CLASSES % 2), FineTuningParams(loss="binary_crossentropy"))
    assert found.losses[0].get_config()["from_logits"]
    logits = np.where(found.targets[0] > 0, 0.1, -0.1).astype(np.float32)
    assert float(found.metrics[0](found.targets[0], logits)) == 1.0


def test_a_loss_that_does_not_fit_is_said() -> None:
    asked = FineTuningParams(loss="crossentropy")
    with pytest.raises(DataMismatch, match="fractions"):
        objective(head("linear", 1), of(CLASSES + 0.5), asked)
    with pytest.raises(DataMismatch, match="an output for each class"):
        objective(head("linear", 1), of(CLASSES % 2), asked)


def test_labels_can_be_insisted_on() -> None:
    with pytest.raises(DataMismatch, match="the data has none"):
        objective(head("softmax"), of(None), FineTuningParams(targets="labels"))


def test_a_student_is_taught_by_logits_not_by_probabilities() -> None:
    """At the teacher's own logits the loss is least, whatever is added to all of them."""
    logits = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32) * 4
    (loss,) = teaching(head("softmax"), of(None), [logits], "auto", 3.0, 0.9).losses
    joined = np.concatenate([logits, np.full((12, 1), -1.0, np.float32)], axis=1)
    at_home = np.asarray(loss(joined, logits + 2.0))
    elsewhere = np.asarray(loss(joined, np.zeros_like(logits)))
    np.testing.assert_allclose(at_home, 0.0, atol=1e-4)
    assert np.all(elsewhere > 0.05)


def test_a_student_hears_the_labels_as_well() -> None:
    logits = np.zeros((12, 3), np.float32)
    found = teaching(head("softmax"), of(CLASSES), [logits], "auto", 3.0, 0.5)
    right = np.eye(3, dtype=np.float32)[CLASSES] * 5
    losses = [np.asarray(found.losses[0](found.targets[0], answer)).mean() for answer in (right, -right)]
    assert losses[0] < losses[1]
