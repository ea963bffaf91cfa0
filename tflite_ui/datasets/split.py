"""Sharing samples out between calibration and evaluation, the same way every time.

Samples kept apart in the file calibrate and all others evaluate. Without them a fifth of the samples
(at most 500) is held out for calibration, chosen by a fixed permutation whatever the study's seed,
so that studies evaluate on equal samples; under 50 samples, all serve both ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tflite_ui.core.errors import DataMismatch
from tflite_ui.core.model import ModelSource
from tflite_ui.core.technique import Sample
from tflite_ui.datasets.read import SINGLE, Array, DataFile, Header, open_data

SHARED_BELOW = 50
HELD_OUT_SHARE, HELD_OUT_AT_MOST = 5, 500
_PERMUTATION_SEED = 20_011

Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Split:
    """How many samples calibrate and evaluate; ``shared`` when they are the same ones."""

    calibration: int
    evaluation: int
    shared: bool = False


def counts(samples: int, kept_apart: int | None) -> Split:
    """The split of ``samples`` with ``kept_apart`` calibration samples beside them (None: none are)."""
    if kept_apart is not None:
        return Split(kept_apart, samples)
    if samples < SHARED_BELOW:
        return Split(samples, samples, shared=True)
    held_out = min(HELD_OUT_AT_MOST, samples // HELD_OUT_SHARE)
    return Split(held_out, samples - held_out)


def indices(samples: int) -> tuple[Indices, Indices]:
    """The rows that calibrate and those that evaluate, each ascending, when none are kept apart."""
    split = counts(samples, None)
    if split.shared:
        return np.arange(samples), np.arange(samples)
    order = np.random.default_rng(_PERMUTATION_SEED).permutation(samples)
    return np.sort(order[: split.calibration]), np.sort(order[split.calibration :])


def calibration(path: Path, source: ModelSource, samples: int, seed: int) -> Iterator[Sample]:
    """At most ``samples`` calibration samples, chosen by ``seed``, in the model's dtypes, batch axis 1.

    Raises UnreadableData, and DataMismatch when there are none or an input has no array.
    """
    data = open_data(path)
    headers = data.calibration or data.inputs
    arrays = _arrays(data, headers, source)
    rows = np.arange(data.calibration_samples or 0) if data.calibration else indices(data.samples)[0]
    if not len(rows):
        raise DataMismatch(f"{data.name} holds no calibration samples.", "Add samples to it.")
    chosen = np.random.default_rng(seed).permutation(rows)[: max(1, samples)]
    for row in chosen:
        yield {name: array[row : row + 1].astype(_dtype(source, name)) for name, array in arrays.items()}


def evaluation(path: Path, source: ModelSource) -> tuple[dict[str, Array], Array | None]:
    """The evaluation samples by the model's input names, [n, ...] in its dtypes, and their labels.

    Labels are int64 class indices [n, ...] for whole-numbered and one-hot labels, float32 for other
    values (and for numbers over 1 where the model has a single output), None without.
    Raises UnreadableData and DataMismatch.
    """
    data = open_data(path)
    rows = np.arange(data.samples) if data.calibration else indices(data.samples)[1]
    inputs = {name: array[rows] for name, array in arrays_by_input(data, data.inputs, source).items()}
    labels = labels_of(data, source)
    return inputs, None if labels is None else labels[rows]


def arrays_by_input(data: DataFile, headers: dict[str, Header], source: ModelSource) -> dict[str, Array]:
    """The arrays [n, ...] of ``headers`` by the model's input names, in its dtypes; raises DataMismatch."""
    arrays = _arrays(data, headers, source)
    return {name: array.astype(_dtype(source, name), copy=False) for name, array in arrays.items()}


def labels_of(data: DataFile, source: ModelSource) -> Array | None:
    """All labels as ``evaluation`` gives them, None without; raises DataMismatch."""
    outputs = source.outputs[0].shape[-1] if source.outputs[0].shape else None
    return None if data.labels is None else _labels(data, data.labels, outputs)


def is_one_hot(labels: Array) -> bool:
    """Whether each row of labels [n, classes] is a single one among zeros."""
    if labels.ndim != 2 or labels.shape[1] < 2 or not len(labels):
        return False
    return bool(np.all((labels == 0) | (labels == 1)) and np.all(labels.sum(axis=1) == 1))


def is_classes(labels: Array) -> bool:
    """Whether labels number classes: integers, or floats that are all whole, not negative and below 1000."""
    if labels.dtype.kind != "f":
        return True
    return bool(np.all((labels >= 0) & (labels < 1000) & (labels == np.floor(labels))))


def _labels(data: DataFile, header: Header, outputs: int | None) -> Array:
    if header.shape[0] != data.samples:
        raise DataMismatch(
            f"{data.name} has {header.shape[0]} labels for {data.samples} samples.",
            "Give each sample one label.",
        )
    labels = data.array(header)
    if is_one_hot(labels):
        return np.asarray(np.argmax(labels, axis=1), np.int64)
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    values = not is_classes(labels) or (outputs == 1 and labels.max(initial=0) > 1)
    return labels.astype(np.float32 if values else np.int64)


def _arrays(data: DataFile, headers: dict[str, Header], source: ModelSource) -> dict[str, Array]:
    names = match_names(tuple(headers), tuple(spec.name for spec in source.inputs))
    if names is None:
        wanted = ", ".join(spec.name for spec in source.inputs)
        raise DataMismatch(
            f"{data.name} has {', '.join(headers)}; the model takes {wanted}.",
            "Name the arrays after the model's inputs.",
        )
    return {name: data.array(headers[key]) for name, key in names.items()}


def match_names(keys: tuple[str, ...], inputs: tuple[str, ...]) -> dict[str, str] | None:
    """The data's key for each input: by name, or ``x`` for a single one; None when it can't be told."""
    if set(keys) == set(inputs):
        return {name: name for name in inputs}
    if len(keys) == len(inputs) == 1 and keys[0] == SINGLE:
        return {inputs[0]: keys[0]}
    return None


def _dtype(source: ModelSource, name: str) -> Any:
    return np.dtype(next(spec.dtype for spec in source.inputs if spec.name == name))
