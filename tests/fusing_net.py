"""A small network with everything that fuses, and everything that might and doesn't, for either Keras."""

from __future__ import annotations

from typing import Any

import keras

from tests.keras_models import shaken

SHAPE = (16, 16, 3)


def fusing(library: Any) -> Any:
    """The network, built with ``library`` (keras or tf_keras)."""
    layers = library.layers
    image = library.Input(SHAPE, name="image")
    x = layers.Conv2D(8, 3, padding="same", use_bias=False, name="stem")(image)
    x = layers.ReLU(name="stem_relu")(layers.BatchNormalization(name="stem_bn")(x))
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="dw")(x)
    x = layers.ReLU(max_value=6.0, name="dw_relu6")(layers.BatchNormalization(name="dw_bn")(x))
    y = layers.BatchNormalization(name="proj_bn")(layers.Conv2D(8, 1, name="proj")(x))
    x = layers.ReLU(name="add_relu")(layers.Add(name="add")([x, y]))
    x = layers.Conv2D(8, 3, activation="relu", name="late")(layers.Dropout(0.2, name="drop")(x))
    x = layers.BatchNormalization(name="late_bn")(x)
    x = layers.BatchNormalization(name="early_bn")(layers.MaxPooling2D(name="pool")(x))
    x = layers.Conv2D(6, 3, name="next")(x)
    slope = "negative_slope" if library is keras else "alpha"
    x = layers.LeakyReLU(name="leaky", **{slope: 0.1})(x)
    x = layers.Conv2D(6, 1, name="twice")(x)
    x = layers.Add(name="both")([layers.ReLU(name="twice_relu")(x), x])
    x = layers.Activation("hard_silu" if library is keras else "swish", name="swish")(x)
    x = layers.Dense(8, activation="relu", name="fc")(layers.Flatten(name="flat")(x))
    x = layers.BatchNormalization(name="fc2_bn")(layers.Dense(8, name="fc2")(x))
    x = layers.ReLU(name="fc2_relu")(x)
    return shaken(library.Model(image, layers.Dense(4, activation="softmax", name="label")(x), name="net"))
