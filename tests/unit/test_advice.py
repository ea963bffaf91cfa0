"""Advice: the rules are sound, and what they say of a model fits it, its data and the goals."""

from __future__ import annotations

import pytest

from tests import study_parts
from tflite_ui.advice.planning import Suggestion, have, wants
from tflite_ui.advice.rules import rules
from tflite_ui.advice.traits import WORDS, traits
from tflite_ui.core.data import DataSummary
from tflite_ui.core.errors import InvalidGoal
from tflite_ui.core.goal import parse_goals
from tflite_ui.core.model import Fitness, Layer, ModelSource
from tflite_ui.core.plan import StudyRequest
from tflite_ui.core.recipe import parse_recipe
from tflite_ui.jobs.advisor import next_tries, suggestions
from tflite_ui.targets import targets
from tflite_ui.techniques import techniques

STEPS = ("distillation", "structured_pruning", "pruning", "clustering", "qat")


def source(**changed: object) -> ModelSource:
    fitness = {key: Fitness(verdict="works") for key in STEPS}
    return study_parts.source().model_copy(update={"fitness": fitness, **changed})


def advised(
    *goals: str,
    of: ModelSource | None = None,
    data: DataSummary | None = None,
    hardware: str | None = None,
    minutes: float | None = None,
) -> tuple[Suggestion, ...]:
    request = StudyRequest(
        model="m", data="d" if data else None, recipes=("float32",), goals=goals, hardware=hardware
    )
    return suggestions(request, of or source(), data, None, minutes, 2)


def recipes(found: tuple[Suggestion, ...]) -> list[str]:
    return [suggestion.recipe for suggestion in found]


def test_every_rule_names_what_there_is() -> None:
    known = rules()
    assert len({rule.id for rule in known.rule}) == len(known.rule)
    for rule in known.rule:
        assert rule.source in known.sources, rule.id
        assert set(rule.hardware) | set(rule.not_hardware) <= known.hardware.keys(), rule.id
        assert set(rule.traits) <= WORDS.keys(), rule.id
        for recipe in rule.recipes:
            assert parse_recipe(recipe, techniques()).spec == recipe
            assert recipe in known.expected, recipe
    assert {hardware.target for hardware in known.hardware.values()} <= {*targets(), "android"}


def test_with_samples_integers_come_first_and_without_them_dynamic_range() -> None:
    assert recipes(advised(data=study_parts.data()))[0] == "full_integer"
    without = recipes(advised())
    assert without[0] == "dynamic_range"
    assert not any("full_integer" in recipe or "int16x8" in recipe for recipe in without)


@pytest.mark.parametrize(
    ("hardware", "first"),
    [("android_gpu", "float16"), ("coral", "full_integer:io=int8"), ("ethos_u", "full_integer:io=int8")],
)
def test_the_hardware_decides_what_comes_first(hardware: str, first: str) -> None:
    found = advised(data=study_parts.data(), hardware=hardware)
    assert found[0].recipe == first
    assert all(reason.source.url for reason in found[0].reasons)


def test_a_limit_puts_what_cannot_meet_it_behind_and_says_why() -> None:
    parameters = source().parameters or 0
    found = advised(f"max_bytes={4 * parameters / 8:.0f}", data=study_parts.data())
    assert found[0].recipe.startswith("distillation")
    eight_bits = next(s for s in found if s.recipe == "full_integer")
    assert "your limit asks for 8.0 times" in " ".join(eight_bits.cautions)


def test_what_meets_the_limit_without_training_comes_before_what_trains() -> None:
    parameters = source().parameters or 0
    found = advised(f"max_bytes={4 * parameters / 3:.0f}", data=study_parts.data())
    assert found[0].recipe == "full_integer"
    assert "nothing has to be trained" in found[0].reasons[-1].text


def test_too_little_time_puts_training_behind() -> None:
    goal = "min=gzip_bytes"
    assert "+" in recipes(advised(goal, data=study_parts.data()))[0]
    hurried = advised(goal, data=study_parts.data(), minutes=0.2)
    assert "+" not in hurried[0].recipe


def test_what_is_no_keras_model_is_not_advised_to_train() -> None:
    found = advised("min=gzip_bytes", of=source(fitness={}), data=study_parts.data())
    assert found
    assert not any("+" in recipe for recipe in recipes(found))


def test_depthwise_layers_speak_for_training() -> None:
    layers = (Layer(name="d", kind="DepthwiseConv2D", parameters=100),)
    found = advised(of=source(layers=layers), data=study_parts.data())
    assert "qat+full_integer:io=int8" in recipes(found)
    plain = advised(of=source(layers=()), data=study_parts.data())
    assert "qat+full_integer:io=int8" not in recipes(plain)


def test_a_bad_goal_is_refused_as_everywhere() -> None:
    with pytest.raises(InvalidGoal):
        advised("max_bytes")


def test_traits_of_a_model() -> None:
    layers = (
        Layer(name="c", kind="Conv2D", parameters=10),
        Layer(name="b", kind="BatchNormalization", parameters=4),
        Layer(name="d", kind="Dense", parameters=100),
    )
    found = traits(source(layers=layers, parameters=114, softmax_output=True))
    assert found == {"dense_heavy", "batch_norm", "softmax_head", "tiny", "trainable"}


def test_wants_are_read_from_goals() -> None:
    goals = parse_goals(["max_bytes=1", "max_gzip_bytes=1", "max_latency_ms@xnnpack=1", "max_arena_bytes=1"])
    assert wants(goals) == {"size", "gzip", "latency", "arena"}
    assert wants(parse_goals(["max_drop=0.02"])) == frozenset()
    assert wants(parse_goals(["max_drop=0.005"])) == {"accuracy"}
    assert wants(parse_goals(["min=drop"])) == {"accuracy"}


def test_what_data_is_good_for() -> None:
    assert have(None) == "none"
    assert have(study_parts.data()) == "labelled"
    assert have(study_parts.data().model_copy(update={"labels": None})) == "unlabelled"


def test_what_to_try_next_was_not_tried_and_serves_the_missed_goal() -> None:
    variants = tuple(study_parts.variant(outcome) for outcome in study_parts.OUTCOMES)
    study = study_parts.study("finished", variants, ()).model_copy(update={"source": source()})
    goals = ("max_gzip_bytes=30000",)
    request = study.request.model_copy(update={"goals": goals})
    study = study.model_copy(update={"request": request, "goals": parse_goals(goals)})
    found = recipes(next_tries(study, 2))
    assert not set(found) & {variant.recipe for variant in variants}
    assert found[0] == "distillation+pruning+clustering+qat+full_integer:io=int8"
