"""The ``.keras`` format: a zip of a configuration, metadata and weights."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from typing_extensions import override

from tflite_ui.core.loader import Loader, Shapes
from tflite_ui.core.model import ModelSource
from tflite_ui.loaders import _keras
from tflite_ui.loaders._config import parse_config, refuse_foreign
from tflite_ui.loaders._files import members, read_member

_MEMBERS = frozenset({"config.json", "metadata.json", "model.weights.h5"})
_TEXT_LIMIT = 64 * 2**20


class KerasFile(Loader):
    """A ``.keras`` of Keras 3, or of Keras 2.12 and later (which tf_keras reads)."""

    key: ClassVar[str] = "keras"
    title: ClassVar[str] = "a Keras file"
    suffixes: ClassVar[tuple[str, ...]] = (".keras",)

    @override
    def sniff(self, path: Path, name: str) -> bool:
        """A zip with the three members that Keras writes."""
        return set(members(path)) >= _MEMBERS

    def describe(self, path: Path, name: str) -> ModelSource:
        """Layers, weights and ports as Keras rebuilds them; ``keras_version`` is the file's own."""
        model, config = self._open(path, name)
        compiled = config.get("compile_config")
        return _keras.describe(model, path, name, self.key, _version(path, name), compiled)

    def load(self, path: Path) -> Any:
        """A keras.Model, or a tf_keras.Model for a file of Keras 2."""
        return self._open(path, path.name)[0]

    def keras_model(self, path: Path) -> Any | None:
        """The same."""
        return self.load(path)

    def to_float_tflite(self, path: Path, target: Path, shapes: Shapes) -> None:
        """Write the float .tflite, its batch 1 and its dynamic axes as in ``shapes``."""
        _keras.to_float_tflite(self.load(path), target, shapes)

    def reference_outputs(self, path: Path, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """What Keras itself answers."""
        return _keras.reference_outputs(self.load(path), inputs)

    def _open(self, path: Path, name: str) -> tuple[Any, dict[str, Any]]:
        """The model and its whole configuration."""
        keras = _keras.library(_version(path, name))
        config = parse_config(read_member(path, "config.json", _TEXT_LIMIT, name), name)
        refuse_foreign(config, _keras.layer_names(keras))
        with _keras.suffixed(path, ".keras") as file:
            open_model = partial(keras.models.load_model, file, compile=False, safe_mode=True)
            return _keras.guarded(open_model, name), config


def _version(path: Path, name: str) -> str | None:
    metadata = parse_config(read_member(path, "metadata.json", _TEXT_LIMIT, name), name)
    version = metadata.get("keras_version")
    return version if isinstance(version, str) else "3"
