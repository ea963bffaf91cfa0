"""From a whole graph to its outline: no weights, only what stands where and in which numbers."""

from __future__ import annotations

from tflite_ui.core.outline import MODEL_INPUT, FileOutline, OperatorNode
from tflite_ui.litert.graph import UNPACKERS, Graph, Operator, Tensor, constant_behind


def outline(graph: Graph) -> FileOutline:
    """The operators of ``graph`` and how they are wired."""
    places = {id(tensor): i for i, op in enumerate(graph.operators) for tensor in op.outputs}
    producers = graph.producers()
    nodes = tuple(_node(op, places, producers) for op in graph.operators)
    ends = (places.get(id(port.tensor)) for port in graph.outputs)
    return FileOutline(operators=nodes, ends=tuple(end for end in ends if end is not None))


def _node(op: Operator, places: dict[int, int], producers: dict[int, Operator]) -> OperatorNode:
    given = [tensor for tensor in op.inputs if tensor is not None]
    moving = [tensor for tensor in given if constant_behind(tensor, producers) is None]
    held = [found for tensor in given if (found := constant_behind(tensor, producers)) is not None]
    out = op.outputs[0] if op.outputs else None
    return OperatorNode(
        kind=op.name,
        name=out.name if out else "",
        sources=tuple(dict.fromkeys(places.get(id(tensor), MODEL_INPUT) for tensor in moving)),
        constants=tuple(dict.fromkeys(tensor.name for tensor in held)),
        activation=op.activation,
        takes=moving[0].dtype if moving else "",
        gives=out.dtype if out else "",
        weights=_weights(held),
        shape=out.shape if out else (),
        subgraph=op.subgraph,
        unpacks=op.name in UNPACKERS and bool(held) and not moving,
    )


def _weights(held: list[Tensor]) -> str:
    real = [tensor for tensor in held if tensor.is_quantised or "float" in tensor.dtype]
    return max(real, key=lambda tensor: tensor.elements).dtype if real else ""
