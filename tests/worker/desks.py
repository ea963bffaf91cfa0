"""Studies at the front desk on the sample, and the processes that work for them."""

from __future__ import annotations

import json
from pathlib import Path

from tests.worker.running import soon
from tflite_ui.api import Desk
from tflite_ui.core.plan import Limits, StudyRequest
from tflite_ui.core.study import Study
from tflite_ui.core.variant import Variant
from tflite_ui.jobs.executor import OnEvent, RunningJob
from tflite_ui.jobs.local import LocalExecutor
from tflite_ui.worker.protocol import EVENTS_FILE, JOB_FILE, JobSpec, parse_event

SLOW = "int16x8:bias=int64"
"""On the sample its evaluation on slow kernels takes seconds: time to kill or cancel it."""
TARGET = "xnnpack:runs=5"


class Counting(LocalExecutor):
    """Remembers what kinds of jobs it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.kinds: list[str] = []

    def start(self, job: JobSpec, on_event: OnEvent) -> RunningJob:
        self.kinds.append(job.kind)
        return super().start(job, on_event)


def asked(desk: Desk, *recipes: str, seed: int = 0, limits: Limits | None = None) -> StudyRequest:
    model, data = desk.add_sample()
    return StudyRequest(
        model=model, data=data, recipes=recipes, targets=(TARGET,), seed=seed, limits=limits or Limits()
    )


def of(study: Study, recipe: str) -> Variant:
    return next(v for v in study.variants if v.recipe == recipe)


def under_way(desk: Desk, id: str, recipe: str) -> None:
    """Wait until a variant is being evaluated."""

    def evaluating() -> bool:
        stages = (s for j in desk.progress(id).jobs if j.title == recipe for s in j.stages)
        return any(s.name == "evaluate" and s.state == "running" for s in stages)

    assert soon(evaluating, 60), (desk.progress(id), desk.study(id).variants)


def worker_of(home: Path, recipe: str) -> int | None:
    """The process that works on the only running variant made by ``recipe``; None before it has said so."""
    for file in (home / "jobs").glob(f"*/{JOB_FILE}"):
        job = json.loads(file.read_text())
        steps = job["payload"].get("steps", [{}])
        if job["kind"] == "variant" and recipe.startswith(steps[-1]["technique"]):
            lines = (file.parent / EVENTS_FILE).read_bytes().splitlines()
            event = parse_event(lines[0]) if lines else None
            return event.pid if event else None
    return None


def endings(study: Study) -> dict[str, str]:
    return {v.recipe: v.status for v in study.variants}


def measured(study: Study) -> dict[str, str]:
    recipes = {v.id: v.recipe for v in study.variants}
    return {recipes[m.variant]: m.status for m in study.measurements}


def timing_worker(home: Path, variant: str) -> int:
    """The process that times a variant's file."""
    for file in (home / "jobs").glob(f"*/{JOB_FILE}"):
        job = json.loads(file.read_text())
        if job["kind"] == "benchmark" and job["payload"]["variant"] == variant:
            event = parse_event((file.parent / EVENTS_FILE).read_bytes().splitlines()[0])
            assert event is not None
            assert event.pid is not None
            return event.pid
    raise AssertionError(f"nobody times {variant}")
