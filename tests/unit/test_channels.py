"""Reading a job's event stream: whole lines, whatever happens to the writer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tflite_ui.jobs.channels import LONGEST_LINE, last_words, lines, open_channels
from tflite_ui.worker.protocol import JobSpec


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        with suppress(OSError):
            os.close(end)


def test_lines_come_whole_and_the_cut_one_is_dropped(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    os.write(writing, b"one\ntwo\nthr")
    os.close(writing)
    assert list(lines(reading, lambda: False)) == [b"one", b"two"]


def test_an_open_pipe_is_left_when_the_job_is_gone(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    os.write(writing, b"last\n")
    assert list(lines(reading, lambda: True)) == [b"last"]


def test_an_endless_line_does_not_fill_the_memory(tmp_path: Path) -> None:
    flood = tmp_path / "flood"
    flood.write_bytes(b"x" * (LONGEST_LINE + 2**20) + b"\nnext\n")
    with flood.open("rb") as file:
        found = list(lines(file.fileno(), lambda: False))
    assert found[-1] == b"next"
    assert sum(map(len, found)) < 2 * 2**20


def test_channels_that_cannot_be_opened_leave_nothing_open(tmp_path: Path) -> None:
    (tmp_path / "log.txt").mkdir()
    before = os.listdir("/proc/self/fd")
    with pytest.raises(IsADirectoryError):
        open_channels(JobSpec(id="j", kind="availability", folder=str(tmp_path), payload={}))
    assert os.listdir("/proc/self/fd") == before


def test_last_words(tmp_path: Path) -> None:
    assert last_words(str(tmp_path)) == ""
    (tmp_path / "log.txt").write_bytes(b"first\n" + b"x" * 9000 + b"\n  Check failed: a > b \n\n \n")
    assert last_words(str(tmp_path)) == "Check failed: a > b"
