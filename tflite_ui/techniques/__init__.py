"""What can be done to a model, one technique a file."""

from __future__ import annotations

from functools import cache

from tflite_ui.core.registry import discover
from tflite_ui.core.technique import Technique


@cache
def techniques() -> dict[str, Technique]:
    """Every technique, by key."""
    return discover(__name__, Technique)
