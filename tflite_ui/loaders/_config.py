"""Reading a saved Keras configuration before any of it is built: what would run foreign code is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tflite_ui.core.errors import UnreadableModel, UnsupportedModel

_OURS = frozenset({"keras", "tf_keras"})
_MODELS = frozenset({"Functional", "Model", "Sequential"})
_SAFE_TF = (
    "math.",
    "nn.",
    "__operators__.",
    "linalg.",
    "image.",
    "signal.",
    "compat.v1.nn.",
    "compat.v1.transpose",
    "compat.v1.squeeze",
    "keras.activations.",
    "keras.backend.",
)
_SAFE_TF_NAMES = frozenset(
    {
        "abs",
        "add",
        "argmax",
        "broadcast_to",
        "cast",
        "clip_by_value",
        "concat",
        "convert_to_tensor",
        "exp",
        "expand_dims",
        "gather",
        "identity",
        "matmul",
        "maximum",
        "minimum",
        "multiply",
        "ones_like",
        "pad",
        "pow",
        "range",
        "reduce_mean",
        "reduce_sum",
        "repeat",
        "reshape",
        "reverse",
        "shape",
        "sigmoid",
        "slice",
        "split",
        "sqrt",
        "square",
        "squeeze",
        "stack",
        "strided_slice",
        "subtract",
        "tanh",
        "tile",
        "transpose",
        "unstack",
        "where",
        "zeros_like",
    }
)
_SKIPPED = frozenset({"compile_config", "training_config", "build_config"})


def parse_config(text: bytes | str, name: str) -> dict[str, Any]:
    """The configuration as a dict; raises UnreadableModel."""
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as broken:
        raise UnreadableModel(f"{name}: its configuration isn't JSON.", "Save the model again.") from broken
    if not isinstance(config, dict):
        raise UnreadableModel(f"{name}: its configuration isn't a model's.", "Save the model again.")
    return config


def refuse_foreign(config: dict[str, Any], known: frozenset[str]) -> None:
    """Raises UnsupportedModel for a Lambda, a custom layer or a custom function, by its name.

    ``known`` holds the names of the library's own layers.
    """
    for item in _objects(config, ""):
        _check_object(*item)
    for layer in _layers(config):
        _check_layer(layer, known)


def _objects(node: Any, owner: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Every serialised object below ``node``, with the name of the layer it belongs to."""
    stack = [(node, owner)]
    while stack:
        item, owner = stack.pop()
        if isinstance(item, list):
            stack.extend((child, owner) for child in item)
        elif isinstance(item, dict):
            owner = _name_of(item) or owner
            if isinstance(item.get("class_name"), str):
                yield item, owner
            stack.extend((child, owner) for key, child in item.items() if key not in _SKIPPED)


def _name_of(item: dict[str, Any]) -> str:
    inner = item.get("config")
    name = inner.get("name") if isinstance(inner, dict) else None
    return name if isinstance(name, str) else ""


def _check_object(item: dict[str, Any], owner: str) -> None:
    kind, module = item["class_name"], item.get("module")
    if kind in ("Lambda", "__lambda__"):
        raise UnsupportedModel(
            f"Layer '{owner}' is a Lambda: it would run Python code from the file.",
            "Replace it by a built-in layer or keras.ops, or export the model as a SavedModel.",
        )
    registered = item.get("registered_name")
    foreign = isinstance(module, str) and module.split(".")[0] not in _OURS
    custom = isinstance(registered, str) and ">" in registered and not registered.startswith("keras")
    if custom or (foreign and (module != "builtins" or kind == "function")):
        raise _custom(kind if kind != "function" else str(item.get("config")), owner)


def _layers(config: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The serialised layers: members of any ``layers`` list, and wrapped ones."""
    yield config
    stack: list[Any] = [config]
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            stack.extend(item)
        elif isinstance(item, dict):
            held = item.get("layers")
            found = [*(held if isinstance(held, list) else []), item.get("layer"), item.get("backward_layer")]
            yield from (f for f in found if isinstance(f, dict) and isinstance(f.get("class_name"), str))
            stack.extend(child for key, child in item.items() if key not in _SKIPPED)


def _check_layer(layer: dict[str, Any], known: frozenset[str]) -> None:
    kind = layer.get("class_name")
    owner = _name_of(layer) or str(layer.get("name") or kind)
    if kind in ("TFOpLambda", "SlicingOpLambda"):
        _check_operation(layer, owner)
    elif not layer.get("module") and kind not in known | _MODELS:
        raise _custom(str(kind), owner)


def _check_operation(layer: dict[str, Any], owner: str) -> None:
    inner = layer.get("config")
    function = str(inner.get("function")) if isinstance(inner, dict) else ""
    if not function.startswith(_SAFE_TF) and function not in _SAFE_TF_NAMES:
        raise UnsupportedModel(
            f"Layer '{owner}' calls tf.{function}, which isn't taken from a file.",
            "Export the model as a SavedModel, zip the folder and upload the zip.",
        )


def _custom(kind: str, owner: str) -> UnsupportedModel:
    return UnsupportedModel(
        f"'{kind}' (in '{owner}') is custom code that isn't in the file.",
        "Export the model as a SavedModel with model.export(), zip the folder and upload the zip.",
    )
