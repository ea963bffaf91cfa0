"""A model under the names that another one's inputs and outputs have."""

from __future__ import annotations

from typing import Any

from tflite_ui.core.errors import ConversionFailed
from tflite_ui.keras_graph.rebuild import Changes, rebuild


def with_ports_of(model: Any, original: Any) -> Any:
    """``model`` with its inputs and output layers called as those of ``original``, in their order.

    Another layer that has such a name is called ``student_NAME``. Raises ConversionFailed when a layer
    gives two outputs, which then can't have two names.
    """
    made_by = [tensor._keras_history.layer.name for tensor in model.outputs]
    if len(set(made_by)) < len(made_by):
        raise ConversionFailed(
            "The student has one layer for several outputs.", "Give each output a layer of its own."
        )
    ports = dict(zip((*model.input_names, *made_by), _names(original), strict=True))
    taken = set(ports.values())
    others = {layer.name: f"student_{layer.name}" for layer in model.layers if layer.name in taken}
    return rebuild(model, Changes(names={**others, **ports}))


def _names(model: Any) -> tuple[str, ...]:
    return (*model.input_names, *model.output_names)
