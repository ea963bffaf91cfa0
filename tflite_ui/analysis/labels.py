"""Short human names of variants and targets, made from what the registries say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from tflite_ui.analysis import words
from tflite_ui.analysis.holdout import holds_out
from tflite_ui.analysis.kept import once_a_study
from tflite_ui.core.measurement import Measurement
from tflite_ui.core.plan import BASELINE
from tflite_ui.core.recipe import Step
from tflite_ui.core.study import Study
from tflite_ui.core.target import BenchmarkOptions
from tflite_ui.core.technique import Family
from tflite_ui.core.variant import Variant
from tflite_ui.targets import targets
from tflite_ui.techniques import techniques

PLAIN_WORDS = {"io": "I/O", "serial": ""}
"""What a setting is called in a name; a device's serial needs no word."""
UNKNOWN_FAMILY: Family = "quantisation"


def variant_label(variant: Variant) -> str:
    """A variant's name, e.g. ``Full integer, int8 I/O`` or ``Pruning, final sparsity 0.8 + Float16``."""
    return recipe_label(variant.steps) or variant.recipe


def recipe_label(steps: Iterable[Step]) -> str:
    """The name of a recipe's steps."""
    return " + ".join(_step(step) for step in steps)


@once_a_study
def variant_labels(study: Study) -> dict[str, str]:
    """Each variant's name by its id; names that would be the same are told apart by their recipe."""
    return _distinct({v.id: (variant_label(v), v.recipe) for v in study.variants})


def target_label(measurement: Measurement) -> str:
    """A target's name, e.g. ``XNNPACK, 1 thread``."""
    known = targets().get(measurement.target)
    title = known.title if known else _words(measurement.target).capitalize()
    defaults = known.Options().model_dump(mode="json") if known else {}
    return ", ".join([title, *_options(measurement.options, defaults)])


@once_a_study
def target_labels(study: Study) -> dict[str, str]:
    """Each target's name by its spec, in the order measured; doubles are told apart by their spec."""
    return _distinct({m.spec: (target_label(m), m.spec) for m in study.measurements})


def family(variant: Variant) -> Family:
    """The family that colours a variant: that of its first step which isn't plain float."""
    found = [_family(step) for step in variant.steps]
    return next((f for f in found if f != "float"), "float")


def sample_noun(study: Study) -> str:
    """What one sample is: ``image`` when the data could be drawn as such, else ``sample``.

    ``held-out image`` where the qualities shown are of samples that the study's search hasn't seen.
    """
    noun = "image" if study.data and study.data.thumbnails else "sample"
    return f"held-out {noun}" if holds_out(study) else noun


def is_baseline(variant: Variant) -> bool:
    """Whether this is the plain float32 variant that all others are compared with."""
    return variant.recipe == BASELINE


def _family(step: Step) -> Family:
    known = techniques().get(step.technique)
    return known.family if known else UNKNOWN_FAMILY


def _step(step: Step) -> str:
    known = techniques().get(step.technique)
    title = known.title if known else _words(step.technique).capitalize()
    defaults = known.Params.defaults() if known else {}
    return ", ".join([title, *(_setting(k, v) for k, v in step.params.items() if v != defaults.get(k))])


def _options(options: Mapping[str, Any], defaults: Mapping[str, Any]) -> list[str]:
    discipline = set(BenchmarkOptions.model_fields)
    threads = [words.counted(int(options["threads"]), "thread")] if "threads" in options else []
    rest = {k: v for k, v in options.items() if k not in discipline | {"threads"} and v != defaults.get(k)}
    return threads + [_setting(k, v) for k, v in rest.items()]


def _setting(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return _words(name) if value else f"not {_words(name)}"
    if isinstance(value, int) and value == 1:
        return f"1 {_words(name).removesuffix('s')}"
    if isinstance(value, int | str):
        return f"{value} {_words(name)}".strip()
    return f"{_words(name)} {value}"


def _words(key: str) -> str:
    return PLAIN_WORDS.get(key, key.replace("_", " "))


def _distinct(names: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    seen = Counter(label for label, _ in names.values())
    return {key: label if seen[label] == 1 else f"{label} ({spec})" for key, (label, spec) in names.items()}
