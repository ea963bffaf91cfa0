"""What a search may try: which steps, which conversion and which settings, as the techniques declare them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol

from tflite_ui.core.data import DataSummary
from tflite_ui.core.model import ModelSource
from tflite_ui.core.params import format_spec
from tflite_ui.core.recipe import Step, Techniques
from tflite_ui.core.search import rungs
from tflite_ui.core.technique import Conversion, ModelStep, Technique

CONVERSION = "conversion"
Depth = Literal["quick", "usual", "thorough"]
DEPTHS: dict[Depth, float] = {"quick": 0.35, "usual": 1.0, "thorough": 2.0}
"""How long a recipe is trained: the share of each step's usual epochs."""
Values = Mapping[str, Any]
"""Choices by name: whether a step is taken (its key), the conversion's key, and the rung of each setting.

The rung of ``clusters`` of clustering, say, is under ``clustering.clusters``, from 0, the mildest.
"""


class Suggest(Protocol):
    """What chooses values: an Optuna trial is one."""

    def suggest_categorical(self, name: str, choices: list[Any]) -> Any:
        """One of ``choices``."""

    def suggest_int(self, name: str, low: int, high: int) -> int:
        """A whole number of the range."""


class Chosen(Suggest):
    """Chooses what it was given."""

    def __init__(self, values: Values) -> None:
        self._values = values

    def suggest_categorical(self, name: str, choices: list[Any]) -> Any:
        """The value given."""
        return self._values[name]

    def suggest_int(self, name: str, low: int, high: int) -> int:
        """The rung given."""
        return int(self._values[name])


@dataclass(frozen=True)
class Space:
    """The steps and conversions that can be done to one model with what is at hand, in a recipe's order."""

    steps: tuple[Technique, ...]
    conversions: tuple[Technique, ...]

    def untrained(self) -> tuple[str, ...]:
        """The recipes of a conversion alone, each choice of it once; they take seconds."""
        return tuple(spec for technique in self.conversions for spec in _choices(technique))

    def suggested(self, trial: Suggest, depth: Depth) -> str:
        """The recipe that ``trial``'s choices make."""
        parts = [
            _spec(step, _suggested(step, trial), depth)
            for step in self.steps
            if trial.suggest_categorical(step.key, [False, True])
        ]
        key = trial.suggest_categorical(CONVERSION, [c.key for c in self.conversions])
        last = next(c for c in self.conversions if c.key == key)
        return "+".join([*parts, _spec(last, _suggested(last, trial), depth)])

    def values(self, steps: Iterable[Step]) -> dict[str, Any] | None:
        """The choices that make these steps, the inverse of ``suggested``; None for steps outside."""
        found = {step.technique: step for step in steps}
        known = {t.key: t for t in (*self.steps, *self.conversions)}
        last = next((key for key in found if any(c.key == key for c in self.conversions)), None)
        if last is None or not found.keys() <= known.keys():
            return None
        values: dict[str, Any] = {step.key: step.key in found for step in self.steps}
        values[CONVERSION] = last
        for key, step in found.items():
            for name, ladder in rungs(known[key].Params).items():
                if step.params.get(name) not in ladder:
                    return None
                values[f"{key}.{name}"] = ladder.index(step.params[name])
        return values

    def depth(self, steps: Iterable[Step]) -> Depth:
        """How long ``steps`` were trained, the nearest; as usual where none was."""
        known = {step.key: step.Params.defaults().get("epochs", 0) for step in self.steps}
        pairs = [(int(s.params.get("epochs", 0)), int(known.get(s.technique, 0))) for s in steps]
        trained, usual = (sum(each) for each in zip(*pairs, strict=True))
        share = trained / usual if usual else 1.0
        return min(DEPTHS, key=lambda depth: abs(math.log2(max(share, 0.01) / DEPTHS[depth])))

    def ladder(self, key: str) -> dict[str, tuple[int, int]]:
        """The settings of a technique by name: the rung of the usual value, and how many rungs there are."""
        return self._ladders[key]

    @cached_property
    def _ladders(self) -> dict[str, dict[str, tuple[int, int]]]:
        return {
            technique.key: {
                f"{technique.key}.{name}": (ladder.index(technique.Params.defaults()[name]), len(ladder))
                for name, ladder in rungs(technique.Params).items()
            }
            for technique in (*self.steps, *self.conversions)
        }

    def neighbours(self, values: Values) -> Iterator[Values]:
        """What differs in one choice: another rung, a step more or less, another conversion."""
        for step in self.steps:
            without = {n: v for n, v in values.items() if n.partition(".")[0] != step.key}
            usual = {name: rung for name, (rung, _) in self.ladder(step.key).items()}
            if values.get(step.key):
                yield {**without, step.key: False}
            for name, (_, height) in self.ladder(step.key).items():
                for rung in range(height):
                    yield {**without, step.key: True, **usual, **_of(values, step.key), name: rung}
        rest = _of(values, values[CONVERSION])
        steps = {n: v for n, v in values.items() if n not in rest}
        for conversion in self.conversions:
            ladders = self.ladder(conversion.key)
            usual = {name: rung for name, (rung, _) in ladders.items()}
            yield {**steps, CONVERSION: conversion.key, **usual}
            for name, (_, height) in ladders.items():
                yield from ({**steps, CONVERSION: conversion.key, **usual, name: r} for r in range(height))

    def choices(self, name: str) -> list[Any] | int:
        """The choices behind a name, or how many rungs it has."""
        if name == CONVERSION:
            return [c.key for c in self.conversions]
        key, _, setting = name.partition(".")
        return self.ladder(key)[name][1] if setting else [False, True]


def space(source: ModelSource, data: DataSummary | None, trainable: bool, techniques: Techniques) -> Space:
    """What may be tried on ``source``; steps that train only where ``trainable`` (there are samples)."""
    ordered = sorted(techniques.values(), key=lambda t: t.order)
    given = {"calibration_data", *(("labels",) if data and data.labelled else ())} if data else set()
    return Space(
        steps=tuple(t for t in ordered if isinstance(t, ModelStep) and trainable and _fits(t, source)),
        conversions=tuple(
            t
            for t in ordered
            if isinstance(t, Conversion) and t.needs <= given and not t.refuses(source, t.Params())
        ),
    )


def _of(values: Values, key: str) -> dict[str, Any]:
    """The settings of a technique among ``values``."""
    return {name: value for name, value in values.items() if name.startswith(f"{key}.")}


def _fits(step: ModelStep, source: ModelSource) -> bool:
    found = source.fitness.get(step.key)
    return found is not None and found.verdict != "cannot" and not found.only


def _choices(technique: Technique) -> Iterator[str]:
    yield technique.key
    for name, ladder in rungs(technique.Params).items():
        for value in ladder:
            spec = format_spec(technique.key, technique.Params.model_validate({name: value}))
            if spec != technique.key:
                yield spec


def _suggested(technique: Technique, trial: Suggest) -> dict[str, Any]:
    return {
        name: ladder[trial.suggest_int(f"{technique.key}.{name}", 0, len(ladder) - 1)]
        for name, ladder in rungs(technique.Params).items()
    }


def _spec(technique: Technique, values: Values, depth: Depth) -> str:
    return format_spec(
        technique.key, technique.Params.model_validate({**values, **_epochs(technique, depth)})
    )


def _epochs(technique: Technique, depth: Depth) -> dict[str, int]:
    usual = technique.Params.defaults().get("epochs")
    return {} if usual is None else {"epochs": max(1, round(DEPTHS[depth] * int(usual)))}
