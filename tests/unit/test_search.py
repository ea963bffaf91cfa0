"""What a search is given, what its variants come to, how it went, and which are timed."""

from __future__ import annotations

import math

import pytest

from tests import study_parts
from tests.unit.test_advice import STEPS, source
from tflite_ui.advice.finalists import MOST, finalists
from tflite_ui.advice.history import history_frame, history_title
from tflite_ui.advice.outcome import LOSS, result
from tflite_ui.advice.space import Space, space
from tflite_ui.charts.history import history_chart
from tflite_ui.core.errors import InvalidInput
from tflite_ui.core.goal import parse_goals
from tflite_ui.core.recipe import Techniques, parse_recipe
from tflite_ui.core.search import parse_search
from tflite_ui.core.study import Study
from tflite_ui.core.variant import Variant
from tflite_ui.techniques import techniques as registered

KNOWN = (
    *STEPS,
    *("float32", "float16", "dynamic_range", "full_integer", "int16x8", "weight_only"),
)
GOALS = parse_goals(["max_drop=0.01", "min=gzip_bytes"])


def techniques() -> Techniques:
    """The techniques that these tests know, whatever else is registered."""
    return {key: registered()[key] for key in KNOWN}


def whole() -> Space:
    return space(source(), study_parts.data(), True, techniques())


def started() -> Study:
    variants = tuple(study_parts.variant(outcome) for outcome in study_parts.OUTCOMES)
    return study_parts.study("running", variants, ()).model_copy(update={"goals": GOALS})


def came(recipe: str, gzip: int, lost: int) -> Variant:
    """A finished variant of that gzip size that loses so many of the 2,000 answers."""
    outcome = study_parts.OUTCOMES[3]._replace(recipe=recipe, gzip=gzip, size=gzip, lost=lost, won=0)
    steps = parse_recipe(recipe, techniques()).steps
    return study_parts.variant(outcome).model_copy(update={"steps": steps})


def grown(study: Study, variant: Variant) -> Study:
    return study.model_copy(update={"variants": (*study.variants, variant)})


def test_an_outcome_says_how_far_the_goals_are_missed() -> None:
    study = started()
    good, bad = came("qat+full_integer", 40_000, 5), came("clustering+full_integer", 20_000, 200)
    assert (met := result(study, good)) is not None
    assert met.met
    assert met.aim == 40_000
    assert met.over[LOSS] == pytest.approx(100 * (met.loss - 0.01))
    assert (missed := result(study, bad)) is not None
    assert missed.excess > 1
    assert result(study, study_parts.failed_variant("float16")) is None
    small = study.model_copy(update={"goals": parse_goals(["max_gzip_bytes=20000"])})
    assert (over := result(small, good)) is not None
    assert over.over["max_gzip_bytes"] == pytest.approx(math.log(2))
    assert over.over[LOSS] < 0 < over.excess


def test_the_history_keeps_the_best_that_meets_the_goals() -> None:
    study = grown(
        grown(started(), came("weight_only:bits=4", 53_000, 10)), came("qat+full_integer", 9_000, 300)
    )
    frame = history_frame(study)
    assert list(frame["number"]) == list(range(1, len(frame) + 1))
    assert frame["best"].iloc[-1] == pytest.approx(53.0)
    assert list(frame["goals"].iloc[-2:]) == ["met", "missed"]
    drawn = history_chart(frame, history_title(study)).to_dict()
    assert drawn["layer"][0]["mark"]["interpolate"] == "step-after"
    assert history_chart(frame.head(0), "").to_dict()


def test_finalists_begin_with_the_recommended_and_are_few() -> None:
    study = started()
    for number in range(20):
        study = grown(study, came(f"pruning:final_sparsity=0.{50 + number}+full_integer", 40_000 - number, 5))
    found = finalists(study)
    assert len(found) == MOST
    assert study.variant(found[0]) is study.variants[-1]


@pytest.mark.parametrize("text", ["minutes=0", "minutes=x", "hours=2", "minutes"])
def test_a_search_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_search(text)


def test_a_search_is_read() -> None:
    assert parse_search(None) is None
    found = parse_search("minutes=2.5,trials=7")
    assert found is not None
    assert (found.minutes, found.trials) == (2.5, 7)
