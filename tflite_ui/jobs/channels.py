"""A job's files and pipes, made before its process is."""

from __future__ import annotations

import os
import select
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from tflite_ui.worker.protocol import EVENTS_FILE, JOB_FILE, LOG_FILE, JobSpec

LONGEST_LINE = 4 * 2**20
"""Bytes; a longer line isn't ours and is dropped."""

PATIENCE = 0.25
"""Seconds between looks at whether the process is gone while no event comes."""


@dataclass
class Channels:
    """Descriptors: ``log``, ``events_out`` and ``control_in`` are the job's, the others the app's."""

    log: int
    events_out: int
    control_in: int
    events_in: int
    control_out: int
    journal: int

    def close_jobs_side(self) -> None:
        """Let go of what the process now holds itself."""
        for descriptor in (self.log, self.events_out, self.control_in):
            os.close(descriptor)

    def close_apps_side(self) -> None:
        """Let go of the rest; the process sees the end of its control pipe."""
        for descriptor in (self.events_in, self.control_out, self.journal):
            os.close(descriptor)


def open_channels(job: JobSpec) -> Channels:
    """Make the job's folder and ``job.json``, log, journal and pipes; raises OSError, leaving none open."""
    folder = Path(job.folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / JOB_FILE).write_text(job.model_dump_json())
    with ExitStack() as opened:
        log, journal = (_append(folder / name, opened) for name in (LOG_FILE, EVENTS_FILE))
        events_in, events_out = _pipe(opened)
        control_in, control_out = _pipe(opened)
        opened.pop_all()
    return Channels(log, events_out, control_in, events_in, control_out, journal)


def _append(path: Path, opened: ExitStack) -> int:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    opened.callback(os.close, descriptor)
    return descriptor


def _pipe(opened: ExitStack) -> tuple[int, int]:
    ends = os.pipe()
    for end in ends:
        opened.callback(os.close, end)
    return ends


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte; raises OSError."""
    while data:
        data = data[os.write(descriptor, data) :]


def lines(descriptor: int, gone: Callable[[], bool]) -> Iterator[bytes]:
    """Whole lines until the end of file, or until ``gone`` and nothing more to read.

    The second matters when something that outlived the job still holds the pipe open.
    """
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    buffer = b""
    while True:
        was_gone = gone()
        if not poller.poll(0 if was_gone else PATIENCE * 1000):
            if was_gone:
                return
            continue
        chunk = os.read(descriptor, 65536)
        if not chunk:
            return
        *whole, buffer = (buffer + chunk).split(b"\n")
        yield from whole
        if len(buffer) > LONGEST_LINE:
            buffer = b""


def last_words(folder: str) -> str:
    """The last line of a job's log that says something, at most 200 characters; empty without one."""
    with suppress(OSError), (Path(folder) / LOG_FILE).open("rb") as log:
        log.seek(max(0, log.seek(0, os.SEEK_END) - 4096))
        said = [line.strip() for line in log.read().decode(errors="replace").splitlines() if line.strip()]
        return said[-1][:200] if said else ""
    return ""
