"""What a user has called off in a study, and the jobs that this stops."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from tflite_ui.jobs.executor import RunningJob


@dataclass
class Control:
    """What a user has called off, and the jobs that it stops."""

    all: threading.Event = field(default_factory=threading.Event)
    variants: set[str] = field(default_factory=set)
    _jobs: dict[str, list[RunningJob]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def register(self, owner: str, job: RunningJob) -> None:
        """``job`` works for ``owner`` (a variant's id, or PREPARE)."""
        with self._lock:
            self._jobs.setdefault(owner, []).append(job)
        if self.stopped(owner):
            job.cancel()

    def stopped(self, owner: str = "") -> bool:
        """Whether ``owner``, or everything, is called off."""
        return self.all.is_set() or owner in self.variants

    def tell(self, owner: str, line: str) -> None:
        """Say something to the jobs that work for one owner."""
        with self._lock:
            jobs = list(self._jobs.get(owner, ()))
        for job in jobs:
            job.tell(line)

    def cancel(self, owner: str | None) -> None:
        """Call off one owner, or everything with None."""
        if owner is None:
            self.all.set()
        else:
            self.variants.add(owner)
        with self._lock:
            jobs = [job for key, found in self._jobs.items() if owner in (None, key) for job in found]
        for job in jobs:
            job.cancel()
