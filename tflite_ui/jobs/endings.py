"""How a job ended, in words for the user."""

from __future__ import annotations

import errno
import signal
from typing import Any

from tflite_ui.core.errors import (
    DiskFull,
    ErrorInfo,
    JobCancelled,
    JobError,
    JobTimedOut,
    MemoryExceeded,
    WorkerLost,
)
from tflite_ui.core.frozen import Frozen
from tflite_ui.core.variant import Ending

SIGNALS = {
    signal.SIGKILL: "was killed (SIGKILL), perhaps because the machine ran out of memory",
    signal.SIGSEGV: "crashed in native code (SIGSEGV)",
    signal.SIGABRT: "gave up in native code (SIGABRT)",
    signal.SIGBUS: "crashed in native code (SIGBUS), perhaps because a file or the disk gave out",
    signal.SIGFPE: "crashed in native code (SIGFPE)",
    signal.SIGILL: "met an instruction that this processor doesn't have (SIGILL)",
    signal.SIGTERM: "was told to stop from outside (SIGTERM)",
}
NATIVE = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL}


class Verdict(Frozen):
    """An ending with what belongs to it."""

    ending: Ending
    result: dict[str, Any] | None = None
    error: ErrorInfo | None = None


def cancelled() -> Verdict:
    """Somebody called it off."""
    return Verdict(ending="cancelled", error=JobCancelled("It was cancelled.").info())


def timed_out(limit: float) -> Verdict:
    """It ran longer than ``limit`` seconds."""
    message = f"It ran longer than the {_duration(limit)} that one job may take, and was stopped."
    hint = "Raise the study's time limit, or choose fewer samples, runs or epochs."
    return Verdict(ending="timed_out", error=JobTimedOut(message, hint).info())


def silent(limit: float) -> Verdict:
    """It gave no sign of life for ``limit`` seconds while it was at work."""
    message = f"It said nothing for {_duration(limit)}: one run takes too long here, or never ends."
    hint = "Measure it on another target, or raise the study's time limit."
    return Verdict(ending="timed_out", error=JobTimedOut(message, hint).info())


def never_started() -> Verdict:
    """Its process didn't come in time."""
    return lost(None, "the machine may be too busy, or Python's packages broken", "")


def memory_exceeded(used: int, allowed: int) -> Verdict:
    """It held ``used`` bytes of its own."""
    message = f"It used {_size(used)} of memory; {_size(allowed)} are allowed."
    hint = "Raise the study's memory limit, or use fewer samples or a smaller model."
    return Verdict(ending="failed", error=MemoryExceeded(message, hint).info())


def not_written(problem: OSError) -> Verdict:
    """The job's folder couldn't be written to."""
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        hint = "Free some space on the disk that holds the app's data and run it again."
        return Verdict(ending="failed", error=DiskFull("The disk is full.", hint).info())
    message = f"The job couldn't be started: {problem.strerror or problem}."
    hint = "Check that the app's data folder can be written to."
    return Verdict(ending="failed", error=JobError(message, hint).info())


def lost(code: int | None, note: str, last_words: str) -> Verdict:
    """It went without a word: ``code`` as ``os.waitstatus_to_exitcode`` gives it, None when not known."""
    error = WorkerLost(f"The worker process {_how(code, note)}.", _hint(code, last_words))
    return Verdict(ending="lost", error=error.info())


def _how(code: int | None, note: str) -> str:
    if code is None:
        return f"couldn't be started or was lost sight of: {note}"
    if code >= 0:
        return f"ended without a result (exit code {code})"
    try:
        number = signal.Signals(-code)
    except ValueError:
        return f"was killed (signal {-code})"
    return SIGNALS.get(number, f"was killed ({number.name})")


def _hint(code: int | None, last_words: str) -> str:
    if code == -signal.SIGKILL:
        return "Run it again with fewer things beside it, or on a machine with more memory."
    native = code is not None and -code in NATIVE
    advice = "Choose other settings for this file." if native else "Run it again; the job's log has more."
    spoke = last_words and (native or (code is not None and code >= 0))
    return f"{advice} Its last words: {last_words}" if spoke else advice


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:g} seconds"
    return f"{seconds / 60:.3g} minutes"


def _size(size: int) -> str:
    return f"{size / 2**30:.3g} GB" if size >= 2**30 else f"{size / 2**20:.3g} MB"
