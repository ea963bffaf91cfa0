"""Every kind of model through the bridge: the same answers, weights and names, and tfmot takes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow_model_optimization as tfmot
import tf_keras

from tests.keras_models import LARGE, SMALL, Build, inputs_of, residual, sequential, shaken
from tflite_ui.core.errors import UnsupportedModel
from tflite_ui.keras_bridge import to_tf_keras

EVERY = SMALL | LARGE


def outputs(model: Any, inputs: list[np.ndarray]) -> list[np.ndarray]:
    found = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    return [np.asarray(value) for value in (found if isinstance(found, list | tuple) else [found])]


@pytest.mark.parametrize("build", EVERY.values(), ids=EVERY)
def test_a_bridged_model_answers_alike(build: Build) -> None:
    model = shaken(build())
    flat = to_tf_keras(model)
    assert isinstance(flat, tf_keras.Model)
    assert not any(isinstance(layer, tf_keras.Model) for layer in flat.layers)
    given = inputs_of(model)
    for before, after in zip(outputs(model, given), outputs(flat, given), strict=True):
        np.testing.assert_allclose(after, before, atol=1e-4 * max(1.0, float(np.abs(before).max())))
    assert flat.output_names == list(getattr(model, "_functional", model).output_names)
    assert [t.name.split(":")[0] for t in flat.inputs] == [t.name.split(":")[0] for t in model.inputs]
    assert sum(w.numpy().size for w in flat.trainable_weights) == sum(
        int(np.prod(w.shape)) for w in model.trainable_weights
    )


@pytest.mark.parametrize("library", [keras, tf_keras])
def test_dropout_happens_in_training_alone(library: Any, tmp_path: Path) -> None:
    x = library.Input((400,))
    library.Model(x, library.layers.Dropout(0.5)(x)).save(tmp_path / "dropping.keras")
    flat = to_tf_keras(library.models.load_model(tmp_path / "dropping.keras"))
    ones = np.ones((1, 400), np.float32)
    assert 0.3 < np.mean(flat(ones, training=True).numpy() == 0) < 0.7
    np.testing.assert_array_equal(flat(ones, training=False), ones)


def test_a_keras_2_layer_held_in_inference_stays_so() -> None:
    x = tf_keras.Input((400,))
    flat = to_tf_keras(tf_keras.Model(x, tf_keras.layers.Dropout(0.5)(x, training=False)))
    np.testing.assert_array_equal(flat(np.ones((1, 400)), training=True), np.ones((1, 400)))


def test_frozen_layers_stay_frozen() -> None:
    model = residual()
    model.get_layer("stem").trainable = False
    assert not to_tf_keras(model).get_layer("stem").trainable


@pytest.mark.parametrize("build", [residual, LARGE["MobileNet"]])
def test_the_toolkit_can_prune_what_is_bridged(build: Build) -> None:
    wrapped = tfmot.sparsity.keras.prune_low_magnitude(to_tf_keras(build()))
    assert any(type(layer).__name__ == "PruneLowMagnitude" for layer in wrapped.layers)


@pytest.mark.parametrize("build", [residual, sequential])
def test_the_toolkit_can_train_what_is_bridged_for_quantisation(build: Build) -> None:
    model = tfmot.quantization.keras.quantize_model(to_tf_keras(build()))
    assert any("quant_" in layer.name for layer in model.layers)


def test_a_layer_that_keras_2_lacks_is_named() -> None:
    x = keras.Input((6, 8))
    model = keras.Model(x, keras.layers.RMSNormalization(name="rms")(x))
    with pytest.raises(UnsupportedModel, match="'rms'"):
        to_tf_keras(model)


def test_a_custom_layer_is_named() -> None:
    class Own(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return x

    x = keras.Input((6,))
    with pytest.raises(UnsupportedModel, match="'mine'"):
        to_tf_keras(keras.Model(x, Own(name="mine")(x)))


def test_a_setting_that_would_be_lost_is_named() -> None:
    x = keras.Input((7, 5))
    model = keras.Model(x, keras.layers.Dense(3, activation="celu", name="odd")(x))
    with pytest.raises(UnsupportedModel, match="'odd'"):
        to_tf_keras(model)


def test_a_subclassed_model_is_refused() -> None:
    class Own(keras.Model):
        def call(self, x: Any) -> Any:
            return x

    with pytest.raises(UnsupportedModel, match="subclassed"):
        to_tf_keras(Own())
