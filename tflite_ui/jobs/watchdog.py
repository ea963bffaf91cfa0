"""One thread that looks after running jobs: how long they take and how much memory they hold."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import psutil

INTERVAL = 0.1
"""Seconds between two looks."""

EXACT_EVERY = 10
"""Looks between two exact measures of a process tree that doesn't grow."""

PRIVATE = ("Private_Clean:", "Private_Dirty:", "Private_Hugetlb:", "Swap:")


class Watched(Protocol):
    """What the watchdog needs of a job; each method is called from its thread."""

    def check(self, now: float) -> None:
        """Look at the clock (``time.monotonic``) and at the memory held."""


class Watchdog:
    """Checks every job added, until it is removed. Its thread lives while there is something to watch."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watched: set[Watched] = set()
        self._thread: threading.Thread | None = None

    def add(self, job: Watched) -> None:
        """Watch ``job``."""
        with self._lock:
            self._watched.add(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
                self._thread.start()

    def remove(self, job: Watched) -> None:
        """Watch it no longer."""
        with self._lock:
            self._watched.discard(job)

    def _watch(self) -> None:
        while jobs := self._jobs():
            for job in jobs:
                job.check(time.monotonic())
            time.sleep(INTERVAL)

    def _jobs(self) -> tuple[Watched, ...]:
        with self._lock:
            if not self._watched:
                self._thread = None
            return tuple(self._watched)


class Meter:
    """The memory that a process and its descendants hold beyond what the first was born with.

    Reading the exact number (private and swapped pages, /proc/PID/smaps_rollup) walks the page
    tables, some milliseconds for a forked TensorFlow, so it is done when the cheap one (anonymous
    pages, /proc/PID/statm) has grown, and every second. Away from Linux it is the resident memory.
    """

    def __init__(self, pid: int, inherited: int) -> None:
        self._pid = pid
        self._inherited = inherited
        self._highest = 0
        self._looks = 0
        self._peak = 0

    def peak(self) -> int:
        """The most bytes held at any look so far, this one included."""
        with suppress(OSError, psutil.Error, ValueError):
            self._look() if sys.platform == "linux" else self._note(_resident(self._pid))
        return self._peak

    def _look(self) -> None:
        pids = list(_tree(self._pid))
        cheap = sum(anonymous(pid) for pid in pids) - self._inherited
        self._looks += 1
        if cheap > self._highest * 1.02 or self._looks % EXACT_EVERY == 0:
            self._highest = max(self._highest, cheap)
            first, *others = (_private(pid) for pid in pids)
            own = max(first, anonymous(self._pid) - self._inherited)
            self._note(own + sum(others))

    def _note(self, held: int) -> None:
        self._peak = max(self._peak, held)


def anonymous(pid: int) -> int:
    """Bytes of a process's resident memory that no file backs; raises OSError when it is gone."""
    _, resident, shared, *_ = Path(f"/proc/{pid}/statm").read_text().split()
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")


def _private(pid: int) -> int:
    total = 0
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith(PRIVATE):
                total += int(line.split()[1]) * 1024
    return total


def _tree(pid: int) -> Iterator[int]:
    """A process and its descendants (/proc/PID/task/TID/children)."""
    yield pid
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _tree(int(child))


def _resident(pid: int) -> int:
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    return sum(int(member.memory_info().rss) for member in family)
