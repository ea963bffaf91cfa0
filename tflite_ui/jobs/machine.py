"""Who may use the machine: conversions share it up to the core count, a benchmark has it alone.

What is timed on other hardware (a phone) has that alone, beside whatever runs here.

The claim holds across processes (an app and a command line, two apps): it is a pair of file locks.
A claimant takes the turnstile first, so neither side can starve the other.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

POLL_SECONDS = 0.02
HOST = "host"
"""The hardware that is this machine."""
Stopped = Callable[[], bool]


class GaveUp(Exception):
    """The wait for the machine was called off."""


class Machine:
    """``share`` it for a conversion, have it ``alone`` for a round of a benchmark."""

    def __init__(self, cores: int, folder: Path | None = None) -> None:
        place = folder or Path(tempfile.gettempdir()) / f"tflite-ui-{os.getuid()}"
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._place = place
        self._turnstile, self._room = place / "turnstile.lock", place / "machine.lock"
        self._slots = threading.Semaphore(cores)

    @contextmanager
    def share(self, stopped: Stopped = lambda: False) -> Iterator[None]:
        """Use one core beside others; waits while a benchmark has the machine. Raises GaveUp."""
        _wait(lambda: self._slots.acquire(blocking=False), stopped)
        try:
            with self._claim(fcntl.LOCK_SH, stopped):
                yield
        finally:
            self._slots.release()

    @contextmanager
    def alone(self, stopped: Stopped = lambda: False, hardware: str = HOST) -> Iterator[None]:
        """Have the whole machine, or other ``hardware``; waits until nobody uses it. Raises GaveUp."""
        with self._claim(fcntl.LOCK_EX, stopped) if hardware == HOST else self._other(hardware, stopped):
            yield

    @contextmanager
    def _other(self, hardware: str, stopped: Stopped) -> Iterator[None]:
        with (self._place / f"{hardware}.lock").open("w") as room:
            _wait(lambda: _lock(room.fileno(), fcntl.LOCK_EX), stopped)
            yield

    @contextmanager
    def _claim(self, mode: int, stopped: Stopped) -> Iterator[None]:
        with self._turnstile.open("w") as turnstile, self._room.open("w") as room:
            _wait(lambda: _lock(turnstile.fileno(), fcntl.LOCK_EX), stopped)
            _wait(lambda: _lock(room.fileno(), mode), stopped)
            fcntl.flock(turnstile, fcntl.LOCK_UN)
            yield


@contextmanager
def hold(path: Path) -> Iterator[bool]:
    """Hold the lock file at ``path`` while inside; False at once when somebody else holds it."""
    with path.open("w") as stream:
        yield _lock(stream.fileno(), fcntl.LOCK_EX)


def _wait(attempt: Callable[[], bool], stopped: Stopped) -> None:
    while not attempt():
        if stopped():
            raise GaveUp
        time.sleep(POLL_SECONDS)


def _lock(descriptor: int, mode: int) -> bool:
    try:
        fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
