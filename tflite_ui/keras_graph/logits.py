"""A model without the softmax or sigmoid at its end.

Distillation compares logits: a softmax on top of a softmax leaves next to no gradient.
"""

from __future__ import annotations

from typing import Any

from tflite_ui.keras_graph.rebuild import Changes, rebuild

ENDS = frozenset({"softmax", "sigmoid"})


def without_heads(model: Any) -> Any:
    """``model`` with each output layer's softmax or sigmoid made linear; names and weights as they were."""
    return rebuild(model, Changes(settings=_linear(model), without=_softmaxes(model)))


def with_heads(bare: Any, model: Any) -> Any:
    """``bare`` with the output activations of ``model``, whose layers it has by name."""
    ends = {name: model.get_layer(name).get_config()["activation"] for name in _linear(model)}
    ends |= dict.fromkeys(_softmaxes(model), "softmax")
    return rebuild(bare, Changes(settings={name: {"activation": end} for name, end in ends.items()}))


def _linear(model: Any) -> dict[str, dict[str, Any]]:
    layers = [tensor._keras_history.layer for tensor in model.outputs]
    return {
        layer.name: {"activation": "linear"}
        for layer in layers
        if layer.get_config().get("activation") in ENDS
    }


def _softmaxes(model: Any) -> frozenset[str]:
    layers = [tensor._keras_history.layer for tensor in model.outputs]
    return frozenset(layer.name for layer in layers if type(layer).__name__ == "Softmax")
