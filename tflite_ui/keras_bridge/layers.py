"""One layer made again in tf_keras: its configuration rewritten, its weights copied."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from typing_extensions import override

from tflite_ui.core.errors import UnsupportedModel
from tflite_ui.keras_bridge import operators
from tflite_ui.keras_bridge.replay import Making

SILENT = frozenset({"mask", "training"})
"""Call arguments that tf_keras finds by itself when they aren't set."""
HARMLESS = frozenset({"quantization_config", "use_cudnn", "seed", "synchronized", "lora_rank", "lora_alpha"})
RENAMED = {("LeakyReLU", "negative_slope"): "alpha"}
SHAPES_OF_ATTENTION = {"query_shape": None, "key_shape": None, "value_shape": None}
"""What tf_keras's MultiHeadAttention wants to find in its configuration."""
UNNAMED = frozenset({*SHAPES_OF_ATTENTION, "zero_output_for_mask"})
"""Settings that tf_keras takes and doesn't name among its parameters; the last is a recurrent layer's."""
WEIGHTLESS = ("_initializer", "_regularizer", "_constraint")
"""Ends of settings that matter only where weights are made or trained from nothing."""
FORMULAS = frozenset({"hard_silu", "hard_swish", "hard_sigmoid"})
"""Activations that tf_keras lacks, or has with other numbers."""


class Maker(Making):
    """Makes each layer once, however often it is called, and remembers where its weights come from."""

    def __init__(self) -> None:
        self._made: dict[int, Any] = {}
        self._pairs: list[tuple[Any, Any]] = []
        self._names: set[str] = set()

    @override
    def input(self, layer: Any, tensor: Any) -> Any:
        """A symbolic input of the same shape, dtype and name, its batch free."""
        import tf_keras

        name = self._name(str(tensor.name).split(":")[0])
        return tf_keras.Input(tuple(tensor.shape)[1:], dtype=_dtype(tensor.dtype), name=name)

    @override
    def call(self, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What the layer, made anew, answers; raises UnsupportedModel naming it."""
        kwargs = {key: value for key, value in kwargs.items() if _counts(layer, key, value)}
        if operators.is_operator(layer):
            return operators.call(layer, self._name(str(layer.name)), args, kwargs)
        try:
            return self._layer(layer)(*args, **kwargs)
        except (TypeError, ValueError, NotImplementedError) as refused:
            raise _unsupported(layer, _first_line(refused)) from refused

    @override
    def named(self, tensor: Any, name: str) -> Any:
        """``tensor`` itself when its layer is called ``name``, else passed through a layer that is."""
        import tf_keras

        made_by = tensor._keras_history.layer.name
        if made_by == name:
            return tensor
        return tf_keras.layers.Activation("linear", name=self._name(name))(tensor)

    def copy_weights(self) -> None:
        """Give every layer made the weights of the one it was made from; raises UnsupportedModel."""
        for old, new in self._pairs:
            weights = old.get_weights()
            if [w.shape for w in weights] != [w.shape for w in new.get_weights()]:
                raise _unsupported(old, "its weights have another form in Keras 2.")
            new.set_weights(weights)

    def _layer(self, layer: Any) -> Any:
        if id(layer) not in self._made:
            made = self._made[id(layer)] = self._make(layer)
            if type(layer).__name__ != "Normalization":
                self._pairs.append((layer, made.inner))
        return self._made[id(layer)]

    def _make(self, layer: Any) -> Made:
        import tf_keras

        kind = getattr(tf_keras.layers, type(layer).__name__, None)
        if kind is None or not type(layer).__module__.startswith(("keras.", "tf_keras.")):
            raise _unsupported(layer, "Keras 2, which trains it, has no such layer.")
        config = dict(layer.get_config())
        formula = str(config.get("activation")) if config.get("activation") in FORMULAS else ""
        if formula:
            config["activation"] = "linear"
        if type(layer).__module__.startswith("keras."):
            config = rewritten(config, type(layer), kind, layer)
        config["name"] = self._name(str(layer.name))
        made = kind.from_config(config)
        made.trainable = layer.trainable
        return Made(made, formula, self._name(f"{layer.name}_{formula}") if formula else "")

    def _name(self, name: str) -> str:
        """``name``, or with a number after it where it is taken."""
        found, number = name, 1
        while found in self._names:
            found, number = f"{name}_{number}", number + 1
        self._names.add(found)
        return found


def _counts(layer: Any, key: str, value: Any) -> bool:
    """Whether a call's argument says something.

    Keras 3 writes a layer's default of ``training`` into each call, and doesn't heed it: the model's own
    decides. tf_keras would heed it, and dropout would never happen.
    """
    if key == "training" and type(layer).__module__.startswith("keras."):
        return False
    return value is not None or key not in SILENT


class Made:
    """A layer of tf_keras, and the activation that has to follow it as a formula."""

    def __init__(self, inner: Any, formula: str, name: str) -> None:
        self.inner, self._formula, self._name = inner, formula, name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The layer's answer, activated."""
        answer = self.inner(*args, **kwargs)
        return operators.activated(answer, self._formula, self._name) if self._formula else answer


def rewritten(config: dict[str, Any], old: type, new: type, layer: Any) -> dict[str, Any]:
    """A Keras 3 configuration as tf_keras takes it; raises UnsupportedModel on what it would lose."""
    config = {
        RENAMED.get((old.__name__, key), key): _plain(value)
        for key, value in config.items()
        if not key.endswith(WEIGHTLESS)
    }
    if old.__name__ == "MultiHeadAttention":
        config |= SHAPES_OF_ATTENTION
    if old.__name__ == "Normalization":
        config |= _statistics(layer)
    known = _parameters(new) | UNNAMED
    lost = {key: value for key, value in config.items() if key not in known}
    for key, value in lost.items():
        if key not in HARMLESS and value not in (None, False, "channels_last", _default(old, key)):
            raise _unsupported(layer, f"Keras 2 has no setting {key}={value!r} for it.")
    return {key: value for key, value in config.items() if key in known}


def _plain(value: Any) -> Any:
    """A serialised object in the form of Keras 2: dtype policies by name, layers by class and settings."""
    if isinstance(value, dict) and value.get("class_name") == "DTypePolicy":
        return value["config"]["name"]
    if isinstance(value, dict) and isinstance(value.get("config"), dict) and "class_name" in value:
        return _plain_layer(value)
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _plain_layer(value: dict[str, Any]) -> dict[str, Any]:
    import keras
    import tf_keras

    name, config = value["class_name"], value["config"]
    old, new = (getattr(library.layers, name, None) for library in (keras, tf_keras))
    if old is not None and new is not None:
        config = rewritten(config, old, new, old.from_config(config))
    return {"class_name": name, "config": config}


def _statistics(layer: Any) -> dict[str, Any]:
    """The mean and variance that a Normalization layer has learnt, one for each kept axis."""
    mean, variance = (np.asarray(value, np.float32) for value in (layer.mean, layer.variance))
    return {"mean": np.squeeze(mean).tolist(), "variance": np.squeeze(variance).tolist()}


def _parameters(kind: type) -> set[str]:
    names: set[str] = {"name", "trainable", "dtype"}
    for base in kind.__mro__:
        if "__init__" in vars(base) and base is not object:
            names |= set(inspect.signature(base.__init__).parameters)  # type: ignore[misc]
    return names - {"self", "args", "kwargs"}


def _default(kind: type, key: str) -> Any:
    parameter = inspect.signature(kind.__init__).parameters.get(key)  # type: ignore[misc]
    return parameter.default if parameter else None


def _dtype(dtype: Any) -> str:
    import tensorflow as tf

    return str(tf.as_dtype(dtype).name)


def _first_line(problem: Exception) -> str:
    text = next((line.strip() for line in str(problem).splitlines() if line.strip()), type(problem).__name__)
    return text if len(text) <= 200 else f"{text[:200]}..."


def _unsupported(layer: Any, reason: str) -> UnsupportedModel:
    return UnsupportedModel(
        f"Layer '{layer.name}' ({type(layer).__name__}) can't be trained here: {reason}",
        "Replace it by another layer, or choose conversions without training.",
    )
