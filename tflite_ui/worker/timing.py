"""Timed runs, and what their times come to."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from tflite_ui.core.latency import Latency

NANOSECONDS = 1e6
"""In a millisecond."""
BINS = 40
NOISY = 0.15


@contextmanager
def no_collection() -> Iterator[None]:
    """Python's garbage collector stands still meanwhile."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def timed(run: Callable[[], None]) -> float:
    """Milliseconds of one call."""
    begin = time.perf_counter_ns()
    run()
    return (time.perf_counter_ns() - begin) / NANOSECONDS


class Stopwatch:
    """Times runs in rounds, until ``seconds`` of running are used up; the first run always counts.

    ``between`` is called after each run, outside the time taken.
    """

    def __init__(self, run: Callable[[], None], seconds: float, between: Callable[[], None]) -> None:
        self._run, self._left, self._between = run, seconds * 1000.0, between
        self.rounds: list[list[float]] = []

    @property
    def times(self) -> list[float]:
        """Every timed run in milliseconds."""
        return [value for values in self.rounds for value in values]

    def round(self, runs: int, untimed: int) -> None:
        """``untimed`` runs to fill the caches again, then ``runs`` timed ones, as long as time is left."""
        if self._left <= 0 and self.rounds:
            return
        values: list[float] = []
        with no_collection():
            for number in range(untimed + runs):
                if self._left <= 0 and (values or self.rounds):
                    break
                value = timed(self._run)
                self._left -= value
                self._between()
                if number >= untimed:
                    values.append(value)
        if values:
            self.rounds.append(values)


def latency(times: Sequence[float], first: float, warmup: int) -> Latency:
    """The summary of times in ms: percentiles by linear interpolation, std of the population."""
    values = np.asarray(times)
    p10, p50, p90, p99 = (float(p) for p in np.percentile(values, (10, 50, 90, 99)))
    return Latency(
        first=first,
        p10=p10,
        p50=p50,
        p90=p90,
        p99=p99,
        mean=float(values.mean()),
        std=float(values.std()),
        min=float(values.min()),
        n=len(values),
        warmup=warmup,
    )


def histogram(times: Sequence[float], bins: int = BINS) -> tuple[tuple[float, int], ...]:
    """(lower edge in ms, count) of equal bins up to the 99th percentile; slower runs count in the last."""
    values = np.asarray(times)
    low, high = float(values.min()), float(np.percentile(values, 99))
    edges = np.linspace(low, high if high > low else low + 1e-6, bins + 1)
    counts, _ = np.histogram(np.minimum(values, edges[-1]), edges)
    return tuple((float(edge), int(count)) for edge, count in zip(edges[:-1], counts, strict=True))


def medians(rounds: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """The median of each round in ms."""
    return tuple(float(np.median(values)) for values in rounds)


def noise(round_medians: Sequence[float]) -> float | None:
    """The spread of the rounds' medians, (max - min) / median; None with fewer than two rounds."""
    if len(round_medians) < 2:
        return None
    return float((max(round_medians) - min(round_medians)) / np.median(round_medians))
