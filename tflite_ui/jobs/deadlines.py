"""How long a job may take, and how long it may say nothing."""

from __future__ import annotations

import math
import time

from tflite_ui.jobs.endings import Verdict, never_started, silent, timed_out
from tflite_ui.worker.protocol import TURN_OVER, Event, JobSpec

BIRTH_SECONDS = 180.0
"""How long a job may wait for its process (a nursery's imports) before its own time limit counts."""

NEVER = math.inf
"""The deadline of a job that waits for its turn: others' turns don't count."""

FAREWELL_SECONDS = 5.0
"""How long a process may take to exit after its last event."""


class Deadlines:
    """When one job has to have ended, and when to have said its next word; moments are of time.monotonic."""

    def __init__(self, spec: JobSpec) -> None:
        self._whole, self._silence = spec.limits.timeout_seconds, spec.silence_seconds
        self._born = False
        self._end = time.monotonic() + BIRTH_SECONDS + self._whole
        self._word = NEVER

    def born(self) -> None:
        """Its process runs: its time begins."""
        self._born = True
        self._begin()

    def told(self) -> None:
        """It was given a turn: one that waited has its time anew."""
        if self._end == NEVER:
            self._begin()

    def heard(self, event: Event) -> None:
        """It said a word, perhaps its last, or that it waits for its turn."""
        self._word = time.monotonic() + (self._silence or NEVER)
        if event.stage in TURN_OVER:
            self._end = self._word = NEVER
        if event.event in ("finished", "failed"):
            self._end = min(self._end, time.monotonic() + FAREWELL_SECONDS)

    def passed(self, now: float) -> Verdict | None:
        """The verdict on a job that should have ended, or spoken, before ``now``; else None."""
        if now > self._end:
            return timed_out(self._whole) if self._born else never_started()
        if now > self._word:
            return silent(self._silence or 0.0)
        return None

    def _begin(self) -> None:
        now = time.monotonic()
        self._end, self._word = now + self._whole, now + (self._silence or NEVER)
