"""How much error each operator makes: it alone quantised, all the rest in float, on real samples.

In a larger net whole blocks are tried first, and then the layers of the worst ones, as far as time allows.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tflite_ui.core.errors import TFLiteUIError
from tflite_ui.litert.blocks import Block, blocks
from tflite_ui.litert.calibrated import Calibrated
from tflite_ui.litert.graph import Graph
from tflite_ui.litert.inside import Inside, inside
from tflite_ui.litert.numbers import Array
from tflite_ui.litert.quantizer import Rule

SQUASHERS = frozenset({"SOFTMAX", "LOGISTIC", "LOG_SOFTMAX"})
"""An output behind one of these is judged before it: there an error still shows in its full size."""
SAME_LOSS = 0.5
FEW = 24
"""Up to so many layers are tried one by one at once."""
BLOCKS_TIME = 0.5
"""The share of the time that trying blocks may take."""
Progress = Callable[[float, str], None]
"""Told the fraction done, and what is being tried."""


@dataclass(frozen=True)
class Loss:
    """What became of the outputs: noise power over signal power, and the share of equal top-1 answers."""

    noise: float
    agreement: float | None


class Judge:
    """The float file's outputs on ``samples``, to compare others with."""

    def __init__(self, float_file: Path, samples: Sequence[Mapping[str, Array]]) -> None:
        self._samples = samples
        original = inside(float_file)
        self.graph = original.graph
        self._names = judged(original.graph)
        self._wanted = [original.run(sample, self._names) for sample in samples]

    def loss(self, content: bytes) -> Loss | None:
        """What the file ``content`` loses; None when it can't be run."""
        try:
            other = Inside(content)
            given = [other.run(sample, self._names) for sample in self._samples]
        except TFLiteUIError:
            return None
        pairs = [
            (g[n], w[n]) for g, w in zip(given, self._wanted, strict=True) for n in self._names if n in g
        ]
        noise = sum(float(np.sum(np.square(g - w, dtype=np.float64))) for g, w in pairs)
        signal = sum(float(np.sum(np.square(w, dtype=np.float64))) for _, w in pairs)
        return Loss(noise / max(signal, 1e-30), _agreement(given, self._wanted, self._names[0]))


def judged(graph: Graph) -> tuple[str, ...]:
    """The names of the tensors that outputs are judged by."""
    producers = graph.producers()
    found = []
    for port in graph.outputs:
        maker = producers.get(id(port.tensor))
        behind = maker.inputs[0] if maker and maker.name in SQUASHERS else None
        found.append(behind.name if behind is not None and not behind.is_constant else port.tensor.name)
    return tuple(found)


@dataclass
class Swept:
    """What was tried: each operator's loss by its place, and each block's."""

    losses: dict[int, Loss] = field(default_factory=dict)
    blocks: list[tuple[Block, Loss]] = field(default_factory=list)


def sweep(
    calibrated: Calibrated,
    judge: Judge,
    rules: Mapping[int, Rule],
    seconds: float = math.inf,
    progress: Progress = lambda *_: None,
    enough: int | None = None,
) -> Swept:
    """What each operator loses when it alone is quantised by its rule.

    Over FEW of them, blocks are tried first and the worst block's layers before the others'. Ends after
    ``seconds``, or when ``enough`` layers are known that each lose more than any block not looked into;
    layers it didn't reach, and those that can't stand alone, are left out.
    """
    end, swept = time.monotonic() + seconds, Swept()
    found = blocks(judge.graph, tuple(rules)) if len(rules) > FEW else (Block("", tuple(rules)),)
    for number, block in enumerate(found if len(found) > 1 else ()):
        if time.monotonic() > end - seconds * (1 - BLOCKS_TIME):
            break
        progress(number / (len(found) + len(rules)), f"block {number + 1} of {len(found)}")
        loss = _lost(calibrated, judge, [rules[place] for place in block.places])
        if loss is not None:
            swept.blocks.append((block, loss))
    swept.blocks.sort(key=lambda pair: -pair[1].noise)
    known = {block.places: loss for block, loss in swept.blocks}
    for block in sorted(found, key=lambda block: -_noise(known.get(block.places))):
        loss = known.get(block.places)
        if loss is not None and enough is not None and _are_worse(swept.losses, enough, loss):
            break
        _one_by_one(calibrated, judge, {p: rules[p] for p in block.places}, end, len(rules), swept, progress)
    return swept


def _one_by_one(
    calibrated: Calibrated,
    judge: Judge,
    rules: Mapping[int, Rule],
    end: float,
    total: int,
    swept: Swept,
    progress: Progress,
) -> None:
    for place, rule in rules.items():
        if time.monotonic() > end:
            return
        done = len(swept.losses)
        progress((len(swept.blocks) + done) / (len(swept.blocks) + total), f"layer {done + 1} of {total}")
        loss = _lost(calibrated, judge, [rule])
        if loss is not None:
            swept.losses[place] = loss


def _lost(calibrated: Calibrated, judge: Judge, rules: Sequence[Rule]) -> Loss | None:
    content = calibrated.quantised(rules)
    return judge.loss(content) if content is not None else None


def _noise(loss: Loss | None) -> float:
    return loss.noise if loss is not None else -1.0


def _are_worse(losses: Mapping[int, Loss], enough: int, than: Loss) -> bool:
    return sum(loss.noise > than.noise for loss in losses.values()) >= enough


def ranked(graph: Graph, losses: Mapping[int, Loss]) -> tuple[int, ...]:
    """The places of ``losses``, the greatest noise first.

    What one operator gives is what the next one takes: where a maker alone causes at least half of the
    noise of the operator that follows it, the maker goes first.
    """
    order = sorted(losses, key=lambda place: -losses[place].noise)
    for place in tuple(order):
        for maker in _makers(graph, place):
            if maker in losses and _blamed(losses, maker, place) and order.index(maker) > order.index(place):
                order.remove(maker)
                order.insert(order.index(place), maker)
    return tuple(order)


def _blamed(losses: Mapping[int, Loss], maker: int, place: int) -> bool:
    return losses[maker].noise >= SAME_LOSS * losses[place].noise


def _makers(graph: Graph, place: int) -> Iterable[int]:
    names = {id(tensor) for tensor in graph.operators[place].inputs if tensor is not None}
    return [p for p, op in enumerate(graph.operators) if any(id(t) in names for t in op.outputs)]


def _agreement(
    given: Sequence[Mapping[str, Array]], wanted: Sequence[Mapping[str, Array]], name: str
) -> float | None:
    if any(name not in g for g in given) or wanted[0][name].shape[-1:] in ((), (1,)):
        return None
    same = [np.mean(g[name].argmax(-1) == w[name].argmax(-1)) for g, w in zip(given, wanted, strict=True)]
    return float(np.mean(same))
