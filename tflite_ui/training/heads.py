"""What a model's outputs are: probabilities over classes, of each class by itself, or plain numbers."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from tflite_ui.core.training import Array

Head = Literal["softmax", "sigmoid", "linear"]


def heads(model: Any) -> tuple[Head, ...]:
    """The head of each output of a functional tf_keras model, by the activation that makes it."""
    return tuple(_head(tensor) for tensor in model.outputs)


def answered(head: Head, logits: Array) -> Array:
    """What ``head`` makes of logits [n, ..., c], float32."""
    import tensorflow as tf

    makes = {"linear": tf.identity, "sigmoid": tf.nn.sigmoid, "softmax": tf.nn.softmax}
    return np.asarray(makes[head](logits), np.float32)


def _head(tensor: Any) -> Head:
    layer = tensor._keras_history.layer
    name = _activation(layer)
    if name == "softmax":
        return "softmax"
    if name == "sigmoid":
        return "sigmoid"
    passes_on = type(layer).__name__ in ("Activation", "Flatten", "Reshape") and name in ("", "linear")
    return _head(layer.input) if passes_on else "linear"


def _activation(layer: Any) -> str:
    """The name of a layer's activation; empty when it has none."""
    if type(layer).__name__ == "Softmax":
        return "softmax"
    return str(layer.get_config().get("activation") or "")
