"""Which format a file is: its bytes decide, and a wrong name is said plainly."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tflite_ui.core.errors import TFLiteUIError, UnreadableModel, UnsupportedModel
from tflite_ui.loaders import accepted_suffixes, find_loader, loaders

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def test_the_formats_there_are() -> None:
    assert list(loaders()) == ["h5", "keras", "saved_model", "tflite"]
    assert accepted_suffixes() == (".h5", ".hdf5", ".keras", ".tflite", ".zip")
    assert not loaders()["tflite"].tensorflow


def test_finding_and_fitting_import_nothing_heavy() -> None:
    """The web process does both."""
    code = (
        "import sys; import tflite_ui.datasets.fit; from tflite_ui.loaders import loaders; loaders();"
        "heavy = {'tensorflow', 'keras', 'tf_keras', 'h5py', 'ai_edge_litert'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("cat.keras", PNG, "isn't a Keras file, as its name says, but a PNG image"),
        ("cat.h5", PNG, "isn't an HDF5 model, as its name says, but a PNG image"),
        ("cat.zip", b"%PDF-1.4" + bytes(20), "a PDF document"),
        ("cat.tflite", b"hello there, reader", "isn't a TensorFlow Lite file, as its name says"),
        ("cat.png", PNG, "isn't a model this app knows: it is a PNG image"),
        ("empty.keras", b"", "is empty"),
        ("cut.keras", b"PK\x03\x04" + bytes(30), "damaged or cut short"),
    ],
)
def test_wrong_files(name: str, content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "blob"
    path.write_bytes(content)
    with pytest.raises(UnreadableModel, match=words) as refused:
        find_loader(path, name)
    assert refused.value.message.startswith(name)
    assert refused.value.hint


@pytest.mark.parametrize("name", ["m.onnx", "m.pt", "M.PTH", "m.safetensors", "m.pb", "m.pkl"])
def test_formats_not_taken_yet_come_with_a_way(name: str, tmp_path: Path) -> None:
    path = tmp_path / "blob"
    path.write_bytes(b"\x08\x07 anything")
    with pytest.raises(UnsupportedModel, match="isn't supported yet") as refused:
        find_loader(path, name)
    assert len(refused.value.hint) > 20


def test_a_zip_of_other_things(tmp_path: Path) -> None:
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/b/c/saved_model.pb", b"too deep")
    with pytest.raises(UnreadableModel, match="isn't a zipped SavedModel"):
        find_loader(path, path.name)


SUFFIXES = [".keras", ".h5", ".zip", ".tflite", ".bin", ""]


@settings(deadline=None)
@given(content=st.binary(max_size=64), suffix=st.sampled_from(SUFFIXES))
def test_no_bytes_break_it(content: bytes, suffix: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("any") / "blob"
    path.write_bytes(content)
    try:
        assert find_loader(path, f"any{suffix}").key in loaders()
    except TFLiteUIError as refused:
        assert refused.hint  # noqa: PT017
