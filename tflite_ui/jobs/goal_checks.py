"""Goals that nothing in a request could meet, told before anything runs."""

from __future__ import annotations

import math

from tflite_ui.analysis.claims import loss_bound
from tflite_ui.core.data import DataSummary
from tflite_ui.core.errors import InvalidGoal
from tflite_ui.core.goal import Goal
from tflite_ui.core.plan import Plan, StudyRequest
from tflite_ui.core.variant import Quality
from tflite_ui.evaluation.holdout import FEWEST


def check_goals(plan: Plan, request: StudyRequest) -> None:
    """Raise InvalidGoal for a goal on what the request doesn't measure: a target, speed, quality."""
    for goal in plan.goals:
        wanted = f"{goal.name}={goal.value}"
        if goal.target and goal.target not in {name for t in plan.targets for name in (t.target, t.spec)}:
            text = f"{wanted}: nothing is timed on {goal.target}, so no variant can meet it."
            raise InvalidGoal(text, f"Add the target {goal.target}, or drop the goal.")
        if goal.measure == "latency_ms" and not plan.targets:
            raise InvalidGoal(f"{wanted}: nothing is timed without a target.", "Add a target.")
        if "drop" in (goal.measure, goal.key.removeprefix("max_")) and request.data is None:
            text = f"{wanted}: a loss can't be judged without data."
            raise InvalidGoal(text, "Give a data file, or drop the goal.")


def too_few(goals: tuple[Goal, ...], request: StudyRequest, data: DataSummary | None) -> tuple[str, ...]:
    """What is to be known of a limit on the loss that this many samples can't show, whatever the answers."""
    limit = next((goal.limit for goal in goals if goal.key == "max_drop"), None)
    given = data.label_arrays.values() if data else ()
    if limit is None or data is None or all(labels.kind == "values" for labels in given):
        return ()
    n = data.evaluation_samples
    shown = n // 2 if request.search and n >= FEWEST else n
    least = _least(shown)
    if least <= limit:
        return ()
    needed = f"at least {_needed(limit):,} would do" if limit else "no number of samples would do"
    return (
        f"max_drop={limit:g} can't be shown on {shown:,} samples, even of a variant that changes no answer: "
        f"a loss of up to {100 * least:.1f} points stays open ({needed}).",
    )


def _least(n: int) -> float:
    """The loss that stays open when all of ``n`` answers are the original's."""
    same = Quality(metric="accuracy", value=1.0, n=n, baseline_right_only=0, variant_right_only=0)
    return loss_bound(same) or 0.0


def _needed(limit: float) -> int:
    """The samples from which on ``limit`` could be shown: what stays open falls as 1 over their number."""
    begin = max(1, math.floor(_least(1000) * 1002 / limit) - 2)
    return next(n for n in range(begin, begin + 10) if _least(n) <= limit)
