"""The live picture of a running study, fed by its jobs' events and read by pages."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from tflite_ui.core.study import JobProgress, Stage
from tflite_ui.core.training import CurvePoint
from tflite_ui.core.variant import Status
from tflite_ui.worker.protocol import Event

Kind = Literal["prepare", "variant", "benchmark", "search"]
STAGES: dict[Kind, tuple[str, ...]] = {
    "prepare": ("convert", "verify", "baseline"),
    "variant": ("convert", "verify", "evaluate"),
    "benchmark": ("open", "measure"),
    "search": ("search",),
}
TRAIN, METRIC = "train", "metric"
"""The stage before all others of a variant with model steps, and the last one where users bring a metric."""


@dataclass
class Entry:
    """One job on the board."""

    id: str
    kind: Kind
    title: str
    weight: float
    trains: bool = False
    scores: bool = False
    status: Status = "queued"
    stage: str = ""
    fraction: float = 0.0
    note: str = ""
    seen: list[str] = field(default_factory=list)
    curve: list[CurvePoint] = field(default_factory=list)
    started: float | None = None
    ended: float | None = None
    log: Callable[[], str] = lambda: ""

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages in order."""
        first, last = (TRAIN,) if self.trains else (), (METRIC,) if self.scores else ()
        return (*first, *STAGES[self.kind], *last)

    def done_weight(self) -> float:
        """The share of this entry's weight that is behind us."""
        if self.ended is not None:
            return self.weight
        if self.stage not in self.stages:
            return 0.0
        return self.weight * (self.stages.index(self.stage) + self.fraction) / len(self.stages)

    def picture(self) -> JobProgress:
        """This entry as a page sees it."""
        seconds = None if self.started is None else (self.ended or time.monotonic()) - self.started
        return JobProgress(
            id=self.id,
            kind=self.kind,
            title=self.title,
            status=self.status,
            seconds=seconds,
            stages=tuple(self._stage(name) for name in self.stages),
            curve=tuple(self.curve),
            log="\n".join(self.log().splitlines()[-40:]),
        )

    def _stage(self, name: str) -> Stage:
        if name == self.stage and self.ended is None:
            return Stage(name=name, state="running", fraction=self.fraction, note=self.note)
        if name == self.stage and self.status != "finished":
            return Stage(name=name, state="failed", fraction=self.fraction)
        if name in self.seen:
            return Stage(name=name, state="done", fraction=1.0)
        return Stage(name=name, state="waiting" if self.ended is None else "skipped")


class Board:
    """Entries in order of work; every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[str, Entry] = {}
        self.started = time.monotonic()
        self.note = ""

    def add(self, entry: Entry) -> None:
        """Put an entry on the board, once."""
        with self._lock:
            self._entries.setdefault(entry.id, entry)

    def begin(self, id: str, log: Callable[[], str] = lambda: "") -> None:
        """The job has started."""
        with self._lock:
            entry = self._entries[id]
            entry.status, entry.log = "running", log
            entry.started = entry.started or time.monotonic()

    def hear(self, id: str, event: Event) -> None:
        """Take in one of the job's events."""
        if event.event == "progress":
            self.stage(id, event.stage, event.fraction or 0.0, event.note)
        if event.point is not None:
            with self._lock:
                self._entries[id].curve.append(event.point)

    def stage(self, id: str, stage: str, fraction: float, note: str = "") -> None:
        """The job is ``fraction`` through ``stage``."""
        with self._lock:
            entry = self._entries[id]
            if stage not in entry.seen:
                entry.seen.append(stage)
            entry.stage, entry.fraction, entry.note = stage, fraction, note

    def end(self, id: str, status: Status, log: str = "") -> None:
        """The job has ended."""
        with self._lock:
            entry = self._entries[id]
            entry.status, entry.log = status, lambda: log
            entry.ended = time.monotonic()

    def picture(self) -> tuple[JobProgress, ...]:
        """All entries as a page sees them."""
        with self._lock:
            return tuple(entry.picture() for entry in self._entries.values())

    def elapsed(self) -> float:
        """Seconds since the board was put up."""
        return time.monotonic() - self.started

    def remaining(self) -> float | None:
        """Seconds left, from the weights of what is done and what isn't; None before anything is done."""
        with self._lock:
            whole = sum(entry.weight for entry in self._entries.values())
            done = sum(entry.done_weight() for entry in self._entries.values())
        if done <= 0.05 * whole:
            return whole or None
        return self.elapsed() * (whole - done) / done
