"""Real jobs for tests of the process machinery, made slow or broken by their input alone."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from tflite_ui.core.plan import Limits
from tflite_ui.worker.protocol import Event, JobSpec

ROOT = Path(__file__).parent.parent.parent
SECRET = "TFLITE_TEST_SECRET"


class Listener:
    """Collects a job's events; ``opened`` waits for the first."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._opened = threading.Event()

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        self._opened.set()

    def opened(self, seconds: float = 60) -> Event:
        assert self._opened.wait(seconds), "the job hasn't said anything"
        return self.events[0]

    @property
    def pid(self) -> int:
        pid = self.opened().pid
        assert pid is not None
        return pid

    @property
    def stages(self) -> list[str]:
        return [event.stage for event in self.events]

    @property
    def names(self) -> list[str]:
        return [event.event for event in self.events]


def looking_at(folder: Path, data: Path, limits: Limits = Limits(), **more: Any) -> JobSpec:  # noqa: B008
    """A job that inspects a data file."""
    payload = {"path": str(data), "name": data.name, "sha256": "0" * 64}
    return JobSpec(
        id=folder.name,
        kind="inspect_data",
        folder=str(folder),
        payload=payload,
        reads=(str(data),),
        limits=limits,
        **more,
    )


def quick(folder: Path, **more: Any) -> JobSpec:
    """A job that ends well in a moment."""
    data = folder.parent / f"{folder.name}.npy"
    np.save(data, np.linspace(0, 1, 12, dtype="float32").reshape(3, 4))
    return looking_at(folder, data, **more)


def long_one(folder: Path, limits: Limits = Limits(), **more: Any) -> JobSpec:  # noqa: B008
    """A job of half a minute or more: its data file is a hole of almost 4 GB."""
    hole, shape = folder.parent / f"{folder.name}.npy", (16_000, 256, 256)
    header = {"descr": "<f4", "fortran_order": False, "shape": shape}
    with hole.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        file.truncate(file.tell() + 4 * math.prod(shape))
    return looking_at(folder, hole, limits, **more)


def large(folder: Path, limits: Limits) -> JobSpec:
    """A job that needs some hundreds of megabytes."""
    data = folder.parent / "large.npy"
    np.save(data, np.random.default_rng(0).random((2000, 150, 150), dtype="float32"))
    return looking_at(folder, data, limits)


def running(pid: int) -> bool:
    """Whether a process is there and not a mere zombie."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def soon(condition: Callable[[], bool], seconds: float = 2.0) -> bool:
    """Whether ``condition`` comes true within ``seconds``."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return condition()
