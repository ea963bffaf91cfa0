"""Calling every layer of a model once more, in order, on symbolic tensors of tf_keras."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from tflite_ui.core.errors import UnsupportedModel


@dataclass(frozen=True, eq=False)
class Call:
    """One call of a layer (or operator): its arguments, and the tensors that came out."""

    layer: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    outputs: tuple[Any, ...]


class Making(Protocol):
    """What makes a layer's call in tf_keras."""

    def input(self, layer: Any, tensor: Any) -> Any:
        """A symbolic input like ``tensor``."""

    def call(self, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What ``layer`` made anew answers to these arguments; raises UnsupportedModel."""

    def named(self, tensor: Any, name: str) -> Any:
        """``tensor``, made by a layer called ``name``."""


def replay(model: Any, making: Making) -> Any:
    """The flat functional tf_keras model of ``model``."""
    import tf_keras

    inner = _functional(model)
    inputs = {id(tensor): making.input(model, tensor) for tensor in inner.inputs}
    known = _run(inner, dict(inputs), making)
    names = [str(name) for name in inner.output_names]
    outputs = [making.named(known[id(t)], n) for t, n in zip(inner.outputs, names, strict=True)]
    return tf_keras.Model(list(inputs.values()), outputs, name=str(model.name))


def calls(model: Any) -> Iterator[Call]:
    """The calls in a functional model, inputs left out, each after those whose tensors it takes."""
    for depth in sorted(model._nodes_by_depth, reverse=True):
        for node in model._nodes_by_depth[depth]:
            call = _call(node)
            if type(call.layer).__name__ != "InputLayer":
                yield call


def _run(model: Any, known: dict[int, Any], making: Making) -> dict[int, Any]:
    for call in calls(model):
        args, kwargs = _swapped(call.args, known), _swapped(call.kwargs, known)
        found = (
            _nested(call, args, making) if _is_model(call.layer) else making.call(call.layer, args, kwargs)
        )
        for before, after in zip(call.outputs, _flat(found), strict=True):
            known[id(before)] = after
    return known


def _nested(call: Call, args: tuple[Any, ...], making: Making) -> list[Any]:
    """The outputs of a model called inside another, replayed in its place."""
    inner = _functional(call.layer)
    given = {id(tensor): value for tensor, value in zip(inner.inputs, _flat(args), strict=True)}
    known = _run(inner, given, making)
    return [known[id(tensor)] for tensor in inner.outputs]


def _call(node: Any) -> Call:
    """A node of either Keras as a Call."""
    if type(node).__module__.startswith("tf_keras"):
        args, kwargs = tuple(node.call_args), dict(node.call_kwargs)
        return Call(node.layer, args, kwargs, tuple(_flat(node.outputs)))
    arguments = node.arguments
    return Call(node.operation, tuple(arguments.args), dict(arguments.kwargs), tuple(node.output_tensors))


def _functional(model: Any) -> Any:
    """The functional model inside; raises UnsupportedModel for a subclassed or unbuilt one."""
    inner = getattr(model, "_functional", None) or model
    if not getattr(inner, "_nodes_by_depth", None) or not inner.inputs:
        raise UnsupportedModel(
            f"'{model.name}' is a subclassed or unbuilt model, whose layers can't be followed.",
            "Rebuild it with the functional API, or choose conversions without training.",
        )
    return inner


def _is_model(layer: Any) -> bool:
    return any(kind.__name__ == "Model" for kind in type(layer).__mro__)


def _swapped(value: Any, known: dict[int, Any]) -> Any:
    """``value`` with every tensor that is known replaced."""
    if id(value) in known:
        return known[id(value)]
    if isinstance(value, dict):
        return {key: _swapped(item, known) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_swapped(item, known) for item in value)
    return value


def _flat(value: Any) -> list[Any]:
    """The tensors in nested lists, tuples and dicts."""
    if isinstance(value, dict):
        return [tensor for item in value.values() for tensor in _flat(item)]
    if isinstance(value, list | tuple):
        return [tensor for item in value for tensor in _flat(item)]
    return [] if value is None else [value]
