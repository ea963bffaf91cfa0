"""Input formats, one file each, and finding the one that a file is of."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tflite_ui.core.errors import UnreadableModel, UnsupportedModel
from tflite_ui.core.loader import Loader, Shapes
from tflite_ui.core.registry import discover

_MAGIC = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x80", "a Python pickle"),
    (b"<", "a web page or XML"),
    (b"{", "a JSON text"),
)
_EXPORTS = {
    ".onnx": ("ONNX", "Convert it with onnx2tf to a SavedModel, zip that folder and upload the zip."),
    ".pt": ("PyTorch", "Convert it with litert-torch to a .tflite and upload that."),
    ".pth": ("PyTorch", "Convert it with litert-torch to a .tflite and upload that."),
    ".pt2": ("PyTorch", "Convert it with litert-torch to a .tflite and upload that."),
    ".safetensors": ("Safetensors", "It holds weights alone: use model.save('model.keras')."),
    ".pb": ("a frozen graph or part of a SavedModel", "Zip the whole SavedModel folder and upload the zip."),
    ".pkl": ("pickle", "Save the model with model.save('model.keras')."),
}


@cache
def loaders() -> dict[str, Loader]:
    """Every input format, by key."""
    return discover(__name__, Loader)  # type: ignore[type-abstract]


def accepted_suffixes() -> tuple[str, ...]:
    """What the names of model files may end with, e.g. ``.keras``."""
    return tuple(sorted({suffix for loader in loaders().values() for suffix in loader.suffixes}))


def find_loader(path: Path, name: str) -> Loader:
    """The format of the file at ``path``, uploaded as ``name``: by its bytes, then by its name.

    Raises UnreadableModel for an empty file and one that isn't what its name says, and
    UnsupportedModel (with the way to export it) for a format that isn't taken.
    """
    if not path.is_file():
        raise UnreadableModel(f"{name} isn't a file.", "Choose a model file; zip a SavedModel folder first.")
    if path.stat().st_size == 0:
        raise UnreadableModel(f"{name} is empty.", "Choose the file again.")
    for loader in loaders().values():
        if loader.sniff(path, name):
            return loader
    raise _unknown(path, name)


def _unknown(path: Path, name: str) -> UnreadableModel | UnsupportedModel:
    suffix = Path(name).suffix.lower()
    if suffix in _EXPORTS:
        kind, hint = _EXPORTS[suffix]
        return UnsupportedModel(f"{name} is {kind}, which isn't supported yet.", hint)
    found = _what(path)
    expected = next((item for item in loaders().values() if suffix in item.suffixes), None)
    if expected and _could_be(path, suffix, found):
        return UnreadableModel(f"{name} is damaged or cut short.", "Copy or download the file again.")
    if expected:
        text = f"{name} isn't {expected.title}, as its name says" + (f", but {found}." if found else ".")
        return UnreadableModel(text, "Choose the model file itself.")
    text = f"{name} isn't a model this app knows" + (f": it is {found}." if found else ".")
    return UnreadableModel(text, f"Choose one of: {', '.join(accepted_suffixes())}.")


def _what(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(16)
    return next((words for magic, words in _MAGIC if head.startswith(magic)), "")


def _could_be(path: Path, suffix: str, found: str) -> bool:
    """Whether the file begins as its name says, so that the rest must be what is wrong."""
    if suffix in (".keras", ".zip"):
        return found == "a zip archive" and not zipfile.is_zipfile(path)
    return path.stat().st_size < 8 and suffix == ".tflite" and not found


def write_float(model: Any, target: Path, shapes: Shapes) -> None:
    """Write the float .tflite of a Keras model of either version; raises ConversionFailed."""
    from tflite_ui.loaders._keras import to_float_tflite

    to_float_tflite(model, target, shapes)


def answers(model: Any, inputs: Mapping[str, Any], batch_size: int = 32) -> dict[str, Any]:
    """A Keras model's own outputs by name, float [n, ...], for ``inputs`` by name, [n, ...]."""
    from tflite_ui.loaders._keras import reference_outputs

    return reference_outputs(model, inputs, batch_size)
