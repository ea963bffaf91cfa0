"""Which layers take what a layer gives."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from tflite_ui.keras_bridge.replay import Call, calls


def readers(model: Any) -> dict[str, list[Any]]:
    """By layer name, the layers (operators too) that its outputs go to, in order; none for an output."""
    found = list(calls(model))
    makers = {id(tensor): call.layer.name for call in found for tensor in call.outputs}
    after: dict[str, list[Any]] = defaultdict(list)
    for call in found:
        for tensor in tensors(call):
            if id(tensor) in makers:
                after[makers[id(tensor)]].append(call.layer)
    return after


def tensors(call: Call) -> list[Any]:
    """The symbolic tensors among a call's arguments."""
    first = call.args[0] if call.args else []
    given = [*(first if isinstance(first, list | tuple) else [first]), *call.args[1:], *call.kwargs.values()]
    return [tensor for tensor in given if "KerasTensor" in type(tensor).__name__]
