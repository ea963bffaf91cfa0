"""A .tflite as plain values: tensors, operators and named ports."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

VARIABLE_OPERATORS = frozenset({"VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE"})
STATEFUL_OPERATORS = frozenset(
    {"UNIDIRECTIONAL_SEQUENCE_LSTM", "UNIDIRECTIONAL_SEQUENCE_RNN", "BIDIRECTIONAL_SEQUENCE_LSTM"}
    | {"BIDIRECTIONAL_SEQUENCE_RNN", "LSTM", "RNN", "SVDF"}
)
"""What they have seen stays in variables of the interpreter until those are reset."""
QUANTISED_DTYPES = frozenset({"int2", "int4", "uint4", "int8", "uint8", "int16", "int32", "int64"})
NARROW_FLOATS = frozenset({"float16", "bfloat16", "float8_e4m3fn", "float8_e5m2"})
UNPACKERS = frozenset({"DEQUANTIZE", "DENSIFY"})
_BITS = {"int2": 2, "int4": 4, "uint4": 4}


@dataclass(frozen=True, eq=False)
class Tensor:
    """One tensor: ``shape`` has 1 where ``shape_signature`` has -1 (a dynamic axis).

    ``data`` is a constant's raw bytes as uint8 (a view, not a copy), None for an activation;
    ``scales`` and ``zero_points`` are its quantisation, empty when it has none; ``sparse`` says
    that only the non-zero blocks are stored.
    """

    name: str
    shape: tuple[int, ...]
    shape_signature: tuple[int, ...]
    dtype: str
    data: npt.NDArray[np.uint8] | None = None
    scales: tuple[float, ...] = ()
    zero_points: tuple[int, ...] = ()
    sparse: bool = False

    @property
    def is_constant(self) -> bool:
        """Whether its values stand in the file."""
        return self.data is not None

    @property
    def is_quantised(self) -> bool:
        """Whether it holds integers that stand for real numbers."""
        return bool(self.scales) and self.dtype in QUANTISED_DTYPES

    @property
    def elements(self) -> int:
        """How many values its shape makes."""
        return math.prod(self.shape)

    def stored(self) -> npt.NDArray[np.generic]:
        """A constant's stored values, flat; packed int4 and int2 come out as int8, bfloat16 as float32."""
        if self.data is None:
            return np.empty(0, np.float32)
        if self.dtype in _BITS:
            values = _unpack(self.data, _BITS[self.dtype], signed=self.dtype[0] == "i")
            return values if self.sparse else values[: self.elements]
        if self.dtype == "bfloat16":
            return (self.data.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
        plain = np.uint8 if self.dtype.startswith("float8") else np.dtype(self.dtype)
        return self.data.view(plain)


@dataclass(frozen=True, eq=False)
class Operator:
    """One operator; an optional input that isn't given is None. ``flags`` are its boolean options.

    ``activation`` is the one it applies itself, e.g. ``RELU``; ``subgraph`` 0 is the main one.
    """

    name: str
    inputs: tuple[Tensor | None, ...]
    outputs: tuple[Tensor, ...]
    flags: frozenset[str] = frozenset()
    activation: str = ""
    subgraph: int = 0


@dataclass(frozen=True, eq=False)
class Port:
    """A model input or output under the name that callers use."""

    name: str
    tensor: Tensor


@dataclass(frozen=True, eq=False)
class Graph:
    """A whole file: the ports of its first subgraph, in the interpreter's order, and all it holds."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    subgraphs: int = 1

    def producers(self) -> dict[int, Operator]:
        """The operator that makes each tensor, by the tensor's ``id()``."""
        return {id(tensor): op for op in self.operators for tensor in op.outputs}


def has_variable_ops(graph: Graph) -> bool:
    """Whether weights are looked up at run time: the mark of a conversion that lost them."""
    return any(op.name in VARIABLE_OPERATORS for op in graph.operators)


def keeps_state(graph: Graph) -> bool:
    """Whether a run goes on where the one before ended, unless the interpreter's variables are reset."""
    return any(op.name in STATEFUL_OPERATORS for op in graph.operators)


def float_only(graph: Graph) -> bool:
    """Whether nothing is quantised or narrowed: no integer tensor with a scale, no float16 constant."""
    return not any(t.is_quantised or (t.is_constant and t.dtype in NARROW_FLOATS) for t in graph.tensors)


def constant_behind(tensor: Tensor | None, producers: dict[int, Operator]) -> Tensor | None:
    """The constant that ``tensor`` is, or is unpacked from (DEQUANTIZE, DENSIFY); None for an activation."""
    seen = 0
    while tensor is not None and not tensor.is_constant and seen < 8:
        maker = producers.get(id(tensor))
        if maker is None or maker.name not in UNPACKERS or not maker.inputs:
            return None
        tensor, seen = maker.inputs[0], seen + 1
    return tensor if tensor is not None and tensor.is_constant else None


def parameters_of(graph: Graph) -> Iterator[Tensor]:
    """Each constant that stands for real numbers (weights, biases, scales), once."""
    for tensor in graph.tensors:
        if tensor.is_constant and (tensor.is_quantised or "float" in tensor.dtype):
            yield tensor


def _unpack(data: npt.NDArray[np.uint8], bits: int, signed: bool) -> npt.NDArray[np.int8]:
    """Little-endian sub-byte integers, the lowest bits first, as int8."""
    shifts = np.arange(0, 8, bits, dtype=np.uint8)
    values: npt.NDArray[np.int8] = ((data[:, None] >> shifts) & (2**bits - 1)).astype(np.int8).reshape(-1)
    if signed:
        values[values >= 2 ** (bits - 1)] -= 2**bits
    return values
