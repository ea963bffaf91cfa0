"""A zipped SavedModel, at the zip's root or one folder down."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

from typing_extensions import override

from tflite_ui.core.errors import TFLiteUIError
from tflite_ui.core.loader import Loader, Shapes
from tflite_ui.core.model import ModelSource
from tflite_ui.loaders import _convert, _signature
from tflite_ui.loaders._files import members, sha256_of, unpack
from tflite_ui.loaders._keras_metadata import keras_facts, keras_model

_GRAPH = "saved_model.pb"
_CONVERTED_WHEN_BELOW = 20_000_000
"""Weights up to which the model is converted to be described: about a second."""


class ZippedSavedModel(Loader):
    """TensorFlow's own format; it is used through its one serving signature."""

    key: ClassVar[str] = "saved_model"
    title: ClassVar[str] = "a zipped SavedModel"
    suffixes: ClassVar[tuple[str, ...]] = (".zip",)

    @override
    def sniff(self, path: Path, name: str) -> bool:
        """A zip with ``saved_model.pb`` at its root or one folder down."""
        return bool(_graphs(path))

    def describe(self, path: Path, name: str) -> ModelSource:
        """Ports from the signature; layers from Keras 2's metadata, else operators after conversion."""
        folder = self._unpack(path, name)
        signature = _signature.open_signature(folder, name)
        source = ModelSource(
            name=name,
            format=self.key,
            sha256=sha256_of(path),
            size_bytes=path.stat().st_size,
            inputs=signature.inputs,
            outputs=signature.outputs,
            parameters=signature.parameters,
            notes=_convert.notes_on(signature.inputs),
        )
        facts = keras_facts(folder, source) or _converted_facts(signature)
        return source.model_copy(update=facts)

    def load(self, path: Path) -> Any:
        """The folder of the unpacked SavedModel, in a temporary place."""
        return self._unpack(path, path.name)

    def keras_model(self, path: Path) -> Any | None:
        """The tf_keras.Model that Keras 2 wrote into it, where the signature tells of the same ports."""
        folder = self.load(path)
        signature = _signature.open_signature(folder, path.name)
        return keras_model(folder, path.name, signature)

    def to_float_tflite(self, path: Path, target: Path, shapes: Shapes) -> None:
        """Write the float .tflite of the signature, its batch 1 and its dynamic axes as in ``shapes``."""
        signature = _signature.open_signature(self.load(path), path.name)
        _signature.to_float_tflite(signature, target, shapes)

    def reference_outputs(self, path: Path, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """What the signature itself answers."""
        return _signature.run(_signature.open_signature(self.load(path), path.name), inputs)

    def _unpack(self, path: Path, name: str) -> Path:
        folder = unpack(path, name)
        return folder / PurePosixPath(_graphs(path)[0]).parent


def _graphs(path: Path) -> list[str]:
    paths = [PurePosixPath(name) for name in members(path)]
    found = [p for p in paths if p.name == _GRAPH and len(p.parts) <= 2]
    return [str(p) for p in sorted(found, key=lambda p: len(p.parts))]


def _converted_facts(signature: _signature.Signature) -> dict[str, Any]:
    """MACs, operators and the head as the float .tflite has them; nothing when it can't be made."""
    from tflite_ui.litert.flatbuffer import read
    from tflite_ui.litert.macs import macs
    from tflite_ui.loaders.tflite import ends_in_softmax, operators

    if (signature.parameters or 0) > _CONVERTED_WHEN_BELOW:
        return {}
    with tempfile.TemporaryDirectory(prefix="describe-") as folder:
        target = Path(folder) / "float.tflite"
        try:
            _signature.to_float_tflite(signature, target, {})
        except TFLiteUIError:
            return {}
        graph = read(target)
        return {"macs": macs(graph), "layers": operators(graph), "softmax_output": ends_in_softmax(graph)}
