"""A variant's layers against the float file's: errors where they stand, ranges and histograms."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tflite_ui.core.diagnosis import Histogram, Layer
from tflite_ui.evaluation.fidelity import MOST_DECIBELS, Array
from tflite_ui.litert.graph import Graph, Operator, Tensor
from tflite_ui.litert.inside import Inside
from tflite_ui.litert.layers import layer_name, rules_of, weights_of

BINS = 40
MOST_VALUES = 20_000
"""Values of a tensor that its histogram counts, evenly spread over it and over the samples."""


@dataclass
class Followed:
    """One tensor in both files, sample after sample."""

    signal: float = 0.0
    noise: float = 0.0
    before: list[Array] = field(default_factory=list)
    after: list[Array] = field(default_factory=list)
    low: Array | None = None
    high: Array | None = None

    def add(self, original: Array, given: Array | None, most: int) -> None:
        """Take one sample's values in; ``most`` of them are kept."""
        step = max(1, math.ceil(original.size / most))
        self.before.append(original.ravel()[::step].copy())
        flat = original.reshape(-1, original.shape[-1] if original.ndim else 1)
        self.low = flat.min(0) if self.low is None else np.minimum(self.low, flat.min(0))
        self.high = flat.max(0) if self.high is None else np.maximum(self.high, flat.max(0))
        if given is None or given.shape != original.shape:
            return
        self.signal += float(np.sum(np.square(original, dtype=np.float64)))
        self.noise += float(np.sum(np.square(given - original, dtype=np.float64)))
        self.after.append(given.ravel()[::step].copy())


def follow(original: Inside, variant: Inside, samples: Sequence[Mapping[str, Array]]) -> dict[str, Followed]:
    """What each operator of ``original`` gives in both files on ``samples``, by its output's name."""
    names = [op.outputs[0].name for op in original.graph.operators if op.outputs]
    found = {name: Followed() for name in names}
    for sample in samples:
        before, after = original.run(sample, names), variant.run(sample, names)
        for name in names:
            found[name].add(before[name], after.get(name), max(1, MOST_VALUES // len(samples)))
    return found


def layers(graph: Graph, made: Graph, followed: Mapping[str, Followed]) -> tuple[Layer, ...]:
    """One layer for each operator of ``graph``, the float file, as it is in ``made``."""
    twins = {tensor.name: op for op in made.operators for tensor in op.outputs}
    quantised, makers = rules_of(graph, made), (graph.producers(), made.producers())
    return tuple(
        _layer(place, op, twins.get(op.outputs[0].name), followed[op.outputs[0].name], makers).model_copy(
            update={"quantised": place in quantised}
        )
        for place, op in enumerate(graph.operators)
        if op.outputs
    )


def _layer(
    place: int,
    operator: Operator,
    twin: Operator | None,
    seen: Followed,
    makers: tuple[dict[int, Operator], dict[int, Operator]],
) -> Layer:
    before = weights_of(operator, makers[0])
    after = weights_of(twin, makers[1]) if twin is not None else None
    return Layer(
        operator=place,
        kind=operator.name,
        name=layer_name(operator),
        tensor=operator.outputs[0].name,
        numbers=twin.outputs[0].dtype if twin is not None else "",
        per_channel=len(after.scales) > 1 if after is not None and after.is_quantised else None,
        here_db=_decibels(seen) if seen.after else None,
        channels=len(seen.high) if seen.high is not None else None,
        weight_spread=_weight_spread(operator, before),
        value_spread=_value_spread(seen),
        weights=_weights(before, after),
        values=_histogram(seen.before, seen.after),
    )


def decibels(noise: float) -> float:
    """A share of noise in a signal's power as SQNR in decibels, at most MOST_DECIBELS either way."""
    if noise <= 0:
        return MOST_DECIBELS
    return max(-MOST_DECIBELS, min(MOST_DECIBELS, -10 * math.log10(noise)))


def real(tensor: Tensor) -> Array:
    """A constant's values as the real numbers they stand for, float32 in its shape."""
    stored = tensor.stored().astype(np.float32).reshape(tensor.shape)
    if not tensor.is_quantised:
        return stored
    scales = np.asarray(tensor.scales, np.float32)
    zeros = np.asarray(tensor.zero_points or [0] * len(scales), np.float32)
    if len(scales) > 1:
        axis = next(i for i in (0, -1) if tensor.shape[i] == len(scales))
        form = [1] * len(tensor.shape)
        form[axis] = -1
        scales, zeros = scales.reshape(form), zeros.reshape(form)
    return np.asarray((stored - zeros) * scales, np.float32)


def _weight_spread(operator: Operator, weights: Tensor | None) -> float | None:
    if weights is None or weights.sparse or not weights.elements:
        return None
    axis = len(weights.shape) - 1 if operator.name == "DEPTHWISE_CONV_2D" else 0
    rows = np.moveaxis(np.abs(real(weights)), axis, 0).reshape(weights.shape[axis], -1).max(1)
    return _spread(rows)


def _value_spread(seen: Followed) -> float | None:
    if seen.high is None or seen.low is None:
        return None
    return _spread(np.maximum(np.abs(seen.high), np.abs(seen.low)))


def _spread(ranges: Array) -> float | None:
    """The largest over the smallest of ``ranges`` that aren't zero."""
    alive = ranges[ranges > 0]
    return float(alive.max() / alive.min()) if len(alive) > 1 else None


def _decibels(seen: Followed) -> float:
    return decibels(seen.noise / max(seen.signal, 1e-30))


def _weights(before: Tensor | None, after: Tensor | None) -> Histogram | None:
    if before is None or before.sparse:
        return None
    same = after is not None and after.shape == before.shape and not after.sparse
    return _histogram([real(before)], [real(after)] if same and after is not None else [])


def _histogram(before: Sequence[Array], after: Sequence[Array]) -> Histogram | None:
    first = np.concatenate([part.ravel() for part in before]) if before else np.empty(0)
    second = np.concatenate([part.ravel() for part in after]) if after else np.empty(0)
    every = np.concatenate([first, second])
    if not every.size or not np.isfinite(every).all() or every.min() == every.max():
        return None
    ends = (float(every.min()), float(every.max()))
    counts = [tuple(int(c) for c in np.histogram(part, BINS, ends)[0]) for part in (first, second)]
    return Histogram(low=ends[0], high=ends[1], before=counts[0], after=counts[1] if second.size else ())


__all__ = ["Followed", "decibels", "follow", "layers", "real"]
