"""What one place took or refused of one kind of operator, counted over real runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tflite_ui.core.frozen import Frozen
from tflite_ui.core.target import BenchmarkOptions

ANY = ""
"""As an operator: the run as a whole, so that runs can be counted."""
_ASIDE = frozenset({*BenchmarkOptions.model_fields, "threads", "fallback", "arena"})
"""Options that decide how a file is run, not what of it is taken."""


class Lesson(Frozen):
    """``place`` is a target with the options that decide what it takes, ``runtime`` its name and version.

    ``dtype`` says in which numbers the operator computes, e.g. ``float32, int8 weights``.
    """

    place: str
    runtime: str
    operator: str
    dtype: str
    taken: int = 0
    refused: int = 0


def place_of(target: str, options: Mapping[str, Any]) -> str:
    """E.g. ``gpu:precision=fp16``; the same for every number of runs and threads."""
    deciding = {name: value for name, value in sorted(options.items()) if name not in _ASIDE}
    told = ",".join(f"{name}={value}" for name, value in deciding.items() if value is not None)
    return f"{target}:{told}" if told else target
