"""Rounds of which only summaries are known, against all of their runs."""

from __future__ import annotations

import numpy as np
import pytest

from tflite_ui.core.latency import Latency, joined
from tflite_ui.targets._android_results import Timed, together

SIZES = (7, 20, 1)


def runs() -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    return [rng.gamma(2.0, 1.0 + place, size) for place, size in enumerate(SIZES)]


def summary(times: np.ndarray, warmup: int) -> Latency:
    figures = {"p50": np.median(times), "mean": times.mean(), "std": times.std(), "min": times.min()}
    told = {name: float(value) for name, value in figures.items()}
    return Latency(first=float(times[0]), n=len(times), warmup=warmup, **told)  # type: ignore[arg-type]


def nth(times: np.ndarray, share: float) -> float:
    """A percentile as TensorFlow's stat_summarizer takes it: one of the times."""
    return float(np.sort(times)[min(len(times) - 1, int(share * len(times)))])


def test_what_follows_from_summaries_is_that_of_all_runs() -> None:
    each = runs()
    found, together = (
        joined([summary(r, w) for r, w in zip(each, (5, 3, 4), strict=True)]),
        np.concatenate(each),
    )
    assert (found.n, found.warmup, found.first) == (28, 3, each[0][0])
    assert found.mean == pytest.approx(together.mean())
    assert found.std == pytest.approx(together.std())
    assert found.min == together.min()
    assert found.p50 == np.median([np.median(r) for r in each])
    assert found.p10 is found.p90 is found.p99 is None


def test_percentiles_of_rounds_are_bounds() -> None:
    each = runs()
    rounds = [
        Timed(summary(r, 1), {"p5_ms": nth(r, 0.05), "p95_ms": nth(r, 0.95), "loading_ms": 2}) for r in each
    ]
    figures, everything = together(rounds).figures, np.concatenate(each)
    assert set(figures) == {"p5_at_least_ms", "p95_at_most_ms", "loading_ms"}
    assert figures["p5_at_least_ms"] <= nth(everything, 0.05)
    assert figures["p95_at_most_ms"] >= nth(everything, 0.95)
    assert together(rounds[:1]) == rounds[0]
