"""A running study on stderr: one updating line on a terminal, else a line for each job that ends."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from tflite_ui.core.study import JobProgress, Progress

EVERY_SECONDS = 0.2
OPEN = ("queued", "running")
ERASE = "\r\x1b[K"


class ProgressLines:
    """Shows what ``ask`` answers, from a thread of its own."""

    def __init__(self, ask: Callable[[], Progress], terminal: bool) -> None:
        self._ask = ask
        self._terminal = terminal
        self._stop = threading.Event()
        self._said: set[str] = set()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Begin to show."""
        self._thread.start()

    def stop(self) -> None:
        """Show what has ended meanwhile, and no more."""
        self._stop.set()
        self._thread.join()
        if self._terminal:
            click.echo(ERASE, nl=False, err=True)

    def _watch(self) -> None:
        while not self._stop.wait(EVERY_SECONDS):
            self._show(self._ask())
        self._show(self._ask())

    def _show(self, progress: Progress) -> None:
        if self._terminal:
            click.echo(ERASE + status_line(progress), nl=False, err=True)
            return
        for job in progress.jobs:
            if job.status not in OPEN and job.id not in self._said:
                self._said.add(job.id)
                click.echo(ended_line(job), err=True)


@contextmanager
def shown(ask: Callable[[], Progress]) -> Iterator[None]:
    """Show progress on stderr while inside."""
    lines = ProgressLines(ask, sys.stderr.isatty())
    lines.start()
    try:
        yield
    finally:
        lines.stop()


def status_line(progress: Progress) -> str:
    """The state in at most 78 characters, e.g. ``3 of 9 done, about 12 s left: int16x8 (evaluate 40 %)``."""
    done = sum(job.status not in OPEN for job in progress.jobs)
    left = "" if progress.remaining_seconds is None else f", about {progress.remaining_seconds:.0f} s left"
    doing = ", ".join(_doing(job) for job in progress.jobs if job.status == "running")
    return f"{done} of {len(progress.jobs)} done{left}: {doing or progress.note or 'waiting'}"[:78]


def ended_line(job: JobProgress) -> str:
    """How a job ended, e.g. ``int16x8: finished in 2.1 s``."""
    seconds = "" if job.seconds is None else f" in {job.seconds:.1f} s"
    return f"{job.title}: {job.status.replace('_', ' ')}{seconds}"


def _doing(job: JobProgress) -> str:
    stage = next((s for s in job.stages if s.state == "running"), None)
    return f"{job.title} ({stage.name} {100 * stage.fraction:.0f} %)" if stage else job.title
