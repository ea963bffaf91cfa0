"""Which channels can be scaled between the operators that make them and those that read them."""

from __future__ import annotations

import numpy as np
import pytest

from tflite_ui.litert.graph import Graph, Operator, Port, Tensor
from tflite_ui.litert.links import Link, links

SHAPE = (1, 4, 4, 8)
RNG = np.random.default_rng(1)


def value(*shape: int) -> Tensor:
    return Tensor("value", shape or SHAPE, shape or SHAPE, "float32")


def weights(*shape: int, dtype: str = "float32") -> Tensor:
    data = RNG.normal(size=shape).astype(np.float32).view(np.uint8).reshape(-1)
    return Tensor("weights", shape, shape, dtype, data)


def conv(taken: Tensor, kernel: Tensor | None = None, activation: str = "RELU") -> Operator:
    kernel = weights(8, 3, 3, 8) if kernel is None else kernel
    return Operator("CONV_2D", (taken, kernel, weights(8)), (value(),), activation=activation)


def over(
    name: str, *taken: Tensor, shape: tuple[int, ...] = SHAPE, constant: Tensor | None = None
) -> Operator:
    return Operator(name, (*taken, *((constant,) if constant else ())), (value(*shape),))


def graph(*operators: Operator) -> Graph:
    tensors = {id(t): t for op in operators for t in (*op.inputs, *op.outputs) if t is not None}
    ends = (Port("out", operators[-1].outputs[0]),)
    return Graph((Port("in", value()),), ends, tuple(tensors.values()), operators)


def chain(*names: str, activation: str = "RELU") -> Graph:
    """A convolution, the operators called ``names`` one after another, and a convolution."""
    made = [conv(value(), activation=activation)]
    for name in names:
        made.append(over(name, made[-1].outputs[0]))
    return graph(*made, conv(made[-1].outputs[0]))


@pytest.mark.parametrize("between", [(), ("MAX_POOL_2D",), ("LEAKY_RELU", "PAD"), ("RESIZE_BILINEAR",)])
def test_what_passes_a_factor_on_links(between: tuple[str, ...]) -> None:
    assert links(chain(*between)) == (Link(0, (len(between) + 1,)),)


@pytest.mark.parametrize("between", [("LOGISTIC",), ("SOFTMAX",), ("RELU6",), ("CONCATENATION",)])
def test_what_bends_or_mixes_channels_does_not(between: tuple[str, ...]) -> None:
    assert links(chain(*between)) == ()


def test_an_activation_of_its_own_decides() -> None:
    assert links(chain(activation="TANH")) == ()
    assert links(chain(activation="RELU6")) == (Link(0, (1,), clips=True),)


def test_all_readers_have_to_read() -> None:
    first = conv(value())
    one, other = conv(first.outputs[0]), conv(first.outputs[0])
    total = over("ADD", one.outputs[0], other.outputs[0])
    assert links(graph(first, one, other, total)) == (Link(0, (1, 2)),)
    skipped = over("ADD", first.outputs[0], one.outputs[0])
    assert links(graph(first, one, skipped)) == ()


def test_depthwise_layers_read_and_make() -> None:
    first = conv(value())
    deep = Operator("DEPTHWISE_CONV_2D", (first.outputs[0], weights(1, 3, 3, 8), weights(8)), (value(),))
    assert links(graph(first, deep, conv(deep.outputs[0]))) == (Link(0, (1,)), Link(1, (2,)))
    twice = Operator(
        "DEPTHWISE_CONV_2D", (first.outputs[0], weights(1, 3, 3, 16), None), (value(1, 4, 4, 16),)
    )
    assert links(graph(first, twice)) == ()


def test_a_dense_layer_reads_what_was_flattened_and_averaged() -> None:
    first = conv(value())
    flat = over("RESHAPE", first.outputs[0], shape=(1, 128))
    dense = Operator("FULLY_CONNECTED", (flat.outputs[0], weights(5, 128)), (value(1, 5),))
    assert links(graph(first, flat, dense)) == (Link(0, (2,)),)
    for axes, linked in (([1, 2], True), ([3], False)):
        axis = Tensor("axes", (len(axes),), (len(axes),), "int32", np.array(axes, np.int32).view(np.uint8))
        mean = over("MEAN", first.outputs[0], shape=(1, 8), constant=axis)
        dense = Operator("FULLY_CONNECTED", (mean.outputs[0], weights(5, 8)), (value(1, 5),))
        assert bool(links(graph(first, mean, dense))) == linked


def test_weights_that_others_use_stay_as_they_are() -> None:
    shared = weights(8, 3, 3, 8)
    first = conv(value(), shared)
    assert links(graph(first, conv(first.outputs[0], shared))) == ()
    first = conv(value())
    assert links(graph(first, conv(first.outputs[0], weights(8, 3, 3, 8, dtype="float16")))) == ()
