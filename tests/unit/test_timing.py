"""Rounds, their cap and what their times come to."""

from __future__ import annotations

import gc
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tflite_ui.worker.timing import Stopwatch, histogram, latency, medians, noise


def nothing() -> None:
    """Done between two runs."""


def test_a_round_has_its_untimed_runs_first() -> None:
    calls: list[int] = []
    told: list[int] = []
    watch = Stopwatch(lambda: calls.append(1), seconds=60, between=lambda: told.append(len(calls)))
    watch.round(5, untimed=2)
    watch.round(3, untimed=2)
    assert len(calls) == 12
    assert [len(times) for times in watch.rounds] == [5, 3]
    assert told == list(range(1, 13))


def test_the_cap_is_over_all_rounds() -> None:
    watch = Stopwatch(lambda: time.sleep(0.02), 0.1, nothing)
    begin = time.perf_counter()
    for _ in range(5):
        watch.round(10, untimed=1)
    assert 0.09 < time.perf_counter() - begin < 0.4
    assert 1 <= len(watch.times) <= 4


def test_one_run_is_timed_whatever_the_cap() -> None:
    watch = Stopwatch(lambda: time.sleep(0.02), 0.001, nothing)
    watch.round(10, untimed=2)
    watch.round(10, untimed=2)
    assert len(watch.times) == 1
    assert watch.times[0] >= 20.0


def test_the_collector_stands_still_during_runs_only() -> None:
    states: list[bool] = []
    Stopwatch(lambda: states.append(gc.isenabled()), 60, nothing).round(2, untimed=0)
    assert states == [False, False]
    assert gc.isenabled()


def test_latency_by_hand() -> None:
    found = latency([1.0, 2.0, 3.0, 4.0, 5.0], first=9.0, warmup=3)
    assert (found.p10, found.p50, found.p90) == pytest.approx((1.4, 3.0, 4.6))
    assert (found.mean, found.std, found.min) == pytest.approx((3.0, 2**0.5, 1.0))
    assert (found.first, found.n, found.warmup) == (9.0, 5, 3)


def test_noise_is_the_spread_of_the_rounds() -> None:
    rounds = [[1.0, 1.0, 9.0], [1.2], [0.9, 1.0, 1.1]]
    assert medians(rounds) == pytest.approx((1.0, 1.2, 1.0))
    assert noise(medians(rounds)) == pytest.approx(0.2)
    assert noise((1.0,)) is None


@given(st.lists(st.floats(1e-3, 1e4), min_size=1, max_size=300))
def test_the_histogram_loses_no_run(times: list[float]) -> None:
    bars = histogram(times)
    assert sum(count for _, count in bars) == len(times)
    assert [edge for edge, _ in bars] == sorted(edge for edge, _ in bars)
