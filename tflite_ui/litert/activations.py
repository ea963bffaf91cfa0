"""The activation that an operator applies itself, as its options in the file say."""

from __future__ import annotations

from functools import cache
from typing import Any

_OPTIONS = {
    "ADD": "AddOptions",
    "AVERAGE_POOL_2D": "Pool2DOptions",
    "CONCATENATION": "ConcatenationOptions",
    "CONV_2D": "Conv2DOptions",
    "CONV_3D": "Conv3DOptions",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2DOptions",
    "DIV": "DivOptions",
    "FULLY_CONNECTED": "FullyConnectedOptions",
    "L2_NORMALIZATION": "L2NormOptions",
    "L2_POOL_2D": "Pool2DOptions",
    "MAX_POOL_2D": "Pool2DOptions",
    "MUL": "MulOptions",
    "SUB": "SubOptions",
    "TRANSPOSE_CONV": "TransposeConvOptions",
}


def fused_activation(operator: Any, kind: str) -> str:
    """``RELU``, ``RELU6``, ``RELU_N1_TO_1``, ``TANH`` or ``SIGN_BIT``; empty when there is none."""
    from ai_edge_litert import schema_py_generated as schema

    table = operator.BuiltinOptions() if kind in _OPTIONS else None
    if table is None:
        return ""
    options = getattr(schema, _OPTIONS[kind])()
    options.Init(table.Bytes, table.Pos)
    return _names().get(options.FusedActivationFunction(), "")


@cache
def _names() -> dict[int, str]:
    from ai_edge_litert import schema_py_generated as schema

    found = vars(schema.ActivationFunctionType).items()
    return {value: name for name, value in found if isinstance(value, int) and name != "NONE"}
