"""From a job's submission to its process at work, forked from the nursery and started fresh.

``python -m bench.overhead [--quick]``: two small jobs, one that wants TensorFlow (inspect the sample's
model) and one that doesn't (inspect a twelve-number array), each through an executor as the app has it
and through one with TFLITE_UI_FRESH_WORKERS=1. ``opened`` is the job's own first event, told after it is
confined; ``finished`` also holds what a fresh process imports only when it needs it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import numpy as np

from bench.tables import Aim, aims, heading, percentile, table
from tflite_ui.api import SAMPLE_MODEL
from tflite_ui.core.frozen import Frozen
from tflite_ui.jobs.executor import Executor
from tflite_ui.jobs.local import FRESH_WORKERS, LocalExecutor
from tflite_ui.worker.payloads import InspectData, InspectModel
from tflite_ui.worker.protocol import Event, JobKind, JobSpec

LIMIT_MS = 100.0
JOBS = {"nursery": (30, 8), "fresh process": (6, 2)}
"""How many jobs of each kind, in full and with --quick."""


@dataclass
class Times:
    """Milliseconds from submission to the first event and to the outcome, of each job."""

    opened: list[float] = field(default_factory=list)
    finished: list[float] = field(default_factory=list)


def main() -> None:
    """Measure both ways with both jobs and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few jobs: does it work?")
    quick = parser.parse_args().quick
    heading("Job overhead: submitted to opened", quick)
    with tempfile.TemporaryDirectory() as folder:
        found = {
            (way, kind): times
            for way, counts in JOBS.items()
            for kind, times in _measure(way, counts[quick], Path(folder)).items()
        }
    _report(found)


def _measure(way: str, count: int, folder: Path) -> dict[JobKind, Times]:
    kinds: tuple[JobKind, ...] = ("inspect_data", "inspect_model")
    times: dict[JobKind, Times] = {kind: Times() for kind in kinds}
    with _executor(way) as executor:
        for kind in kinds:
            _run(executor, kind, folder / f"{way}-{kind}-first", Times())
        for number in range(count):
            for kind in kinds:
                _run(executor, kind, folder / f"{way}-{kind}-{number}", times[kind])
    return times


@contextmanager
def _executor(way: str) -> Iterator[Executor]:
    os.environ[FRESH_WORKERS] = "0" if way == "nursery" else "1"
    executor = LocalExecutor()
    executor.warm()
    try:
        yield executor
    finally:
        executor.close()


def _run(executor: Executor, kind: JobKind, folder: Path, times: Times) -> None:
    job = _job(kind, folder)
    opened: list[float] = []

    def hear(event: Event) -> None:
        if event.event == "opened":
            opened.append(time.perf_counter())

    begin = time.perf_counter()
    outcome = executor.start(job, hear).wait()
    end = time.perf_counter()
    if outcome.ending != "finished":
        raise SystemExit(f"{kind} ended as {outcome.ending}: {outcome.error}")
    times.opened.append((opened[0] - begin) * 1000)
    times.finished.append((end - begin) * 1000)


def _job(kind: JobKind, folder: Path) -> JobSpec:
    path, payload = _inspection(kind, folder)
    return JobSpec(
        id=folder.name,
        kind=kind,
        folder=str(folder),
        payload=payload.model_dump(mode="json"),
        reads=(str(path),),
        tensorflow=kind == "inspect_model",
    )


def _inspection(kind: JobKind, folder: Path) -> tuple[Path, Frozen]:
    if kind == "inspect_model":
        path = Path(str(resources.files("tflite_ui.samples"))) / SAMPLE_MODEL
        return path, InspectModel(path=str(path), name=path.name, sha256="0" * 64)
    path = folder.with_suffix(".npy")
    np.save(path, np.linspace(0, 1, 12, dtype="float32").reshape(3, 4))
    return path, InspectData(path=str(path), name=path.name, sha256="0" * 64)


def _report(found: dict[tuple[str, JobKind], Times]) -> None:
    columns = ("", "jobs", "opened ms p50", "p95", "max", "finished ms p50", "fresh/nursery, finished")
    rows = []
    for (way, kind), times in found.items():
        finished = statistics.median(times.finished)
        ratio = finished / statistics.median(found["nursery", kind].finished)
        opened = (f"{percentile(times.opened, p):.1f}" for p in (50, 95))
        cells = (*opened, f"{max(times.opened):.1f}", f"{finished:.1f}", f"{ratio:.1f}")
        rows.append((f"{way}, {_words(kind)}", str(len(times.opened)), *cells))
    table("Milliseconds from submission, after a first job that isn't counted", columns, rows)
    aims(
        [
            Aim(
                f"opened from the nursery, {_words(kind)}, p95",
                percentile(times.opened, 95),
                LIMIT_MS,
                "ms",
                1,
            )
            for (way, kind), times in found.items()
            if way == "nursery"
        ]
    )


def _words(kind: JobKind) -> str:
    return "with TensorFlow" if kind == "inspect_model" else "without TensorFlow"


if __name__ == "__main__":
    main()
