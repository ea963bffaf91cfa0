"""How long a file takes to run once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

from tflite_ui.core.frozen import Frozen


class Latency(Frozen):
    """Milliseconds over ``n`` timed runs; ``first`` is the very first run, ``warmup`` were not timed.

    A device that times by itself may not tell of all percentiles: None then. Its every round is a new process
    with ``first`` and ``warmup`` of its own: the first round's, and the least.
    """

    first: float
    p50: float
    p90: float | None = None
    p99: float | None = None
    mean: float
    std: float
    min: float
    n: int
    warmup: int
    p10: float | None = None


def joined(rounds: Sequence[Latency]) -> Latency:
    """One or more rounds of which only these summaries are known, as one.

    ``p50`` is the median of the rounds' medians. ``n``, ``mean``, ``min`` and ``std`` (by the law of total
    variance) are those of all runs together. Other percentiles don't follow from summaries: None.
    """
    if len(rounds) == 1:
        return rounds[0]
    n = sum(one.n for one in rounds)
    mean = sum(one.n * one.mean for one in rounds) / n
    return Latency(
        first=rounds[0].first,
        p50=median(one.p50 for one in rounds),
        mean=mean,
        std=math.sqrt(sum(one.n * (one.std**2 + (one.mean - mean) ** 2) for one in rounds) / n),
        min=min(one.min for one in rounds),
        n=n,
        warmup=min(one.warmup for one in rounds),
    )
