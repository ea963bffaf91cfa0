"""Who is told of a process's life, however it was started."""

from __future__ import annotations

from typing import Protocol


class Child(Protocol):
    """Who is told of a process's life; called from other threads."""

    def born(self, pid: int, inherited: int) -> None:
        """It runs, leader of a process group, with ``inherited`` bytes of memory it was born with."""

    def died(self, code: int | None, note: str = "") -> None:
        """It has ended with ``code``, minus the signal after a kill; None when that isn't known, with why."""
