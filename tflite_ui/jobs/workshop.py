"""What every job needs in one place: folders, blobs, an executor and a claim on the machine."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tflite_ui.core.errors import ErrorInfo, JobCancelled
from tflite_ui.core.frozen import Frozen
from tflite_ui.core.plan import Limits
from tflite_ui.jobs.executor import Executor, OnEvent, Outcome, RunningJob
from tflite_ui.jobs.knowledge import Knowledge
from tflite_ui.jobs.machine import GaveUp, Machine
from tflite_ui.store.blobs import Blobs
from tflite_ui.store.paths import Home
from tflite_ui.store.uploads import Results
from tflite_ui.worker.protocol import LOG_FILE, Event, JobKind, JobSpec

OnStart = Callable[[RunningJob], None]


def ignore(_: object) -> None:
    """For a caller that doesn't listen."""


@dataclass
class Call:
    """One job asked for: its kind, payload and needs, and who listens."""

    kind: JobKind
    payload: Frozen
    reads: tuple[Path | str | None, ...] = ()
    devices: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    tensorflow: bool = False
    limits: Limits = field(default_factory=Limits)
    silence_seconds: float | None = None
    on_event: OnEvent = ignore
    on_start: OnStart = ignore
    stopped: Callable[[], bool] = lambda: False
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])


@dataclass
class Workshop:
    """Runs jobs one call at a time, each in a folder of its own."""

    home: Home
    blobs: Blobs
    results: Results
    executor: Executor
    machine: Machine
    cores: int
    knowledge: Knowledge

    def folder(self, call: Call) -> Path:
        """The folder of a call's job."""
        return self.home.jobs / call.id

    def start(self, call: Call) -> RunningJob:
        """Start a call at once, whoever else uses the machine."""
        job = JobSpec(
            id=call.id,
            kind=call.kind,
            folder=str(self.folder(call)),
            tensorflow=call.tensorflow,
            payload=call.payload.model_dump(mode="json"),
            limits=call.limits,
            reads=tuple(str(path) for path in call.reads if path),
            devices=call.devices,
            ports=call.ports,
        )
        running = self.executor.start(job, call.on_event)
        call.on_start(running)
        return running

    def run(self, call: Call) -> Outcome:
        """Wait for a share of the machine, run a call to its end; the folder stays for the caller."""
        try:
            with self.machine.share(call.stopped):
                return self.start(call).wait()
        except GaveUp:
            return cancelled()

    def sweep(self, call: Call) -> None:
        """Remove a call's folder."""
        shutil.rmtree(self.folder(call), ignore_errors=True)

    def log(self, call: Call) -> str:
        """What a call's process has printed so far."""
        return read_log(self.folder(call))


def read_log(folder: Path, limit: int = 64_000) -> str:
    """The end of a job's log, at most ``limit`` bytes."""
    try:
        return (folder / LOG_FILE).read_bytes()[-limit:].decode(errors="replace")
    except OSError:
        return ""


def cancelled() -> Outcome:
    """The outcome of a job that was called off before it started."""
    error = JobCancelled("It was cancelled before it started.").info()
    return Outcome(ending="cancelled", error=error, seconds=0.0)


def problem(outcome: Outcome) -> ErrorInfo:
    """The error of an outcome that isn't ``finished``."""
    return outcome.error or ErrorInfo(type="JobError", message=f"The job ended as {outcome.ending}.")


__all__ = ["Call", "Event", "Workshop", "cancelled", "ignore", "problem", "read_log"]
