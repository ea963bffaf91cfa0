"""Each step that trains, on a small real classifier: what it promises holds in its weights and its file."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.keras_models import LARGE, SMALL, inputs_of
from tests.small_net import accuracy, images, lessons, trained
from tests.training_context import SOURCE, Workplace
from tflite_ui.core.errors import ConversionFailed
from tflite_ui.core.params import Params
from tflite_ui.core.recipe import parse_recipe, step_params
from tflite_ui.core.technique import Conversion, ModelStep
from tflite_ui.core.training import TrainingSet
from tflite_ui.keras_bridge import to_tf_keras
from tflite_ui.litert.flatbuffer import facts, read
from tflite_ui.litert.interpreter import run_all
from tflite_ui.loaders import write_float
from tflite_ui.techniques import techniques
from tflite_ui.techniques._fake_quant import can_quantise
from tflite_ui.techniques._layers import chosen
from tflite_ui.techniques._sparsity import Plan, can_prune, layer_sparsities, prune_at_once
from tflite_ui.training.batch_norm import reestimate
from tflite_ui.training.fit import outputs

MODELS = Path(__file__).parents[2] / "docs" / "models.md"
SPARSE = "pruning:epochs=1,final_sparsity=0.6,schedule=constant"
SHAPES = {"image": (28, 28, 1)}
STEPS = [key for key, technique in techniques().items() if isinstance(technique, ModelStep)]


def step(spec: str) -> tuple[ModelStep, Params]:
    found = parse_recipe(f"{spec}+float32", techniques()).steps[0]
    technique = techniques()[found.technique]
    assert isinstance(technique, ModelStep)
    return technique, step_params(found, techniques())


def apply(spec: str, folder: Path, model: Any = None, done: tuple[str, ...] = (), labels: bool = True) -> Any:
    technique, params = step(spec)
    place = Workplace(folder, trained(), lessons(labels), done)
    return technique.apply(trained() if model is None else model, params, place)


@cache
def zeros(model: Any) -> dict[str, float]:
    """The share of zeros in each layer's kernel."""
    return {
        layer.name: float(np.mean(layer.get_weights()[0] == 0)) for layer in model.layers if kernel(layer)
    }


def kernel(layer: Any) -> bool:
    return any(len(weight.shape) > 1 for weight in layer.weights)


def values(model: Any, name: str) -> int:
    return len(np.unique(model.get_layer(name).get_weights()[0]))


def test_the_steps_are_the_five() -> None:
    assert STEPS == ["clustering", "distillation", "pruning", "qat", "structured_pruning"]


@pytest.mark.parametrize("labels", [True, False])
@pytest.mark.parametrize("key", STEPS)
def test_each_gives_a_plain_model_that_still_knows_its_task(key: str, labels: bool, tmp_path: Path) -> None:
    made = apply(f"{key}:epochs=10", tmp_path, labels=labels)
    plain = {"Functional", "Conv2D", "BatchNormalization", "ReLU", "Add", "DepthwiseConv2D", "Dense"}
    plain |= {"InputLayer", "GlobalAveragePooling2D", "Dropout"}
    assert {type(layer).__name__ for layer in made.layers} <= plain
    assert made.output_names == ["label"]
    assert accuracy(made) > accuracy(trained()) - 0.35
    write_float(made, tmp_path / "made.tflite", SHAPES)
    x = images()[0][:20]
    found = run_all(tmp_path / "made.tflite", {"image": x})["label"]
    np.testing.assert_allclose(found, made.predict(x, verbose=0), atol=1e-4)


@pytest.mark.parametrize("key", STEPS)
def test_what_a_step_claims_is_checked_in_the_file(key: str, tmp_path: Path) -> None:
    technique, params = step(f"{key}:epochs=1")
    write_float(trained(), tmp_path / "before.tflite", SHAPES)
    write_float(apply(f"{key}:epochs=1", tmp_path), tmp_path / "after.tflite", SHAPES)
    before, after = facts(tmp_path / "before.tflite"), facts(tmp_path / "after.tflite")
    assert all(check.passed for check in technique.claims(params, before, after))
    if key != "qat":
        assert technique.claims(params, before, after)
        assert not all(check.passed for check in technique.claims(params, before, before))


@pytest.mark.parametrize("allocation", ["uniform", "adaptive"])
@pytest.mark.parametrize("epochs", [0, 2])
def test_pruning_reaches_its_sparsity(allocation: str, epochs: int, tmp_path: Path) -> None:
    made = apply(f"pruning:final_sparsity=0.7,allocation={allocation},epochs={epochs}", tmp_path)
    pruned = [layer for layer in made.layers if layer.name in ("stem", "inner", "wide", "dense", "label")]
    share = np.mean(np.concatenate([np.ravel(layer.get_weights()[0] == 0) for layer in pruned]))
    assert share == pytest.approx(0.7, abs=0.03)
    each = [zeros(made)[layer.name] for layer in pruned]
    assert (np.ptp(each) < 0.05) == (allocation == "uniform")


def test_channels_go_where_it_changes_least(tmp_path: Path) -> None:
    uniform = apply("structured_pruning:ratio=0.5,epochs=0", tmp_path)
    measured = apply("structured_pruning:ratio=0.5,epochs=0,allocation=sensitivity", tmp_path)
    assert measured.count_params() == pytest.approx(uniform.count_params(), rel=0.35)
    assert accuracy(measured) > accuracy(uniform)


def test_dense_layers_may_be_narrowed_otherwise(tmp_path: Path) -> None:
    alike = apply("distillation:width=0.5,epochs=1", tmp_path / "a")
    other = apply("distillation:width=0.5,dense_width=0.25,epochs=1", tmp_path / "b")
    assert [alike.get_layer(name).units for name in ("dense", "label")] == [16, 10]
    assert [other.get_layer(name).units for name in ("dense", "label")] == [8, 10]
    assert alike.get_layer("wide").filters == other.get_layer("wide").filters == 12


def test_a_narrower_student_has_no_dropout(tmp_path: Path) -> None:
    def rates(model: Any) -> list[float]:
        return [layer.rate for layer in model.layers if type(layer).__name__ == "Dropout"]

    assert rates(apply("distillation:epochs=1", tmp_path / "a")) == [0.0]
    assert rates(apply("structured_pruning:epochs=1", tmp_path / "b")) == rates(trained()) == [0.1]


@pytest.mark.parametrize("key", ["pruning", "clustering", "qat"])
def test_only_the_layers_asked_for_are_changed(key: str, tmp_path: Path) -> None:
    made = apply(f"{key}:layers=de*|wide,epochs=1", tmp_path)
    if key == "pruning":
        assert {name for name, share in zeros(made).items() if share > 0.3} <= {"dense", "wide"}
        assert zeros(made)["dense"] > 0.6
    elif key == "clustering":
        assert values(made, "dense") <= 16 < values(made, "label")
    else:
        assert off_grid(made, "wide") < 1e-3
        assert off_grid(made, "inner") > 0.1
    with pytest.raises(ConversionFailed, match="is called 'nobody'") as refused:
        apply(f"{key}:layers=nobody,epochs=1", tmp_path)
    assert "dense" in (refused.value.hint or "")


def off_grid(model: Any, name: str) -> float:
    """How far a convolution's weights lie from whole steps of 8 bits per channel."""
    weights = model.get_layer(name).get_weights()[0]
    steps = weights / np.abs(weights).max(axis=(0, 1, 2)) * 127
    return float(np.abs(steps - np.round(steps)).max())


@pytest.mark.parametrize(("begin", "end", "frequency"), [(0, 60, 10), (30, 60, 10), (5, 9, 10), (0, 0, 10)])
def test_the_schedule_ends_on_one_of_its_steps(begin: int, end: int, frequency: int) -> None:
    plan = Plan("unstructured", 0.0, False, frequency, begin, end)
    assert (plan.last - begin) % plan.every == 0
    assert begin < plan.last <= max(end, begin + 1)


def test_pruning_can_begin_late(tmp_path: Path) -> None:
    made = apply("pruning:final_sparsity=0.7,allocation=uniform,epochs=2,begin=0.4", tmp_path)
    assert zeros(made)["dense"] == pytest.approx(0.7, abs=0.03)


def test_two_of_four_weights_are_zero_in_every_four(tmp_path: Path) -> None:
    made = apply("pruning:pattern=2:4,epochs=1", tmp_path)
    dense = made.get_layer("dense").get_weights()[0]
    fours = (dense.T.reshape(-1, 4) == 0).sum(axis=1)
    assert np.all(fours >= 2)


def test_blocks_are_zero_together(tmp_path: Path) -> None:
    made = apply("pruning:pattern=block,final_sparsity=0.5,epochs=1,schedule=constant", tmp_path)
    blocks = made.get_layer("dense").get_weights()[0].reshape(24, 8, 4)
    whole = np.all(blocks == 0, axis=-1)
    assert whole.mean() == pytest.approx(0.5, abs=0.05)
    assert np.all(whole == np.any(blocks == 0, axis=-1))


@pytest.mark.parametrize("init", ["linear", "density", "kmeans"])
def test_clusters_are_as_few_as_asked(init: str, tmp_path: Path) -> None:
    made = apply(f"clustering:clusters=8,epochs=1,init={init}", tmp_path)
    assert all(values(made, name) <= 8 for name in ("stem", "inner", "wide", "dense", "label"))
    assert not any(type(layer).__name__ == "BatchNormalization" for layer in made.layers)


def test_clustering_keeps_zeros_made_before(tmp_path: Path) -> None:
    sparse = apply(SPARSE, tmp_path)
    before = zeros(sparse)
    made = apply("clustering:epochs=1,clusters=8", tmp_path, sparse, ("pruning",))
    assert all(zeros(made)[name] >= before[name] - 1e-6 for name in ("inner", "wide", "dense"))
    assert values(made, "wide") <= 8


def test_qat_puts_weights_on_the_grid_of_8_bits(tmp_path: Path) -> None:
    made = apply("qat:epochs=1", tmp_path)
    assert all(off_grid(made, name) < 1e-3 for name in ("stem", "inner", "wide"))


def test_qat_at_4_bits_keeps_8_at_both_ends(tmp_path: Path) -> None:
    made = apply("qat:epochs=1,weight_bits=4", tmp_path)
    wide = made.get_layer("wide").get_weights()[0].reshape(-1, 24)
    assert all(len(np.unique(channel)) <= 15 for channel in wide.T)
    assert values(made, "label") > 15


def test_weights_on_the_grid_of_4_bits_stay_where_they_are(tmp_path: Path) -> None:
    """In the file with 4-bit weights, whose scales would else be fitted anew."""
    made = apply("qat:epochs=1,weight_bits=4", tmp_path)
    write_float(made, tmp_path / "float.tflite", SHAPES)
    technique, params = techniques()["weight_only"], {"bits": 4}
    assert isinstance(technique, Conversion)
    place = Workplace(tmp_path, None, lessons())
    file = technique.convert(tmp_path / "float.tflite", technique.Params(**params), place)
    stored = next(t for t in read(file).tensors if t.dtype == "int4" and t.shape == (24, 1, 1, 12))
    values = stored.stored().reshape(24, 12) * np.asarray(stored.scales)[:, None]
    trained_on = made.get_layer("wide").get_weights()[0].reshape(12, 24).T
    np.testing.assert_allclose(values, trained_on, atol=1e-6)


@pytest.mark.parametrize("bits", [8, 4])
def test_qat_keeps_zeros_made_before(bits: int, tmp_path: Path) -> None:
    sparse = apply(SPARSE, tmp_path)
    before = zeros(sparse)
    made = apply(f"qat:epochs=1,weight_bits={bits}", tmp_path, sparse, ("pruning",))
    assert all(zeros(made)[name] >= before[name] - 1e-6 for name in ("inner", "wide", "dense"))


@pytest.mark.parametrize("done", [("clustering",), ("pruning", "clustering")])
def test_qat_keeps_clusters_made_before(done: tuple[str, ...], tmp_path: Path) -> None:
    model = apply(SPARSE, tmp_path) if len(done) > 1 else None
    clustered = apply("clustering:epochs=1,clusters=8", tmp_path, model, done[:-1])
    before = zeros(clustered)
    made = apply("qat:epochs=1", tmp_path, clustered, done)
    assert all(values(made, name) <= 8 for name in ("inner", "wide", "dense"))
    if len(done) > 1:
        assert zeros(made)["wide"] >= before["wide"] - 1e-6 > 0.1


def test_the_integer_file_of_a_qat_model_answers_as_it_does(tmp_path: Path) -> None:
    from tflite_ui.litert.quantizer import float_ports, quantise, scoped

    made = apply("qat:epochs=1", tmp_path)
    write_float(made, tmp_path / "float.tflite", SHAPES)

    class Calibrating(Workplace):
        def calibration(self, samples: int) -> Any:
            return ({"image": x[None]} for x in images()[0][:samples])

    place = Calibrating(tmp_path, None, lessons())
    rules = (*scoped("all", "static", per_channel=True), *float_ports())
    file = quantise(tmp_path / "float.tflite", rules, tmp_path / "int8.tflite", place, 100)  # type: ignore[arg-type]
    x = images()[0][:200]
    found = run_all(file, {"image": x})["label"]
    assert np.abs(found - made.predict(x, verbose=0)).max() < 0.1
    assert np.abs(found - made.predict(x, verbose=0)).mean() < 0.02
    assert np.mean(found.argmax(-1) == made.predict(x, verbose=0).argmax(-1)) > 0.95


def test_structured_pruning_in_rounds_removes_the_same_share(tmp_path: Path) -> None:
    once, thrice = (apply(f"structured_pruning:ratio=0.5,rounds={n},epochs=0", tmp_path) for n in (1, 3))
    assert once.get_layer("wide").filters == thrice.get_layer("wide").filters == 12
    assert thrice.count_params() == pytest.approx(once.count_params(), rel=0.1)


def test_a_student_of_a_frozen_teacher_learns(tmp_path: Path) -> None:
    frozen = trained()
    frozen.trainable = False
    technique, params = step("distillation:epochs=1,width=0.5")
    made = technique.apply(frozen, params, Workplace(tmp_path, frozen, lessons()))
    assert made.count_params() < 0.6 * frozen.count_params()


WORDS = {"works": "yes", "part": "in part", "cannot": "no:"}


@pytest.mark.parametrize("name", [*SMALL, *LARGE])
def test_every_step_says_what_it_can_do_as_the_docs_have_it(name: str) -> None:
    """Of each kind of model that the bridge takes, recurrent and attention layers among them."""
    model = to_tf_keras((SMALL | LARGE)[name]())
    lines = MODELS.read_text("utf-8").splitlines()
    steps = [cell.strip(" `") for cell in next(x for x in lines if x.startswith("| Model")).split("|")[3:-1]]
    cells = next(x for x in lines if x.startswith(f"| {name} |")).split("|")[3:-1]
    assert sorted(steps) == STEPS
    for key, cell in zip(steps, cells, strict=True):
        technique = techniques()[key]
        assert isinstance(technique, ModelStep)
        found = technique.fitness(model)
        said = "with a student of your own" if found.only else WORDS[found.verdict]
        assert cell.strip().startswith(said), "run: python -m docs.make_models"
        assert (found.verdict == "works") == (not found.reason)


@pytest.mark.parametrize("name", ["LSTM", "GRU", "MultiHeadAttention"])
def test_recurrent_and_attention_layers_are_pruned(name: str) -> None:
    model = to_tf_keras(SMALL[name]())
    sparsities = layer_sparsities(model, 0.6, False, chosen(model, "", can_prune))
    plan = Plan("unstructured", 0.0, True, 10, 0, 10)
    plain = plan.stripped(plan.wrapped(model, sparsities))
    inputs = inputs_of(model)
    np.testing.assert_allclose(plain(inputs), model(inputs), atol=1e-6)
    prune_at_once(model, sparsities)
    kernels = [w for w in model.trainable_weights if "kernel" in w.name]
    assert len(kernels) >= 2
    assert all(np.mean(w.numpy() == 0) == pytest.approx(0.6, abs=0.1) for w in kernels)


def test_channels_are_not_rounded_in_every_round() -> None:
    technique, both = step("structured_pruning:divisor=8,rounds=2")
    assert "set rounds=1" in technique.refuses(SOURCE, both)
    for one in ("divisor=8", "rounds=2"):
        assert technique.refuses(SOURCE, step(f"structured_pruning:{one}")[1]) == ""


@pytest.mark.parametrize("pattern", ["2:4", "block"])
def test_a_pattern_wants_training(pattern: str) -> None:
    technique, params = step(f"pruning:epochs=0,pattern={pattern}")
    assert f"pattern={pattern}" in technique.refuses(SOURCE, params)
    technique, params = step(f"pruning:pattern={pattern}")
    assert technique.refuses(SOURCE, params) == ""


PARTLY = {"pruning": "part", "clustering": "part"}
"""The toolkit leaves depthwise kernels as they are."""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Residual with batch-norm", {key: PARTLY.get(key, "works") for key in STEPS}),
        ("MultiHeadAttention", {"qat": "cannot", "structured_pruning": "cannot", "distillation": "part"}),
        ("Embedding with mask, LSTM", {"qat": "part", "structured_pruning": "works"}),
        ("MobileNetV2", {"pruning": "part", "qat": "works", "structured_pruning": "works"}),
    ],
)
def test_fitness_is_known_before_anything_trains(name: str, expected: dict[str, str]) -> None:
    model = to_tf_keras((SMALL | LARGE)[name]())
    found = {key: techniques()[key] for key in expected}
    verdicts = {key: t.fitness(model) for key, t in found.items() if isinstance(t, ModelStep)}
    assert {key: fitness.verdict for key, fitness in verdicts.items()} == expected
    assert all(fitness.reason for fitness in verdicts.values() if fitness.verdict != "works")


OPERATORS = ["Operators and keras.ops", "Keras 2, nested", "Embedding with mask, LSTM"]


@pytest.mark.parametrize(("name", "bits"), [*((name, 8) for name in OPERATORS), (OPERATORS[0], 4)])
def test_among_operators_the_layers_are_trained_for_integers(name: str, bits: int, tmp_path: Path) -> None:
    model = to_tf_keras(SMALL[name]())
    assert any("OpLambda" in type(layer).__name__ for layer in model.layers)
    samples = [np.repeat(values, 8, axis=0) for values in inputs_of(model)]
    inputs = dict(zip(model.input_names, samples, strict=True))
    reestimate(model, inputs)
    answers = dict(zip(model.output_names, outputs(model, inputs), strict=True))
    technique, params = step(f"qat:epochs=1,targets=original,weight_bits={bits}")
    place = Workplace(tmp_path, model, TrainingSet(inputs, {}, answers, 20))
    names = [layer.name for layer in model.layers if layer.name in chosen(model, "", can_quantise)]
    made = technique.apply(model, params, place)
    assert all(math.isfinite(point.metrics["loss"]) for point in place.curve)
    kernels = [made.get_layer(n).get_weights()[0] for n in names if kernel(made.get_layer(n))]
    assert kernels
    for values in kernels:
        assert all(len(np.unique(row)) <= 255 for row in values.reshape(-1, values.shape[-1]).T)
    for before, after in zip(answers.values(), outputs(made, inputs), strict=True):
        assert np.abs(before - after).max() < 0.1 * max(1.0, np.abs(before).max()) * (8 / bits) ** 2
