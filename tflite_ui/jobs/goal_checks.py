"""Goals that nothing in a request could meet, told before anything runs."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

from tflite_ui.analysis.claims import loss_bound
from tflite_ui.core.data import DataSummary, LabelSummary
from tflite_ui.core.errors import InvalidGoal
from tflite_ui.core.goal import Goal
from tflite_ui.core.model import ModelSource
from tflite_ui.core.plan import Plan, StudyRequest
from tflite_ui.core.variant import Quality
from tflite_ui.evaluation.holdout import FEWEST
from tflite_ui.evaluation.intervals import wilson
from tflite_ui.jobs.requests import check_lessons
from tflite_ui.targets import targets

LEAST = {"max_bytes": 200, "max_gzip_bytes": 20, "max_latency_ms": 0, "max_arena_bytes": 0}
"""What every file is over: bytes of a flatbuffer with one operator, of gzip's frame; any time, any memory."""
GROWN, FRAME = 1.001, 64
"""How much a file may grow under gzip: 5 bytes for each 16 KB it can't pack, and its frame."""
SAID: dict[str, str] = {
    "max_bytes": "a .tflite file takes over 200 bytes, whatever is in it",
    "max_gzip_bytes": "gzip alone adds 18 bytes",
    "max_latency_ms": "every run takes time",
    "max_arena_bytes": "every file needs some memory",
}


def check_goals(plan: Plan, request: StudyRequest) -> None:
    """Raise InvalidGoal for a limit that no file keeps, or on what the request doesn't measure."""
    for goal in plan.goals:
        wanted = f"{goal.name}={goal.value if goal.limit is None else f'{goal.limit:.10g}'}"
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


def doubts(
    plan: Plan,
    request: StudyRequest,
    source: ModelSource,
    data: DataSummary | None,
    training: DataSummary | None,
) -> tuple[str, ...]:
    """What is to be known of the lessons and the goals, none of it in the way; raises DataMismatch."""
    lessons = check_lessons(plan, source, data, training)
    return (*lessons, *moot(plan.goals, data), *too_few(plan.goals, request, source, data))


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


def _classes(data: DataSummary | None) -> bool:
    given = data.label_arrays.values() if data else ()
    return any(labels.kind != "values" for labels in given)


def too_few(
    goals: tuple[Goal, ...], request: StudyRequest, source: ModelSource, data: DataSummary | None
) -> tuple[str, ...]:
    """What is to be known of a limit on the loss that this many samples can't show, whatever the answers.

    Where each sample has one class for an answer; scores of values or masks bear a limit on any number.
    """
    limit = next((goal.limit for goal in goals if goal.key == "max_drop"), None)
    same = None if limit is None or data is None else _unchanged(source, data)
    if limit is None or data is None or same is None:
        return ()
    n = data.evaluation_samples
    shown = n // 2 if request.search and n >= FEWEST else n
    least = _open(same, shown)
    if least <= limit:
        return ()
    needed = f"at least {_needed(same, limit):,} would do" if limit else "no number of samples would do"
    return (
        f"max_drop={limit:g} can't be shown on {shown:,} samples, even of a variant that changes no answer: "
        f"a loss of up to {100 * least:.1f} points stays open ({needed}).",
    )


Unchanged = Callable[[int], Quality]
"""The quality of a variant all of whose answers, to so many samples, are the original's."""


def _unchanged(source: ModelSource, data: DataSummary) -> Unchanged | None:
    """How such a variant is judged; None where its answers aren't one class each, or that isn't known yet."""
    shapes = [spec.sample_shape for spec in source.outputs]
    if any(spec.sample_shape in shapes for spec in source.inputs):
        return None
    if not data.labelled:
        first = next((shape for shape in shapes if shape and shape[-1] != 1), ())
        return _agreeing if len(first) == 1 and first[0] else None
    classes = [labels for labels in data.label_arrays.values() if labels.kind != "values"]
    one_value = all(shape in ((), (1,)) for shape in shapes)
    plain = all(_one_a_sample(labels) and not (one_value and (labels.high or 0) > 1) for labels in classes)
    return _right if classes and plain else None


def _one_a_sample(labels: LabelSummary) -> bool:
    return labels.kind == "one_hot" or labels.shape[1:] in ((), (1,))


def _right(n: int) -> Quality:
    return Quality(metric="accuracy", value=1.0, n=n, baseline_right_only=0, variant_right_only=0)


def _agreeing(n: int) -> Quality:
    return Quality(metric="agreement", value=1.0, n=n, ci95=wilson(n, n), agreement=1.0)


def _open(same: Unchanged, n: int) -> float:
    """The loss that stays open when all of ``n`` answers are the original's."""
    return loss_bound(same(n)) or 0.0


def _needed(same: Unchanged, limit: float) -> int:
    """The samples from which on ``limit`` could be shown: what stays open falls with their number."""
    most = 1
    while _open(same, most) > limit:
        most *= 2
    return bisect_left(range(most), -limit, key=lambda n: -_open(same, max(1, n)))
