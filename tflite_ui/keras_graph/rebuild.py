"""A model built once more with some layers changed or left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from typing_extensions import override

from tflite_ui.keras_bridge.operators import is_operator
from tflite_ui.keras_bridge.replay import Making, replay
from tflite_ui.keras_graph.arrays import Array


@dataclass(frozen=True)
class Changes:
    """By layer name: settings to replace, weights to set instead of the old ones, and layers to leave out.

    A layer left out hands on its first input. Layers in ``fresh`` keep the weights they are born with.
    ``names`` calls layers and inputs otherwise; ``around`` makes what is called in a layer's place of it.
    """

    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    weights: Mapping[str, list[Array]] = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    fresh: frozenset[str] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)
    around: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)

    def name(self, name: str) -> str:
        """What the layer or input ``name`` is to be called."""
        return self.names.get(name, name)


def rebuild(model: Any, changes: Changes) -> Any:
    """``model`` with ``changes``; everything else, weights included, as it was."""
    rebuilder = _Rebuilder(changes)
    made = replay(model, rebuilder)
    rebuilder.set_weights()
    return made


class _Rebuilder(Making):
    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._made: dict[str, tuple[Any, Any]] = {}
        self._called: dict[str, Any] = {}

    @override
    def input(self, layer: Any, tensor: Any) -> Any:
        import tf_keras

        name = self._changes.name(str(tensor.name).split(":")[0])
        return tf_keras.Input(tuple(tensor.shape)[1:], dtype=tensor.dtype, name=name)

    @override
    def call(self, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if layer.name in self._changes.without:
            return args[0]
        if is_operator(layer):
            return layer.function(*args, **kwargs)
        return self._layer(layer)(*args, **kwargs)

    @override
    def named(self, tensor: Any, name: str) -> Any:
        import tf_keras

        name = self._changes.name(name)
        if tensor._keras_history.layer.name == name:
            return tensor
        return tf_keras.layers.Activation("linear", name=name)(tensor)

    def set_weights(self) -> None:
        for name, (old, new) in self._made.items():
            if name not in self._changes.fresh:
                new.set_weights(self._changes.weights.get(name, old.get_weights()))

    def _layer(self, layer: Any) -> Any:
        if layer.name not in self._made:
            config = {**layer.get_config(), **self._changes.settings.get(layer.name, {})}
            config["name"] = self._changes.name(layer.name)
            made = type(layer).from_config(config)
            made.trainable = layer.trainable
            self._made[layer.name] = layer, made
            around = self._changes.around.get(layer.name)
            self._called[layer.name] = around(made) if around else made
        return self._called[layer.name]
