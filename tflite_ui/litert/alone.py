"""How much error each operator makes: it alone quantised, all the rest in float, on real samples."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tflite_ui.core.errors import TFLiteUIError
from tflite_ui.litert.calibrated import Calibrated
from tflite_ui.litert.graph import Graph
from tflite_ui.litert.inside import Inside, inside
from tflite_ui.litert.numbers import Array
from tflite_ui.litert.quantizer import Rule

SQUASHERS = frozenset({"SOFTMAX", "LOGISTIC", "LOG_SOFTMAX"})
"""An output behind one of these is judged before it: there an error still shows in its full size."""
SAME_LOSS = 0.5
Progress = Callable[[int, int], None]


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


def sweep(
    calibrated: Calibrated,
    judge: Judge,
    rules: Mapping[int, Rule],
    seconds: float = math.inf,
    progress: Progress = lambda *_: None,
) -> dict[int, Loss]:
    """What each operator loses when it alone is quantised by its rule, by place.

    Ends after ``seconds``; places it didn't reach, and those that can't stand alone, are left out.
    """
    end, found = time.monotonic() + seconds, {}
    for done, (place, rule) in enumerate(rules.items()):
        if time.monotonic() > end:
            break
        progress(done, len(rules))
        content = calibrated.quantised([rule])
        loss = judge.loss(content) if content is not None else None
        if loss is not None:
            found[place] = loss
    return found


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
