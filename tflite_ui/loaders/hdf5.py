"""The ``.h5`` format of Keras 2 and Keras 3."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from typing_extensions import override

from tflite_ui.core.errors import UnreadableModel, UnsupportedModel
from tflite_ui.core.loader import Loader, Shapes
from tflite_ui.core.model import ModelSource
from tflite_ui.loaders import _keras
from tflite_ui.loaders._config import parse_config, refuse_foreign
from tflite_ui.loaders._files import damaged, head

_MAGIC = b"\x89HDF\r\n\x1a\n"
_ATTRIBUTES = ("model_config", "keras_version", "training_config")
_WEIGHT_GROUPS = frozenset({"vars", "layers", "_layer_checkpoint_dependencies"})


class Hdf5File(Loader):
    """A whole model in HDF5: tf_keras reads those of Keras 2, keras those of Keras 3."""

    key: ClassVar[str] = "h5"
    title: ClassVar[str] = "an HDF5 model"
    suffixes: ClassVar[tuple[str, ...]] = (".h5", ".hdf5")

    @override
    def sniff(self, path: Path, name: str) -> bool:
        """HDF5's signature."""
        return head(path, len(_MAGIC)) == _MAGIC

    def describe(self, path: Path, name: str) -> ModelSource:
        """Layers, weights and ports as Keras rebuilds them; ``keras_version`` is the file's own."""
        model, version, compiled = self._open(path, name)
        return _keras.describe(model, path, name, self.key, version, parse_config(compiled or "{}", name))

    def load(self, path: Path) -> Any:
        """A tf_keras.Model or a keras.Model, by the version that wrote the file."""
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

    def _open(self, path: Path, name: str) -> tuple[Any, str | None, str | None]:
        """The model, the Keras version that wrote it, and how it was compiled (JSON)."""
        config, version, compiled = _attributes(path, name)
        keras = _keras.library(version)
        refuse_foreign(parse_config(config, name), _keras.layer_names(keras))
        options = {"compile": False} | ({"safe_mode": True} if keras.__name__ == "keras" else {})
        with _keras.suffixed(path, ".h5") as file:
            model = _keras.guarded(lambda: keras.models.load_model(file, **options), name)
        return model, version, compiled


def _attributes(path: Path, name: str) -> tuple[str, str | None, str | None]:
    """The configuration (JSON), the Keras version and the compile configuration written in the file."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            found = {key: _text(file.attrs.get(key)) for key in _ATTRIBUTES}
            weights = "layer_names" in file.attrs or not _WEIGHT_GROUPS.isdisjoint(file)
    except (OSError, RuntimeError, KeyError, ValueError) as broken:
        raise damaged(name) from broken
    if found["model_config"] is None:
        raise _no_model(name, weights)
    return found["model_config"], found["keras_version"], found["training_config"]


def _no_model(name: str, weights: bool) -> UnreadableModel | UnsupportedModel:
    if weights:
        return UnsupportedModel(
            f"{name} holds weights alone, not the model they belong to.",
            "Save the whole model with model.save('model.keras') and upload that.",
        )
    return UnreadableModel(f"{name} is an HDF5 file, but not a Keras model.", "Choose the model's file.")


def _text(value: Any) -> str | None:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
