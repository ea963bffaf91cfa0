"""Biases of int16 activations: 32 bits where no sum can overflow, since fast kernels want them so.

The 16x8 scheme stores biases as int64, and a runtime then falls back to its slow kernels. An
accumulator of ``n`` products of int16 and int8 stays within 32 bits when
``32768 * sum(|w|) + |b| < 2**31`` for every output channel; exactly those biases are narrowed.
The converter's own switch for it is ``_experimental_full_integer_quantization_bias_type``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

LARGEST_INPUT, LARGEST_SUM = 32768, 2**31 - 1


def narrow_biases(path: Path) -> int:
    """Rewrite the .tflite at ``path`` with int32 biases where that is safe; gives how many there were.

    A file that keeps weights outside the flatbuffer is left as it is.
    """
    from ai_edge_litert.tools import flatbuffer_utils

    model = flatbuffer_utils.read_model_from_bytearray(bytearray(path.read_bytes()))
    if any((buffer.offset or 0) > 1 for buffer in model.buffers):
        return 0
    narrowed = sum(
        _narrow(model, graph, operator) for graph in model.subgraphs for operator in graph.operators
    )
    if narrowed:
        path.write_bytes(flatbuffer_utils.convert_object_to_bytearray(model))
    return narrowed


def _narrow(model: Any, graph: Any, operator: Any) -> bool:
    from ai_edge_litert import schema_py_generated as schema

    kinds = schema.TensorType
    if _kind(model, operator) not in (schema.BuiltinOperator.CONV_2D, schema.BuiltinOperator.FULLY_CONNECTED):
        return False
    if len(operator.inputs) < 3 or operator.inputs[2] < 0 or _shared(model, graph, operator.inputs[2]):
        return False
    values, weights, bias = (graph.tensors[i] for i in operator.inputs[:3])
    if (values.type, weights.type, bias.type) != (kinds.INT16, kinds.INT8, kinds.INT64):
        return False
    stored = np.frombuffer(bytes(model.buffers[bias.buffer].data), np.int64)
    if not _fits(np.frombuffer(bytes(model.buffers[weights.buffer].data), np.int8), stored):
        return False
    operator.builtinOptions.quantizedBiasType = bias.type = kinds.INT32
    model.buffers[bias.buffer].data = np.frombuffer(stored.astype(np.int32).tobytes(), np.uint8)
    return True


def _kind(model: Any, operator: Any) -> int:
    code = model.operatorCodes[operator.opcodeIndex]
    return int(max(code.builtinCode, code.deprecatedBuiltinCode))


def _shared(model: Any, graph: Any, tensor: int) -> bool:
    """Whether anything else reads the same bias."""
    readers = sum(list(operator.inputs).count(tensor) for operator in graph.operators)
    buffer = graph.tensors[tensor].buffer
    holders = sum(t.buffer == buffer for g in model.subgraphs for t in g.tensors)
    return readers > 1 or holders > 1


def _fits(weights: np.ndarray, bias: np.ndarray) -> bool:
    per_channel = np.abs(weights.reshape(len(bias), -1).astype(np.int64)).sum(axis=1)
    return bool((LARGEST_INPUT * per_channel + np.abs(bias)).max() <= LARGEST_SUM)
