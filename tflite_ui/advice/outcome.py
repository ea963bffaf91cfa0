"""A variant's outcome as a search sees it: two numbers to make small, and how far its goals are missed."""

from __future__ import annotations

import math

from tflite_ui.analysis.goals import UNMEASURED, drop, misses, value_of
from tflite_ui.analysis.holdout import choosing
from tflite_ui.analysis.recommend import (
    BEARABLE_DROP,
    BEARABLE_SQNR_DB,
    allowed_loss,
    judged_by_noise,
    scores,
    wish,
)
from tflite_ui.core.frozen import Frozen
from tflite_ui.core.study import Study
from tflite_ui.core.variant import Variant

LOSS = "loss"
DECIBELS = 5.0
"""Of noise, what counts as a point of accuracy."""


class Result(Frozen):
    """``aim`` is the measure that the goals name (the less the better), ``loss`` what accuracy may be lost.

    ``loss`` is a fraction, or minus the signal-to-noise ratio in hundreds of decibels where answers can't be
    counted; ``excess`` how far the goals are missed (0: all are met, what isn't measured yet counts as met).
    ``over`` says of each limit by its name how far the variant is over it, or under it (less than 0): the
    logarithm of the ratio, and under LOSS the loss in points.
    """

    aim: float
    loss: float
    excess: float
    over: dict[str, float] = {}

    @property
    def met(self) -> bool:
        """Whether every goal that was measured is met."""
        return self.excess <= 0


def results(study: Study) -> list[tuple[Variant, Result]]:
    """The variants that came to something, in the study's order, by the samples that choose."""
    seen = choosing(study)
    found = ((variant, result(seen, variant)) for variant in seen.variants)
    return [(variant, came) for variant, came in found if came]


def result(study: Study, variant: Variant) -> Result | None:
    """What a finished variant came to; None when a check failed, or nothing can be told of its quality."""
    if variant.status != "finished" or not all(check.passed for check in variant.checks):
        return None
    aim, loss = scores(study)[wish(study)](variant), _loss(variant)
    if loss is None or not math.isfinite(aim):
        return None
    return Result(aim=aim, loss=loss, excess=_excess(study, variant), over=_over(study, variant))


def _over(study: Study, variant: Variant) -> dict[str, float]:
    known = ((goal, value_of(study, variant, goal)) for goal in study.goals if goal.limit)
    over = {g.name: math.log(v / g.limit) for g, v in known if v and g.limit and g.key != "max_drop"}
    found = None if judged_by_noise(variant) else drop(variant)
    if found is not None:
        return {**over, LOSS: 100 * (found - allowed_loss(study))}
    decibels = variant.quality.sqnr_db if variant.quality else None
    return over if decibels is None else {**over, LOSS: (BEARABLE_SQNR_DB - decibels) / DECIBELS}


def _loss(variant: Variant) -> float | None:
    found = drop(variant)
    if found is not None:
        return found
    decibels = variant.quality.sqnr_db if variant.quality else None
    return None if decibels is None else -decibels / 100


def _excess(study: Study, variant: Variant) -> float:
    known = sum(miss.excess for miss in misses(study, variant) if miss.excess < UNMEASURED)
    if any(goal.key == "max_drop" for goal in study.goals):
        return known
    return known + _unbearable(variant)


def _unbearable(variant: Variant) -> float:
    """Without a limit of the user's own, how far the loss is over what the recommendation bears."""
    found = None if judged_by_noise(variant) else drop(variant)
    if found is not None:
        return max(0.0, found / BEARABLE_DROP - 1)
    decibels = variant.quality.sqnr_db if variant.quality else None
    return 1.0 if decibels is None else max(0.0, 1 - decibels / BEARABLE_SQNR_DB)
