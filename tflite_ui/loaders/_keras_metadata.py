"""What Keras 2 wrote beside a SavedModel: used when the model in it can be rebuilt without foreign code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tflite_ui.core.errors import TFLiteUIError
from tflite_ui.core.model import ModelSource
from tflite_ui.loaders import _keras, _layers
from tflite_ui.loaders._config import parse_config, refuse_foreign
from tflite_ui.loaders._signature import Signature

_FILE = "keras_metadata.pb"
_CLASSES = "_tf_keras_"


def keras_facts(folder: Path, source: ModelSource) -> dict[str, Any]:
    """Layers, MACs, head and Keras version; none without metadata or with code of the file's own.

    Then nothing is lost: the signature is all that conversion needs.
    """
    path = folder / _FILE
    if not path.is_file():
        return {}
    try:
        version = _check(path)
        model = _keras.guarded(lambda: _open(folder), source.name)
        flat = _keras.flat(model)
        found = list(_layers.calls(flat))
    except TFLiteUIError as refused:
        return {"notes": (*source.notes, f"Its Keras layers aren't read: {refused.message}")}
    return {
        "parameters": flat.count_params(),
        "macs": _layers.macs(found),
        "keras_version": version,
        "layers": _layers.describe_layers(found),
        "softmax_output": _keras.ends_in_softmax(found, _keras.output_specs(flat)),
        "rescales_input": _layers.rescales(found),
    }


def keras_model(folder: Path, name: str, signature: Signature) -> Any | None:
    """The tf_keras.Model; None without metadata, with foreign code, or with ports named otherwise."""
    if not (folder / _FILE).is_file():
        return None
    try:
        _check(folder / _FILE)
        model = _keras.flat(_keras.guarded(lambda: _open(folder), name))
    except TFLiteUIError:
        return None
    pairs = (_keras.input_specs(model), signature.inputs), (_keras.output_specs(model), signature.outputs)
    same = all({spec.name for spec in own} == {spec.name for spec in said} for own, said in pairs)
    return model if same else None


def _open(folder: Path) -> Any:
    import tf_keras

    return tf_keras.models.load_model(str(folder), compile=False)


def _check(path: Path) -> str | None:
    """The Keras version; raises UnsupportedModel when a layer is custom or a Lambda."""
    import tf_keras
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
    from tf_keras.protobuf.saved_metadata_pb2 import SavedMetadata

    metadata = SavedMetadata()
    try:
        metadata.ParseFromString(path.read_bytes())
    except DecodeError:
        return None
    version = None
    for node in metadata.nodes:
        if node.identifier.startswith(_CLASSES) and node.metadata:
            config = parse_config(node.metadata, path.name)
            version = version or config.get("keras_version")
            if node.identifier not in ("_tf_keras_metric",) and "class_name" in config:
                refuse_foreign(config, _keras.layer_names(tf_keras))
    return version
