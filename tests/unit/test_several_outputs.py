"""Labels of several outputs: read from a file, learnt from, each output's in its own way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tf_keras

from tests.training_context import SOURCE, Workplace
from tflite_ui.core.errors import DataMismatch
from tflite_ui.core.model import ModelSource, TensorSpec
from tflite_ui.core.training import FineTuningParams, TrainingSet
from tflite_ui.datasets.split import evaluation
from tflite_ui.datasets.training import training_material
from tflite_ui.training.fit import Task, fit, outputs
from tflite_ui.training.objective import objective
from tflite_ui.training.teaching import teaching

TWO_HEADED: ModelSource = SOURCE.model_copy(
    update={
        "inputs": (TensorSpec(name="signal", shape=(None, 6), dtype="float32"),),
        "outputs": (
            TensorSpec(name="kind", shape=(None, 3), dtype="float32"),
            TensorSpec(name="size", shape=(None, 1), dtype="float32"),
        ),
    }
)


def net() -> Any:
    """Untrained: what it learns, it learns from labels."""
    tf_keras.utils.set_random_seed(2)
    x = tf_keras.Input((6,), name="signal")
    h = tf_keras.layers.Dense(16, activation="relu")(x)
    kind = tf_keras.layers.Dense(3, activation="softmax", name="kind")(h)
    return tf_keras.Model(x, [kind, tf_keras.layers.Dense(1, name="size")(h)])


def file(folder: Path, *kept: str) -> Path:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(600, 6)).astype(np.float32)
    labels = {"y_kind": x[:, :3].argmax(1), "y_size": 3 * x[:, 3] - x[:, 4]}
    np.savez(folder / "d.npz", x=x, **{name: labels[name] for name in kept})
    return folder / "d.npz"


def lessons(path: Path, model: Any) -> TrainingSet:
    found = training_material(path, None, TWO_HEADED, seed=0)
    originals = dict(zip(("kind", "size"), outputs(model, found.inputs), strict=True))
    return TrainingSet(found.inputs, found.labels, originals, found.training)


def right(model: Any, data: TrainingSet) -> tuple[float, float]:
    """Accuracy of the one head, mean absolute error of the other, on the validation samples."""
    kind, size = (values[data.training :] for values in outputs(model, data.inputs))
    wanted = {name: values[data.training :] for name, values in data.labels.items()}
    return float(np.mean(kind.argmax(1) == wanted["kind"])), float(
        np.mean(np.abs(size[:, 0] - wanted["size"]))
    )


def test_both_heads_learn_from_their_labels(tmp_path: Path) -> None:
    model = net()
    data = lessons(file(tmp_path, "y_kind", "y_size"), model)
    before = right(model, data)
    params = FineTuningParams(epochs=25, learning_rate=0.02, batch_size=32, targets="labels")
    fit(Task("labels", model, objective(model, data, params), data, params), Workplace(tmp_path, model, data))
    after = right(model, data)
    assert before[0] < 0.6 < 0.85 < after[0]
    assert after[1] < before[1] / 3


def test_an_output_without_labels_learns_from_the_originals_answers(tmp_path: Path) -> None:
    model = net()
    data = lessons(file(tmp_path, "y_size"), model)
    found = objective(model, data, FineTuningParams())
    np.testing.assert_array_equal(found.targets[0], data.originals["kind"])
    np.testing.assert_allclose(found.targets[1][:, 0], data.labels["size"])
    untold = objective(model, data, FineTuningParams(targets="original"))
    np.testing.assert_array_equal(untold.targets[1], data.originals["size"])


def test_a_loss_that_is_asked_for_is_for_outputs_of_its_kind(tmp_path: Path) -> None:
    model = net()
    data = lessons(file(tmp_path, "y_kind", "y_size"), model)
    found = objective(model, data, FineTuningParams(loss="huber"))
    assert [type(loss).__name__ for loss in found.losses] == ["CategoricalCrossentropy", "Huber"]
    found = objective(model, data, FineTuningParams(loss="crossentropy"))
    assert [type(loss).__name__ for loss in found.losses] == ["CategoricalCrossentropy", "MeanSquaredError"]


def test_labels_that_do_not_fit_name_their_output(tmp_path: Path) -> None:
    model = net()
    data = lessons(file(tmp_path, "y_kind", "y_size"), model)
    data.labels["kind"] = data.labels["kind"] + 1
    with pytest.raises(DataMismatch, match="y_kind: A label is 3, but the model has 3 classes"):
        objective(model, data, FineTuningParams())
    data.labels["kind"] = data.labels["kind"] - 1
    data.labels["size"] = np.ones((data.samples, 2), np.float32)
    with pytest.raises(DataMismatch, match="y_size: The labels hold 2 values a sample, but the output has 1"):
        objective(model, data, FineTuningParams())


def test_labels_that_name_no_output_teach_nothing_and_say_so(tmp_path: Path) -> None:
    model = net()
    data = lessons(file(tmp_path, "y_size"), model)
    data.labels[""] = data.labels.pop("size")
    with pytest.raises(DataMismatch, match="none is named y_<output>"):
        objective(model, data, FineTuningParams(targets="labels"))
    np.testing.assert_array_equal(
        objective(model, data, FineTuningParams()).targets[1], data.originals["size"]
    )


def test_a_student_hears_the_labels_of_each_softmax_output(tmp_path: Path) -> None:
    model = net()
    data = lessons(file(tmp_path, "y_kind", "y_size"), model)
    taught = [np.zeros((data.samples, 3), np.float32), np.ones((data.samples, 1), np.float32)]
    found = teaching(model, data, taught, "auto", 3.0, 0.5)
    np.testing.assert_array_equal(found.targets[0][:, -1], data.labels["kind"])
    np.testing.assert_array_equal(found.targets[1], taught[1])
    alone = teaching(model, data, taught, "original", 3.0, 0.5)
    assert set(alone.targets[0][:, -1]) == {-1.0}


def test_a_mask_is_taught_with_all_of_its_classes() -> None:
    x = tf_keras.Input((4, 4, 1), name="image")
    mask = tf_keras.Model(x, tf_keras.layers.Conv2D(2, 1, activation="softmax", name="mask")(x))
    logits = np.random.default_rng(0).normal(size=(12, 4, 4, 2)).astype(np.float32)
    data = TrainingSet({"image": np.ones((12, 4, 4, 1), np.float32)}, {}, {"mask": logits}, 10)
    found = teaching(mask, data, [logits], "auto", 2.0, 0.9)
    np.testing.assert_allclose(np.asarray(found.losses[0](found.targets[0], logits)), 0.0, atol=1e-5)


def test_evaluation_gives_the_labels_by_output(tmp_path: Path) -> None:
    _, labels = evaluation(file(tmp_path, "y_size", "y_kind"), TWO_HEADED)
    assert [(name, values.dtype.kind) for name, values in labels.items()] == [("kind", "i"), ("size", "f")]
