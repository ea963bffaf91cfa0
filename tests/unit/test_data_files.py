"""Reading data files: spellings, chunks, and everything that isn't plain numbers."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tflite_ui.core.errors import TFLiteUIError, TooLarge, UnreadableData
from tflite_ui.datasets import read
from tflite_ui.datasets.read import open_data


def save(path: Path, **arrays: Any) -> Path:
    np.savez_compressed(path, **arrays)
    return path


@pytest.mark.parametrize(
    ("keys", "inputs", "apart", "labels"),
    [
        (["x"], ["x"], [], False),
        (["x", "y"], ["x"], [], True),
        (["x_test", "y_test"], ["x"], [], True),
        (["images", "labels"], ["x"], [], True),
        (["X", "Y"], ["x"], [], True),
        (["x", "y", "x_calibration"], ["x"], ["x"], True),
        (["images", "images_calibration"], ["x"], ["x"], False),
        (["x_train", "y_train", "x_test", "y_test"], ["x"], ["x"], True),
        (["x_train", "y_train"], ["x"], [], True),
        (["image", "y"], ["image"], [], True),
        (["image", "data", "labels"], ["data", "image"], [], True),
        (["a", "b", "a_calibration", "b_calibration"], ["a", "b"], ["a", "b"], False),
        (["x_calibration"], ["x"], [], False),
    ],
)
def test_keys(keys: list[str], inputs: list[str], apart: list[str], labels: bool, tmp_path: Path) -> None:
    data = open_data(save(tmp_path / "d.npz", **{key: np.zeros((4, 2)) for key in keys}))
    assert sorted(data.inputs) == inputs
    assert sorted(data.calibration) == apart
    assert (set(data.labels) == {""}) == labels
    assert data.samples == 4


def test_labels_of_single_outputs(tmp_path: Path) -> None:
    keys = ("images", "y_kind", "y_kind_calibration", "images_calibration", "y_size")
    path = save(tmp_path / "d.npz", **{key: np.zeros((4, 2)) for key in keys})
    data = open_data(path)
    assert (list(data.inputs), list(data.calibration), list(data.labels)) == (["x"], ["x"], ["kind", "size"])


def test_an_input_may_be_called_like_labels(tmp_path: Path) -> None:
    keys = ("x_acc", "y_acc", "x_acc_calibration", "y_acc_calibration", "y_kind")
    path = save(tmp_path / "d.npz", **{key: np.zeros((4, 2)) for key in keys})
    data = open_data(path, inputs={"x_acc", "y_acc"})
    assert (set(data.inputs), set(data.calibration)) == ({"x_acc", "y_acc"}, {"x_acc", "y_acc"})
    assert list(data.labels) == ["kind"]


def test_a_npy_is_x(tmp_path: Path) -> None:
    array = np.arange(24, dtype=np.int16).reshape(4, 3, 2)
    np.save(tmp_path / "d.npy", array)
    data = open_data(tmp_path / "d.npy")
    np.testing.assert_array_equal(data.array(data.inputs["x"]), array)


@settings(deadline=None)
@given(
    array=hnp.arrays(
        st.sampled_from([np.float32, np.float64, np.uint8, np.int64, np.bool_, np.dtype(">f4"), np.float16]),
        hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=6),
    ),
    fortran=st.booleans(),
    chunk=st.integers(1, 200),
)
def test_chunks_are_the_array(
    array: np.ndarray[Any, Any], fortran: bool, chunk: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stored = np.asfortranarray(array) if fortran else array
    path = save(tmp_path_factory.mktemp("d") / "d.npz", x=stored)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(read, "_CHUNK_BYTES", chunk)
        data = open_data(path)
        found = data.array(data.inputs["x"])
    assert found.dtype == array.dtype.newbyteorder("=")
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.array(["a", "b"]), "text"),
        (np.array([1j]), "complex"),
        (np.array(["2020-01-01"], "M8[D]"), "dates"),
        (np.array([(1, 2.0)], [("a", "i4"), ("b", "f4")]), "records"),
        (np.array([None, {}], object), "pickled"),
        (np.float32(3), "single number"),
    ],
)
def test_what_isnt_numbers_is_refused(array: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableData, match=words) as refused:
        open_data(save(tmp_path / "d.npz", x=array))
    assert refused.value.hint


def test_a_pickle_by_any_name_isnt_opened(tmp_path: Path) -> None:
    ran = tmp_path / "ran"

    class Evil:
        def __reduce__(self) -> Any:
            return (Path.touch, (ran,))

    (tmp_path / "d.npy").write_bytes(pickle.dumps(Evil()))
    np.save(tmp_path / "e.npy", np.array([Evil()], object))
    for name in ("d.npy", "e.npy"):
        with pytest.raises(UnreadableData, match="pickled"):
            open_data(tmp_path / name)
    assert not ran.exists()


def test_different_lengths_are_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableData, match="x has 4, extra has 3"):
        open_data(save(tmp_path / "d.npz", x=np.zeros(4), extra=np.zeros(3)))


def test_calibration_for_another_input(tmp_path: Path) -> None:
    with pytest.raises(UnreadableData, match="calibration for b"):
        open_data(save(tmp_path / "d.npz", a=np.zeros(4), b_calibration=np.zeros(3)))


def test_labels_alone(tmp_path: Path) -> None:
    with pytest.raises(UnreadableData, match="no samples"):
        open_data(save(tmp_path / "d.npz", y=np.zeros(4)))


def test_a_zip_of_other_things(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "d.npz", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(UnreadableData, match=r"readme\.txt"):
        open_data(tmp_path / "d.npz")


def test_an_array_that_claims_too_much(tmp_path: Path) -> None:
    """A header of a few bytes may promise any size: it is believed for refusing, not for allocating."""
    header = str({"descr": "<f4", "fortran_order": False, "shape": (2**40,)}).encode().ljust(117) + b"\n"
    (tmp_path / "d.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    with pytest.raises(TooLarge, match="GiB"):
        open_data(tmp_path / "d.npy")


@settings(deadline=None)
@given(share=st.floats(0, 0.99), compressed=st.booleans())
def test_a_file_cut_short(share: float, compressed: bool, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("d") / "d.npz"
    (np.savez_compressed if compressed else np.savez)(path, x=np.arange(400), y=np.arange(400))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(UnreadableData) as refused:
        open_data(path)
    assert refused.value.hint


def test_a_npy_cut_short_is_found_on_reading(tmp_path: Path) -> None:
    np.save(tmp_path / "d.npy", np.arange(1000))
    whole = (tmp_path / "d.npy").read_bytes()
    (tmp_path / "d.npy").write_bytes(whole[:-8])
    data = open_data(tmp_path / "d.npy")
    with pytest.raises(UnreadableData, match="cut short"):
        data.array(data.inputs["x"])


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_break_it(content: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "d.npz"
        path.write_bytes(content)
        with pytest.raises(TFLiteUIError) as refused:
            open_data(path)
    assert refused.value.message.startswith("d.npz")
