"""A job that runs on this machine, in a process of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from tflite_ui.jobs.channels import Channels, last_words, lines, write_all
from tflite_ui.jobs.deadlines import Deadlines
from tflite_ui.jobs.endings import Verdict, cancelled, lost, memory_exceeded, not_written
from tflite_ui.jobs.executor import OnEvent, Outcome, RunningJob
from tflite_ui.jobs.watchdog import Meter
from tflite_ui.worker.process import kill_group
from tflite_ui.worker.protocol import Event, JobSpec, parse_event

logger = logging.getLogger(__name__)


class EndedJob(RunningJob):
    """A job that ended before it had a process."""

    def __init__(self, verdict: Verdict) -> None:
        self._outcome = Outcome(**dict(verdict), seconds=0.0)

    def tell(self, line: str) -> None:
        """There is nobody to tell."""

    def cancel(self) -> None:
        """It has ended."""

    def wait(self) -> Outcome:
        """Its outcome, at once."""
        return self._outcome


class LocalJob(RunningJob):
    """A job between its channels and its process.

    The first verdict counts: the job's own last event, or what the app decides (cancel, time,
    memory, disk); a process that is gone without one is lost. ``born`` and ``died`` are called by
    whoever started the process, ``check`` by the watchdog.
    """

    def __init__(
        self, spec: JobSpec, channels: Channels, on_event: OnEvent, on_end: Callable[[LocalJob], None]
    ) -> None:
        self._spec, self._channels, self._on_event, self._on_end = spec, channels, on_event, on_end
        self._lock = threading.Lock()
        self._pid: int | None = None
        self._gone, self._ended = threading.Event(), threading.Event()
        self._exit: tuple[int | None, str] = (None, "")
        self._verdict: Verdict | None = None
        self._meter: Meter | None = None
        self._since = time.monotonic()
        self._deadlines = Deadlines(spec)
        threading.Thread(target=self._follow, name=f"job {spec.id}", daemon=True).start()

    def tell(self, line: str) -> None:
        """Send a control line; ignored once the job has ended. One that waited has its time limit anew."""
        with self._lock:
            if self._ended.is_set():
                return
            self._deadlines.told()
            try:
                write_all(self._channels.control_out, line.encode() + b"\n")
            except OSError:
                logger.debug("job %s no longer listens", self._spec.id)

    def cancel(self) -> None:
        """End it as ``cancelled``."""
        self._stop(cancelled())

    def wait(self) -> Outcome:
        """Block until it has ended."""
        self._ended.wait()
        return self._outcome

    def born(self, pid: int, inherited: int) -> None:
        """The process runs."""
        with self._lock:
            self._pid = pid
            self._since = time.monotonic()
            self._deadlines.born()
            self._meter = Meter(pid, inherited)
            unwanted = self._verdict is not None
        if unwanted:
            kill_group(pid)

    def died(self, code: int | None, note: str = "") -> None:
        """The process is gone."""
        with self._lock:
            pid, self._pid = self._pid, None
            self._exit = (code, note)
            self._gone.set()
        if code is None and pid is not None:
            kill_group(pid)

    def check(self, now: float) -> None:
        """Hold it to its limits."""
        allowed = self._spec.limits.memory_bytes
        if passed := self._deadlines.passed(now):
            self._stop(passed)
        elif self._meter and (used := self._meter.peak()) > allowed:
            self._stop(memory_exceeded(used, allowed))

    def _stop(self, verdict: Verdict) -> None:
        """End the process with this verdict, if it has none yet; one not born yet isn't waited for."""
        with self._lock:
            self._verdict = self._verdict or verdict
            pid = self._pid
            if pid is None:
                self._gone.set()
        if pid is not None:
            kill_group(pid)

    def _follow(self) -> None:
        for line in lines(self._channels.events_in, self._gone.is_set):
            event = parse_event(line)
            if event is not None and self._verdict is None:
                self._take(line, event)
        self._gone.wait()
        self._end()

    def _take(self, line: bytes, event: Event) -> None:
        try:
            write_all(self._channels.journal, line + b"\n")
        except OSError as problem:
            self._stop(not_written(problem))
            return
        self._judge(event)
        try:
            self._on_event(event)
        except Exception:
            logger.exception("nobody could take an event of job %s", self._spec.id)

    def _judge(self, event: Event) -> None:
        """A last event is the verdict, and the process has a moment left to exit."""
        with self._lock:
            self._deadlines.heard(event)
            if event.event not in ("finished", "failed"):
                return
            if event.event == "finished":
                self._verdict = self._verdict or Verdict(ending="finished", result=event.result or {})
            else:
                self._verdict = self._verdict or Verdict(ending="failed", error=event.error)

    def _end(self) -> None:
        with self._lock:
            verdict = self._verdict or lost(*self._exit, last_words(self._spec.folder))
            self._outcome = Outcome(
                **dict(verdict),
                seconds=time.monotonic() - self._since,
                peak_memory_bytes=(self._meter.peak() or None) if self._meter else None,
            )
            self._channels.close_apps_side()
            self._ended.set()
        self._on_end(self)
