"""Strides in place of pooling: where it can be, that sizes stay, and that weights are as they were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tf_keras
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.small_net import images
from tests.training_context import SOURCE, Workplace
from tflite_ui.core.errors import ConversionFailed
from tflite_ui.core.training import TrainingSet
from tflite_ui.keras_graph.strides import with_strides
from tflite_ui.techniques.distillation import Distillation, DistillationParams

layers = tf_keras.layers


def net(*inside: Any, shape: tuple[int | None, ...] = (28, 28, 3)) -> Any:
    image = x = tf_keras.Input(shape, name="image")
    for layer in inside:
        x = layer(x)
    return tf_keras.Model(image, x)


def kinds(model: Any) -> list[str]:
    return [type(layer).__name__ for layer in model.layers[1:]]


def two_pools() -> Any:
    return net(
        layers.Conv2D(8, 3, padding="same", use_bias=False, name="first"),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.MaxPooling2D(),
        layers.DepthwiseConv2D(3, padding="same", activation="relu", name="second"),
        layers.AveragePooling2D(),
        layers.Flatten(),
        layers.Dense(16, activation="relu"),
        layers.Dense(10, activation="softmax", name="label"),
        shape=(28, 28, 1),
    )


def test_convolutions_take_the_steps_of_their_poolings() -> None:
    before = two_pools()
    after = with_strides(before)
    assert kinds(after) == [kind for kind in kinds(before) if "Pooling" not in kind]
    assert after.get_layer("first").strides == after.get_layer("second").strides == (2, 2)
    assert after.output_shape == before.output_shape
    for one, other in zip(before.get_weights(), after.get_weights(), strict=True):
        assert np.array_equal(one, other)


def test_each_place_is_one_that_the_pooling_chose_from() -> None:
    convolution = layers.Conv2D(4, 3, padding="valid", activation="relu", name="c")
    whole = net(convolution, shape=(11, 11, 3))
    after = with_strides(net(convolution, layers.MaxPooling2D(padding="same"), shape=(11, 11, 3)))
    x = np.random.default_rng(0).random((2, 11, 11, 3), np.float32)
    found = after(x).numpy()
    np.testing.assert_allclose(found, whole(x).numpy()[:, ::2, ::2], atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(
    side=st.integers(9, 20),
    kernel=st.integers(1, 4),
    step=st.integers(2, 3),
    padding=st.tuples(*(st.sampled_from(["same", "valid"]) for _ in range(2))),
)
def test_sizes_stay_or_it_is_refused(side: int, kernel: int, step: int, padding: tuple[str, str]) -> None:
    before = net(
        layers.Conv2D(4, kernel, padding=padding[0]),
        layers.MaxPooling2D(step, padding=padding[1]),
        shape=(side, side, 1),
    )
    try:
        after = with_strides(before)
    except ConversionFailed:
        wide = side if padding[0] == "same" else side - kernel + 1
        assert padding[1] == "valid"
        assert wide % step
        return
    assert after.output_shape == before.output_shape


@pytest.mark.parametrize(
    "inside",
    [
        (layers.Conv2D(4, 3, strides=2), layers.MaxPooling2D()),
        (layers.Conv2D(4, 3, dilation_rate=2, padding="same"), layers.MaxPooling2D()),
        (layers.Conv2D(4, 3, padding="same"), layers.MaxPooling2D(3, 2, padding="same")),
        (layers.Conv2D(4, 3, padding="same"), layers.PReLU(), layers.MaxPooling2D()),
        (layers.DepthwiseConv2D(3, padding="same"), layers.MaxPooling2D((1, 2))),
        (layers.MaxPooling2D(), layers.Conv2D(4, 3)),
        (layers.Conv2D(4, 3), layers.GlobalMaxPooling2D()),
    ],
)
def test_what_can_not_be_spared_stays(inside: tuple[Any, ...]) -> None:
    with pytest.raises(ConversionFailed, match="No pooling of the model can be spared"):
        with_strides(net(*(type(layer).from_config(layer.get_config()) for layer in inside)))


def test_a_convolution_that_others_read_too_keeps_its_size() -> None:
    image = tf_keras.Input((28, 28, 3))
    x = layers.Conv2D(4, 3, padding="same", name="shared")(image)
    y = layers.MaxPooling2D(name="stays")(x)
    z = layers.MaxPooling2D(name="goes")(layers.Conv2D(4, 3, padding="same")(x))
    after = with_strides(tf_keras.Model(image, layers.Add()([y, z])))
    assert [layer.name for layer in after.layers if "Pooling" in type(layer).__name__] == ["stays"]
    assert after.get_layer("shared").strides == (1, 1)


def test_a_convolution_that_is_an_answer_keeps_its_size() -> None:
    image = tf_keras.Input((28, 28, 3))
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(image)
    with pytest.raises(ConversionFailed):
        with_strides(tf_keras.Model(image, [x, layers.MaxPooling2D()(x)]))


def test_sizes_that_are_not_known_stay_alike_only_where_both_fill_up() -> None:
    for padding, fits in (("same", True), ("valid", False)):
        before = net(
            layers.Conv2D(4, 3, padding="same"),
            layers.MaxPooling2D(padding=padding),
            shape=(None, None, 3),
        )
        if fits:
            assert not any("Pooling" in kind for kind in kinds(with_strides(before)))
        else:
            with pytest.raises(ConversionFailed):
                with_strides(before)


def test_signals_are_stepped_through_as_well() -> None:
    before = net(layers.Conv1D(4, 5, padding="causal"), layers.MaxPooling1D(4), shape=(64, 3))
    assert with_strides(before).output_shape == (None, 16, 4)


def test_a_student_learns_without_its_pooling(tmp_path: Path) -> None:
    x, y = (values[:200] for values in images())
    model = two_pools()
    data = TrainingSet({"image": x}, {"label": y}, {"label": model.predict(x, verbose=0)}, 160)
    place = Workplace(tmp_path, model, data)
    made = Distillation().apply(model, DistillationParams(epochs=1, strided=True), place)
    assert not any("Pooling" in kind for kind in kinds(made))
    assert made.get_layer("first").filters == 4
    assert "choose strided=false" in Distillation().refuses(
        SOURCE, DistillationParams(student="uploaded", strided=True)
    )
