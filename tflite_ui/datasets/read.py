"""Opening .npz and .npy files without trusting them: nothing is unpickled, nothing read before its time."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from tflite_ui.core.data import CALIBRATION_SUFFIX, LABELS, LABELS_OF
from tflite_ui.core.errors import TooLarge, UnreadableData

Array = npt.NDArray[Any]
SINGLE = "x"
MAX_EXPANDED_BYTES = 4 * 2**30
_CHUNK_BYTES = 32 * 2**20
_SPELLINGS = {
    "x": "x",
    "x_test": "x",
    "images": "x",
    "inputs": "x",
    "data": "x",
    "features": "x",
    "y": "y",
    "y_test": "y",
    "labels": "y",
    "targets": "y",
    "x_train": "x_calibration",
    "x_calib": "x_calibration",
    "calibration": "x_calibration",
}
_UNUSED = frozenset({"y_train", "y_calibration"})
_BROKEN = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError)


@dataclass(frozen=True)
class Header:
    """An array that hasn't been read: where it is, its shape [n, ...] and its dtype."""

    key: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran: bool

    @property
    def row_bytes(self) -> int:
        """The bytes of one sample."""
        return math.prod(self.shape[1:]) * self.dtype.itemsize


@dataclass(frozen=True)
class DataFile:
    """An opened data file: the headers of its arrays by role.

    ``inputs`` by input name (``x`` for a file of one input), ``calibration`` likewise for those that
    calibrate alone, ``labels`` by the output they are of (empty: ``y``, which names none).
    """

    path: Path
    name: str
    inputs: dict[str, Header]
    calibration: dict[str, Header]
    labels: dict[str, Header]

    @property
    def samples(self) -> int:
        """How many samples ``inputs`` hold."""
        return next(iter(self.inputs.values())).shape[0]

    @property
    def calibration_samples(self) -> int | None:
        """How many samples calibrate alone; None when the file keeps none apart."""
        return next((header.shape[0] for header in self.calibration.values()), None)

    def array(self, header: Header) -> Array:
        """The whole array; raises UnreadableData when the file ends early."""
        parts = list(self.chunks(header))
        return parts[0] if len(parts) == 1 else np.concatenate(parts) if parts else _empty(header)

    def chunks(self, header: Header) -> Iterator[Array]:
        """The array's samples in order, at most about 32 MiB at a time."""
        rows = max(1, _CHUNK_BYTES // max(1, header.row_bytes))
        with _member(self.path, header.key, self.name) as stream:
            _header(stream, header.key, self.name)
            if header.fortran:
                yield _whole(stream, header, self.name)
                return
            for start in range(0, header.shape[0], rows):
                shape = (min(rows, header.shape[0] - start), *header.shape[1:])
                yield _values(stream, shape, header, self.name)


def open_data(path: Path, name: str = "", inputs: Container[str] = ()) -> DataFile:
    """The headers of the arrays in a .npz or .npy; raises UnreadableData or TooLarge.

    ``y_<name>`` holds the labels of the output ``name``, unless it is one of ``inputs``, the model's.
    """
    name = name or path.name
    headers = {key: header for key, header in _headers(path, name).items() if _check(header, name)}
    _check_size(headers, name)
    return _by_role(path, name, headers, inputs)


def _headers(path: Path, name: str) -> dict[str, Header]:
    if not path.is_file() or path.stat().st_size == 0:
        raise UnreadableData(f"{name} is empty.", "Choose the file again.")
    with path.open("rb") as file:
        magic = file.read(6)
    if magic == b"\x93NUMPY":
        with _member(path, "", name) as stream:
            return {SINGLE: _header(stream, "", name)}
    if magic[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return {key.removesuffix(".npy"): header for key, header in _zip_headers(path, name)}
    if magic[:1] == b"\x80":
        raise _pickled(name)
    raise UnreadableData(
        f"{name} isn't a NumPy file.", "Save your samples with numpy.savez('data.npz', x=samples, y=labels)."
    )


def _zip_headers(path: Path, name: str) -> Iterator[tuple[str, Header]]:
    try:
        with zipfile.ZipFile(path) as archive:
            keys = archive.namelist()
    except _BROKEN as broken:
        raise _damaged(name) from broken
    others = [key for key in keys if not key.endswith(".npy")]
    if others or not keys:
        found = f"holds {', '.join(others[:3])}" if others else "holds nothing"
        raise UnreadableData(f"{name} {found}; a .npz holds arrays.", "Save it with numpy.savez.")
    for key in keys:
        with _member(path, key, name) as stream:
            yield key, _header(stream, key, name)


@contextmanager
def _member(path: Path, key: str, name: str) -> Iterator[IO[bytes]]:
    """A stream of one array's bytes; errors of the file become UnreadableData."""
    try:
        if not key:
            with path.open("rb") as file:
                yield file
            return
        with zipfile.ZipFile(path) as archive, archive.open(key) as file:
            yield file
    except _BROKEN as broken:
        raise _damaged(name) from broken


def _header(stream: IO[bytes], key: str, name: str) -> Header:
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    elif version == (2, 0):
        shape, fortran, dtype = np.lib.format.read_array_header_2_0(stream)
    else:
        raise UnreadableData(f"{name} has an array of a record type.", "Save plain arrays of numbers.")
    if dtype.hasobject:
        raise _pickled(name)
    return Header(key, tuple(int(d) for d in shape), dtype, bool(fortran))


def _whole(stream: IO[bytes], header: Header, name: str) -> Array:
    """An array stored column by column can't be read row by row."""
    return _values(stream, header.shape[::-1], header, name).T


def _values(stream: IO[bytes], shape: tuple[int, ...], header: Header, name: str) -> Array:
    wanted = math.prod(shape) * header.dtype.itemsize
    content = stream.read(wanted)
    if len(content) != wanted:
        raise _damaged(name)
    values = np.frombuffer(content, header.dtype).reshape(shape)
    return values.astype(header.dtype.newbyteorder("="), copy=False)


def _empty(header: Header) -> Array:
    return np.empty(header.shape, header.dtype.newbyteorder("="))


def _check(header: Header, name: str) -> bool:
    label = header.key.removesuffix(".npy") or name
    if header.dtype.kind not in "biuf":
        raise UnreadableData(
            f"'{label}' in {name} holds {_kind(header.dtype)}.", "Save numbers: float32, or uint8 for images."
        )
    if not header.shape:
        text = f"'{label}' in {name} is a single number."
        raise UnreadableData(text, "Keep arrays alone, the samples along their first axis.")
    if any(d < 0 for d in header.shape):
        raise _damaged(name)
    return True


def _kind(dtype: np.dtype[Any]) -> str:
    names = {"c": "complex numbers", "U": "text", "S": "text", "M": "dates", "m": "durations", "V": "records"}
    return names.get(dtype.kind, str(dtype))


def _check_size(headers: dict[str, Header], name: str) -> None:
    total = sum(header.shape[0] * header.row_bytes for header in headers.values())
    if total > MAX_EXPANDED_BYTES:
        raise TooLarge(
            f"{name} holds {total / 2**30:.1f} GiB of numbers.",
            f"At most {MAX_EXPANDED_BYTES // 2**30} GiB are read: keep some thousands of samples.",
        )


def _by_role(path: Path, name: str, headers: dict[str, Header], names: Container[str]) -> DataFile:
    roles = _respell(headers)
    labels = _take_labels(roles, names)
    calibration = {
        key.removesuffix(CALIBRATION_SUFFIX): roles.pop(key)
        for key in list(roles)
        if key.endswith(CALIBRATION_SUFFIX)
    }
    inputs = roles or calibration
    if not inputs:
        raise UnreadableData(
            f"{name} has no samples: it holds {', '.join(headers)}.", "Name the samples x and the labels y."
        )
    _check_lengths(inputs, name)
    _check_lengths(calibration, name)
    if roles and calibration and set(calibration) != set(roles):
        has, apart = ", ".join(sorted(roles)), ", ".join(sorted(calibration))
        raise UnreadableData(
            f"{name} has samples {has}, but calibration for {apart}.",
            f"Name calibration arrays after their input: {sorted(roles)[0]}{CALIBRATION_SUFFIX}.",
        )
    return DataFile(path, name, inputs, calibration if roles else {}, labels)


def _take_labels(roles: dict[str, Header], inputs: Container[str]) -> dict[str, Header]:
    """The labels out of ``roles``, by output; those of calibration samples are left aside, as ``y``'s are."""
    found = {"": roles.pop(LABELS)} if LABELS in roles else {}
    for key in [key for key in roles if key.startswith(LABELS_OF) and key not in inputs]:
        header = roles.pop(key)
        input_of = key.removesuffix(CALIBRATION_SUFFIX)
        if input_of in inputs:
            roles[key] = header
        elif input_of == key:
            found[key.removeprefix(LABELS_OF)] = header
    return found


def _respell(headers: dict[str, Header]) -> dict[str, Header]:
    """Common spellings under the names used here, where two don't fall together."""
    unused = {key for key in headers if key.lower() in _UNUSED}
    wanted = {key: _spelling(key) for key in headers if key not in unused}
    inputs = [new for new in wanted.values() if _names_input(new)]
    if len(inputs) > 1:
        wanted = {key: new if new == LABELS else key for key, new in wanted.items()}
    if not inputs and "x_train" in wanted:
        wanted |= {"x_train": "x"} | ({"y_train": LABELS} if "y_train" in unused else {})
    names = list(wanted.values())
    return {key if names.count(new) > 1 else new: headers[key] for key, new in wanted.items()}


def _names_input(key: str) -> bool:
    return key != LABELS and not key.startswith(LABELS_OF) and not key.endswith(CALIBRATION_SUFFIX)


def _spelling(key: str) -> str:
    base = key.removesuffix(CALIBRATION_SUFFIX)
    return _SPELLINGS.get(base.lower(), base) + key[len(base) :]


def _check_lengths(arrays: dict[str, Header], name: str) -> None:
    lengths = {key: header.shape[0] for key, header in arrays.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{key} has {n}" for key, n in lengths.items())
        raise UnreadableData(
            f"The arrays in {name} differ in their number of samples: {listed}.",
            "Keep the inputs of the model (and y for labels), each with one row for every sample.",
        )


def _pickled(name: str) -> UnreadableData:
    return UnreadableData(
        f"{name} holds pickled Python objects, which could run code.",
        "Save arrays of numbers: numpy.savez('data.npz', x=numpy.asarray(samples, 'float32')).",
    )


def _damaged(name: str) -> UnreadableData:
    return UnreadableData(f"{name} is damaged or cut short.", "Copy or download the file again.")
