"""What a variant's file is called when it leaves the app."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tflite_ui.core.recipe import file_name as recipe_file_name
from tflite_ui.core.variant import Variant

LONGEST = 120
SUFFIX = ".tflite"


def file_name(variant: Variant) -> str:
    """The name of a variant's .tflite, from its recipe, e.g. ``full_integer-io=int8.tflite``.

    Only letters, digits and ``_.=+,-``; a name over 120 characters is cut and ends in the variant's id.
    """
    stem = recipe_file_name(variant.recipe).removesuffix(SUFFIX).strip(".-") or "variant"
    name = stem + SUFFIX
    return name if len(name) <= LONGEST else _with_id(stem[: LONGEST - 30], variant)


def file_names(variants: Iterable[Variant]) -> dict[str, str]:
    """Each variant's file name by its id; names alike (but for case) get the variant's id added."""
    found = {v.id: (file_name(v), v) for v in variants}
    seen = Counter(name.lower() for name, _ in found.values())
    return {key: name if seen[name.lower()] == 1 else _with_id(name, v) for key, (name, v) in found.items()}


def _with_id(name: str, variant: Variant) -> str:
    return f"{name.removesuffix(SUFFIX)}-{variant.id[:16]}{SUFFIX}"
