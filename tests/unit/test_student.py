"""Distillation of a student that the user brings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tf_keras

from tests.small_net import accuracy, images, lessons, trained
from tests.training_context import SOURCE, Workplace
from tflite_ui.advice.space import space
from tflite_ui.core.errors import ConversionFailed, InvalidRecipe, UnsupportedModel
from tflite_ui.core.model import Fitness, TensorSpec
from tflite_ui.core.plan import StudyRequest, make_plan, variant_id
from tflite_ui.core.recipe import parse_recipe
from tflite_ui.jobs.requests import check_needs, check_student
from tflite_ui.keras_graph.ports import with_ports_of
from tflite_ui.techniques import techniques
from tflite_ui.techniques.distillation import Distillation
from tflite_ui.ui.catalogue import technique_offers

layers = tf_keras.layers
UPLOADED = "distillation:student=uploaded+float32"
TRAINABLE = {"distillation": Fitness(verdict="works")}
STUDENT = SOURCE.model_copy(update={"name": "student.keras", "fitness": TRAINABLE})


def pupil(end: str | None = "softmax", **names: str) -> Any:
    """A net of another build, with other names; its first layer is called as the model's output."""
    tf_keras.utils.set_random_seed(3)
    picture = tf_keras.Input((28, 28, 1), name=names.get("input", "picture"))
    x = layers.Conv2D(8, 3, strides=2, activation="relu", name="label")(picture)
    x = layers.Conv2D(16, 3, strides=2, activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return tf_keras.Model(picture, layers.Dense(10, activation=end, name="answer")(x), name="pupil")


def taught(student: Any, folder: Path, **settings: Any) -> Any:
    params = Distillation.Params(student="uploaded", **settings)
    place = Workplace(folder, trained(), lessons(), pupil=with_ports_of(student, trained()))
    return Distillation().apply(trained(), params, place)


def test_a_student_of_another_build_learns_and_takes_the_models_names(tmp_path: Path) -> None:
    made = taught(pupil(), tmp_path, epochs=15, learning_rate=0.01)
    assert made.input_names == ["image"]
    assert made.output_names == ["label"]
    assert [layer.name for layer in made.layers][1] == "student_label"
    assert made.count_params() == pupil().count_params()
    assert accuracy(made) > 0.5 > accuracy(pupil())
    assert made.layers[-1].get_config()["activation"] == "softmax"


def test_names_change_and_answers_do_not() -> None:
    x = images()[0][:20]
    renamed = with_ports_of(pupil(), trained())
    np.testing.assert_allclose(renamed.predict(x, verbose=0), pupil().predict(x, verbose=0), atol=1e-6)


@pytest.mark.parametrize(("start", "kept"), [("teacher", True), ("random", False)])
def test_a_student_begins_with_its_own_weights_or_with_random_ones(
    start: str, kept: bool, tmp_path: Path
) -> None:
    made = taught(pupil(), tmp_path, epochs=1, learning_rate=1e-9, start=start)
    pairs = zip(made.get_weights(), pupil().get_weights(), strict=True)
    assert all(np.allclose(new, old, atol=1e-5) for new, old in pairs if new.ndim > 1) == kept


def test_a_student_that_ends_otherwise_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConversionFailed, match="ends in plain numbers, the model in a softmax"):
        taught(pupil(end=None), tmp_path)


def test_one_layer_for_two_outputs_is_refused() -> None:
    x = tf_keras.Input((4,))
    both = layers.Dense(2)
    twice = tf_keras.Model(x, [both(x), both(x * 2)])
    with pytest.raises(ConversionFailed, match="one layer for several outputs"):
        with_ports_of(twice, twice)


def test_without_a_student_the_recipe_is_refused_before_anything_runs() -> None:
    recipe = parse_recipe(UPLOADED, techniques())
    request = StudyRequest(model="m", data="d", recipes=(UPLOADED,))
    with pytest.raises(InvalidRecipe, match="there is none"):
        check_needs(recipe, None, request, techniques())
    check_needs(recipe, None, request.model_copy(update={"student": "s"}), techniques())


def test_a_model_that_cannot_be_narrowed_teaches_a_student_of_ones_own(tmp_path: Path) -> None:
    """One dense layer has nothing to narrow."""
    image = tf_keras.Input((28, 28, 1), name="image")
    flat = layers.Dense(10, activation="softmax", name="label")(layers.Flatten()(image))
    found = Distillation().fitness(tf_keras.Model(image, flat))
    assert (found.verdict, found.only) == ("part", {"student": "uploaded"})
    assert "only a student of your own" in found.reason
    source = SOURCE.model_copy(update={"fitness": {"distillation": found}})
    request = StudyRequest(model="m", data="d", student="s", recipes=(UPLOADED,))
    check_needs(parse_recipe(UPLOADED, techniques()), source, request, techniques())
    with pytest.raises(InvalidRecipe, match="no layer can be made narrower") as refused:
        check_needs(parse_recipe("distillation+float32", techniques()), source, request, techniques())
    assert "student=uploaded" in refused.value.hint
    alone = request.model_copy(update={"student": None})
    with pytest.raises(InvalidRecipe, match="there is none"):
        check_needs(parse_recipe(UPLOADED, techniques()), source, alone, techniques())
    assert [step.key for step in space(source, None, True, techniques()).steps] == []


@pytest.mark.parametrize(("student", "refused"), [(False, True), (True, False)])
def test_the_card_waits_for_the_student(student: bool, refused: bool) -> None:
    only = Fitness(verdict="part", reason="only a student of your own.", only={"student": "uploaded"})
    source = SOURCE.model_copy(update={"fitness": {"distillation": only}})
    (card,) = technique_offers({"distillation": Distillation()}, source, None, student)
    assert card.refusal.startswith("Can't yet: only a student") == refused
    assert card.remark == "Works in part: only a student of your own."


def test_the_student_counts_where_it_is_wanted() -> None:
    def ids(student: str | None) -> list[str]:
        request = StudyRequest(model="m", data="d", student=student, recipes=(UPLOADED, "pruning+float32"))
        recipes = [parse_recipe(text, techniques()) for text in request.recipes]
        return [variant_id(recipe, request, techniques(), {}) for recipe in recipes]

    assert ids("s")[0] != ids("t")[0]
    assert ids("s")[1] == ids("t")[1] == ids(None)[1]


def port(*shape: int | None, dtype: str = "float32") -> tuple[TensorSpec, ...]:
    return (TensorSpec(name="any", shape=shape, dtype=dtype),)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"inputs": port(None, 32, 32, 1)}, "inputs of the student student.keras are 32×32×1 float32"),
        ({"inputs": port(None, 28, 28, 1, dtype="uint8")}, "those of small.keras are 28×28×1 float32"),
        ({"outputs": port(None, 9)}, "outputs of the student"),
        ({"outputs": (*SOURCE.outputs, *port(None, 1))}, "outputs of the student"),
        ({"fitness": {}}, "isn't a Keras model"),
        ({"fitness": {"qat": Fitness(verdict="cannot", reason="a Lambda.")}}, "can't be trained: a Lambda"),
    ],
)
def test_a_student_that_does_not_fit_is_refused_in_words(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(UnsupportedModel, match=words):
        check_student(SOURCE, STUDENT.model_copy(update=changed))


@pytest.mark.parametrize("changed", [{}, {"inputs": port(None, None, None, 1)}])
def test_one_that_fits_is_taken(changed: dict[str, Any]) -> None:
    check_student(SOURCE, STUDENT.model_copy(update=changed))


def test_no_student_is_no_problem() -> None:
    check_student(SOURCE, None)


def test_the_plan_tells_students_apart() -> None:
    def plan(student: str) -> str:
        request = StudyRequest(model="m", data="d", student=student, recipes=(UPLOADED,))
        return make_plan(request, (), techniques(), {}, {}).variants[1].id

    assert plan("s") != plan("t")
