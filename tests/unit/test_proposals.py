"""A search's proposals: from the study alone, never twice, worth their training, and better than chance."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.search import Chance
from tests import study_parts
from tests.unit.test_advice import source
from tests.unit.test_search import came, grown, started, techniques, whole
from tflite_ui.advice.outcome import LOSS, Result
from tflite_ui.advice.proposals import Proposer
from tflite_ui.advice.space import CONVERSION, DEPTHS, Chosen, Depth, Values, space
from tflite_ui.advice.surrogate import Surrogate, Trial
from tflite_ui.core.recipe import parse_recipe
from tflite_ui.core.search import rungs
from tflite_ui.core.study import Study
from tflite_ui.techniques import techniques as registered

UNTRAINED = ("full_integer:per_channel=false", "weight_only:bits=4")


def values_of(spec: str) -> Values:
    found = whole().values(parse_recipe(spec, techniques()).steps)
    assert found is not None
    return found


def proposed(study: Study, *advised: str, depth: Depth = "usual") -> str | None:
    return Proposer(study, whole(), techniques(), depth).propose(advised)


def begun() -> Study:
    """All conversions alone have been tried."""
    study = started()
    for spec in UNTRAINED:
        study = grown(study, came(spec, 90_000 if "full" in spec else 53_000, 10))
    return study


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**20), st.sampled_from(list(DEPTHS)))
def test_every_recipe_of_the_space_can_be_asked_for_and_read_back(seed: int, depth: Depth) -> None:
    spec = whole().suggested(Chance(seed), depth)
    recipe = parse_recipe(spec, techniques())
    values = values_of(spec)
    assert parse_recipe(whole().suggested(Chosen(values), depth), techniques()) == recipe
    trained = any(step.params.get("epochs") for step in recipe.steps)
    assert whole().depth(recipe.steps) == (depth if trained else "usual")


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**20))
def test_neighbours_differ_in_one_choice_and_are_recipes(seed: int) -> None:
    values = values_of(whole().suggested(Chance(seed), "usual"))
    for other in whole().neighbours(values):
        changed = {n.partition(".")[0] for n in {*values, *other} if values.get(n) != other.get(n)}
        conversions = {c.key for c in whole().conversions} | {CONVERSION}
        assert len(changed - conversions) + bool(changed & conversions) <= 1
        assert values_of(whole().suggested(Chosen(other), "usual")) == other


def test_a_space_holds_only_what_can_be_done() -> None:
    without_data = space(source(), None, False, techniques())
    assert not without_data.steps
    assert "full_integer" not in [c.key for c in without_data.conversions]
    steps = ["distillation", "structured_pruning", "pruning", "clustering", "qat"]
    assert [step.key for step in whole().steps] == steps


def test_what_a_search_may_change_lies_within_the_bounds_and_holds_the_usual() -> None:
    marked = 0
    for technique in registered().values():
        for name, ladder in rungs(technique.Params).items():
            marked += 1
            assert technique.Params.defaults()[name] in ladder
            assert len(set(ladder)) == len(ladder) > 1
            for value in ladder:
                technique.Params.model_validate({name: value})
    assert marked >= 7


def test_conversions_come_first_then_what_trains() -> None:
    assert proposed(started(), "qat+full_integer") == UNTRAINED[0]
    asked = proposed(begun())
    assert asked is not None
    assert "+" in asked


def test_equal_studies_get_equal_proposals_and_none_comes_twice() -> None:
    study, seen = begun(), set()
    for number in range(12):
        spec = proposed(study)
        assert spec == proposed(study)
        assert spec is not None
        assert spec not in seen
        seen.add(spec)
        study = grown(study, came(spec, 50_000 - number, 10))


def test_without_any_result_what_is_advised_is_asked_for_and_else_something() -> None:
    study = started()
    unjudged = {"quality": None}
    failed = study.baseline.model_copy(update={"status": "failed"})
    empty = study.model_copy(update={"variants": (failed,)})
    for spec in whole().untrained():
        if spec != study.baseline.recipe:
            empty = grown(empty, came(spec, 90_000, 0).model_copy(update=unjudged))
    assert proposed(empty) is not None
    assert proposed(empty, "pruning+clustering+full_integer") == "pruning+clustering+full_integer"


def test_a_technique_that_only_fails_is_not_tried_again_and_again() -> None:
    study = begun()
    for spec in ("clustering+full_integer", "clustering:clusters=24+dynamic_range"):
        study = grown(study, study_parts.failed_variant(spec))
    assert not any("clustering" in spec for spec in some(study))
    study = grown(study, came("clustering:clusters=32+full_integer", 40_000, 2))
    assert any("clustering" in spec for spec in some(study))


def some(study: Study) -> list[str]:
    """Eight proposals, each of which comes to little."""
    found = []
    for _ in range(8):
        spec = proposed(study)
        assert spec is not None
        study = grown(study, came(spec, 95_000, 5))
        found.append(spec)
    return found


def landscape(spec: str, rng: np.random.Generator) -> tuple[int, int]:
    """Gzip bytes, and how many of 2,000 answers are lost: in kind as on the sample."""
    steps = {s.technique: s.params for s in parse_recipe(spec, techniques()).steps}
    size, loss = 100_000.0, rng.normal(0.0, 0.001)
    if "distillation" in steps:
        size, loss = size * steps["distillation"]["width"] ** 1.7, loss + 0.04
    if "structured_pruning" in steps:
        ratio = steps["structured_pruning"]["ratio"]
        size, loss = size * (1 - ratio) ** 1.6, loss + 0.08 * ratio
    if "pruning" in steps:
        sparsity = steps["pruning"]["final_sparsity"]
        size, loss = size * (1.1 - 0.8 * sparsity), loss + 0.1 * max(0.0, sparsity - 0.7)
    if "clustering" in steps:
        bits = math.log2(steps["clustering"]["clusters"])
        size, loss = size * bits / 7, loss + 0.02 * max(0.0, 4.5 - bits)
    small = spec.endswith("bits=4") and "weight_only" in spec
    return int(size * (0.55 if small else 1.0)), max(0, round(2000 * (loss + 0.006 * small)))


def smallest(study: Study) -> float:
    """The smallest gzip size that meets the goals."""
    made = [(v, v.quality) for v in study.variants if v.facts]
    kept = [v.facts.gzip_bytes for v, q in made if v.facts and q and (q.baseline_right_only or 0) <= 8]
    return min(kept)


@pytest.mark.parametrize("seed", range(3))
def test_a_search_finds_a_smaller_file_than_chance_with_as_many_recipes(seed: int) -> None:
    study, drawn, rng, chance = begun(), begun(), np.random.default_rng(seed), Chance(seed)
    for _ in range(25):
        spec = proposed(study)
        assert spec is not None
        study = grown(study, came(spec, *landscape(spec, rng)))
        guess = whole().suggested(chance, "usual")
        drawn = grown(drawn, came(guess, *landscape(guess, rng)))
    assert smallest(study) <= 0.8 * smallest(drawn)


def test_where_time_is_short_what_nearly_meets_the_goals_is_trained_for_longer() -> None:
    study, rng = begun(), np.random.default_rng(0)
    lost: dict[tuple[object, ...], int] = {}
    deeper = []
    for _ in range(25):
        spec = proposed(study, depth="quick")
        assert spec is not None
        steps = parse_recipe(spec, techniques()).steps
        depth, choices = whole().depth(steps), tuple(sorted(values_of(spec).items(), key=str))
        size, loss = landscape(spec, rng)
        if len(steps) > 1 and depth == "quick":
            loss += 16
            lost[choices] = loss
        elif choices in lost:
            deeper.append(lost[choices])
        study = grown(study, came(spec, size, loss))
    assert 1 <= len(deeper) < len(lost)
    assert max(deeper) < 80


def trial(spec: str, aim: float, points: float) -> Trial:
    return Trial(
        values_of(spec),
        "usual",
        Result(aim=aim, loss=points / 100, excess=max(0, points), over={LOSS: points}),
    )


def test_the_model_learns_which_cuts_save_and_which_cost() -> None:
    tried = [
        trial("full_integer", 100.0, -1.0),
        trial("pruning:final_sparsity=0.5+full_integer", 70.0, -0.8),
        trial("pruning:final_sparsity=0.7+full_integer", 50.0, -0.6),
        trial("structured_pruning:ratio=0.3+full_integer", 60.0, 5.0),
    ]
    asked = [
        "pruning:final_sparsity=0.75+full_integer",
        "pruning:final_sparsity=0.6+full_integer",
        "structured_pruning:ratio=0.4+full_integer",
    ]
    promise = Surrogate(whole(), tried, lossy=False).promise([(values_of(spec), "usual") for spec in asked])
    assert promise[0] > 3 * promise[1] >= 0
    assert promise[0] > 100 * promise[2] >= 0


def test_where_the_loss_is_to_be_small_the_mildest_promises_most() -> None:
    tried = [
        Trial(values_of(spec), "usual", Result(aim=aim, loss=aim, excess=0.0, over={}))
        for spec, aim in (("pruning+full_integer", 0.02), ("pruning:final_sparsity=0.7+full_integer", 0.01))
    ]
    mild, strong = (values_of(f"pruning:final_sparsity={s}+full_integer") for s in (0.5, 0.95))
    promise = Surrogate(whole(), tried, lossy=True).promise([(mild, "usual"), (strong, "usual")])
    assert promise[0] > promise[1]
