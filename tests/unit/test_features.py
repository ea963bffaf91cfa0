"""Features taught beside the answers: what is compared, how it is counted, and that it is learnt."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tests.small_net import SAMPLES, TRAINING, accuracy, build, images
from tests.training_context import Workplace
from tflite_ui.core.errors import ConversionFailed
from tflite_ui.core.plan import StudyRequest, variant_id
from tflite_ui.core.recipe import parse_recipe
from tflite_ui.core.training import CurvePoint, TrainingSet
from tflite_ui.keras_graph.logits import without_heads
from tflite_ui.techniques import techniques
from tflite_ui.techniques.distillation import Distillation
from tflite_ui.training.features import SCALE, distance, features, similarities, with_features

layers = tf_keras.layers
Array = np.ndarray


def alike(rows: Array) -> Array:
    """The formula of the paper, in NumPy and double precision."""
    flat = rows.reshape(len(rows), -1).astype(np.float64)
    gram = flat @ flat.T
    return gram / np.linalg.norm(gram, axis=1, keepdims=True)


def apart(teacher: Any, student: Any, inputs: Any, kept: Any = (1, 1, 1)) -> float:
    """The mean distance of two models' features on one batch, in NumPy; by size, what is ``kept`` of them."""
    theirs, own = features(teacher), features(student)
    sizes = [size for size in theirs if size in own]
    made, found = (
        [alike(np.asarray(v) * k) for v, k in zip(_values(m, sizes, inputs), kept, strict=False)]
        for m in (teacher, student)
    )
    return float(np.mean([((a - b) ** 2).sum(axis=1).mean() for a, b in zip(made, found, strict=True)]))


def _values(model: Any, sizes: list[Any], inputs: Any) -> list[Any]:
    known = features(model)
    return [tf_keras.Model(model.inputs, known[size])(inputs) for size in sizes]


def test_the_last_features_of_each_size_are_compared() -> None:
    """Not the answers, nor what has passed no layer that learns."""
    image = tf_keras.Input((8, 8, 1))
    x = layers.Normalization(mean=0.5, variance=1.0)(image)
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    end = layers.BatchNormalization()(layers.Conv2D(4, 3, padding="same")(x))
    pooled = layers.MaxPooling2D()(end)
    hidden = layers.Dense(5)(layers.Flatten()(pooled))
    model = tf_keras.Model(image, layers.Softmax()(layers.Dense(3)(layers.Dropout(0.5)(hidden))))
    found = {size: tensor._keras_history.layer for size, tensor in features(model).items()}
    assert [type(layer).__name__ for layer in found.values()] == [
        "BatchNormalization",
        "MaxPooling2D",
        "Dropout",
    ]
    assert list(found) == [(8, 8), (4, 4), ()]
    frozen = tf_keras.Model(image, model.output)
    frozen.trainable = False
    assert list(features(frozen)) == list(found)


def two_headed(width: int) -> Any:
    picture, signal = tf_keras.Input((6, 6, 1), name="picture"), tf_keras.Input((5,), name="signal")
    x = layers.Flatten()(layers.Conv2D(width, 3, activation="relu", kernel_regularizer="l2")(picture))
    y = layers.Dropout(0.5)(layers.Dense(width, activation="relu")(signal))
    z = layers.Dense(width, activation="tanh")(layers.Concatenate()([x, y]))
    heads = [layers.Dense(3, name="kind")(z), layers.Dense(1, name="size")(z)]
    return tf_keras.Model([picture, signal], heads)


def test_the_loss_is_the_models_own_and_the_weighted_distance() -> None:
    """With several inputs and outputs, dropout and a regulariser; the teacher as in inference."""
    tf_keras.utils.set_random_seed(0)
    teacher, student = two_headed(8), two_headed(4)
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=(16, *form)).astype(np.float32) for form in ((6, 6, 1), (5,))]
    targets = {"kind": rng.normal(size=(16, 3)), "size": rng.normal(size=(16, 1))}
    pupil = with_features(student, teacher, 0.5)
    losses = []
    for model in (student, pupil):
        model.compile("sgd", loss="mse", run_eagerly=True)
        losses.append(model.evaluate(inputs, targets, batch_size=16, verbose=0, return_dict=True))
    wanted = apart(teacher, student, inputs)
    assert wanted > 0.01
    assert losses[1]["feature_distance"] == pytest.approx(wanted, rel=1e-4)
    assert losses[1]["loss"] - losses[0]["loss"] == pytest.approx(0.5 * SCALE * wanted, rel=1e-4)
    before = [weight.numpy() for weight in teacher.weights]
    pupil.fit(inputs, targets, epochs=2, verbose=0)
    assert [id(weight) for weight in pupil.weights] == [id(weight) for weight in student.weights]
    assert all(
        np.array_equal(weight.numpy(), old) for weight, old in zip(teacher.weights, before, strict=True)
    )


def test_a_sample_without_features_is_like_none() -> None:
    rows = np.float32([[1.0, 2.0], [0.0, 0.0], [3.0, -1.0]])
    with tf.GradientTape() as tape:
        given = tf.Variable(rows)
        known = similarities(given)
        lost = distance(tf.ones_like(known), known)
    assert np.abs(tape.gradient(lost, given)).max() < 10
    found = known.numpy()
    np.testing.assert_allclose(np.delete(found, 1, 1)[[0, 2]], alike(rows[[0, 2]]), atol=1e-6)
    assert not found[1].any()
    assert not found[:, 1].any()


def reader(width: int) -> Any:
    words = tf_keras.Input((6,), dtype="int32", name="words")
    known = layers.Embedding(10, 4, mask_zero=True)(words)
    steps = layers.SimpleRNN(width, return_sequences=True)(known)
    return tf_keras.Model(words, layers.Dense(2)(layers.SimpleRNN(width)(steps)))


def test_steps_that_a_mask_leaves_out_do_not_count() -> None:
    teacher, student = reader(4), reader(3)
    given = np.int32([[1, 2, 3, 0, 0, 0], [4, 5, 6, 7, 0, 0], [8, 9, 1, 2, 3, 4]])
    pupil = with_features(student, teacher, 1.0)
    pupil(given)
    kept = (given != 0)[..., None]
    assert list(features(teacher)) == [(6,), ()]
    assert float(pupil.losses[0]) / SCALE == pytest.approx(
        apart(teacher, student, given, [kept, 1]), rel=1e-4
    )
    assert float(pupil.losses[0]) / SCALE != pytest.approx(apart(teacher, student, given), rel=1e-2)
    pictures = np.random.default_rng(0).normal(size=(3, 6, 2, 2, 4)).astype(np.float32)
    found = similarities(pictures, tf.constant(kept[..., 0]))
    np.testing.assert_allclose(found, alike(pictures * kept[..., None, None]), atol=1e-5)


class Broken(Workplace):
    """Breaks off after the second epoch."""

    def epoch(self, point: CurvePoint) -> None:
        super().epoch(point)
        if point.epoch == 2:
            raise KeyboardInterrupt


@cache
def teacher_of_images() -> Any:
    tf_keras.utils.set_random_seed(1)
    image = tf_keras.Input((28, 28, 1), name="image")
    x = layers.Conv2D(16, 3, strides=2, activation="relu")(image)
    x = layers.Flatten()(layers.Conv2D(16, 3, strides=3, activation="relu")(x))
    x = layers.Dense(32, activation="relu")(x)
    model = tf_keras.Model(image, layers.Dense(10, activation="softmax", name="label")(x))
    model.compile(tf_keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy")
    model.fit(*images(), epochs=3, verbose=0)
    return model


def places(folder: Path) -> list[Workplace]:
    x, y = (values[:SAMPLES] for values in images())
    originals = {"label": np.asarray(teacher_of_images()(x))}
    lessons = TrainingSet({"image": x}, {"label": y}, originals, TRAINING)
    return [kind(folder, teacher_of_images(), lessons) for kind in (Broken, Workplace)]


def taught(place: Workplace, weight: float) -> Any:
    params = Distillation.Params.model_validate({"width": 0.5, "epochs": 4, "feature_weight": weight})
    return Distillation().apply(teacher_of_images(), params, place)


def test_samples_become_as_alike_in_the_student_as_in_the_teacher(tmp_path: Path) -> None:
    """On samples that neither trained nor chose the best epoch, after a training broken off and resumed."""
    first, place = places(tmp_path / "with")
    with pytest.raises(KeyboardInterrupt):
        taught(first, 1.0)
    made = taught(place, 1.0)
    _, without = places(tmp_path / "without")
    plain = taught(without, 0.0)
    distances = [
        apart(without_heads(teacher_of_images()), without_heads(model), images()[0][SAMPLES : SAMPLES + 256])
        for model in (plain, made)
    ]
    assert distances[1] < 0.4 * distances[0]
    assert accuracy(made) > 0.6
    assert [point.epoch for point in place.curve] in ([2, 3, 4], [3, 4])
    told = [set(point.metrics) - set(without.curve[0].metrics) for point in place.curve]
    assert all(names == {"feature_distance", "val_feature_distance"} for names in told)
    check_alone(made, plain, tmp_path / "with" / "best-distillation.npz")


def check_alone(made: Any, plain: Any, best: Path) -> None:
    """Nothing of the teacher is in the student, nor in what is kept to go on with."""
    assert [type(layer) for layer in made.layers] == [type(layer) for layer in plain.layers]
    assert made.count_params() == plain.count_params()
    with np.load(best) as kept:
        assert sum(kept[name].size for name in kept.files) == made.count_params()


def test_a_student_of_another_build_is_compared_where_sizes_are_the_same() -> None:
    picture = tf_keras.Input((28, 28, 1))
    x = layers.Conv2D(8, 3, strides=2, activation="relu")(picture)
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(16, 3, strides=3, activation="relu")(x))
    student, teacher = tf_keras.Model(picture, layers.Dense(10)(x)), without_heads(build())
    assert list(features(student)) == [(13, 13), (4, 4), ()]
    assert list(features(teacher)) == [(13, 13), (6, 6), ()]
    pupil, batch = with_features(student, teacher, 2.0), images()[0][:32]
    pupil(batch)
    assert float(pupil.losses[0]) == pytest.approx(2.0 * SCALE * apart(teacher, student, batch), rel=1e-4)


def test_where_no_features_can_be_compared_it_is_said_before_training(tmp_path: Path) -> None:
    image = tf_keras.Input((28, 28, 1), name="image")
    flat = tf_keras.Model(
        image, layers.Dense(10, activation="softmax", name="label")(layers.Flatten()(image))
    )
    params = Distillation.Params.model_validate({"student": "uploaded", "feature_weight": 1.0})
    place = Workplace(tmp_path, build(), places(tmp_path)[1].lessons, pupil=flat)
    with pytest.raises(ConversionFailed, match="No features can be taught") as refused:
        Distillation().apply(build(), params, place)
    assert refused.value.hint == "Set feature_weight=0."
    assert not place.curve


def test_where_it_is_off_nothing_tells_of_it() -> None:
    """Recipes made before there was the setting keep their ids, and so what was kept of them."""

    def id_of(spec: str) -> str:
        request = StudyRequest(model="m", recipes=(spec,))
        return variant_id(parse_recipe(spec, techniques()), request, techniques(), {})

    off = parse_recipe("distillation:feature_weight=0+float32", techniques())
    assert off.spec == "distillation+float32"
    assert "feature_weight" not in off.steps[0].params
    assert id_of(off.spec) == id_of("distillation:feature_weight=0+float32")
    on = parse_recipe("distillation:feature_weight=0.5+float32", techniques())
    assert on.spec == "distillation:feature_weight=0.5+float32"
    assert id_of(on.spec) != id_of(off.spec)
