"""Goals that no variant meets: each for itself, or each by some variant and never together."""

from __future__ import annotations

from collections.abc import Iterator

from tflite_ui.analysis.goals import UNMEASURED, Miss, misses
from tflite_ui.analysis.labels import variant_labels
from tflite_ui.core.study import Study
from tflite_ui.core.variant import Variant

Missed = dict[str, dict[str, Miss]]
"""By a variant's id, what it misses by the goal's name."""


def unreached(study: Study, candidates: list[Variant], taken: Variant) -> tuple[str, ...]:
    """A sentence for the goals that some variant meets but none together, and for each that none meets.

    The latter names the variant that comes nearest, unless it is ``taken``, whose misses are told anyway.
    """
    missed = {v.id: {miss.goal: miss for miss in misses(study, v)} for v in candidates}
    limits = [goal.name for goal in study.goals if goal.limit is not None]
    met = {name: by for name in limits if (by := [id for id in missed if name not in missed[id]])}
    never = [name for name in limits if name not in met]
    return (*_never_together(study, missed, met, taken), *_never(study, missed, never, taken))


def _never_together(study: Study, missed: Missed, met: dict[str, list[str]], taken: Variant) -> Iterator[str]:
    if any(not met.keys() & found.keys() for found in missed.values()):
        return
    labels = variant_labels(study)
    said = ", ".join(f"{name} is met by {labels[_nearest(missed, by)]}" for name, by in met.items())
    number = (
        "both goals"
        if len(met) == 2 == sum(goal.limit is not None for goal in study.goals)
        else f"these {len(met)} goals together"
    )
    yield f"No variant meets {number}: {said}; {labels[taken.id]} comes nearest."


def _nearest(missed: Missed, by: list[str]) -> str:
    return min(by, key=lambda id: sum(miss.excess for miss in missed[id].values()))


def _never(study: Study, missed: Missed, never: list[str], taken: Variant) -> Iterator[str]:
    labels = variant_labels(study)
    for name in never:
        nearest = min(missed, key=lambda id: missed[id][name].excess)
        miss, own = missed[nearest][name], missed[taken.id][name]
        if miss.excess < min(own.excess, UNMEASURED):
            yield f"No variant meets {name}; {labels[nearest]} comes nearest: {miss.said}."
