"""Reading .tflite bytes: packed integers, buffers outside the flatbuffer, mixed schemes, broken files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tflite_ui.core.errors import UnreadableModel
from tflite_ui.litert.flatbuffer import facts, float_only, has_variable_ops, parse, read
from tflite_ui.litert.ports import settle
from tflite_ui.loaders.tflite import TFLiteFile


@dataclass
class T:
    """A tensor to write: a constant when it has data."""

    name: str
    shape: list[int]
    type: str
    data: bytes | None = None
    scale: list[float] | None = None
    signature: list[int] | None = None


def build(
    tensors: list[T],
    operators: list[tuple[str, list[int], list[int]]],
    inputs: list[int],
    outputs: list[int],
    names: tuple[list[str], list[str]] | None = None,
) -> bytes:
    """A .tflite written with the schema alone."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as s

    buffers, made = [s.BufferT()], []
    for t in tensors:
        index = 0
        if t.data is not None:
            index = len(buffers)
            buffers.append(s.BufferT(data=np.frombuffer(t.data, np.uint8)))
        quantisation = None
        if t.scale:
            quantisation = s.QuantizationParametersT(scale=t.scale, zeroPoint=[0] * len(t.scale))
        made.append(
            s.TensorT(
                t.shape,
                getattr(s.TensorType, t.type),
                index,
                t.name.encode(),
                quantisation,
                shapeSignature=t.signature,
            )
        )
    kinds = [kind for kind, _, _ in operators]
    codes = [s.OperatorCodeT(builtinCode=getattr(s.BuiltinOperator, kind), version=1) for kind in kinds]
    ops = [s.OperatorT(i, ins, outs) for i, (_, ins, outs) in enumerate(operators)]
    signatures = None
    if names:
        maps = [
            [s.TensorMapT(n.encode(), i) for n, i in zip(group, indices, strict=True)]
            for group, indices in zip(names, (inputs, outputs), strict=True)
        ]
        signatures = [s.SignatureDefT(maps[0], maps[1], b"serving_default", 0)]
    graph = s.SubGraphT(made, inputs, outputs, ops, b"main")
    model = s.ModelT(3, codes, [graph], b"test", buffers, signatureDefs=signatures)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def dense(weights: T, activation: str = "FLOAT32", scale: list[float] | None = None) -> bytes:
    """One fully connected operator: [1, in] -> [1, out], weights [out, in]."""
    out, size = weights.shape
    ports = [
        T("serving_default_x:0", [1, size], activation, scale=scale, signature=[-1, size]),
        T("out", [1, out], activation, scale=scale, signature=[-1, out]),
    ]
    return build([*ports, weights], [("FULLY_CONNECTED", [0, 2, -1], [1])], [0], [1])


def facts_of(raw: bytes, folder: Path) -> Any:
    path = folder / "m.tflite"
    path.write_bytes(raw)
    return facts(path)


def test_names_and_shapes_without_a_signature() -> None:
    graph = parse(dense(T("w", [2, 4], "FLOAT32", np.ones((2, 4), np.float32).tobytes())), "m")
    assert [p.name for p in graph.inputs] == ["x"]
    assert [p.name for p in graph.outputs] == ["out"]
    assert graph.inputs[0].tensor.shape == (1, 4)
    assert graph.inputs[0].tensor.shape_signature == (-1, 4)
    assert graph.operators[0].inputs[2] is None
    assert float_only(graph)
    assert not has_variable_ops(graph)


@pytest.mark.parametrize(
    ("activation", "scale", "scheme"),
    [("FLOAT32", None, "wi8_afp32"), ("INT8", [0.1], "wi8_ai8"), ("INT16", [0.1], "wi8_ai16")],
)
def test_schemes(activation: str, scale: list[float] | None, scheme: str, tmp_path: Path) -> None:
    weights = T("w", [2, 4], "INT8", bytes([0, 0, 1, 2, 3, 255, 1, 1]), [0.5])
    found = facts_of(dense(weights, activation, scale), tmp_path)
    assert found.scheme == scheme
    assert found.sparsity == 0.25
    assert found.unique_weights == 5
    assert found.macs == 8
    assert found.parameters == 8
    assert found.input_dtypes == (activation.lower(),)


@settings(deadline=None)
@given(st.lists(st.integers(-8, 7), min_size=15, max_size=15))
def test_int4_is_unpacked(values: list[int]) -> None:
    padded = np.array([*values, 0], np.int8).astype(np.uint8) & 15
    packed = (padded[0::2] | (padded[1::2] << 4)).astype(np.uint8).tobytes()
    graph = parse(dense(T("w", [3, 5], "INT4", packed, [0.5])), "m")
    assert graph.tensors[2].stored().tolist() == values


@settings(deadline=None)
@given(st.lists(st.integers(-2, 1), min_size=8, max_size=8))
def test_int2_is_unpacked(values: list[int]) -> None:
    bits = np.array(values, np.int8).astype(np.uint8) & 3
    packed = sum(bits[i::4] << np.uint8(2 * i) for i in range(4)).astype(np.uint8).tobytes()
    graph = parse(dense(T("w", [2, 4], "INT2", packed, [0.5])), "m")
    assert graph.tensors[2].stored().tolist() == values


def test_int4_facts(tmp_path: Path) -> None:
    found = facts_of(dense(T("w", [2, 2], "INT4", bytes([0x10, 0xF0]), [0.5])), tmp_path)
    assert (found.scheme, found.sparsity, found.unique_weights) == ("wi4_afp32", 0.5, 3)


def test_float16_weights_behind_a_dequantize(tmp_path: Path) -> None:
    tensors = [
        T("x", [1, 2], "FLOAT32"),
        T("out", [1, 2], "FLOAT32"),
        T("w", [2, 2], "FLOAT16", np.array([1, 0, 2, 3], np.float16).tobytes()),
        T("wide", [2, 2], "FLOAT32"),
    ]
    operators = [("DEQUANTIZE", [2], [3]), ("FULLY_CONNECTED", [0, 3, -1], [1])]
    raw = build(tensors, operators, [0], [1])
    found = facts_of(raw, tmp_path)
    assert (found.scheme, found.sparsity, found.parameters) == ("wfp16_afp32", 0.25, 4)
    assert not float_only(parse(raw, "m"))


def test_mixed_weights_stand_by_size(tmp_path: Path) -> None:
    tensors = [
        T("x", [1, 2], "FLOAT32"),
        T("h", [1, 8], "FLOAT32"),
        T("out", [1, 1], "FLOAT32"),
        T("big", [8, 2], "INT8", bytes(16), [0.5]),
        T("small", [1, 8], "FLOAT32", bytes(32)),
    ]
    operators = [("FULLY_CONNECTED", [0, 3, -1], [1]), ("FULLY_CONNECTED", [1, 4, -1], [2])]
    found = facts_of(build(tensors, operators, [0], [2]), tmp_path)
    assert found.scheme == "wi8+fp32_afp32"
    assert found.sparsity == 1.0
    assert found.dtypes == {"float32": 4, "int8": 1}


def test_variable_operators_are_seen() -> None:
    tensors = [T("v", [1], "RESOURCE"), T("out", [1, 1], "FLOAT32")]
    raw = build(tensors, [("VAR_HANDLE", [], [0]), ("READ_VARIABLE", [0], [1])], [], [1])
    assert has_variable_ops(parse(raw, "m"))


def test_buffers_outside_the_flatbuffer(tmp_path: Path) -> None:
    from ai_edge_litert import schema_py_generated as s

    inside = dense(T("w", [2, 4], "INT8", bytes([0, 0, 1, 2, 3, 255, 1, 1]), [0.5]))
    model = s.ModelT.InitFromObj(s.Model.GetRootAs(inside, 0))
    content = bytes(model.buffers[1].data)
    import flatbuffers

    def pack(offset: int) -> bytes:
        model.buffers[1] = s.BufferT(offset=offset, size=len(content))
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    outside = pack(len(pack(2)))
    assert facts_of(outside + content, tmp_path).unique_weights == 5
    with pytest.raises(UnreadableModel, match="cut short"):
        parse(outside + content[:-1], "m")


@pytest.mark.parametrize("raw", [b"", b"abc", b"\x89PNG\r\n\x1a\n" + bytes(20), bytes(64)])
def test_what_is_no_tflite(raw: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.tflite"
    path.write_bytes(raw)
    with pytest.raises(UnreadableModel, match=r"bad\.tflite"):
        read(path)


WHOLE = dense(T("w", [4, 4], "FLOAT32", np.arange(16, dtype=np.float32).tobytes()))


@settings(deadline=None)
@given(st.integers(0, len(WHOLE) - 1))
def test_every_cut_is_an_error_or_a_graph(length: int) -> None:
    try:
        graph = parse(WHOLE[:length], "m")
    except UnreadableModel as refused:
        assert refused.hint  # noqa: PT017
    else:
        assert graph.operators[0].name == "FULLY_CONNECTED"


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(8, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_any_damage_is_an_error_or_a_graph(changes: list[tuple[int, int]]) -> None:
    raw = bytearray(WHOLE)
    for place, value in changes:
        raw[place] = value
    try:
        graph = parse(bytes(raw), "m")
    except UnreadableModel as refused:
        assert "m" in refused.message  # noqa: PT017
    else:
        assert len(graph.inputs) < 100


def test_an_operator_without_its_weights_is_damage(tmp_path: Path) -> None:
    tensors = [T("x", [1, 2], "FLOAT32"), T("out", [1, 2], "FLOAT32")]
    path = tmp_path / "m.tflite"
    path.write_bytes(build(tensors, [("FULLY_CONNECTED", [0], [1])], [0], [1]))
    for look in (facts, lambda p: TFLiteFile().describe(p, p.name)):
        with pytest.raises(UnreadableModel, match="damaged"):
            look(path)


def test_settling_orders_ports_and_frees_the_batch(tmp_path: Path) -> None:
    shape = np.array([1, 4], np.int32).tobytes()
    tensors = [
        T("a", [1, 2, 2], "FLOAT32"),
        T("b", [1, 4], "FLOAT32"),
        T("c", [1, 4], "FLOAT32"),
        T("shape", [2], "INT32", shape),
    ]
    operators = [("RESHAPE", [0, 3], [1]), ("TANH", [1], [2])]
    path = tmp_path / "m.tflite"
    path.write_bytes(build(tensors, operators, [0], [2, 1], (["image"], ["last", "first"])))
    size = path.stat().st_size
    settle(path, ["image"], ["first", "last"])
    graph = read(path)
    assert [p.name for p in graph.outputs] == ["first", "last"]
    assert [p.tensor.name for p in graph.outputs] == ["b", "c"]
    assert graph.tensors[3].stored().tolist() == [-1, 4]
    assert path.stat().st_size == size


def test_settling_leaves_other_reshapes_alone(tmp_path: Path) -> None:
    tensors = [
        T("a", [4, 1], "FLOAT32"),
        T("b", [1, 4], "FLOAT32"),
        T("shape", [2], "INT32", np.array([1, 4], np.int32).tobytes()),
    ]
    path = tmp_path / "m.tflite"
    path.write_bytes(build(tensors, [("RESHAPE", [0, 2], [1])], [0], [1], (["x"], ["y"])))
    settle(path, ["x"], ["y"])
    assert read(path).tensors[2].stored().tolist() == [1, 4]
