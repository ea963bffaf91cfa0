"""Choosing the layers that a step works on by their names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import Any

from pydantic import Field

from tflite_ui.core.errors import ConversionFailed
from tflite_ui.core.model import Fitness
from tflite_ui.core.training import FineTuningParams


class SomeLayersParams(FineTuningParams):
    """Settings of a step that may leave layers out."""

    layers: str = Field(
        "",
        pattern=r"^[^,+=\s]*$",
        title="Only these layers",
        description="Names with | between, * for any letters (dense*|conv_3); empty for all that can be.",
        json_schema_extra={"advanced": True},
    )


def has_kernel(layer: Any) -> bool:
    """Whether a layer holds matrices or kernels, not only biases and statistics."""
    return any(len(weight.shape) > 1 for weight in layer.weights)


def judged(model: Any, able: Callable[[Any], bool], cannot: str, stay: str) -> Fitness:
    """Whether a step can be done to ``model``: in part where some layers with kernels aren't ``able``.

    ``cannot`` is the reason when none is, ``stay`` what becomes of those that aren't.
    """
    weighted = [layer for layer in model.layers if has_kernel(layer)]
    left = tuple(layer.name for layer in weighted if not able(layer))
    if len(left) == len(weighted):
        return Fitness(verdict="cannot", reason=cannot, layers=left)
    if left:
        return Fitness(verdict="part", reason=f"{', '.join(left[:3])} {stay}.", layers=left)
    return Fitness(verdict="works")


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
