"""Which of a search's candidates are shown to be good, tested in a fixed order on the samples kept apart.

Whoever tests many and takes the best finds one that is good by luck. So the samples that choose put the
candidates in an order, the mildest first; the others test them in it, up to the second that fails. The chance
of any false claim is then at most that of two tests, 5 % (fixed-sequence testing: Angelopoulos et al., 2021,
"Learn then test", https://arxiv.org/abs/2110.01052; Laufer-Goldenberg et al., 2023, "Efficiently controlling
multiple risks with Pareto testing", https://arxiv.org/abs/2210.07913).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tflite_ui.core.variant import Variant

FAILURES = 2
"""So many failed tests, and no further one is made."""
STEP = 1.25
"""Candidates this near to each other in what is wanted count as one: each further test may be the last."""

Measure = Callable[[Variant], float]


class Tested(NamedTuple):
    """What was tested, the mildest first: what passed, and what failed."""

    passed: tuple[Variant, ...]
    failed: tuple[Variant, ...]

    @property
    def shown(self) -> tuple[Variant, ...]:
        """What is shown to be good; where nothing is, the mildest."""
        return self.passed or self.failed[:1]


def examined(
    candidates: Sequence[Variant], wanted: Measure, loss: Measure, holds: Callable[[Variant], bool]
) -> Tested:
    """Test ``candidates``, of which there is one at least.

    ``wanted`` (the less the better) and ``loss`` are by the samples that choose; ``holds`` tests on others.
    """
    passed: list[Variant] = []
    failed: list[Variant] = []
    for variant in _path(sorted(candidates, key=wanted, reverse=True), wanted, loss):
        (passed if holds(variant) else failed).append(variant)
        if len(failed) == FAILURES:
            break
    return Tested(tuple(passed), tuple(failed))


def _path(mildest_first: Sequence[Variant], wanted: Measure, loss: Measure) -> list[Variant]:
    """Of each few that come near to each other the one that loses least."""
    path: list[Variant] = []
    while rest := [v for v in mildest_first if not path or wanted(v) < wanted(path[-1])]:
        alike = [v for v in rest if wanted(v) * STEP > wanted(rest[0])]
        path.append(min(alike, key=lambda v: (loss(v), wanted(v))))
    return path
