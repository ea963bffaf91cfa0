"""Which of a search's recipes are shown to keep to the limit on the loss, however many were tried.

Whoever tries many and takes the best finds one that is good by luck. So each has to pass two tests on
different samples: at a level of 2 / n on those that the search saw, n being the recipes that were tried, and
at 2.5 % on those kept apart. One that loses more than the limit passes both with a chance of 5 % / n at most,
and any of all with 5 % (Bonferroni's inequality), as far as the intervals hold what they promise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import NamedTuple

from tflite_ui.analysis.claims import loss_at
from tflite_ui.core.variant import Quality, Variant

ANY, SECOND = 0.05, 0.025
"""The chance of any false claim, and the level of the second test: one side of a 95 % interval."""


class Confirmed(NamedTuple):
    """Of ``tried`` recipes what passed the first test, and of that what passed the second."""

    tried: int
    likely: tuple[Variant, ...]
    shown: tuple[Variant, ...]


def confirmed(
    candidates: Sequence[Variant], limit: float, tried: int, holds: Callable[[Variant], bool]
) -> Confirmed:
    """Test ``candidates`` for a loss of ``limit`` at most, a fraction; ``holds`` is the second test.

    ``tried`` recipes were there to choose from.
    """
    level = min(0.5, ANY / SECOND / max(tried, 1))
    z = NormalDist().inv_cdf(1.0 - level)
    likely = [variant for variant in candidates if _within(variant.quality, limit, z)]
    return Confirmed(tried, tuple(likely), tuple(variant for variant in likely if holds(variant)))


def _within(quality: Quality | None, limit: float, z: float) -> bool:
    """Whether the samples that choose leave no more open than ``limit``; what can't be counted passes."""
    loss = loss_at(quality.choosing, z) if quality and quality.choosing else None
    return loss is None or loss <= limit
