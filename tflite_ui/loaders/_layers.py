"""What a Keras graph holds: its layers in order, their shapes, weights and MACs, for both Keras versions."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tflite_ui.core.model import Layer

Shape = tuple[int | None, ...]
_UNKNOWN = frozenset({"Dot", "Matmul", "Einsum", "RNN", "Attention", "AdditiveAttention", "Tensordot"})
_PER_POSITION = frozenset(
    {
        "Conv1D",
        "Conv2D",
        "Conv3D",
        "Dense",
        "DepthwiseConv1D",
        "DepthwiseConv2D",
        "SeparableConv1D",
        "SeparableConv2D",
    }
)
_TRANSPOSED = frozenset({"Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"})
_RECURRENT = frozenset({"LSTM", "GRU", "SimpleRNN"})
_RESCALERS = frozenset({"Rescaling", "Normalization"})
_LIMITED = {None: "relu", 6.0: "relu6"}
_ACTIVATIONS = {
    "LeakyReLU": "leaky_relu",
    "PReLU": "prelu",
    "ELU": "elu",
    "Softmax": "softmax",
    "Relu": "relu",
    "Relu6": "relu6",
    "HardSilu": "hard_silu",
    "Silu": "silu",
    "Sigmoid": "sigmoid",
    "Gelu": "gelu",
}


@dataclass(frozen=True)
class Call:
    """One call of a layer in a graph: the layer, the shapes it takes and gives (batch first).

    ``takes`` are the names of the layers that its inputs come from.
    """

    name: str
    layer: Any
    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]
    takes: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The layer's class name."""
        return type(self.layer).__name__


def calls(model: Any, prefix: str = "", makers: dict[int, str] | None = None) -> Iterator[Call]:
    """Every call in graph order, those of nested models in place of the model, named ``outer/inner``.

    ``makers`` are the names of the layers that made the inputs of a nested ``model``, by ``id()``.
    """
    makers = {} if makers is None else makers
    for depth in sorted(model._nodes_by_depth, reverse=True):
        for node in model._nodes_by_depth[depth]:
            call = _call(node, prefix, makers)
            if _is_model(call.layer):
                yield from _nested(call, node, makers)
            else:
                for tensor in _tensors(node, "output"):
                    makers.setdefault(id(tensor), call.name)
                yield call


def _nested(call: Call, node: Any, makers: dict[int, str]) -> Iterator[Call]:
    """The calls inside a model that is called like a layer."""
    given = zip(call.layer.inputs, _tensors(node, "input"), strict=False)
    inside = {id(own): makers[id(outer)] for own, outer in given if id(outer) in makers}
    yield from calls(call.layer, f"{call.name}/", inside)
    for own, outer in zip(call.layer.outputs, _tensors(node, "output"), strict=False):
        makers[id(outer)] = inside.get(id(own), call.name)


def describe_layers(found: list[Call]) -> tuple[Layer, ...]:
    """The calls as layers; a layer called twice stands twice, its weights at its first call."""
    seen: set[int] = set()
    layers = []
    for call in found:
        first = id(call.layer) not in seen
        seen.add(id(call.layer))
        parameters = call.layer.count_params() if first and _weights(call.layer) else 0
        shape = call.outputs[0] if call.outputs else None
        layers.append(
            Layer(
                name=call.name,
                kind=call.kind,
                output_shape=shape,
                parameters=parameters,
                inputs=call.takes,
                activation=activation_of(call.layer),
            )
        )
    return tuple(layers)


def activation_of(layer: Any) -> str:
    """The activation that a layer applies or is, e.g. ``relu6``; empty for none."""
    kind = type(layer).__name__
    if kind == "ReLU":
        limit = None if layer.max_value is None else float(layer.max_value)
        plain = not float(layer.negative_slope or 0.0) and not float(layer.threshold or 0.0)
        return _LIMITED.get(limit, "limited_relu") if plain else "leaky_relu"
    if kind in _ACTIVATIONS:
        return _ACTIVATIONS[kind]
    name = str(getattr(getattr(layer, "activation", None), "__name__", ""))
    return "" if name == "linear" else name


def macs(found: list[Call]) -> int | None:
    """Multiply-accumulate operations for one sample; None when a layer's can't be told."""
    total = 0
    for call in found:
        count = _macs(call.layer, call.inputs, call.outputs)
        if count is None:
            return None
        total += count
    return total


def is_softmax(layer: Any) -> bool:
    """Whether a layer's outputs are a softmax."""
    activation = getattr(layer, "activation", None)
    return type(layer).__name__ == "Softmax" or getattr(activation, "__name__", "") == "softmax"


def rescales(found: list[Call]) -> bool:
    """Whether some layer scales raw inputs itself."""
    return any(call.kind in _RESCALERS for call in found)


def _weights(layer: Any) -> list[Any]:
    """A layer's weights; an operator of keras.ops in a graph has none."""
    return list(getattr(layer, "weights", ()))


def _is_model(layer: Any) -> bool:
    return isinstance(getattr(layer, "_nodes_by_depth", None), dict)


def _call(node: Any, prefix: str, makers: dict[int, str]) -> Call:
    layer = getattr(node, "operation", None) or node.layer
    if _is_nested_sequential(layer):
        layer = layer._functional
    takes = (makers.get(id(tensor), "") for tensor in _tensors(node, "input"))
    distinct = tuple(dict.fromkeys(name for name in takes if name))
    return Call(
        f"{prefix}{_layer_name(node)}", layer, _shapes(node, "input"), _shapes(node, "output"), distinct
    )


def _layer_name(node: Any) -> str:
    return str((getattr(node, "operation", None) or node.layer).name)


def _is_nested_sequential(layer: Any) -> bool:
    """A Keras 3 Sequential keeps its graph in a Functional of its own."""
    return type(layer).__name__ == "Sequential" and not _is_model(layer)


def _shapes(node: Any, side: str) -> tuple[Shape, ...]:
    return tuple(tuple(None if d is None else int(d) for d in t.shape) for t in _tensors(node, side))


def _tensors(node: Any, side: str) -> list[Any]:
    """A node's tensors: Keras 3 lists them, Keras 2 nests them."""
    if getattr(node, "operation", None) is None:
        return _flatten(node.keras_inputs if side == "input" else node.outputs)
    return list(getattr(node, f"{side}_tensors", None) or ())


def _flatten(nest: Any) -> list[Any]:
    if isinstance(nest, dict):
        return [leaf for key in sorted(nest) for leaf in _flatten(nest[key])]
    if isinstance(nest, list | tuple):
        return [leaf for item in nest for leaf in _flatten(item)]
    return [nest]


def _macs(layer: Any, inputs: tuple[Shape, ...], outputs: tuple[Shape, ...]) -> int | None:
    kind = type(layer).__name__
    if kind == "Bidirectional":
        both = [_macs(part, inputs, outputs) for part in (layer.forward_layer, layer.backward_layer)]
        return None if None in both else sum(count or 0 for count in both)
    if kind == "TimeDistributed":
        return _macs(layer.layer, inputs, outputs)
    kernels = [tuple(w.shape) for w in _weights(layer) if len(w.shape) > 1]
    if kind == "Embedding" or (not kernels and kind not in _UNKNOWN):
        return 0
    if kind == "MultiHeadAttention":
        return _attention([k for k in kernels if len(k) == 3], inputs)
    return _kernel_macs(kind, kernels, inputs, outputs)


def _kernel_macs(
    kind: str, kernels: list[tuple[int, ...]], inputs: tuple[Shape, ...], outputs: tuple[Shape, ...]
) -> int | None:
    """Each kernel value once for each place it is applied at."""
    weights = sum(math.prod(kernel) for kernel in kernels)
    if kind in _PER_POSITION:
        size = _elements(outputs[0])
        return None if size is None else size // _channels(kind, kernels) * weights
    if kind in _TRANSPOSED:
        size = _elements(inputs[0])
        return None if size is None else size // kernels[0][-1] * weights
    if kind in _RECURRENT and len(inputs[0]) == 3 and inputs[0][1] is not None:
        return inputs[0][1] * sum(math.prod(kernel) for kernel in kernels[:2])
    return None


def _channels(kind: str, kernels: list[tuple[int, ...]]) -> int:
    last = kernels[-1]
    return last[-1] * last[-2] if kind.startswith("Depthwise") else last[-1]


def _attention(kernels: list[tuple[int, ...]], inputs: tuple[Shape, ...]) -> int | None:
    """Projections of query, key, value and output, then scores and their weighted sum."""
    query, value = inputs[0][1], inputs[-1][1]
    if query is None or value is None or len(kernels) != 4 or any(len(shape) != 3 for shape in inputs):
        return None
    places = (query, value, value, query)
    projections = sum(n * math.prod(kernel) for n, kernel in zip(places, kernels, strict=True))
    key_size, value_size = math.prod(kernels[1][1:]), math.prod(kernels[2][1:])
    return projections + query * value * (key_size + value_size)


def _elements(shape: Shape) -> int | None:
    """How many values one sample has; None with a dynamic axis."""
    sizes = [d for d in shape[1:] if d is not None]
    return math.prod(sizes) if len(sizes) == len(shape) - 1 else None
