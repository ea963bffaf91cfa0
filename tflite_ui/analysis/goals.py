"""Whether a variant meets a goal, and by how much it doesn't."""

from __future__ import annotations

import math

from tflite_ui.analysis import words
from tflite_ui.analysis.claims import loss_bound
from tflite_ui.analysis.labels import is_baseline, sample_noun
from tflite_ui.analysis.score_words import loss_words
from tflite_ui.core.frozen import Frozen
from tflite_ui.core.goal import Goal
from tflite_ui.core.measurement import Measurement
from tflite_ui.core.study import Study
from tflite_ui.core.variant import Variant

UNMEASURED = 1e6


class Miss(Frozen):
    """A goal, by name, that a variant misses: ``excess`` is value over limit, minus 1; ``said`` says how."""

    goal: str
    excess: float
    said: str

    @property
    def text(self) -> str:
        """Which and how, a sentence."""
        return f"{self.goal}: {self.said}."


def misses(study: Study, variant: Variant) -> tuple[Miss, ...]:
    """The goals of ``study`` that ``variant`` misses; a value that wasn't measured is a miss."""
    found = (_miss(study, variant, goal) for goal in study.goals if goal.limit is not None)
    return tuple(miss for miss in found if miss)


def measured(study: Study, variant: Variant, target: str | None) -> Measurement | None:
    """The variant's measurement on ``target``: that spec's, else the fastest on the target of that key.

    Without a target, that on the first spec measured.
    """
    wanted = target or next((m.spec for m in study.measurements if m.latency), "")
    own = [m for m in study.measurements if m.variant == variant.id and m.latency]
    exact = [m for m in own if m.spec == wanted]
    return min(exact or [m for m in own if m.target == wanted], key=_p50, default=None)


def drop(variant: Variant) -> float | None:
    """The loss of quality that the samples leave open, a fraction; 0 for the baseline; None when unknown.

    See ``loss_bound``: of answers, or for values the rise of the MAE as a share of the original's.
    """
    if is_baseline(variant):
        return 0.0
    return loss_bound(variant.quality) if variant.quality else None


def latency(study: Study, variant: Variant, target: str | None) -> float | None:
    """The p50 in milliseconds of ``measured``."""
    found = measured(study, variant, target)
    return _p50(found) if found else None


def value_of(study: Study, variant: Variant, goal: Goal) -> float | None:
    """What ``goal`` limits of a variant, in the goal's unit; None when it wasn't measured."""
    if goal.key == "max_latency_ms":
        return latency(study, variant, goal.target)
    if goal.key == "max_drop":
        return drop(variant)
    if goal.key == "max_arena_bytes":
        arenas = [m.arena_bytes for m in study.measurements if m.variant == variant.id and m.arena_bytes]
        return max(arenas, default=None)
    if variant.facts is None:
        return None
    return variant.facts.size_bytes if goal.key == "max_bytes" else variant.facts.gzip_bytes


def _p50(measurement: Measurement) -> float:
    return measurement.latency.p50 if measurement.latency else math.inf


def _miss(study: Study, variant: Variant, goal: Goal) -> Miss | None:
    value, limit = value_of(study, variant, goal), goal.limit or 0.0
    if value is None:
        where = f" on {goal.target}" if goal.target else ""
        return Miss(goal=goal.name, excess=UNMEASURED, said=f"not measured{where}")
    if value <= limit:
        return None
    excess = value / limit - 1 if limit else value
    return Miss(goal=goal.name, excess=excess, said=_said(study, variant, goal, value))


def _said(study: Study, variant: Variant, goal: Goal, value: float) -> str:
    limit = goal.limit or 0.0
    if goal.key == "max_drop":
        return _loss_said(study, variant, value, limit)
    if goal.key == "max_latency_ms":
        return f"{words.milliseconds(value)} is {_over(value, limit)} the limit of {limit:g} ms"
    over = words.size(value - limit)
    return f"{words.size(value)} is {over} over the limit of {words.size(limit)}"


def _loss_said(study: Study, variant: Variant, value: float, limit: float) -> str:
    quality, total = variant.quality, study.data.evaluation_samples if study.data else 0
    on = words.counted(quality.n if quality else total, sample_noun(study))
    if quality and quality.score:
        what = loss_words(quality.score.kind, value)
        return f"{what} can't be ruled out on {on}; at most {100 * limit:g} % is allowed"
    may = f"a loss of up to {100 * value:.1f} points can't be ruled out on {on}"
    return f"{may}; at most {100 * limit:g} is allowed"


def _over(value: float, limit: float) -> str:
    if not limit:
        return "over"
    excess = 100 * (value / limit - 1)
    return f"{excess:.0f} % over" if excess >= 1 else "just over"
