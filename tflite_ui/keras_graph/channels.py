"""Which channels of which layers belong together, found by following every tensor's channels.

Each layer that makes channels (a convolution, a dense or recurrent layer, an embedding) gives each of them a
number. Layers that keep channels apart hand the numbers on; adding or multiplying tensors ties numbers
together; concatenation puts them side by side, flattening repeats them. What leaves the model, what enters
it and what goes through a layer not known here is locked. (After the coupling of structures in DepGraph, Fang
et al., 2023, https://arxiv.org/abs/2301.12900, at the level of single channels.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tflite_ui.keras_bridge.operators import is_operator
from tflite_ui.keras_bridge.replay import Call, calls
from tflite_ui.keras_graph.arrays import Indices
from tflite_ui.keras_graph.neighbours import tensors
from tflite_ui.keras_graph.recurrent import given, is_recurrent, units
from tflite_ui.keras_graph.slicing import inner

KEEPING = frozenset(
    {
        "BatchNormalization", "Activation", "ReLU", "LeakyReLU", "ELU", "PReLU", "ThresholdedReLU", "Dropout",
        "SpatialDropout1D", "SpatialDropout2D", "GaussianNoise", "GaussianDropout", "MaxPooling1D",
        "MaxPooling2D", "AveragePooling1D", "AveragePooling2D", "GlobalAveragePooling1D",
        "GlobalAveragePooling2D", "GlobalMaxPooling1D", "GlobalMaxPooling2D", "ZeroPadding1D",
        "ZeroPadding2D", "Rescaling", "Cropping1D", "Cropping2D", "UpSampling1D", "UpSampling2D",
    }
)  # fmt: skip
"""Layers that give each channel of what they take, and nothing of the others."""
MAKING = frozenset({"Conv1D", "Conv2D", "Conv2DTranspose", "SeparableConv2D", "Dense", "Embedding"})
MERGING = frozenset({"Add", "Subtract", "Multiply", "Maximum", "Minimum", "Average"})
MERGING_OPERATORS = frozenset(
    {"math.add", "math.subtract", "math.multiply", "math.divide", "__operators__.add", "math.maximum"}
    | {"__operators__.mul", "__operators__.sub", "math.minimum"}
)


@dataclass
class Channels:
    """Each tensor's channels by number, the numbers tied together, and those locked."""

    tensors: dict[int, Indices] = field(default_factory=dict)
    taken: dict[str, Indices] = field(default_factory=dict)
    """What each layer takes, by name."""
    made: dict[str, Indices] = field(default_factory=dict)
    """What each layer that makes channels gives, by name."""
    locked: dict[int, str] = field(default_factory=dict)
    """Numbers (roots) that must stay, and why."""
    parents: list[int] = field(default_factory=list)

    def new(self, count: int) -> Indices:
        """Fresh numbers."""
        start = len(self.parents)
        self.parents.extend(range(start, start + count))
        return np.arange(start, start + count)

    def root(self, number: int) -> int:
        """The number that stands for all tied to this one."""
        while self.parents[number] != number:
            self.parents[number] = self.parents[self.parents[number]]
            number = self.parents[number]
        return number

    def tie(self, first: Indices, second: Indices) -> None:
        """Tie two tensors' channels one by one; a lock holds for both."""
        for a, b in zip(first, second, strict=True):
            x, y = self.root(int(a)), self.root(int(b))
            if x != y:
                self.parents[y] = x
                if y in self.locked:
                    self.locked.setdefault(x, self.locked[y])

    def lock(self, numbers: Iterable[int], reason: str) -> None:
        """Keep these for good."""
        for number in numbers:
            self.locked.setdefault(self.root(int(number)), reason)

    def roots(self, numbers: Indices) -> Indices:
        """Each number's root."""
        return np.array([self.root(int(number)) for number in numbers], np.intp)


def follow(model: Any) -> Channels:
    """The channels of a flat functional tf_keras model."""
    found = Channels()
    for tensor in model.inputs:
        found.tensors[id(tensor)] = found.new(int(tensor.shape[-1] or 1))
        found.lock(found.tensors[id(tensor)], "it comes in from outside")
    for call in calls(model):
        _rule(call)(found, call)
    for tensor in model.outputs:
        found.lock(found.tensors[id(tensor)], "it is an output")
    return found


Rule = Callable[[Channels, Call], None]


def _rule(call: Call) -> Rule:
    layer, kind = call.layer, type(call.layer).__name__
    if is_operator(layer):
        known = str(layer.get_config().get("function")) in MERGING_OPERATORS
        return _merge if known else _unknown
    if is_recurrent(layer):
        return _make if _is_free(call) else _unknown
    if type(inner(layer)).__name__ in MAKING and _is_plain(inner(layer)):
        return _make
    if kind == "DepthwiseConv2D":
        return _depthwise
    if kind == "Reshape":
        return _reshape
    rules: dict[str, Rule] = {"Concatenate": _concatenate, "Flatten": _flatten}
    return _keep if kind in KEEPING else _merge if kind in MERGING else rules.get(kind, _unknown)


def _is_free(call: Call) -> bool:
    """Whether a recurrent layer's state comes and goes nowhere else; a mask may be given."""
    states = [tensor for tensor in tensors(call)[1:] if tensor is not call.kwargs.get("mask")]
    return not states and len(call.outputs) == 1


def _is_plain(layer: Any) -> bool:
    return getattr(layer, "groups", 1) == 1 and _multiplier(layer) == 1


def _multiplier(layer: Any) -> int:
    return int(getattr(layer, "depth_multiplier", 1))


def _make(found: Channels, call: Call) -> None:
    layer = call.layer
    _take(found, call)
    if layer.name not in found.made:
        size = units(layer) if is_recurrent(layer) else int(call.outputs[0].shape[-1])
        found.made[layer.name] = found.new(size)
    made = found.made[layer.name]
    found.tensors[id(call.outputs[0])] = given(layer, made) if is_recurrent(layer) else made


def _keep(found: Channels, call: Call) -> None:
    found.tensors[id(call.outputs[0])] = _take(found, call)


def _take(found: Channels, call: Call) -> Indices:
    """What a layer takes; of one that is called twice, what it takes each time is tied."""
    taken = found.tensors[id(tensors(call)[0])]
    if call.layer.name in found.taken:
        found.tie(found.taken[call.layer.name], taken)
    found.taken[call.layer.name] = taken
    return taken


def _depthwise(found: Channels, call: Call) -> None:
    _keep(found, call)
    taken = found.taken[call.layer.name]
    found.tensors[id(call.outputs[0])] = np.repeat(taken, _multiplier(call.layer))


def _merge(found: Channels, call: Call) -> None:
    """Tie all operands that have the result's channels; one with a single channel is spread over them."""
    size = int(call.outputs[0].shape[-1])
    operands = [found.tensors[id(tensor)] for tensor in tensors(call)]
    whole = [numbers for numbers in operands if len(numbers) == size]
    for other in whole[1:]:
        found.tie(whole[0], other)
    found.tensors[id(call.outputs[0])] = whole[0]


def _concatenate(found: Channels, call: Call) -> None:
    axis, rank = call.layer.axis, len(call.outputs[0].shape)
    operands = [found.tensors[id(tensor)] for tensor in tensors(call)]
    if axis % rank == rank - 1:
        found.tensors[id(call.outputs[0])] = np.concatenate(operands)
    else:
        _merge(found, call)


def _flatten(found: Channels, call: Call) -> None:
    taken = found.tensors[id(tensors(call)[0])]
    found.tensors[id(call.outputs[0])] = np.tile(taken, int(call.outputs[0].shape[-1]) // len(taken))


def _reshape(found: Channels, call: Call) -> None:
    """Only what moves channels to [1, ..., 1, channels] or back is followed."""
    before, after = tensors(call)[0].shape[1:], call.outputs[0].shape[1:]
    if before[-1] == after[-1] and {*before[:-1], *after[:-1]} <= {1}:
        _keep(found, call)
    else:
        _unknown(found, call)


def _unknown(found: Channels, call: Call) -> None:
    reason = f"'{call.layer.name}' ({type(call.layer).__name__}) mixes its channels"
    for tensor in tensors(call):
        found.lock(found.tensors[id(tensor)], reason)
    for tensor in call.outputs:
        size = int(tensor.shape[-1] or 1) if len(tensor.shape) else 1
        found.tensors[id(tensor)] = found.new(size)
        found.lock(found.tensors[id(tensor)], reason)
