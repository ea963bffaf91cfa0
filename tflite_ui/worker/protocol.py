"""The contract between the app and a job's process, version 1.

A job is one process. It is started in one of two ways, which it can't tell apart:
forked by a nursery (``python -m tflite_ui.worker nursery``, which has imported what jobs need and
run none of it), or fresh (``python -m tflite_ui.worker job FOLDER``).

What it gets
    ``FOLDER/job.json``, a ``JobSpec``; the folder is the only place it may write to, and TMPDIR
    points into it. File descriptors, numbers in ``job.json``'s environment twin: EVENTS_FD to
    write events to, CONTROL_FD to read control lines from. stdout and stderr are ``FOLDER/log.txt``.
What it says
    One JSON object a line on EVENTS_FD, each ``{"v": 1, "event": NAME, ...}``:
    ``opened`` first, any number of ``progress`` and ``log``, then exactly one of ``finished`` (with
    ``result``, a JSON object) or ``failed`` (with ``error``: type, message, hint). Then it exits.
What it hears
    A benchmark listens to ``round N``, which asks for N timed runs, and ``end``, for its result; when it has
    answered samples elsewhere, to ``compare`` before. A training listens to
    ``stop``: no more epochs, go on with the best so far. End of file means that the app is gone.
    After the stages in TURN_OVER the job waits to be told, and its time limits wait with it.
    Otherwise a benchmark says ``progress`` between two runs, once a second or so: with
    ``silence_seconds`` one that says nothing for longer is ended.
How it ends
    ``finished`` and ``failed`` as said; an end without either is ``lost`` (killed or crashed); the
    app ends it by SIGKILL to its process group for ``cancelled``, ``timed_out`` (silent, too) and, as
    ``failed`` with MemoryExceeded, when its resident memory passes the limit.
Only paths, digests and JSON cross the border.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any, Literal

from pydantic import ValidationError

from tflite_ui.core.errors import ErrorInfo
from tflite_ui.core.frozen import Frozen
from tflite_ui.core.plan import Limits
from tflite_ui.core.training import CurvePoint

VERSION = 1
EVENTS_FD = "TFLITE_UI_EVENTS_FD"
CONTROL_FD = "TFLITE_UI_CONTROL_FD"
TURN_OVER = ("ready", "round", "answered")
JOB_FILE, LOG_FILE, EVENTS_FILE = "job.json", "log.txt", "events.jsonl"

JobKind = Literal[
    "inspect_model",
    "inspect_data",
    "fix_data",
    "view_samples",
    "try_files",
    "prepare",
    "train",
    "variant",
    "metric",
    "benchmark",
    "diagnose",
    "availability",
]
PULSE_SECONDS = 1.0
EventName = Literal["opened", "progress", "log", "finished", "failed"]


class JobSpec(Frozen):
    """One job: what to do (``kind`` and its ``payload``), where, and what it may read and use."""

    v: int = VERSION
    id: str
    kind: JobKind
    folder: str
    payload: dict[str, Any]
    reads: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    tensorflow: bool = False
    limits: Limits = Limits()
    silence_seconds: float | None = None
    """How long it may say nothing while it is at work; None where it needn't speak before its end."""


class Event(Frozen):
    """One line of a job's event stream."""

    v: int = VERSION
    event: EventName
    stage: str = ""
    fraction: float | None = None
    note: str = ""
    result: dict[str, Any] | None = None
    error: ErrorInfo | None = None
    pid: int | None = None
    point: CurvePoint | None = None
    """On ``progress``, at the end of an epoch."""
    isolation: str = ""
    """On ``opened``: how the process is confined, e.g. ``fork, landlock, seccomp, netns``."""


def parse_event(line: bytes | str) -> Event | None:
    """The event on a line; None when the line isn't one (cut short by a kill, or foreign)."""
    try:
        return Event.model_validate_json(line)
    except ValidationError:
        return None


class Reporter:
    """The job's side of the event stream."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._spoken = time.monotonic()

    def opened(self, isolation: str) -> None:
        """The first event."""
        self._write(Event(event="opened", pid=os.getpid(), isolation=isolation))

    def progress(self, stage: str, fraction: float | None = None, note: str = "") -> None:
        """Stage ``stage`` is ``fraction`` (0 to 1) done."""
        self._write(Event(event="progress", stage=stage, fraction=fraction, note=note))

    def pulse(self, stage: str) -> None:
        """Stage ``stage`` goes on, said after PULSE_SECONDS without a word; cheap enough between two runs."""
        if time.monotonic() - self._spoken > PULSE_SECONDS:
            self.progress(stage)

    def epoch(self, stage: str, point: CurvePoint) -> None:
        """An epoch of ``stage`` has ended."""
        self._write(Event(event="progress", stage=stage, fraction=point.epoch / point.of, point=point))

    def log(self, text: str) -> None:
        """One line for the user to read."""
        self._write(Event(event="log", note=text))

    def finished(self, result: dict[str, Any]) -> None:
        """The last event of a job that went well."""
        self._write(Event(event="finished", result=result))

    def failed(self, error: ErrorInfo) -> None:
        """The last event of a job that didn't."""
        self._write(Event(event="failed", error=error))

    def _write(self, event: Event) -> None:
        self._spoken = time.monotonic()
        line = json.dumps(event.model_dump(mode="json", exclude_defaults=False)) + "\n"
        data = line.encode()
        while data:
            data = data[os.write(self._descriptor, data) :]
