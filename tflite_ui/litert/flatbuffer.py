"""Reading a .tflite's bytes with the generated schema: no TensorFlow, no interpreter, no native code."""

from __future__ import annotations

import gzip
import hashlib
import struct
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tflite_ui.core.errors import UnreadableModel
from tflite_ui.core.facts import FileFacts
from tflite_ui.litert.activations import fused_activation
from tflite_ui.litert.graph import Graph, Operator, Port, Tensor, float_only, has_variable_ops
from tflite_ui.litert.macs import macs
from tflite_ui.litert.weights import parameters, scheme, sparsity, unique_weights

IDENTIFIER = b"TFL3"
_BROKEN = (
    struct.error,
    IndexError,
    ValueError,
    TypeError,
    AttributeError,
    KeyError,
    OverflowError,
    MemoryError,
)

__all__ = ["facts", "float_only", "has_variable_ops", "parse", "read", "undamaged"]


def read(path: Path) -> Graph:
    """The graph in the file at ``path``; raises UnreadableModel."""
    return parse(path.read_bytes(), path.name)


def facts(path: Path) -> FileFacts:
    """What the bytes prove about the file at ``path``; raises UnreadableModel.

    ``gzip_bytes`` is at gzip's default level 6; ``parameters`` counts the elements of constants
    that stand for real numbers; ``macs`` is of one run at the file's own shapes.
    """
    raw = path.read_bytes()
    graph = parse(raw, path.name)
    with undamaged(path.name):
        return _facts(raw, graph)


def parse(raw: bytes | bytearray, name: str) -> Graph:
    """The graph in ``raw``, whose constants are views of it; raises UnreadableModel naming ``name``."""
    if not raw:
        raise UnreadableModel(f"{name} is empty.", "Choose the file again.")
    if bytes(raw[4:8]) != IDENTIFIER:
        raise UnreadableModel(f"{name} isn't a TensorFlow Lite file.", "Choose a .tflite file.")
    with undamaged(name):
        return _graph(raw)


@contextmanager
def undamaged(name: str) -> Iterator[None]:
    """What a graph that contradicts itself raises, inside, becomes an UnreadableModel naming ``name``."""
    try:
        yield
    except _BROKEN as broken:
        text = f"{name} is damaged or cut short."
        raise UnreadableModel(text, "Copy or download the file again.") from broken


def _facts(raw: bytes, graph: Graph) -> FileFacts:
    return FileFacts(
        sha256=hashlib.sha256(raw).hexdigest(),
        size_bytes=len(raw),
        gzip_bytes=len(gzip.compress(raw, 6, mtime=0)),
        parameters=parameters(graph),
        macs=macs(graph),
        sparsity=sparsity(graph),
        unique_weights=unique_weights(graph),
        dtypes=dict(Counter(t.dtype for t in graph.tensors).most_common()),
        input_dtypes=tuple(p.tensor.dtype for p in graph.inputs),
        output_dtypes=tuple(p.tensor.dtype for p in graph.outputs),
        operators=dict(Counter(op.name for op in graph.operators).most_common()),
        scheme=scheme(graph),
    )


def _graph(raw: bytes | bytearray) -> Graph:
    from ai_edge_litert import schema_py_generated as schema

    model = schema.Model.GetRootAs(raw, 0)
    names = [_operator_name(model.OperatorCodes(i)) for i in range(model.OperatorCodesLength())]
    subgraphs = [model.Subgraphs(i) for i in range(model.SubgraphsLength())]
    tensors = [_tensors(model, s, raw) for s in subgraphs]
    operators = [_operators(s, t, names, i) for i, (s, t) in enumerate(zip(subgraphs, tensors, strict=True))]
    ports = _signature_names(model)
    return Graph(
        inputs=_ports(subgraphs[0].InputsAsNumpy(), tensors[0], ports[0]),
        outputs=_ports(subgraphs[0].OutputsAsNumpy(), tensors[0], ports[1]),
        tensors=tuple(t for group in tensors for t in group),
        operators=tuple(op for group in operators for op in group),
        subgraphs=len(subgraphs),
    )


@cache
def _names(enum: str) -> dict[int, str]:
    from ai_edge_litert import schema_py_generated as schema

    members = vars(getattr(schema, enum)).items()
    return {value: name for name, value in members if isinstance(value, int)}


def _operator_name(code: Any) -> str:
    if code.CustomCode():
        return str(code.CustomCode().decode("utf-8", "replace"))
    number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    return _names("BuiltinOperator").get(number, f"OPERATOR_{number}")


def _tensors(model: Any, subgraph: Any, raw: bytes | bytearray) -> list[Tensor]:
    return [_tensor(model, subgraph.Tensors(i), raw) for i in range(subgraph.TensorsLength())]


def _tensor(model: Any, tensor: Any, raw: bytes | bytearray) -> Tensor:
    shape = _integers(tensor.ShapeAsNumpy())
    signature = _integers(tensor.ShapeSignatureAsNumpy()) or shape
    quantisation = tensor.Quantization()
    scales = _vector(quantisation.ScaleAsNumpy()) if quantisation else []
    zeros = _vector(quantisation.ZeroPointAsNumpy()) if quantisation else []
    return Tensor(
        name=(tensor.Name() or b"").decode("utf-8", "replace"),
        shape=shape,
        shape_signature=signature,
        dtype=_names("TensorType")[tensor.Type()].lower(),
        data=None if tensor.IsVariable() else _constant(model, tensor.Buffer(), raw),
        scales=tuple(float(s) for s in scales),
        zero_points=tuple(int(z) for z in zeros),
        sparse=tensor.Sparsity() is not None,
    )


def _constant(model: Any, index: int, raw: bytes | bytearray) -> Any:
    """The bytes of buffer ``index``: inside the flatbuffer, or after it when its offset is over 1."""
    buffer = model.Buffers(index)
    if buffer.Offset() > 1:
        end = buffer.Offset() + buffer.Size()
        if end > len(raw):
            raise ValueError("a buffer lies beyond the end of the file")
        return np.frombuffer(raw, np.uint8, buffer.Size(), buffer.Offset())
    return buffer.DataAsNumpy() if index and buffer.DataLength() else None


def _operators(subgraph: Any, tensors: list[Tensor], names: list[str], place: int) -> list[Operator]:
    found = [subgraph.Operators(i) for i in range(subgraph.OperatorsLength())]
    return [_operator(op, tensors, names[op.OpcodeIndex()], place) for op in found]


def _operator(op: Any, tensors: list[Tensor], name: str, place: int) -> Operator:
    inputs = tuple(_at(tensors, i) if i >= 0 else None for i in _integers(op.InputsAsNumpy()))
    outputs = tuple(_at(tensors, i) for i in _integers(op.OutputsAsNumpy()))
    flags = _flags(op) if name == "BATCH_MATMUL" else frozenset()
    return Operator(name, inputs, outputs, flags, fused_activation(op, name), place)


def _flags(op: Any) -> frozenset[str]:
    """The transposes of a BATCH_MATMUL: ``adj_x``, ``adj_y``."""
    from ai_edge_litert import schema_py_generated as schema

    table = op.BuiltinOptions()
    if table is None:
        return frozenset()
    options = schema.BatchMatMulOptions()
    options.Init(table.Bytes, table.Pos)
    return frozenset(name for name, on in (("adj_x", options.AdjX()), ("adj_y", options.AdjY())) if on)


def _signature_names(model: Any) -> tuple[dict[int, str], dict[int, str]]:
    """Names by tensor index of the inputs and outputs of the first subgraph's signature."""
    inputs: dict[int, str] = {}
    outputs: dict[int, str] = {}
    for signature in (model.SignatureDefs(i) for i in range(model.SignatureDefsLength())):
        if signature.SubgraphIndex() == 0 and not inputs:
            inputs = _names_of(signature.Inputs, signature.InputsLength())
            outputs = _names_of(signature.Outputs, signature.OutputsLength())
    return inputs, outputs


def _names_of(get: Any, length: int) -> dict[int, str]:
    maps = (get(i) for i in range(length))
    return {m.TensorIndex(): (m.Name() or b"").decode("utf-8", "replace") for m in maps}


def _ports(indices: Any, tensors: list[Tensor], names: dict[int, str]) -> tuple[Port, ...]:
    return tuple(
        Port(names.get(i) or _trim(_at(tensors, i).name), _at(tensors, i)) for i in _integers(indices)
    )


def _trim(name: str) -> str:
    return name.removeprefix("serving_default_").removesuffix(":0")


def _at(tensors: list[Tensor], index: int) -> Tensor:
    if index < 0:
        raise IndexError(index)
    return tensors[index]


def _integers(vector: Any) -> tuple[int, ...]:
    return tuple(int(v) for v in _vector(vector))


def _vector(vector: Any) -> Any:
    """The generated readers give 0 for a vector that isn't there."""
    return [] if isinstance(vector, int) else vector
