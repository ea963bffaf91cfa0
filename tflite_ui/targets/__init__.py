"""Where a .tflite can run, one target a file."""

from __future__ import annotations

from functools import cache

from tflite_ui.core.registry import discover
from tflite_ui.core.target import Target


@cache
def targets() -> dict[str, Target]:
    """Every target, by key."""
    return discover(__name__, Target)  # type: ignore[type-abstract]
