"""What a broken job and a vanished process are called."""

from __future__ import annotations

import errno
import signal

import pytest

from tflite_ui.core.errors import DataMismatch
from tflite_ui.jobs import endings
from tflite_ui.worker.run import BLAME, WORK, describe


def caused(message: str, cause: Exception) -> Exception:
    error = RuntimeError(message)
    error.__cause__ = cause
    return error


def test_an_error_of_ours_is_passed_on() -> None:
    error = DataMismatch("It has 3 axes.", "Add one.")
    assert describe(error, "variant") == error.info()


@pytest.mark.parametrize(
    "problem",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        caused("can't write", OSError(errno.ENOSPC, "full")),
        RuntimeError("HDF5: [Errno 28] No space left on device"),
    ],
)
def test_a_full_disk_is_known_in_any_disguise(problem: Exception) -> None:
    assert describe(problem, "variant").type == "DiskFull"


def test_memory() -> None:
    assert describe(MemoryError(), "benchmark").type == "MemoryExceeded"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("inspect_model", "UnreadableModel"),
        ("inspect_data", "UnreadableData"),
        ("prepare", "ConversionFailed"),
        ("variant", "ConversionFailed"),
        ("benchmark", "BenchmarkFailed"),
        ("availability", "JobError"),
    ],
)
def test_anything_else_is_blamed_on_the_kind_of_work(kind: str, expected: str) -> None:
    info = describe(ValueError("first line\nsecond line"), kind)  # type: ignore[arg-type]
    assert info.type == expected
    assert info.message.endswith(": ValueError: first line")
    assert info.hint


def test_every_kind_has_its_work_and_its_blame() -> None:
    assert set(WORK) == set(BLAME)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (-signal.SIGKILL, "was killed (SIGKILL), perhaps because the machine ran out of memory"),
        (-signal.SIGSEGV, "crashed in native code (SIGSEGV)"),
        (-signal.SIGABRT, "gave up in native code (SIGABRT)"),
        (-64, "was killed (SIGRTMAX)"),
        (3, "ended without a result (exit code 3)"),
        (None, "couldn't be started or was lost sight of: no memory"),
    ],
)
def test_the_lost_are_described(code: int | None, words: str) -> None:
    verdict = endings.lost(code, "no memory", "Check failed")
    assert verdict.error is not None
    assert verdict.error.message == f"The worker process {words}."


def test_last_words_are_quoted_only_where_they_tell_something() -> None:
    crashed, killed = endings.lost(-signal.SIGABRT, "", "Check failed: x"), endings.lost(-9, "", "Epoch 3")
    assert crashed.error is not None
    assert killed.error is not None
    assert crashed.error.hint.endswith("Its last words: Check failed: x")
    assert "Epoch 3" not in killed.error.hint


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.5, "0.5 seconds"), (90, "90 seconds"), (600, "10 minutes"), (3600, "60 minutes")],
)
def test_time_limits_read_well(seconds: float, words: str) -> None:
    error = endings.timed_out(seconds).error
    assert error is not None
    assert f"longer than the {words} that" in error.message


def test_sizes_read_well() -> None:
    error = endings.memory_exceeded(3 * 2**30 // 2, 2**30).error
    assert error is not None
    assert error.message == "It used 1.5 GB of memory; 1 GB are allowed."
