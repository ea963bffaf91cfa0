"""Channels of like ranges before they get integers: what an operator's maker divides, its readers multiply.

With a scale for each channel of the weights only the values share one, and the factors are those of
SmoothQuant, s = sqrt(range of the values / of the readers' weights) (Xiao et al., 2023,
https://arxiv.org/abs/2211.10438); a depthwise reader, whose every channel has a scale of its own, takes all
of it. With one scale for all weights of an operator they are those of cross-layer equalisation,
s = sqrt(range of the maker's weights / of the readers') (Nagel et al., 2019,
https://arxiv.org/abs/1906.04721).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from tflite_ui.core.errors import ConversionFailed, VerificationFailed
from tflite_ui.core.facts import Check
from tflite_ui.core.technique import Context
from tflite_ui.litert.alone import Judge
from tflite_ui.litert.flatbuffer import parse, read
from tflite_ui.litert.graph import Graph, Operator, Tensor
from tflite_ui.litert.inside import Inside
from tflite_ui.litert.links import MADE_ON, READ_ON, Link, links
from tflite_ui.litert.numbers import Array

PASSES, SETTLED = 20, 1.01
"""Links share operators, so factors are found again until none changes anything by a hundredth."""
ROOM = 3.0
"""Values before a ReLU6 are brought no further than to half of it: twice what was seen still passes."""
CHECKED, NOISE = 8, 1e-6
"""Samples that the outputs are compared on, and the most that they may differ: noise over signal power."""
RANGED = 64
"""Samples that ranges are taken from."""


def equalised(model: Path, per_channel: bool, samples: int, context: Context) -> Path:
    """The float .tflite ``model`` with equalised channels, a file in the context's folder.

    Ranges are those of the first of ``samples`` calibration samples. Raises ConversionFailed where no channel
    can be, and VerificationFailed when the outputs aren't the model's any more.
    """
    some = list(islice(context.calibration(samples), RANGED))
    content = bytearray(model.read_bytes())
    graph = parse(content, model.name)
    found = links(graph)
    if not found:
        raise ConversionFailed(
            "No layer's channels can be equalised: between any two stands what mixes or bends them.",
            "Set equalise=false, or keep the worst layers with mixed_precision.",
        )
    _equalise(graph, found, _ranges(content, graph, found, some), per_channel)
    _check(model, content, some[:CHECKED])
    target = context.folder / "equalised.tflite"
    target.write_bytes(content)
    return target


def equalised_check(before: Path, after: Path) -> Check:
    """Whether channels were scaled in a file made from the float one: their weights' ranges, read from both.

    One counts as scaled when its range isn't within two quantisation steps of what it was.
    """
    graph, made = read(before), read(after)
    twins = {op.outputs[0].name: op for op in made.operators if op.outputs}
    found = links(graph)
    pairs = [(op, twins.get(op.outputs[0].name)) for op in (graph.operators[link.maker] for link in found)]
    scaled = sum(twin is not None and _was_scaled(op, twin) for op, twin in pairs)
    detail = f"the weights of {scaled} of {len(found)} layers that pass their channels on were scaled"
    return Check(name="Channels equalised", passed=scaled > 0, detail=detail)


def _was_scaled(before: Operator, after: Operator) -> bool:
    old, new = before.inputs[1], after.inputs[1]
    if old is None or new is None or old.shape != new.shape or not new.is_constant:
        return False
    axis = MADE_ON[before.name]
    step = np.asarray(new.scales if new.is_quantised else (0.0,))
    now = _by_channel(after, axis, new.shape[axis]) * (step if new.is_quantised else 1.0)
    return bool(np.any(np.abs(now - _by_channel(before, axis, old.shape[axis])) > 2 * step + 1e-12))


def _ranges(
    content: bytearray, graph: Graph, found: Iterable[Link], samples: Iterable[Mapping[str, Array]]
) -> dict[int, Array]:
    """The largest magnitude of each channel that a maker gives, float64 [channels] by its place."""
    names = {link.maker: graph.operators[link.maker].outputs[0].name for link in found}
    opened, most = Inside(bytes(content)), dict[int, Array]()
    for sample in samples:
        values = opened.run(sample, names.values())
        for place, name in names.items():
            now = np.abs(values[name]).reshape(-1, values[name].shape[-1]).max(axis=0)
            most[place] = np.maximum(most.get(place, 0.0), now.astype(np.float64))
    return most


def _equalise(graph: Graph, found: Iterable[Link], values: dict[int, Array], per_channel: bool) -> None:
    for _ in range(PASSES):
        most = 1.0
        for link in found:
            factors = _factors(graph, link, values[link.maker], per_channel)
            _scale(graph, link, factors)
            values[link.maker] = values[link.maker] / factors
            most = max(most, float(np.max(np.maximum(factors, 1 / factors))))
        if most < SETTLED:
            return


def _factors(graph: Graph, link: Link, values: Array, per_channel: bool) -> Array:
    """What each channel is divided by in the maker, float64 [channels], above zero."""
    readers = [graph.operators[place] for place in link.readers]
    maker = graph.operators[link.maker]
    given = values if per_channel else _by_channel(maker, MADE_ON[maker.name], len(values))
    if per_channel and all(reader.name == "DEPTHWISE_CONV_2D" for reader in readers):
        factors = _alive(given, np.ones_like(given))
    else:
        taken = [_relative(_by_channel(r, READ_ON[r.name], len(values))) for r in readers]
        factors = np.sqrt(_alive(given, np.max(taken, axis=0)))
    return np.where(values > ROOM, 1.0, np.maximum(factors, values / ROOM)) if link.clips else factors


def _alive(given: Array, taken: Array) -> Array:
    """The ratio of two ranges; a channel without values or weights is scaled as the least of the others."""
    alive = (given > 0) & (taken > 0)
    if not alive.any():
        return np.ones_like(given)
    ratios = _relative(given) / np.where(alive, taken, 1.0)
    return np.asarray(np.where(alive, ratios, ratios[alive].min()))


def _relative(ranges: Array) -> Array:
    """Ranges over the widest one."""
    return ranges / max(float(ranges.max()), 1e-30)


def _by_channel(operator: Operator, axis: int, channels: int) -> Array:
    """The largest magnitude of the weights of each channel on ``axis``, float64 [channels]."""
    weights = np.abs(np.moveaxis(_values(operator.inputs[1]), axis, -1).astype(np.float64))
    return np.asarray(weights.reshape(-1, channels).max(axis=0))


def _scale(graph: Graph, link: Link, factors: Array) -> None:
    maker = graph.operators[link.maker]
    _multiply(_values(maker.inputs[1]), MADE_ON[maker.name], 1 / factors)
    for bias in maker.inputs[2:3]:
        if bias is not None:
            _multiply(_values(bias), 0, 1 / factors)
    for place in link.readers:
        reader = graph.operators[place]
        _multiply(_values(reader.inputs[1]), READ_ON[reader.name], factors)


def _multiply(weights: Array, axis: int, factors: Array) -> None:
    """In place; an axis that holds the channels several times over (behind a flatten) repeats them."""
    repeated = np.tile(factors, weights.shape[axis] // len(factors))
    shape = [-1 if i == axis else 1 for i in range(weights.ndim)]
    weights *= repeated.reshape(shape).astype(np.float32)


def _values(tensor: Tensor | None) -> Array:
    """A constant's values in its shape: a view of the file's bytes."""
    assert tensor is not None
    return tensor.stored().reshape(tensor.shape)


def _check(model: Path, content: bytearray, samples: Sequence[Mapping[str, Array]]) -> None:
    lost = Judge(model, samples).loss(bytes(content))
    if lost is None or not lost.noise < NOISE:
        raise VerificationFailed(
            "Equalising its channels changed the model's answers.", "Set equalise=false, and report this."
        )
