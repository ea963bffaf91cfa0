"""A search: how long to look for the recipe that meets the goals best."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from tflite_ui.core.errors import InvalidInput
from tflite_ui.core.params import Params, parse_params, parse_spec

LONGEST_MINUTES = 24 * 60


class Search(Params):
    """Settings of a search."""

    minutes: float = Field(
        10.0,
        gt=0.0,
        le=LONGEST_MINUTES,
        title="Minutes",
        description="How long to look; what trains then stops with its best, and the best files are timed.",
    )
    trials: int = Field(
        1000,
        ge=1,
        le=100_000,
        title="Recipes at most",
        description="Stop after so many recipes, however much time is left.",
        json_schema_extra={"advanced": True},
    )


def parse_search(text: str | None) -> Search | None:
    """The search written as ``minutes=20,trials=50``, None for None; raises InvalidInput."""
    if text is None:
        return None
    _, values = parse_spec(f"search:{text}", InvalidInput)
    found = parse_params(Search, values, "search", InvalidInput)
    assert isinstance(found, Search)
    return found


def rungs(kind: type[Params]) -> dict[str, tuple[Any, ...]]:
    """What a search may change of ``kind``: each field so marked, with the values that it may take.

    A field is marked by ``json_schema_extra={"search": [...]}``, from the mildest value, which saves least
    and costs least, to the strongest.
    """
    found: dict[str, tuple[Any, ...]] = {}
    for name, field in kind.model_fields.items():
        extra = field.json_schema_extra
        if isinstance(extra, dict) and isinstance(extra.get("search"), list):
            found[name] = tuple(extra["search"])  # type: ignore[arg-type]
    return found
