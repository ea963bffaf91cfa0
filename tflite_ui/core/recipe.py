"""A recipe: any number of model steps and exactly one conversion, checked before anything runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from tflite_ui.core.errors import InvalidRecipe
from tflite_ui.core.frozen import Frozen
from tflite_ui.core.params import Params, format_spec, parse_params, parse_spec
from tflite_ui.core.technique import Conversion, Need, Technique

Techniques = Mapping[str, Technique]


class Step(Frozen):
    """One technique with all its parameters, defaults written out."""

    technique: str
    params: dict[str, Any] = {}


class Recipe(Frozen):
    """Steps in order, and the text (SPEC) that makes the same recipe again."""

    steps: tuple[Step, ...]
    spec: str

    def __str__(self) -> str:
        return self.spec


def parse_recipe(text: str, techniques: Techniques) -> Recipe:
    """The recipe written as ``technique:param=value,param=value+technique``.

    Raises InvalidRecipe with the reason on an unknown key, a bad value or an impossible order.
    """
    parts = [parse_spec(part, InvalidRecipe) for part in text.split("+")]
    return make_recipe(parts, techniques)


def make_recipe(parts: list[tuple[str, dict[str, Any]]], techniques: Techniques) -> Recipe:
    """The recipe of (key, values) pairs; raises InvalidRecipe."""
    found = [(find_technique(key, techniques), values) for key, values in parts]
    _check_order([technique for technique, _ in found])
    params = [parse_params(t.Params, values, t.key, InvalidRecipe) for t, values in found]
    steps = tuple(
        Step(technique=t.key, params=p.model_dump(mode="json"))
        for (t, _), p in zip(found, params, strict=True)
    )
    spec = "+".join(format_spec(t.key, p) for (t, _), p in zip(found, params, strict=True))
    return Recipe(steps=steps, spec=spec)


def find_technique(key: str, techniques: Techniques) -> Technique:
    """The technique called ``key``; raises InvalidRecipe naming those there are."""
    if key not in techniques:
        raise InvalidRecipe(f"There is no technique '{key}'.", f"There are: {', '.join(techniques)}.")
    return techniques[key]


def step_params(step: Step, techniques: Techniques) -> Params:
    """The typed parameters of a step."""
    technique = find_technique(step.technique, techniques)
    return parse_params(technique.Params, step.params, technique.key, InvalidRecipe)


def wants(steps: Iterable[Step], techniques: Techniques, need: Need) -> bool:
    """Whether any of the steps, set as they are, wants ``need``."""
    return any(
        need in find_technique(s.technique, techniques).wants(step_params(s, techniques)) for s in steps
    )


def _check_order(steps: list[Technique]) -> None:
    _check_last(steps)
    for earlier, later in pairwise(steps):
        if earlier.key == later.key:
            raise InvalidRecipe(f"{later.title} stands twice in a row.", "Keep one of them.")
        if earlier.order >= later.order:
            raise InvalidRecipe(
                f"{earlier.title} can't come before {later.title}.",
                f"Write {later.key}+{earlier.key} instead.",
            )


def _check_last(steps: list[Technique]) -> None:
    conversions = [t for t in steps if isinstance(t, Conversion)]
    if not conversions:
        raise InvalidRecipe(
            f"'{'+'.join(t.key for t in steps)}' doesn't end in a conversion.",
            "Add one as the last step, e.g. +full_integer or +float32.",
        )
    if len(conversions) > 1:
        first, second = conversions[0], conversions[1]
        raise InvalidRecipe(
            f"{first.title} and {second.title} both write a file; a recipe writes one.",
            "Make two recipes of it.",
        )
    if not isinstance(steps[-1], Conversion):
        raise InvalidRecipe(
            f"{steps[-1].title} can't follow {conversions[0].title}: the file is written by then.",
            f"Put {conversions[0].key} last.",
        )


def file_name(spec: str) -> str:
    """The name of a recipe's .tflite, e.g. ``pruning-final_sparsity=0.8+full_integer-io=int8.tflite``."""
    return re.sub(r"[^A-Za-z0-9_.=+,-]", "-", spec) + ".tflite"
