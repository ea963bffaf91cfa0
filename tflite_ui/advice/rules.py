"""The rules of advice, read from ``rules.toml``: data with sources, which docs/strategy.md shows."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

from tflite_ui.core.frozen import Frozen

Have = Literal["none", "unlabelled", "labelled"]
Want = Literal["size", "gzip", "latency", "accuracy", "arena"]


class Source(Frozen):
    """Where a rule comes from."""

    title: str
    url: str


class Hardware(Frozen):
    """A place where models run; ``target`` is the key of what measures or tells of it in this app."""

    title: str
    target: str
    note: str


class Expected(Frozen):
    """What a recipe usually comes to: the float file's size over its own, as it is and under gzip."""

    smaller: float
    gzip: float


class Rule(Frozen):
    """Speaks for (or, with a negative weight, against) recipes when everything it asks for is so.

    An empty condition asks for nothing; of a condition's words one has to hold, of ``traits`` all.
    """

    id: str
    recipes: tuple[str, ...]
    weight: float
    why: str
    source: str
    data: tuple[Have, ...] = ()
    wants: tuple[Want, ...] = ()
    hardware: tuple[str, ...] = ()
    not_hardware: tuple[str, ...] = ()
    traits: tuple[str, ...] = ()

    def holds(self, data: Have, wants: frozenset[Want], hardware: str | None, traits: frozenset[str]) -> bool:
        """Whether the rule speaks in this case."""
        return (
            (not self.data or data in self.data)
            and (not self.wants or bool(wants & set(self.wants)))
            and (not self.hardware or hardware in self.hardware)
            and hardware not in self.not_hardware
            and traits >= set(self.traits)
        )


class Rules(Frozen):
    """The whole file."""

    sources: dict[str, Source]
    hardware: dict[str, Hardware]
    expected: dict[str, Expected]
    rule: tuple[Rule, ...]


@cache
def rules() -> Rules:
    """The rules that came with the app."""
    text = files("tflite_ui.advice").joinpath("rules.toml").read_text("utf-8")
    return Rules.model_validate(tomllib.loads(text))
