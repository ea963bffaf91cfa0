"""A SavedModel through its serving signature."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tflite_ui.core.errors import UnreadableModel, UnsupportedModel
from tflite_ui.core.loader import Shapes
from tflite_ui.core.model import TensorSpec
from tflite_ui.loaders import _convert

DEFAULT = "serving_default"
_BATCH = 32


@dataclass(frozen=True)
class Signature:
    """A loaded SavedModel (kept alive by ``root``) and its signature's ports.

    ``inputs`` and ``outputs`` carry plain names; ``keys`` and ``results`` are the signature's own.
    """

    root: Any
    function: Any
    keys: tuple[str, ...]
    results: tuple[str, ...]
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    parameters: int | None


def open_signature(folder: Path, name: str) -> Signature:
    """The one usable signature; raises UnreadableModel or UnsupportedModel."""
    root = _load(folder, name)
    function = _choose(dict(root.signatures), name)
    keys, inputs = _ports(function.structured_input_signature[1])
    results, outputs = _ports(function.structured_outputs)
    _convert.check_ports(inputs, "inputs")
    _convert.check_ports(outputs, "outputs")
    parameters = sum(math.prod(v.shape) for v in function.variables) or None
    return Signature(root, function, keys, results, inputs, outputs, parameters)


def to_float_tflite(signature: Signature, target: Path, shapes: Shapes) -> None:
    """Write the signature's float .tflite; raises ConversionFailed or UnsupportedModel."""
    import tensorflow as tf

    fixed = _convert.fixed_shapes(signature.inputs, shapes)
    specs = [
        tf.TensorSpec(shape, spec.dtype, name=spec.name)
        for spec, shape in zip(signature.inputs, fixed, strict=True)
    ]
    function = tf.function(lambda *tensors: _call(signature, tensors), input_signature=specs)
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [function.get_concrete_function()], signature.root
    )
    _convert.write_float(_convert.run_converter(converter), target, signature.inputs, signature.outputs)


def run(signature: Signature, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The signature's outputs by name, arrays [n, ...], in batches of 32 (1 where the batch is fixed)."""
    import numpy as np
    import tensorflow as tf

    given = [inputs[spec.name] for spec in signature.inputs]
    step = 1 if any(spec.shape[0] == 1 for spec in signature.inputs) else _BATCH
    parts = []
    for start in range(0, len(given[0]), step):
        batch = [
            tf.constant(array[start : start + step], spec.dtype)
            for spec, array in zip(signature.inputs, given, strict=True)
        ]
        parts.append({key: value.numpy() for key, value in _call(signature, batch).items()})
    return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]} if parts else {}


def _call(signature: Signature, tensors: Any) -> dict[str, Any]:
    found = signature.function(**dict(zip(signature.keys, tensors, strict=True)))
    names = (spec.name for spec in signature.outputs)
    return {name: found[key] for name, key in zip(names, signature.results, strict=True)}


def _load(folder: Path, name: str) -> Any:
    import tensorflow as tf

    try:
        return tf.saved_model.load(str(folder))
    except Exception as broken:
        lines = [line for line in str(broken).splitlines() if line.strip()]
        reason = lines[0][:240] if lines else type(broken).__name__
        raise UnreadableModel(
            f"{name} can't be loaded as a SavedModel: {reason}", "Export the model and zip the folder again."
        ) from broken


def _choose(signatures: dict[str, Any], name: str) -> Any:
    if DEFAULT in signatures:
        return signatures[DEFAULT]
    if len(signatures) == 1:
        return next(iter(signatures.values()))
    listed = f"several signatures: {', '.join(sorted(signatures))}" if signatures else "no signature"
    raise UnsupportedModel(
        f"{name} has {listed}; one called {DEFAULT} is needed.", "Export it with model.export()."
    )


def _ports(specs: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[TensorSpec, ...]]:
    """The signature's own names, and the ports under plain names."""
    names = _convert.port_names(specs)
    ports = [_spec(name, spec) for name, spec in zip(names, specs.values(), strict=True)]
    return tuple(specs), tuple(ports)


def _spec(name: str, spec: Any) -> TensorSpec:
    if spec.shape.rank is None:
        raise UnsupportedModel(f"'{name}' has no known number of axes.", "Export the model with its shapes.")
    return TensorSpec(name=name, shape=tuple(spec.shape.as_list()), dtype=spec.dtype.name)
