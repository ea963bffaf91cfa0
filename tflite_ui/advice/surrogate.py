"""What untried recipes may come to, learnt from those tried: which one promises most for its training.

A Gaussian process for each measure (Rasmussen and Williams, 2006): of what a recipe cuts, of any two cuts
together, and of what recipes of the same training have in common. Sizes and latencies are taken as
logarithms, since what steps save multiplies, losses as they are. A recipe promises its expected improvement
over the best that meets the goals, times the chance that it meets them (Gardner et al., 2014, "Bayesian
optimization with inequality constraints").
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from tflite_ui.advice.outcome import LOSS, Result
from tflite_ui.advice.space import CONVERSION, DEPTHS, Depth, Space, Values

Array = npt.NDArray[np.float64]


class Trial(NamedTuple):
    """Choices, how long they were trained, and what they came to."""

    values: Values
    depth: Depth
    result: Result


Asked = tuple[Values, Depth]


class Prior(NamedTuple):
    """What is thought of a measure beforehand.

    ``strongest`` is what a cut at its strongest rung changes, in a line with the rung or with its square, and
    ``longer`` what twice the training does. The others are standard deviations: ``spread`` how far a change
    may be from what is thought, ``pairs`` likewise of two choices together, ``training`` what trainings
    differ by for no reason that is known, and ``noise`` what is left between conversions of one training.
    """

    strongest: float
    grows: Literal["line", "square"]
    longer: float
    spread: float
    pairs: float
    training: float
    noise: float


RATIOS: Final = Prior(-1.0, "line", 0.0, 0.5, 0.1, 0.05, 0.05)
"""Of logarithms of sizes and latencies."""
POINTS: Final = Prior(6.0, "square", -0.5, 2.0, 0.3, 0.5, 0.15)
"""Of losses, in points."""


class Column(NamedTuple):
    """What one number of a recipe's row says; ``cuts`` where the technique takes something away."""

    name: str
    kind: Literal["conversion", "step", "line", "square", "longer"]
    cuts: bool = False
    top: int = 1


class Surrogate:
    """A model of what was tried.

    ``lossy`` says that it is the loss which is to be small. What is at work counts as what is expected of it
    ("kriging believer": Ginsbourger et al., 2010), so that two cores try different things.
    Raises ValueError when nothing was tried.
    """

    def __init__(
        self, space: Space, tried: Sequence[Trial], lossy: bool, at_work: Sequence[Asked] = ()
    ) -> None:
        self._columns = tuple(_columns(space))
        self._steps = frozenset(step.key for step in space.steps)
        self._trainings: dict[tuple[object, ...], int] = {}
        known = self._rows([(trial.values, trial.depth) for trial in tried])
        awaited = self._rows(at_work)
        results = [trial.result for trial in tried]
        aims = [100 * r.aim if lossy else math.log(max(r.aim, 1e-9)) for r in results]
        met = (aim for aim, result in zip(aims, results, strict=True) if result.met)
        self._best = min(met, default=max(aims))
        self._aim = self._process(known, np.array(aims), POINTS if lossy else RATIOS, awaited)
        self._over = []
        for name in dict.fromkeys(name for result in results for name in result.over):
            told = np.array([name in result.over for result in results])
            over = np.array([result.over[name] for result in results if name in result.over])
            prior = POINTS if name == LOSS else RATIOS
            self._over.append(self._process(known.only(told), over, prior, awaited))
        if at_work:
            kept = np.all([process.predicted(awaited)[0] <= 0.0 for process in self._over], axis=0)
            self._best = min([self._best, *self._aim.predicted(awaited)[0][kept]])

    def promise(self, asked: Sequence[Asked]) -> Array:
        """Expected improvement times the chance to meet the goals, of each recipe, [n], 0 or more."""
        rows = self._rows(asked)
        mean, deviation = self._aim.predicted(rows)
        z = (self._best - mean) / deviation
        promise = deviation * (z * _below(z) + np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi))
        for process in self._over:
            mean, deviation = process.predicted(rows)
            promise = promise * _below(-mean / deviation)
        return np.maximum(promise, 0.0)

    def _rows(self, asked: Sequence[Asked]) -> Rows:
        numbers = [[_number(column, *each) for column in self._columns] for each in asked]
        return Rows(
            np.array(numbers).reshape(-1, len(self._columns)),
            np.array([self._training(*each) for each in asked], np.int64),
        )

    def _training(self, values: Values, depth: Depth) -> int:
        """A number, the same for all conversions of one training."""
        own = ((n, v) for n, v in values.items() if n.partition(".")[0] in self._steps and v is not False)
        return self._trainings.setdefault((depth, *sorted(own)), len(self._trainings))

    def _process(self, rows: Rows, values: Array, prior: Prior, awaited: Rows) -> _Process:
        thought = [
            prior.longer if c.kind == "longer" else prior.strongest * (c.cuts and c.kind == prior.grows)
            for c in self._columns
        ]
        process = _Process(rows, values, np.array(thought), prior)
        if not len(awaited.numbers):
            return process
        believed = np.concatenate([values, process.predicted(awaited)[0]])
        return _Process(rows.and_also(awaited), believed, np.array(thought), prior)


class Rows(NamedTuple):
    """Recipes as numbers [n, k], and which training each is of, [n]."""

    numbers: Array
    training: npt.NDArray[np.int64]

    def only(self, chosen: npt.NDArray[np.bool_]) -> Rows:
        """Some of them, by a mask [n]."""
        return Rows(self.numbers[chosen], self.training[chosen])

    def and_also(self, others: Rows) -> Rows:
        """These, then others."""
        return Rows(*(np.concatenate(pair) for pair in zip(self, others, strict=True)))


class _Process:
    """One measure [n] of ``rows``, and what isn't known of it."""

    def __init__(self, rows: Rows, values: Array, thought: Array, prior: Prior) -> None:
        self._rows, self._thought, self._prior = rows, thought, prior
        left = values - rows.numbers @ thought
        self._middle = float(np.median(left))
        noise = np.eye(len(values)) * prior.noise**2
        self._inverse = np.linalg.inv(self._alike(rows) + noise)
        self._weights = self._inverse @ (left - self._middle)

    def predicted(self, rows: Rows) -> tuple[Array, Array]:
        """The mean and the standard deviation at each of ``rows``."""
        alike, prior = self._alike(rows), self._prior
        own = np.square(rows.numbers).sum(axis=1)
        variance = prior.spread**2 * own + (prior.pairs * own) ** 2 + prior.training**2 + prior.noise**2
        known = np.einsum("ij,jk,ik->i", alike, self._inverse, alike)
        mean = self._middle + rows.numbers @ self._thought + alike @ self._weights
        return mean, np.sqrt(np.maximum(variance - known, prior.noise**2))

    def _alike(self, rows: Rows) -> Array:
        """How much each of ``rows`` has in common with each known one, [m, n]: a covariance."""
        prior, shared = self._prior, rows.numbers @ self._rows.numbers.T
        same = rows.training[:, None] == self._rows.training
        found: Array = prior.spread**2 * shared + (prior.pairs * shared) ** 2 + prior.training**2 * same
        return found


def _columns(space: Space) -> Iterator[Column]:
    for conversion in space.conversions:
        yield Column(conversion.key, "conversion")
        yield from (Column(name, "line", top=n - 1) for name, (_, n) in space.ladder(conversion.key).items())
    for step in space.steps:
        cuts = step.family != "training"
        yield Column(step.key, "step")
        for name, (_, n) in space.ladder(step.key).items():
            yield Column(name, "line", cuts, n - 1)
            yield Column(name, "square", cuts, n - 1)
    yield Column("depth", "longer")


def _number(column: Column, values: Values, depth: Depth) -> float:
    if column.kind == "longer":
        return math.log2(DEPTHS[depth])
    if column.kind == "conversion":
        return float(values[CONVERSION] == column.name)
    strength = float(values.get(column.name) or 0) / column.top
    return strength**2 if column.kind == "square" else strength


def _below(z: Array) -> Array:
    """The standard normal's distribution function."""
    return np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in z])
