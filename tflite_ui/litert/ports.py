"""Small in-place edits of a float .tflite fresh from the converter; sizes and offsets stay as they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tflite_ui.core.errors import ConversionFailed
from tflite_ui.litert.flatbuffer import parse
from tflite_ui.litert.graph import Graph, Operator, Port, Tensor


def settle(path: Path, inputs: Sequence[str], outputs: Sequence[str]) -> None:
    """Put the ports of the file at ``path`` into the given order, and free its reshapes' batch.

    A converter sorts outputs by name and writes the batch of 1 into the shapes of RESHAPE; after
    this, ports stand in the source's order and the interpreter can be given larger batches.
    Raises ConversionFailed when the file's port names aren't those given.
    """
    raw = bytearray(path.read_bytes())
    graph = parse(raw, path.name)
    _check("inputs", graph.inputs, inputs)
    _check("outputs", graph.outputs, outputs)
    _free_batch(graph)
    _reorder(raw, graph, inputs, outputs)
    path.write_bytes(raw)


def _check(what: str, ports: tuple[Port, ...], names: Sequence[str]) -> None:
    found = [port.name for port in ports]
    if sorted(found) != sorted(names):
        raise ConversionFailed(
            f"The converted file's {what} are {', '.join(found)}, not {', '.join(names)}.",
            "Give every input and output of the model a plain name of its own and save it again.",
        )


def _reorder(raw: bytearray, graph: Graph, inputs: Sequence[str], outputs: Sequence[str]) -> None:
    from ai_edge_litert import schema_py_generated as schema

    subgraph = schema.Model.GetRootAs(raw, 0).Subgraphs(0)
    _permute(subgraph.InputsAsNumpy(), graph.inputs, inputs)
    _permute(subgraph.OutputsAsNumpy(), graph.outputs, outputs)


def _permute(vector: Any, ports: tuple[Port, ...], names: Sequence[str]) -> None:
    """``vector`` is a writable view of the tensor indices in the file."""
    index = {port.name: int(value) for port, value in zip(ports, vector, strict=True)}
    vector[:] = [index[name] for name in names]


def _free_batch(graph: Graph) -> None:
    """Write -1 for the batch where every user of a constant shape is a RESHAPE that keeps a batch of 1."""
    users: dict[int, list[Operator]] = {}
    shapes: dict[int, Tensor] = {}
    for op in graph.operators:
        for tensor in op.inputs:
            if tensor is not None and tensor.data is not None and tensor.dtype == "int32":
                users.setdefault(tensor.data.ctypes.data, []).append(op)
                shapes[tensor.data.ctypes.data] = tensor
    for address, ops in users.items():
        values = shapes[address].stored()
        if all(_keeps_batch(op) for op in ops) and values.size and values[0] == 1 and -1 not in values:
            values[0] = -1


def _keeps_batch(op: Operator) -> bool:
    if op.name != "RESHAPE" or op.inputs[0] is None or op.inputs[0].is_constant:
        return False
    before, after = op.inputs[0].shape, op.outputs[0].shape
    return bool(before) and bool(after) and before[0] == 1 and after[0] == 1
