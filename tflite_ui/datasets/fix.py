"""Applying the fixes that ``fit`` offers: a new .npz, the upload left as it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tflite_ui.core.data import CALIBRATION_SUFFIX, LABELS, LABELS_OF, FixKey
from tflite_ui.core.errors import DataMismatch
from tflite_ui.core.model import ModelSource, TensorSpec
from tflite_ui.datasets.fit import looks_raw
from tflite_ui.datasets.read import Array, DataFile, Header
from tflite_ui.datasets.split import match_names, opened_for
from tflite_ui.datasets.summary import bad_rows, row_digests

Mask = npt.NDArray[np.bool_]


def apply(path: Path, source: ModelSource, fixes: Sequence[FixKey], target: Path) -> Path:
    """Write the data of ``path`` with ``fixes`` applied to ``target``, an .npz; returns ``target``.

    Samples are dropped first, then cast or scaled (by 1/255, which casts), then reshaped, so the
    order of ``fixes`` doesn't matter. Raises UnreadableData, and DataMismatch when nothing is left.
    """
    data = opened_for(path, source)
    keep, keep_apart = _kept(data, data.inputs, fixes), _kept(data, data.calibration, fixes)
    arrays = _changed(data, data.inputs, source, fixes, keep)
    apart = _changed(data, data.calibration, source, fixes, keep_apart)
    arrays |= {f"{name}{CALIBRATION_SUFFIX}": array for name, array in apart.items()}
    for output, header in data.labels.items():
        arrays[f"{LABELS_OF}{output}" if output else LABELS] = _labels(data, header, keep)
    _save(target, arrays)
    return target


def _kept(data: DataFile, headers: dict[str, Header], fixes: Sequence[FixKey]) -> Mask:
    """Which samples stay; raises DataMismatch when none does."""
    if not headers:
        return np.ones(0, bool)
    keep = np.ones(next(iter(headers.values())).shape[0], bool)
    if "drop_bad" in fixes:
        for header in headers.values():
            keep &= ~bad_rows(data.array(header))
    if "drop_duplicates" in fixes:
        keep &= _first_seen(row_digests(data, headers))
    if not keep.any():
        raise DataMismatch("No sample is left once the bad ones are dropped.", "Check how the data was made.")
    return keep


def _first_seen(digests: list[bytes]) -> Mask:
    seen: set[bytes] = set()
    first = np.zeros(len(digests), bool)
    for row, digest in enumerate(digests):
        first[row] = digest not in seen
        seen.add(digest)
    return first


def _changed(
    data: DataFile, headers: dict[str, Header], source: ModelSource, fixes: Sequence[FixKey], keep: Mask
) -> dict[str, Array]:
    if not headers:
        return {}
    names = match_names(tuple(headers), tuple(spec.name for spec in source.inputs))
    if names is None:
        raise DataMismatch("The arrays aren't named after the model's inputs.", "Rename them in the .npz.")
    specs = {key: spec for name, key in names.items() for spec in source.inputs if spec.name == name}
    return {
        key: _fixed(data.array(header)[keep], specs[key], fixes, raw=_is_raw(data, key))
        for key, header in headers.items()
    }


def _fixed(array: Array, spec: TensorSpec, fixes: Sequence[FixKey], raw: bool) -> Array:
    if "scale" in fixes and "float" in spec.dtype and raw:
        array = array.astype(spec.dtype) / np.asarray(255, spec.dtype)
    elif "cast" in fixes and array.dtype != np.dtype(spec.dtype):
        array = array.astype(spec.dtype)
    axes, wanted = array.ndim - 1, len(spec.sample_shape)
    if "add_channel_axis" in fixes and axes == wanted - 1:
        array = array[..., np.newaxis]
    if "drop_channel_axis" in fixes and axes == wanted + 1 and array.shape[-1] == 1:
        array = array[..., 0]
    return array


def _is_raw(data: DataFile, key: str) -> bool:
    """Whether an input's finite values, those for calibration too, look like raw pixels."""
    headers = [found[key] for found in (data.inputs, data.calibration) if key in found]
    finite = [c[np.isfinite(c)] for header in headers for c in data.chunks(header)]
    low = min((float(c.min()) for c in finite if c.size), default=None)
    return looks_raw(low, max((float(c.max()) for c in finite if c.size), default=None))


def _labels(data: DataFile, header: Header, keep: Mask) -> Array:
    labels = data.array(header)
    if len(labels) != len(keep):
        text = f"{data.name} has {len(labels)} labels for {len(keep)} samples."
        raise DataMismatch(text, "Give each sample one label.")
    return labels[keep]


def _save(target: Path, arrays: dict[str, Array]) -> None:
    content: dict[str, Any] = dict(arrays)
    with target.open("wb") as file:
        np.savez(file, **content)
