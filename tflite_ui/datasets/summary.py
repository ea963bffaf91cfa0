"""What a data file holds: ranges, bad values, doubles, labels and pictures, a chunk at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from tflite_ui.core.data import ArraySummary, DataSummary, LabelSummary
from tflite_ui.datasets.read import Array, DataFile, Header, open_data
from tflite_ui.datasets.split import counts, is_classes, is_one_hot
from tflite_ui.datasets.thumbnails import thumbnails

BINS = 32
_MOST_CLASSES = 1000


def summarise(path: Path, name: str, sha256: str) -> DataSummary:
    """The summary of the .npz or .npy at ``path``; raises UnreadableData or TooLarge."""
    data = open_data(path, name)
    split = counts(data.samples, data.calibration_samples)
    arrays = tuple(_array(data, key) for key in data.inputs)
    apart = data.calibration_samples or 0
    labels = {output: _labels(data.array(header)) for output, header in data.labels.items()}
    return DataSummary(
        name=name,
        sha256=sha256,
        size_bytes=path.stat().st_size,
        arrays=arrays,
        labels=labels.pop("", None),
        output_labels=labels,
        samples=data.samples + apart,
        calibration_samples=split.calibration,
        evaluation_samples=split.evaluation,
        duplicates=_doubles(data, data.inputs) + _doubles(data, data.calibration),
        shared=split.shared,
        thumbnails=thumbnails(data, arrays[0]) if len(arrays) == 1 else (),
    )


def row_digests(data: DataFile, headers: dict[str, Header]) -> list[bytes]:
    """A digest of each sample, all inputs together."""
    digests: list[bytes] = []
    streams = [_rows(data, header) for header in headers.values()]
    for parts in zip(*streams, strict=True):
        digest = hashlib.blake2b(digest_size=16)
        for part in parts:
            digest.update(part)
        digests.append(digest.digest())
    return digests


def bad_rows(values: Array) -> npt.NDArray[np.bool_]:
    """Which samples of [n, ...] hold NaN or infinity."""
    if values.dtype.kind != "f":
        return np.zeros(len(values), bool)
    whole = np.isfinite(values).all(axis=tuple(range(1, values.ndim)))
    return np.logical_not(np.asarray(whole))


@dataclass
class _Range:
    """Running statistics over chunks; NaN and infinity counted apart."""

    low: float = float("inf")
    high: float = float("-inf")
    total: float = 0.0
    n: int = 0
    nan: int = 0
    inf: int = 0
    bad: int = 0
    histogram: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(BINS, np.int64))

    def add(self, chunk: Array) -> None:
        """Take in one chunk."""
        self.bad += int(bad_rows(chunk).sum())
        finite = chunk
        if chunk.dtype.kind == "f":
            self.nan += int(np.isnan(chunk).sum())
            self.inf += int(np.isinf(chunk).sum())
            finite = chunk[np.isfinite(chunk)]
        if finite.size:
            self.low, self.high = min(self.low, float(finite.min())), max(self.high, float(finite.max()))
            with np.errstate(over="ignore", invalid="ignore"):
                self.total += float(finite.sum(dtype=np.float64))
            self.n += finite.size

    def count(self, chunk: Array) -> None:
        """Take one chunk into the histogram, once the range is known."""
        finite = chunk[np.isfinite(chunk)] if chunk.dtype.kind == "f" else chunk
        with np.errstate(over="ignore", invalid="ignore"):
            span = np.float64(self.high) - self.low
            place = (finite.astype(np.float64) - self.low) / (span if 0 < span < np.inf else 1.0) * BINS
        slots = np.clip(np.nan_to_num(place), 0, BINS - 1).astype(np.intp)
        self.histogram += np.bincount(slots.reshape(-1), minlength=BINS)


def _array(data: DataFile, key: str) -> ArraySummary:
    found = _Range()
    for chunk in _all_chunks(data, key):
        found.add(chunk)
    if found.n:
        for chunk in _all_chunks(data, key):
            found.count(chunk)
    header = data.inputs[key]
    return ArraySummary(
        name=key,
        shape=header.shape,
        dtype=header.dtype.name,
        low=found.low if found.n else None,
        high=found.high if found.n else None,
        mean=found.total / found.n if found.n and np.isfinite(found.total) else None,
        nan=found.nan,
        inf=found.inf,
        bad_samples=found.bad,
        histogram=tuple(int(count) for count in found.histogram) if found.n else (),
    )


def _all_chunks(data: DataFile, key: str) -> Iterator[Array]:
    """An input's samples, those for calibration too: one infinity there is as bad as elsewhere."""
    apart = [data.calibration[key]] if key in data.calibration else []
    return chain.from_iterable(data.chunks(header) for header in (data.inputs[key], *apart))


def _labels(labels: Array) -> LabelSummary:
    finite = labels[np.isfinite(labels)] if labels.dtype.kind == "f" else labels
    kind: Literal["sparse", "one_hot", "values"] = "sparse" if is_classes(labels) else "values"
    if is_one_hot(labels):
        kind = "one_hot"
    return LabelSummary(
        kind=kind,
        shape=labels.shape,
        dtype=labels.dtype.name,
        low=float(finite.min()) if finite.size else None,
        high=float(finite.max()) if finite.size else None,
        counts={} if kind == "values" else _counts(labels.argmax(axis=1) if kind == "one_hot" else labels),
    )


def _counts(classes: Array) -> dict[str, int]:
    """How often each class stands; empty when there are too many to be classes."""
    values, numbers = np.unique(classes, return_counts=True)
    if len(values) > _MOST_CLASSES:
        return {}
    return {str(int(v)): int(n) for v, n in zip(values.tolist(), numbers.tolist(), strict=True)}


def _doubles(data: DataFile, headers: dict[str, Header]) -> int:
    digests = row_digests(data, headers) if headers else []
    return len(digests) - len(set(digests))


def _rows(data: DataFile, header: Header) -> Iterator[bytes]:
    for chunk in data.chunks(header):
        for row in chunk:
            yield np.ascontiguousarray(row).tobytes()
