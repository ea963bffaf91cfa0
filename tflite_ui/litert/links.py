"""Where channels go from the operator that makes them to those that read them, with nothing else in between.

Between the two only operators that pass on any positive factor of a channel: f(s x) = s f(x) for s > 0.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from tflite_ui.litert.graph import Graph, Operator, Tensor

MADE_ON = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 0}
"""The axis of the weights that counts what an operator gives."""
READ_ON = {"CONV_2D": 3, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 1}
"""The axis of the weights that counts what it takes."""
PASSING = frozenset(
    {"RELU", "LEAKY_RELU", "PRELU", "MAX_POOL_2D", "AVERAGE_POOL_2D", "PAD", "MEAN", "RESHAPE", "SQUEEZE"}
    | {"RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"}
)
CLIPPING = "RELU6"
"""Passes a factor on as long as nothing reaches 6."""
_SPATIAL = {1, 2}


@dataclass(frozen=True)
class Link:
    """The places of an operator and of all that read its channels; ``clips`` where its values end at 6."""

    maker: int
    readers: tuple[int, ...]
    clips: bool = False


def links(graph: Graph) -> tuple[Link, ...]:
    """Every link of the main graph, in its order."""
    return tuple(_Links(graph).found())


class _Links:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._ends = {id(port.tensor) for port in graph.outputs}
        self._readers: dict[int, list[int]] = defaultdict(list)
        for place, operator in enumerate(graph.operators):
            for tensor in operator.inputs:
                if tensor is not None:
                    self._readers[id(tensor)].append(place)
        self._stored = Counter(_address(t) for t in graph.tensors if t.is_constant)

    def found(self) -> Iterator[Link]:
        for place, operator in enumerate(self._graph.operators):
            if operator.subgraph or operator.name not in MADE_ON or not self._own(operator):
                continue
            readers = self._behind(operator.outputs[0], operator.outputs[0].shape[-1])
            if operator.activation in ("", "NONE", "RELU", CLIPPING) and readers:
                yield Link(place, tuple(readers), operator.activation == CLIPPING)

    def _behind(self, tensor: Tensor, channels: int) -> list[int]:
        """The places of all operators that read ``tensor``'s channels; none where something mixes them."""
        if id(tensor) in self._ends:
            return []
        readers: list[int] = []
        for place in self._readers[id(tensor)]:
            operator = self._graph.operators[place]
            if operator.inputs[0] is not tensor:
                return []
            more = [place] if self._reads(operator, channels) else []
            if not more and _passes(operator, channels):
                more = self._behind(operator.outputs[0], channels)
            if not more:
                return []
            readers += more
        return readers

    def _reads(self, operator: Operator, channels: int) -> bool:
        if operator.name not in READ_ON or not self._own(operator):
            return False
        weights = operator.inputs[1]
        assert weights is not None
        size = weights.shape[READ_ON[operator.name]]
        repeats = operator.name == "FULLY_CONNECTED" and size % channels == 0
        return size == channels or repeats

    def _own(self, operator: Operator) -> bool:
        """Whether its weights and bias stand in the file for it alone; zeros may be shared."""
        weights, *bias = operator.inputs[1:3]
        return weights is not None and all(
            t.dtype == "float32" and not t.sparse and t.is_constant and self._is_alone(t)
            for t in (weights, *bias)
            if t is not None
        )

    def _is_alone(self, tensor: Tensor) -> bool:
        alone = self._stored[_address(tensor)] == 1 and len(self._readers[id(tensor)]) == 1
        return alone or not tensor.stored().any()


def _passes(operator: Operator, channels: int) -> bool:
    """Whether a channel's factor comes out of it: the channels stay last, or are laid out one row."""
    if operator.name not in PASSING or operator.activation not in ("", "NONE", "RELU"):
        return False
    before, after = (t.shape for t in (operator.inputs[0], operator.outputs[0]) if t is not None)
    if operator.name == "MEAN":
        axes = operator.inputs[1].stored() if operator.inputs[1] is not None else ()
        return {int(axis) % len(before) for axis in axes} <= _SPATIAL and len(before) == len(_SPATIAL) + 2
    if operator.name in ("RESHAPE", "SQUEEZE"):
        return after[-1] % channels == 0
    return before[-1] == after[-1]


def _address(tensor: Tensor) -> int:
    assert tensor.data is not None
    return int(tensor.data.__array_interface__["data"][0])
