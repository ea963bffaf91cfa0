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
from tflite_ui.targets import targets

LEAST = {"max_bytes": 200, "max_gzip_bytes": 20, "max_latency_ms": 0, "max_arena_bytes": 0}
"""What every file is over: bytes of a flatbuffer with one operator, of gzip's frame; any time, any memory."""
SAID: dict[str, str] = {
    "max_bytes": "a .tflite file takes over 200 bytes, whatever is in it",
    "max_gzip_bytes": "gzip alone adds 18 bytes",
    "max_latency_ms": "every run takes time",
    "max_arena_bytes": "every file needs some memory",
}


def check_goals(plan: Plan, request: StudyRequest) -> None:
    """Raise InvalidGoal for a limit that no file keeps, or on what the request doesn't measure."""
    for goal in plan.goals:
        wanted = f"{goal.name}={goal.value}"
        if goal.limit is not None and goal.limit <= LEAST.get(goal.key, -1):
            text = f"{wanted}: no variant can meet this, because {SAID[goal.key]}."
            raise InvalidGoal(text, "Allow more, or drop the goal; the command line counts sizes in bytes.")
        _check_target(goal, wanted, plan)
        _check_given(goal, wanted, plan)
        if "drop" in (goal.measure, goal.key.removeprefix("max_")) and request.data is None:
            text = f"{wanted}: a loss can't be judged without data."
            raise InvalidGoal(text, "Give a data file, or drop the goal.")


def _check_target(goal: Goal, wanted: str, plan: Plan) -> None:
    """A goal's target has to be one of the plan's, and one that is timed."""
    if not goal.target:
        return
    named = [t.target for t in plan.targets if goal.target in (t.target, t.spec)]
    if not named:
        text = f"{wanted}: nothing is timed on {goal.target}, so no variant can meet it."
        raise InvalidGoal(text, f"Add the target {goal.target}, or drop the goal.")
    if "latency" not in targets()[named[0]].gives:
        text = f"{wanted}: {goal.target} tells of a file without timing it, so no variant can meet it."
        raise InvalidGoal(text, "Name a target that is timed, or drop the goal.")


def _check_given(goal: Goal, wanted: str, plan: Plan) -> None:
    """A goal on any target's figure needs a target that gives it."""
    given = {figure for t in plan.targets for figure in targets()[t.target].gives}
    if goal.measure == "latency_ms" and "latency" not in given:
        text = f"{wanted}: nothing is timed without a target{' that is timed' if plan.targets else ''}."
        raise InvalidGoal(text, "Add one, e.g. xnnpack.")
    if goal.key == "max_arena_bytes" and "arena" not in given:
        able = ", ".join(key for key, target in targets().items() if "arena" in target.gives)
        text = f"{wanted}: no target that is chosen tells of the arena, so no variant can meet it."
        raise InvalidGoal(text, f"Add one of {able}, or drop the goal.")


def moot(goals: tuple[Goal, ...], data: DataSummary | None) -> tuple[str, ...]:
    """What is to be known of limits that limit nothing, most likely by a slip."""
    limits = {goal.key: goal.limit for goal in goals if goal.limit is not None}
    raw, packed, drop = (limits.get(key) for key in ("max_bytes", "max_gzip_bytes", "max_drop"))
    notes = []
    if raw is not None and packed is not None and packed > GROWN * raw + FRAME:
        notes.append(
            f"max_gzip_bytes={packed:.0f} says nothing beside max_bytes={raw:.0f}, because a file hardly "
            "grows under gzip. They may be the wrong way round."
        )
    if drop is not None and drop >= 1 and _classes(data):
        notes.append(
            f"max_drop={drop:g} allows every answer to be wrong: it is a fraction, 0.01 is one point."
        )
    return tuple(notes)


GROWN, FRAME = 1.001, 64
"""How much a file may grow under gzip: 5 bytes for each 16 KB it can't pack, and its frame."""


def _classes(data: DataSummary | None) -> bool:
    given = data.label_arrays.values() if data else ()
    return any(labels.kind != "values" for labels in given)


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
