"""What each layer's weights are worth: the least of them set to zero, one layer at a time, untrained.

The analysis of sensitivity in Han et al., 2015 (https://arxiv.org/abs/1506.02626), on a float .tflite.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tflite_ui.core.diagnosis import Pruned, PrunedLayer
from tflite_ui.evaluation.layers import decibels
from tflite_ui.litert.alone import Judge, Progress
from tflite_ui.litert.flatbuffer import parse
from tflite_ui.litert.graph import Graph, Tensor
from tflite_ui.litert.layers import layer_name, weights_of

SHARES = (0.5, 0.8)
"""How many of a layer's weights are set to zero, the least first."""


def pruned(
    float_file: Path, judge: Judge, seconds: float = math.inf, progress: Progress = lambda *_: None
) -> tuple[tuple[PrunedLayer, ...], int]:
    """Each layer with float32 weights at each of SHARES, and how many such layers there are.

    The layers with the most weights go first; ends after ``seconds``. The result is in graph order.
    """
    raw = bytearray(float_file.read_bytes())
    graph, end = parse(raw, float_file.name), time.monotonic() + seconds
    able = sorted(_weights(graph), key=lambda found: -found[1].elements)
    layers: list[PrunedLayer] = []
    for number, (place, weights) in enumerate(able):
        if time.monotonic() > end:
            break
        progress(number / len(able), f"weights of layer {number + 1} of {len(able)}")
        losses = tuple(_at(raw, weights, share, judge) for share in SHARES)
        layers.append(
            PrunedLayer(
                operator=place,
                name=layer_name(graph.operators[place]),
                weights=weights.elements,
                losses=tuple(loss for loss in losses if loss is not None),
            )
        )
    return tuple(sorted(layers, key=lambda layer: layer.operator)), len(able)


def _weights(graph: Graph) -> Iterator[tuple[int, Tensor]]:
    """The operators of the main graph with weights of their own; shared ones count for the first."""
    producers, seen = graph.producers(), set()
    for place, operator in enumerate(graph.operators):
        weights = None if operator.subgraph else weights_of(operator, producers)
        if weights is None or weights.dtype != "float32" or weights.sparse or id(weights) in seen:
            continue
        seen.add(id(weights))
        yield place, weights


def _at(raw: bytearray, weights: Tensor, share: float, judge: Judge) -> Pruned | None:
    """The loss with the least ``share`` of ``weights``, a view of ``raw``, at zero; it is put back then."""
    values = weights.stored()
    kept = values.copy()
    values[np.argsort(np.abs(kept), kind="stable")[: int(share * len(kept))]] = 0.0
    try:
        loss = judge.loss(bytes(raw))
    finally:
        values[:] = kept
    return Pruned(share=share, sqnr_db=decibels(loss.noise), agreement=loss.agreement) if loss else None
