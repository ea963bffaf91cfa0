"""What a search may try: which steps, which conversion and which settings, as the techniques declare them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, get_args

from tflite_ui.core.data import DataSummary
from tflite_ui.core.model import ModelSource
from tflite_ui.core.params import Params, format_spec
from tflite_ui.core.recipe import Step, Techniques, parse_recipe
from tflite_ui.core.search import ranges
from tflite_ui.core.technique import Conversion, ModelStep, Technique

CONVERSION = "conversion"
QUICK = 0.35
"""The share of a step's usual epochs that a first look takes."""
Depth = Literal["quick", "usual"]
Values = Mapping[str, Any]


class Suggest(Protocol):
    """What chooses values: an Optuna trial is one."""

    def suggest_categorical(self, name: str, choices: list[Any]) -> Any:
        """One of ``choices``."""

    def suggest_float(self, name: str, low: float, high: float) -> float:
        """A number of the range."""

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int:
        """A whole number of the range."""


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
            own = {f"{key}.{name}": step.params.get(name) for name in ranges(known[key].Params)}
            if any(not _holds(known[key].Params, n.partition(".")[2], v) for n, v in own.items()):
                return None
            values |= own
        return values

    def quick(self, spec: str, techniques: Techniques) -> str:
        """A recipe with the epochs of a first look."""
        steps = parse_recipe(spec, techniques).steps
        return "+".join(_spec(techniques[s.technique], s.params, "quick") for s in steps)

    def usual(self, steps: Iterable[Step], techniques: Techniques) -> str:
        """The recipe of ``steps`` with each step's usual epochs."""
        return "+".join(_usual(step, techniques[step.technique]) for step in steps)

    def distribution(self, name: str) -> tuple[type[Params], str] | list[Any]:
        """The choices behind a name, or the class and field that hold its range."""
        if name == CONVERSION:
            return [c.key for c in self.conversions]
        key, _, field = name.partition(".")
        if not field:
            return [False, True]
        owner = next(t for t in (*self.steps, *self.conversions) if t.key == key)
        return literals(owner.Params, field) or (owner.Params, field)


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


def literals(kind: type[Params], field: str) -> list[Any]:
    """The choices of a field that has some."""
    return list(get_args(kind.model_fields[field].annotation))


def _fits(step: ModelStep, source: ModelSource) -> bool:
    found = source.fitness.get(step.key)
    return found is not None and found.verdict != "cannot" and not found.only


def _choices(technique: Technique) -> Iterator[str]:
    yield technique.key
    for name in ranges(technique.Params):
        for value in literals(technique.Params, name):
            spec = format_spec(technique.key, technique.Params.model_validate({name: value}))
            if spec != technique.key:
                yield spec


def _suggested(technique: Technique, trial: Suggest) -> dict[str, Any]:
    return {
        name: _value(trial, f"{technique.key}.{name}", technique.Params, name, limits)
        for name, limits in ranges(technique.Params).items()
    }


def _value(trial: Suggest, name: str, kind: type[Params], field: str, limits: Values) -> Any:
    if choices := literals(kind, field):
        return trial.suggest_categorical(name, choices)
    if kind.model_fields[field].annotation is int:
        return trial.suggest_int(name, limits["low"], limits["high"], log=bool(limits.get("log")))
    return round(trial.suggest_float(name, limits["low"], limits["high"]), 3)


def _spec(technique: Technique, values: Values, depth: Depth) -> str:
    return format_spec(
        technique.key, technique.Params.model_validate({**values, **_epochs(technique, depth)})
    )


def _epochs(technique: Technique, depth: Depth) -> dict[str, int]:
    field = technique.Params.model_fields.get("epochs")
    if field is None or depth == "usual":
        return {}
    return {"epochs": max(1, round(QUICK * int(field.default)))}


def _usual(step: Step, technique: Technique) -> str:
    field = technique.Params.model_fields.get("epochs")
    now = int(step.params.get("epochs", 0))
    epochs = {"epochs": max(now, int(field.default))} if field else {}
    return format_spec(technique.key, technique.Params.model_validate({**step.params, **epochs}))


def _holds(kind: type[Params], field: str, value: Any) -> bool:
    limits = ranges(kind)[field]
    if choices := literals(kind, field):
        return value in choices
    return value is not None and bool(limits["low"] <= value <= limits["high"])
