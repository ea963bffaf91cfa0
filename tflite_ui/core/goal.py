"""Goals: what a user can bear or wants most, and a recommendation that answers them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from tflite_ui.core.errors import InvalidGoal
from tflite_ui.core.frozen import Frozen

GoalKey = Literal["max_bytes", "max_gzip_bytes", "max_latency_ms", "max_drop", "max_arena_bytes", "min"]
MEASURES = ("size_bytes", "gzip_bytes", "latency_ms", "drop")


class Goal(Frozen):
    """One goal: ``key`` with ``limit`` (or ``measure`` for ``min``); ``target`` for a latency."""

    key: GoalKey
    limit: float | None = None
    measure: str | None = None
    target: str | None = None

    @property
    def name(self) -> str:
        """As written on the command line, left of the equals sign."""
        return f"{self.key}@{self.target}" if self.target else self.key

    @property
    def value(self) -> float | str | None:
        """As written on the command line, right of the equals sign."""
        return self.measure if self.key == "min" else self.limit


class Recommendation(Frozen):
    """The variant to take, why, and in words the goals it misses and those that no variant meets together.

    ``tested`` says of a search which candidates were tested on the samples kept apart; empty without any.
    """

    variant: str
    reason: str
    unmet: tuple[str, ...] = ()
    tested: str = ""


def parse_goals(texts: Iterable[str]) -> tuple[Goal, ...]:
    """Goals from ``KEY=VALUE`` texts; raises InvalidGoal naming the one at fault."""
    goals = tuple(_parse(text) for text in texts)
    names = [goal.name for goal in goals]
    for name in names:
        if names.count(name) > 1:
            raise InvalidGoal(f"The goal {name} is given twice.", "Keep one of them.")
    return goals


def _parse(text: str) -> Goal:
    name, equals, value = text.rpartition("=")
    key, _, target = name.strip().partition("@")
    if key not in GoalKey.__args__ or not equals:  # type: ignore[attr-defined]
        keys = ", ".join(GoalKey.__args__)  # type: ignore[attr-defined]
        raise InvalidGoal(f"'{text}' isn't a goal.", f"Write KEY=VALUE with KEY one of {keys}.")
    if (key == "max_latency_ms") != bool(target):
        raise InvalidGoal(
            f"'{text}': a latency goal names its target.", "Write e.g. max_latency_ms@xnnpack=2."
        )
    if key == "min":
        return _minimise(value.strip(), text)
    return Goal(key=key, limit=_limit(value, text), target=target or None)


def _minimise(measure: str, text: str) -> Goal:
    if measure not in MEASURES:
        raise InvalidGoal(f"'{text}': can't minimise '{measure}'.", f"Choose one of {', '.join(MEASURES)}.")
    return Goal(key="min", measure=measure)


def _limit(value: str, text: str) -> float:
    try:
        limit = float(value)
    except ValueError:
        raise InvalidGoal(f"'{text}': {value!r} isn't a number.", "Write e.g. max_drop=0.01.") from None
    if not 0 <= limit < float("inf"):
        raise InvalidGoal(f"'{text}': a limit is zero or more.", "Write e.g. max_bytes=100000.")
    return limit
