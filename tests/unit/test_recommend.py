"""Which variant is recommended, and in which words."""

from __future__ import annotations

import pytest

from tests import studies
from tests.study_parts import quality
from tflite_ui.analysis.recommend import recommend
from tflite_ui.core.facts import Check
from tflite_ui.core.goal import Recommendation, parse_goals
from tflite_ui.core.study import Study
from tflite_ui.core.variant import Quality


def _advise(study: Study, *goals: str) -> Recommendation:
    found = recommend(study.model_copy(update={"goals": parse_goals(goals)}))
    assert found is not None
    return found


def _recipe(study: Study, *goals: str) -> str:
    found = study.variant(_advise(study, *goals).variant)
    assert found is not None
    return found.recipe


def _with(study: Study, recipe: str, **update: object) -> Study:
    variants = tuple(v.model_copy(update=update) if v.recipe == recipe else v for v in study.variants)
    return study.model_copy(update={"variants": variants})


def test_the_smallest_without_a_real_loss_is_taken_and_ties_go_to_the_fastest() -> None:
    advice = _advise(studies.finished())
    assert advice.reason == (
        "Full integer (int8), int8 I/O: 3.5x smaller, 1.3x faster on XNNPACK with 1 thread, "
        "no real accuracy difference on 2,000 images (-0.9 to +0.4 points)."
    )
    assert advice.unmet == ()


def test_a_loss_shown_to_be_real_is_passed_over_even_when_small() -> None:
    study = _with(studies.finished(), "full_integer:io=int8", quality=quality(6, 0))
    study = _with(study, "full_integer", quality=quality(60, 10))
    assert _recipe(study) == "dynamic_range"


def test_a_bound_worse_than_one_point_is_passed_over_though_not_real() -> None:
    study = _with(studies.finished(), "full_integer:io=int8", quality=quality(90, 85))
    assert _recipe(study) == "full_integer"


def test_too_few_samples_to_show_anything_keep_the_original_and_say_so() -> None:
    study = studies.finished()
    for variant in study.variants[1:-1]:
        study = _with(study, variant.recipe, quality=quality(0, 0, n=50, base=45))
    advice = _advise(study)
    assert advice.variant == study.baseline.id
    assert advice.reason.startswith(
        "Keep Float32: on 50 images no other variant is shown to lose at most 1 point"
    )


def test_a_file_that_failed_a_check_is_never_recommended() -> None:
    bad = (Check(name="outputs agree with the source", passed=False),)
    assert _recipe(_with(studies.finished(), "full_integer:io=int8", checks=bad)) == "full_integer"


def test_goals_decide_what_is_best() -> None:
    study = studies.finished()
    assert _recipe(study, "min=latency_ms") == "full_integer:io=int8"
    assert _recipe(study, "max_drop=0.0015") == "float16"
    assert _recipe(study, "max_gzip_bytes=97000") == "full_integer:io=int8"
    assert _recipe(study, "max_latency_ms@xnnpack=0.25", "max_drop=0.005") == "dynamic_range"


def test_a_missed_goal_names_the_nearest_and_by_how_much() -> None:
    advice = _advise(studies.finished(), "max_bytes=100000")
    assert advice.unmet == ("max_bytes: 119 KB is 19.0 KB over the limit of 100 KB.",)
    assert "3.5x smaller" in advice.reason
    slow = _advise(studies.finished(), "max_latency_ms@reference=1")
    assert slow.unmet == ("max_latency_ms@reference: 1.9 ms is 88 % over the limit of 1 ms.",)


def test_goals_that_are_met_but_never_together_are_said_with_who_meets_which() -> None:
    advice = _advise(studies.finished(), "max_bytes=119000", "max_drop=0.0015")
    assert advice.unmet == (
        "max_bytes: 127 KB is 8.24 KB over the limit of 119 KB.",
        "max_drop: a loss of up to 0.2 points can't be ruled out on 2,000 images; at most 0.15 is allowed.",
        "No variant meets both goals: max_bytes is met by Full integer (int8), int8 I/O, "
        "max_drop is met by Float16; int16x8 comes nearest.",
    )
    three = _advise(studies.finished(), "max_bytes=119000", "max_drop=0.0015", "max_latency_ms@reference=1.9")
    assert "No variant meets these 3 goals together: max_bytes is met by" in three.unmet[-1]
    beside = _advise(studies.finished(), "max_bytes=119000", "max_drop=0.0015", "max_gzip_bytes=1000")
    assert "No variant meets these 2 goals together: max_bytes is met by" in beside.unmet[-2]


def test_a_goal_that_none_meets_names_what_comes_nearest_where_that_is_not_taken() -> None:
    advice = _advise(studies.finished(), "max_latency_ms@reference=1.8", "max_bytes=119000")
    assert advice.unmet == (
        "max_latency_ms@reference: 1.9 ms is 8 % over the limit of 1.8 ms.",
        "max_bytes: 122 KB is 2.84 KB over the limit of 119 KB.",
        "No variant meets max_latency_ms@reference; Float32 comes nearest: "
        "1.9 ms is 5 % over the limit of 1.8 ms.",
    )


def test_a_goal_on_a_target_that_was_not_measured_is_said_to_be_unmet() -> None:
    advice = _advise(studies.finished(), "max_latency_ms@gpu=1")
    assert advice.unmet == ("max_latency_ms@gpu: not measured on gpu.",)
    assert "on XNNPACK with 1 thread" in advice.reason


def test_a_latency_goal_on_a_key_means_that_exact_spec_first() -> None:
    advice = _advise(studies.finished(), "max_latency_ms@xnnpack=0.2")
    assert advice.unmet == ("max_latency_ms@xnnpack: 0.24 ms is 18 % over the limit of 0.2 ms.",)


def test_without_data_the_lack_of_a_quality_is_said() -> None:
    advice = _advise(studies.no_data())
    assert advice.reason.endswith("accuracy not measured.")
    assert advice.unmet == ("Accuracy: not measured, because there was no data.",)


def test_without_measurements_the_speed_is_not_claimed() -> None:
    study = studies.finished().model_copy(update={"measurements": ()})
    assert "speed not measured" in _advise(study).reason


def test_an_unlabelled_study_is_judged_by_agreement() -> None:
    study = studies.finished()
    for variant in study.variants[1:-1]:
        near = 1998 if variant.recipe == "dynamic_range" else 1940
        answer = Quality(metric="agreement", value=near / 2000, n=2000, agreement=near / 2000)
        study = _with(study, variant.recipe, quality=answer)
    advice = _advise(study)
    assert _recipe(study) == "dynamic_range"
    assert "the same answer as the original 99.9 % of the time on 2,000 images" in advice.reason


@pytest.mark.parametrize("study", [studies.empty(), studies.all_failed()], ids=["empty", "all failed"])
def test_nothing_finished_means_no_recommendation(study: Study) -> None:
    assert recommend(study) is None


def test_only_the_baseline_finished() -> None:
    study = studies.all_failed()
    base = studies.finished().baseline
    study = study.model_copy(update={"variants": (base, *study.variants[1:])})
    assert _advise(study).reason == "Keep Float32: no other variant finished."
