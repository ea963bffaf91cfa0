"""Goals that a request can't meet, whatever the variants: refused, or told, before anything runs."""

from __future__ import annotations

from typing import Literal

import pytest

from tests import study_parts
from tflite_ui.core.data import DataSummary, LabelSummary
from tflite_ui.core.errors import InvalidGoal
from tflite_ui.core.goal import parse_goals
from tflite_ui.core.model import ModelSource, TensorSpec
from tflite_ui.core.plan import Plan, StudyRequest, make_plan
from tflite_ui.core.search import Search
from tflite_ui.jobs.goal_checks import LEAST, check_goals, moot, too_few
from tflite_ui.litert.tiny import tiny
from tflite_ui.targets import targets
from tflite_ui.techniques import techniques

SOURCE = study_parts.source()
REQUEST = StudyRequest(model="m", data="d", recipes=("float16",), targets=("xnnpack:threads=2",))


def plan(request: StudyRequest, *goals: str) -> Plan:
    return make_plan(request, parse_goals(goals), techniques(), targets(), {})


@pytest.mark.parametrize(
    ("update", "goal", "says"),
    [
        ({}, "max_latency_ms@gpu=1", "nothing is timed on gpu, so no variant can meet it"),
        ({"targets": ()}, "min=latency_ms", "nothing is timed without a target"),
        ({"targets": ("ethos_u",)}, "min=latency_ms", "nothing is timed without a target that is timed"),
        ({"targets": ("ethos_u",)}, "max_latency_ms@ethos_u=1", "ethos_u tells of a file without timing it"),
        ({}, "max_arena_bytes=9000", "no target that is chosen tells of the arena"),
        ({}, "max_bytes=0", "because a .tflite file takes over 200 bytes"),
        ({}, "max_bytes=200", "because a .tflite file takes over 200 bytes"),
        ({}, "max_gzip_bytes=12", "because gzip alone adds 18 bytes"),
        ({}, "max_latency_ms@xnnpack=0", "because every run takes time"),
        ({"data": None}, "max_drop=0.01", "can't be judged without data"),
        ({"data": None}, "min=drop", "can't be judged without data"),
    ],
)
def test_goals_on_what_is_not_measured_are_refused(update: dict[str, object], goal: str, says: str) -> None:
    request = REQUEST.model_copy(update=update)
    with pytest.raises(InvalidGoal, match=says) as refused:
        check_goals(plan(request, goal), request)
    assert refused.value.message.startswith(f"{goal}: ")
    assert refused.value.hint


def test_other_goals_are_not() -> None:
    goals = ("max_latency_ms@xnnpack=1", "max_drop=0.01", "max_bytes=1000", "min=latency_ms")
    check_goals(plan(REQUEST, "max_latency_ms@xnnpack:threads=2=1"), REQUEST)
    check_goals(plan(REQUEST, *goals), REQUEST)
    micro = REQUEST.model_copy(update={"targets": ("xnnpack", "tflite_micro")})
    check_goals(plan(micro, "max_arena_bytes=9000", "max_drop=0"), micro)


def test_a_file_over_the_least_size_is_not_refused_for_it() -> None:
    """The smallest file that runs here is larger than what is refused."""
    assert LEAST["max_bytes"] < len(tiny())


def test_limits_that_limit_nothing_are_told() -> None:
    data = study_parts.data()
    turned = moot(parse_goals(["max_bytes=100000", "max_gzip_bytes=200000"]), data)
    assert "max_gzip_bytes=200000 says nothing beside max_bytes=100000" in turned[0]
    assert moot(parse_goals(["max_bytes=100000", "max_gzip_bytes=90000"]), data) == ()
    assert moot(parse_goals(["max_gzip_bytes=90000"]), data) == ()
    assert "allows every answer to be wrong" in moot(parse_goals(["max_drop=1"]), data)[0]
    assert moot(parse_goals(["max_drop=0.99"]), data) == ()
    values = LabelSummary(kind="values", shape=(2000,), dtype="float32", low=-1.0, high=9.0)
    assert moot(parse_goals(["max_drop=1"]), data.model_copy(update={"labels": values})) == ()


def told(data: DataSummary, limit: float = 0.01, source: ModelSource = SOURCE, **update: object) -> str:
    request = REQUEST.model_copy(update=update)
    return " ".join(too_few(parse_goals([f"max_drop={limit}"]), request, source, data))


def test_too_few_samples_for_a_limit_are_told_with_how_many_would_do() -> None:
    few, enough, more = (
        study_parts.data().model_copy(update={"evaluation_samples": n}) for n in (200, 276, 500)
    )
    assert "can't be shown on 200 samples" in told(few)
    assert "up to 1.4 points stays open (at least 276 would do)" in told(few)
    assert told(enough) == ""
    assert "on 250 samples" in told(more, search=Search(minutes=1))
    assert "no number of samples" in told(enough, 0.0)


def test_too_few_unlabelled_samples_are_told_where_the_answer_is_a_class() -> None:
    few, enough = (
        study_parts.data().model_copy(update={"evaluation_samples": n, "labels": None}) for n in (200, 381)
    )
    assert "up to 1.9 points stays open (at least 381 would do)" in told(few)
    assert told(enough) == ""
    boxes = TensorSpec(name="boxes", shape=(None, 5, 4), dtype="float32")
    assert told(few, source=SOURCE.model_copy(update={"outputs": (boxes,)})) == ""
    assert told(few, source=SOURCE.model_copy(update={"outputs": SOURCE.inputs})) == ""


@pytest.mark.parametrize(
    ("kind", "shape", "high", "output"),
    [
        ("values", (200,), 3.0, (None, 1)),
        ("sparse", (200,), 60.0, (None, 1)),
        ("sparse", (200, 8, 8), 2.0, (None, 8, 8, 3)),
        ("sparse", (200,), 1.0, SOURCE.inputs[0].shape),
    ],
)
def test_scores_of_values_and_masks_may_bear_a_limit_on_few_samples(
    kind: Literal["sparse", "values"], shape: tuple[int, ...], high: float, output: tuple[int | None, ...]
) -> None:
    labels = LabelSummary(kind=kind, shape=shape, dtype="float32", low=0.0, high=high)
    few = study_parts.data().model_copy(update={"evaluation_samples": 200, "labels": labels})
    outputs = (TensorSpec(name="out", shape=output, dtype="float32"),)
    assert told(few, source=SOURCE.model_copy(update={"outputs": outputs})) == ""


def test_a_goals_target_may_have_options() -> None:
    (goal,) = parse_goals(["max_latency_ms@xnnpack:threads=2=1.5"])
    assert (goal.target, goal.limit) == ("xnnpack:threads=2", 1.5)
    assert goal.name == "max_latency_ms@xnnpack:threads=2"
