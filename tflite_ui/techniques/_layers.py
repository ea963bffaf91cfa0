"""Choosing the layers that a step works on by their names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import Any

from pydantic import Field

from tflite_ui.core.errors import ConversionFailed
from tflite_ui.core.training import TrainingParams


class SomeLayersParams(TrainingParams):
    """Settings of a step that may leave layers out."""

    layers: str = Field(
        "",
        pattern=r"^[^,+=\s]*$",
        title="Only these layers",
        description="Names with | between, * for any letters (dense*|conv_3); empty for all that can be.",
        json_schema_extra={"advanced": True},
    )


def chosen(model: Any, text: str, able: Callable[[Any], bool]) -> frozenset[str]:
    """The names of ``model``'s layers that are ``able`` and match ``text``, all of them when it is empty.

    Raises ConversionFailed, naming those there are, when none does.
    """
    fit = [layer for layer in model.layers if able(layer)]
    found = frozenset(layer.name for layer in fit if not text or _matches(layer.name, text.split("|")))
    if not found:
        names = [layer.name for layer in fit if layer.weights]
        raise ConversionFailed(f"No layer that can be changed is called '{text}'.", _there_are(names))
    return found


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _there_are(names: list[str]) -> str:
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return f"There are: {', '.join(names[:8])}{more}."
