"""A diagnosis as node data of Model Explorer: each layer's error, drawn as a colour on its node.

The format is GraphNodeData of Model Explorer's node_data_builder.py: ``results`` by the name of a node's
output tensor, so it fits the float file and the variant alike.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from tflite_ui.core.diagnosis import Diagnosis, Layer

WHITE, ORANGE = "#ffffff", "#d55e00"
Value = Callable[[Layer], float | None]
MEASURES: dict[str, tuple[str, Value, bool]] = {
    "share": (
        "Share of error alone, %",
        lambda layer: None if layer.share is None else 100 * layer.share,
        True,
    ),
    "alone": ("Outputs with it alone, dB", lambda layer: layer.alone_db, False),
    "here": ("What it gives here, dB", lambda layer: layer.here_db, False),
}
"""By key: its name, what a layer has of it, and whether more is worse."""


def node_data(diagnosis: Diagnosis, measure: str) -> str:
    """The JSON text for one of MEASURES; the worst layers are orange."""
    name, value, more_is_worse = MEASURES[measure]
    found = {layer.tensor: value(layer) for layer in diagnosis.layers if layer.tensor}
    colours = (WHITE, ORANGE) if more_is_worse else (ORANGE, WHITE)
    content = {
        "name": name,
        "results": {tensor: {"value": round(v, 4)} for tensor, v in found.items() if v is not None},
        "gradient": [{"stop": stop, "bgColor": colour} for stop, colour in enumerate(colours)],
    }
    return json.dumps(content, indent=1)


def is_known(diagnosis: Diagnosis) -> bool:
    """Whether the layers' tensors were kept, without which no node is found."""
    return any(layer.tensor for layer in diagnosis.layers)
