"""Other goals, another answer; and the front of any measures."""

from __future__ import annotations

from tests import studies
from tflite_ui.analysis.decide import on_front, ranking, with_goals
from tflite_ui.core.goal import parse_goals


def test_the_answer_follows_the_goals() -> None:
    study = studies.finished()
    fast = with_goals(study, parse_goals(["min=latency_ms"])).recommendation
    true = with_goals(study, parse_goals(["min=drop", "max_drop=0.001"])).recommendation
    assert fast is not None
    assert true is not None
    assert study.variant(fast.variant).recipe.startswith("full_integer")  # type: ignore[union-attr]
    assert fast.variant != true.variant


def test_variants_that_meet_the_goals_stand_before_those_that_miss_them() -> None:
    study = with_goals(studies.finished(), parse_goals(["max_bytes=120000"]))
    frame = ranking(study)
    assert study.recommendation is not None
    assert frame["variant"].iloc[0] == study.recommendation.variant
    excess = list(frame["excess"])
    assert excess == sorted(excess)
    assert excess[0] == 0 < excess[-1]
    assert (frame["missed"] != "").tolist() == [value > 0 for value in excess]


def test_a_front_of_three_measures_holds_that_of_two() -> None:
    study = studies.finished()
    two = on_front(study, ["size_kb", "quality_shown"])
    three = on_front(study, ["size_kb", "quality_shown", "p50:xnnpack"])
    assert two
    assert two < three
