"""One Keras graph, whatever its version: any Keras model as a flat functional model of tf_keras.

The techniques that train stand on tensorflow-model-optimization, which takes models of Keras 2 (tf_keras)
alone. A model is replayed call by call: each layer is made again in tf_keras from its configuration, nested
models dissolve into their layers, operators become layers, and weights are copied layer by layer.
"""

from __future__ import annotations

from typing import Any

from tflite_ui.keras_bridge.layers import Maker
from tflite_ui.keras_bridge.replay import replay


def to_tf_keras(model: Any) -> Any:
    """A flat functional tf_keras.Model that computes what ``model`` (of either Keras) does.

    Layers, inputs and outputs keep their names and order, weights are copies, everything that has
    weights is trainable as in ``model``. Raises UnsupportedModel naming the layer that stands in the way.
    """
    maker = Maker()
    flat = replay(model, maker)
    maker.copy_weights()
    return flat
