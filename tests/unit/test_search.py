"""A search's proposals: from the study alone, never twice, and better than chance."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import study_parts
from tests.unit.test_advice import STEPS, source
from tflite_ui.advice.finalists import MOST, finalists
from tflite_ui.advice.history import history_frame, history_title
from tflite_ui.advice.outcome import result
from tflite_ui.advice.proposals import EXPLORE, promising, propose
from tflite_ui.advice.space import Space, space
from tflite_ui.charts.history import history_chart
from tflite_ui.core.errors import InvalidInput
from tflite_ui.core.goal import parse_goals
from tflite_ui.core.recipe import Techniques, parse_recipe
from tflite_ui.core.search import parse_search, ranges
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


class Chance:
    """Chooses at random."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def suggest_categorical(self, name: str, choices: list[object]) -> object:
        return self._random.choice(choices)

    def suggest_float(self, name: str, low: float, high: float) -> float:
        return self._random.uniform(low, high)

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int:
        return self._random.randint(low, high)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**20))
def test_every_recipe_of_the_space_can_be_asked_for_and_read_back(seed: int) -> None:
    spec = whole().suggested(Chance(seed), "usual")
    recipe = parse_recipe(spec, techniques())
    values = whole().values(recipe.steps)
    assert values is not None
    again = whole().suggested(_Given(values), "usual")
    assert parse_recipe(again, techniques()) == recipe


class _Given:
    """Chooses what it was given."""

    def __init__(self, values: dict[str, object]) -> None:
        self._values = values

    def suggest_categorical(self, name: str, choices: list[object]) -> object:
        return self._values[name]

    def suggest_float(self, name: str, low: float, high: float) -> float:
        return float(str(self._values[name]))

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int:
        return int(str(self._values[name]))


def test_a_space_holds_only_what_can_be_done() -> None:
    without_data = space(source(), None, False, techniques())
    assert not without_data.steps
    assert "full_integer" not in [c.key for c in without_data.conversions]
    assert [step.key for step in whole().steps] == [
        "distillation",
        "structured_pruning",
        "pruning",
        "clustering",
        "qat",
    ]


def test_what_a_search_may_change_lies_within_the_settings_own_bounds() -> None:
    for technique in registered().values():
        for name, limits in ranges(technique.Params).items():
            for value in limits.values() if "low" in limits else ():
                if not isinstance(value, bool):
                    technique.Params.model_validate({name: value})


def test_conversions_come_first_then_what_is_advised_then_what_is_asked() -> None:
    study = started()
    assert propose(study, whole(), 0.0, techniques()) == "weight_only:bits=4"
    study = grown(study, came("weight_only:bits=4", 53_000, 10))
    advised = "qat:epochs=1+full_integer"
    assert propose(study, whole(), 0.0, techniques(), (advised,)) == advised
    asked = propose(study, whole(), 0.0, techniques())
    assert asked is not None
    assert "+" in asked


def test_equal_studies_get_equal_proposals_and_none_comes_twice() -> None:
    study, seen = started(), set()
    for number in range(12):
        spec = propose(study, whole(), 0.1, techniques())
        assert spec == propose(study, whole(), 0.1, techniques())
        assert spec is not None
        assert spec not in seen
        seen.add(spec)
        study = grown(study, came(spec, 50_000 - number, 10))


def test_in_the_end_the_promising_are_trained_in_full() -> None:
    quick = "pruning:epochs=2,final_sparsity=0.9+full_integer"
    hopeless = "pruning:epochs=2,final_sparsity=0.95+full_integer"
    study = grown(started(), came("weight_only:bits=4", 53_000, 10))
    study = grown(grown(study, came(quick, 30_000, 35)), came(hopeless, 20_000, 400))
    assert [variant.recipe for variant, _ in promising(study)] == [quick]
    assert propose(study, whole(), EXPLORE, techniques()) == "pruning:final_sparsity=0.9+full_integer"
    assert propose(study, whole(), EXPLORE - 0.1, techniques()) not in (None, quick)


def test_the_estimator_finds_a_valley_sooner_than_chance() -> None:
    def gzip(spec: str) -> int:
        """Small where the sparsity is near 0.8 and nothing else is done."""
        steps = {s.technique: s.params for s in parse_recipe(spec, techniques()).steps}
        off = abs(steps["pruning"]["final_sparsity"] - 0.8) if "pruning" in steps else 0.5
        return int(20_000 * (1 + off) + 8_000 * (len(steps) - 2) ** 2)

    study = grown(started(), came("weight_only:bits=4", 53_000, 10))
    chance = study
    for number in range(40):
        asked = propose(study, whole(), 0.1, techniques())
        assert asked is not None
        study = grown(study, came(asked, gzip(asked), 5))
        guess = whole().suggested(Chance(number), "quick")
        chance = grown(chance, came(guess, gzip(guess), 5))
    assert _mean(study) < 0.8 * _mean(chance)


def _mean(study: Study) -> float:
    """The mean size of the last twenty."""
    found = [v.facts.gzip_bytes for v in study.variants[-20:] if v.facts]
    return sum(found) / len(found)


def test_an_outcome_says_how_far_the_goals_are_missed() -> None:
    study = started()
    good, bad = came("qat+full_integer", 40_000, 5), came("clustering+full_integer", 20_000, 200)
    assert (met := result(study, good)) is not None
    assert met.met
    assert met.aim == 40_000
    assert (missed := result(study, bad)) is not None
    assert missed.excess > 1
    assert result(study, study_parts.failed_variant("float16")) is None


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
