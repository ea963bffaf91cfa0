"""Starting points: which techniques a preset switches on. Unknown ones are passed over."""

from __future__ import annotations

from collections.abc import Iterable

EVERYTHING = "Everything"
QUICK = "Quick look"
PRESETS: dict[str, tuple[str, ...]] = {
    QUICK: ("dynamic_range", "float16", "full_integer"),
    "Smallest": ("full_integer", "weight_only", "weight_only:bits=4"),
    "Fastest": ("dynamic_range", "full_integer", "full_integer:io=int8"),
    "Balanced": ("float16", "dynamic_range", "full_integer", "full_integer:io=int8"),
}
FIRST_TARGETS = ("xnnpack", "xnnpack:threads=2", "reference")
"""What is measured on before anything is changed."""


def names() -> list[str]:
    """The presets in the order shown."""
    return [*PRESETS, EVERYTHING]


def recipes(name: str, keys: Iterable[str]) -> tuple[str, ...]:
    """What a preset switches on; everything is each of ``keys`` with its defaults."""
    return tuple(keys) if name == EVERYTHING else PRESETS[name]
