"""How long a job may say nothing, and what it says so that nobody takes it for dead."""

from __future__ import annotations

import os
import time

import pytest

from tflite_ui.core.plan import Limits
from tflite_ui.core.target import BenchmarkOptions
from tflite_ui.jobs.benchmarks import silence
from tflite_ui.jobs.deadlines import FAREWELL_SECONDS, Deadlines
from tflite_ui.worker import protocol
from tflite_ui.worker.protocol import Event, JobSpec, Reporter


def at_work(seconds: float | None) -> Deadlines:
    job = JobSpec(
        id="j",
        kind="benchmark",
        folder="f",
        payload={},
        limits=Limits(timeout_seconds=100),
        silence_seconds=seconds,
    )
    found = Deadlines(job)
    found.born()
    return found


def ending(deadlines: Deadlines, after: float) -> str | None:
    passed = deadlines.passed(time.monotonic() + after)
    return passed.error.message if passed and passed.error else None


@pytest.mark.parametrize(
    ("options", "limit", "seconds"),
    [
        ({}, 3600.0, 3600 / 11),
        ({"runs": 2, "warmup": 0}, 3600.0, 1200.0),
        ({"runs": 5, "warmup": 100}, 3600.0, 60.0),
        ({}, 30.0, 60.0),
    ],
)
def test_a_run_may_take_as_long_as_the_fewest_runs_allow(
    options: dict[str, int], limit: float, seconds: float
) -> None:
    found = silence(Limits(timeout_seconds=limit), BenchmarkOptions.model_validate(options))
    assert found == pytest.approx(seconds)


def test_each_word_buys_time_up_to_the_whole() -> None:
    job = at_work(10)
    assert ending(job, 9) is None
    assert "said nothing for 10 seconds" in str(ending(job, 11))
    job.heard(Event(event="progress", stage="open"))
    assert ending(job, 9) is None
    assert "longer than the 100 seconds" in str(ending(job, 101))


def test_a_job_that_waits_for_its_turn_need_not_speak() -> None:
    job = at_work(10)
    job.heard(Event(event="progress", stage="ready"))
    assert ending(job, 1e6) is None
    job.told()
    assert "said nothing" in str(ending(job, 11))


def test_without_a_limit_on_silence_only_the_whole_counts() -> None:
    job = at_work(None)
    assert ending(job, 99) is None
    job.heard(Event(event="finished"))
    assert ending(job, FAREWELL_SECONDS + 1) is not None


def test_a_pulse_is_felt_only_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    reporter = Reporter(writing)
    reporter.pulse("time")
    monkeypatch.setattr(protocol, "PULSE_SECONDS", -1.0)
    reporter.pulse("time")
    os.close(writing)
    with open(reading, encoding="ascii") as told:
        assert [Event.model_validate_json(line).stage for line in told] == ["time"]
