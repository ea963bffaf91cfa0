"""What became of each layer: real conversions against their flatbuffers, and files whose names don't help."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tf_keras

from tests.fusing_net import SHAPE, fusing
from tests.keras_models import SMALL
from tests.worker.making import made_from, variant_of
from tflite_ui.analysis.fusion import Fusion, Row, fusion
from tflite_ui.analysis.fusion_words import details, headline
from tflite_ui.analysis.graph_join import join
from tflite_ui.analysis.islands import numbers
from tflite_ui.charts.graph import DIFFERS, graph_dot
from tflite_ui.core.model import Layer
from tflite_ui.core.outline import MODEL_INPUT, FileOutline, OperatorNode
from tflite_ui.litert.flatbuffer import read
from tflite_ui.litert.outline import outline
from tflite_ui.loaders import find_loader, write_float
from tflite_ui.loaders._keras import flat
from tflite_ui.loaders._layers import calls, describe_layers

LIBRARIES = {"Keras 3": keras, "Keras 2": tf_keras}


@cache
def converted(library: str) -> tuple[tuple[Layer, ...], FileOutline]:
    """The layers of the network, and its float file as the bytes tell."""
    return described(fusing(LIBRARIES[library]), {"image": SHAPE})


def described(model: Any, shapes: dict[str, tuple[int, ...]]) -> tuple[tuple[Layer, ...], FileOutline]:
    with tempfile.TemporaryDirectory() as folder:
        write_float(model, Path(folder) / "float.tflite", shapes)
        return describe_layers(list(calls(flat(model)))), outline(read(Path(folder) / "float.tflite"))


def row(found: Fusion, name: str) -> Row:
    return next(row for row in found.rows if name in row.names)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("layers", "became"),
    [
        (("stem", "stem_bn", "stem_relu"), "CONV_2D with RELU"),
        (("dw", "dw_bn", "dw_relu6"), "DEPTHWISE_CONV_2D with RELU6"),
        (("proj", "proj_bn"), "CONV_2D"),
        (("add", "add_relu"), "ADD with RELU"),
        (("fc2", "fc2_bn", "fc2_relu"), "FULLY_CONNECTED with RELU"),
        (("fc",), "FULLY_CONNECTED with RELU"),
        (("late",), "CONV_2D with RELU"),
        (("flat",), "RESHAPE"),
        (("drop",), ""),
        (("late_bn",), "MUL, ADD"),
        (("early_bn",), "MUL, ADD"),
        (("leaky",), "LEAKY_RELU"),
        (("twice_relu",), "RELU"),
        (("label",), "FULLY_CONNECTED, SOFTMAX"),
    ],
)
def test_layers_became(library: str, layers: tuple[str, ...], became: str) -> None:
    found = row(fusion([converted(library)[0]], converted(library)[1]), layers[0])
    assert (found.names, found.became) == (layers, became)


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_operator_and_every_layer_stands_once(library: str) -> None:
    layers, file = converted(library)
    found = fusion([layers], file)
    assert sorted(i for row in found.rows for i in row.operators) == list(range(len(file.operators)))
    names = [layer.name for layer in layers if layer.kind != "InputLayer"]
    assert sorted(name for row in found.rows for name in row.names) == sorted(names)
    assert {row.fate for row in found.rows} == {"fused", "kept", "several", "left out"}


@pytest.mark.parametrize("library", LIBRARIES)
def test_what_is_counted_is_what_the_bytes_hold(library: str) -> None:
    layers, file = converted(library)
    found = fusion([layers], file)
    kinds = [op.kind for op in file.operators]
    assert found.folded == ("stem_bn", "dw_bn", "proj_bn", "fc2_bn")
    assert found.activations == sum(op.activation != "" for op in file.operators) == 6
    assert kinds.count("MUL") == 2 + (library == "Keras 2")
    assert headline(found) == (
        f"27 layers became {len(kinds)} operators: 4 batch-norms folded into weights, 6 activations fused."
    )


@pytest.mark.parametrize(
    ("layer", "why"),
    [
        ("late_bn", "it follows the activation of late"),
        ("early_bn", "pool (MaxPooling2D) before it has no weights to fold it into. Into next after it"),
        ("leaky", "leaky (leaky relu) stands alone: of activations, only ReLU and ReLU6"),
        ("twice_relu", "what twice gives is used before the activation, too"),
        ("swish", "swish (hard swish) stands alone"),
        ("label", "the softmax of label stands alone"),
    ],
)
def test_why_not(layer: str, why: str) -> None:
    layers, file = converted("Keras 3")
    found = fusion([layers], file)
    assert why in " ".join(row(found, layer).notes)
    assert layer in found.apart
    assert layer in details(found)[0]


def test_a_nested_model_and_a_scaling_folded_without_a_name() -> None:
    keras.utils.clear_session()  # the names below count from here
    tf_keras.backend.clear_session()
    model = SMALL["Nested models"]()
    found = fusion([describe_layers(list(calls(flat(model))))], described(model, {})[1])
    inner, backbone = (row(found, name) for name in ("sequential/conv2d", "backbone/conv2d_2"))
    assert [name.rpartition("/")[2] for name in inner.names][1:] == ["batch_normalization", "rescaling"]
    assert backbone.became == "CONV_2D with RELU"
    assert len(found.outline.operators) == 5


def test_a_quantised_file_has_an_island(tmp_path: Path) -> None:
    fusing(keras).save(tmp_path / "net.keras")
    x = np.random.default_rng(0).normal(size=(24, *SHAPE)).astype(np.float32)
    np.savez(tmp_path / "x.npz", x=x)
    made = made_from(tmp_path / "net.keras", tmp_path / "x.npz", tmp_path)
    result, _ = variant_of(made, "full_integer:samples=16", tmp_path)
    assert result.outline
    found = fusion([made.source.layers], result.outline)
    kinds = [op.kind for op in result.outline.operators]
    seen = numbers(result.outline)
    assert [kinds[i] for island in seen.islands for i in island] == ["LEAKY_RELU"]
    assert (seen.edges, seen.inner) == (2, 2)
    assert kinds.count("QUANTIZE") + kinds.count("DEQUANTIZE") == 4
    assert row(found, "stem").numbers == "int8"
    assert row(found, "leaky").numbers == "float32"
    assert "1 float island in an integer graph" in " ".join(details(found))
    before = fusion([made.source.layers], outline(read(Path(made.prepared.float_file))))
    pairs = {pair.row.names: pair.difference for pair in join(before, found) if pair.row.layers}
    assert pairs[("stem", "stem_bn", "stem_relu")] == "other numbers"
    assert pairs[("leaky",)] == "same"
    added = [pair for pair in join(before, found) if not pair.row.layers]
    assert [pair.difference for pair in added] == ["only right"] * 4


def test_operators_between_layers_are_described_and_found() -> None:
    layers, file = described(SMALL["Operators and keras.ops"](), {})
    found = fusion([layers], file)
    assert {"Multiply", "Relu", "Softmax"} <= {layer.kind for layer in layers}
    assert row(found, layers[-1].name).became == "FULLY_CONNECTED"
    assert "unknown" not in {row.fate for row in found.rows}


def test_a_tflite_source_is_what_it_is_made_of(tmp_path: Path) -> None:
    path = tmp_path / "float.tflite"
    write_float(fusing(keras), path, {"image": SHAPE})
    layers = find_loader(path, path.name).describe(path, path.name).layers
    found = fusion([layers], outline(read(path)))
    assert {row.fate for row in found.rows} == {"kept"}
    assert headline(found).startswith(f"{len(layers)} operators became {len(layers)} operators")


def op(kind: str, name: str, *sources: int, **more: Any) -> OperatorNode:
    return OperatorNode(kind=kind, name=name, sources=sources, takes="float32", gives="float32", **more)


DENSE = (
    Layer(name="x", kind="InputLayer"),
    Layer(name="a", kind="Conv2D", inputs=("x",)),
    Layer(name="a_bn", kind="BatchNormalization", inputs=("a",)),
    Layer(name="far", kind="Conv2D", inputs=("a_bn",)),
    Layer(name="far_relu", kind="ReLU", inputs=("far",), activation="relu"),
    Layer(name="end", kind="Dense", inputs=("far_relu",), activation="softmax", parameters=9),
)


def test_names_that_tell_nothing_are_replaced_by_places() -> None:
    operators = (
        op("CONV_2D", "out0", MODEL_INPUT),
        op("CONV_2D", "out1", 0, activation="RELU"),
        op("FULLY_CONNECTED", "out2", 1),
        op("SOFTMAX", "StatefulPartitionedCall:0", 2),
    )
    found = fusion([DENSE], FileOutline(operators=operators, ends=(3,)))
    assert [(row.names, row.became) for row in found.rows] == [
        (("a", "a_bn"), "CONV_2D"),
        (("far", "far_relu"), "CONV_2D with RELU"),
        (("end",), "FULLY_CONNECTED, SOFTMAX"),
    ]
    assert found.folded == ("a_bn",)


def test_a_name_shared_by_constants_does_not_join_what_is_far_apart() -> None:
    operators = (
        op("CONV_2D", "m/a_bn/FusedBatchNormV3;m/far/Conv2D;m/end/MatMul;m/a/Conv2D", MODEL_INPUT),
        op("CONV_2D", "m/far_relu/Relu;m/far/Conv2D", 0, activation="RELU"),
        op("FULLY_CONNECTED", "m/end/MatMul", 1),
    )
    names = [row.names for row in fusion([DENSE], FileOutline(operators=operators)).rows]
    assert ("end",) in names


def test_an_activation_without_its_flag_is_not_called_fused() -> None:
    operators = (op("CONV_2D", "m/a/Conv2D", MODEL_INPUT), op("CONV_2D", "m/far/Conv2D", 0))
    found = fusion([DENSE], FileOutline(operators=operators))
    assert row(found, "far_relu").fate == "no operator"
    assert found.activations == 0


def test_layers_called_in_a_circle_end() -> None:
    layers = (
        Layer(name="a", kind="Dense", inputs=("x", "relu")),
        Layer(name="drop", kind="Dropout", inputs=("a", "drop")),
        Layer(name="relu", kind="ReLU", inputs=("drop", "relu"), activation="relu"),
    )
    operators = (
        op("FULLY_CONNECTED", "out", 1, activation="RELU"),
        op("DEQUANTIZE", "p", 2),
        op("QUANTIZE", "q", 1),
        op("ADD", "end", 0, 2),
    )
    found = fusion([layers], FileOutline(operators=operators, ends=(3,)))
    assert sorted(i for row in found.rows for i in row.operators) == [0, 1, 2, 3]


def test_layers_of_another_model_explain_a_student() -> None:
    student = (Layer(name="pupil", kind="Dense", inputs=()),)
    file = FileOutline(operators=(op("FULLY_CONNECTED", "m/pupil/MatMul", MODEL_INPUT),))
    assert [row.names for row in fusion([DENSE, student], file).rows] == [("pupil",)]


def test_a_drawing_escapes_the_names_of_a_file() -> None:
    layers = (Layer(name='<b>"x"', kind="Dense"),)
    file = FileOutline(operators=(op("FULLY_CONNECTED", 'm/<b>"x"/MatMul', MODEL_INPUT),), ends=(0,))
    drawn = graph_dot(fusion([layers], file), [0], [0], [0], dark=False)
    assert "&lt;b&gt;&quot;x&quot;" in drawn
    assert "<b>" not in drawn
    assert f"<B>{DIFFERS} FULLY_CONNECTED</B>" in drawn
    assert f"{DIFFERS} float32" in drawn
