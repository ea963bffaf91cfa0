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

from tflite_ui.core.data import LABELS, LABELS_OF
from tflite_ui.core.errors import DataMismatch
from tflite_ui.core.model import ModelSource
from tflite_ui.core.technique import Sample
from tflite_ui.datasets.read import SINGLE, Array, DataFile, Header, open_data

SHARED_BELOW = 50
HELD_OUT_SHARE, HELD_OUT_AT_MOST = 5, 500
_PERMUTATION_SEED = 20_011

Indices = npt.NDArray[np.intp]
Labels = dict[str, Array]
"""Labels [n, ...] by the output they are of; under the empty name those that no output is named for."""


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
    data = opened_for(path, source)
    headers = data.calibration or data.inputs
    arrays = _arrays(data, headers, source)
    rows = np.arange(data.calibration_samples or 0) if data.calibration else indices(data.samples)[0]
    if not len(rows):
        raise DataMismatch(f"{data.name} holds no calibration samples.", "Add samples to it.")
    chosen = np.random.default_rng(seed).permutation(rows)[: max(1, samples)]
    for row in chosen:
        yield {name: array[row : row + 1].astype(_dtype(source, name)) for name, array in arrays.items()}


def opened_for(path: Path, source: ModelSource) -> DataFile:
    """The data file at ``path`` as ``source`` takes it; raises UnreadableData or TooLarge."""
    return open_data(path, inputs={spec.name for spec in source.inputs})


def evaluation(path: Path, source: ModelSource) -> tuple[dict[str, Array], Labels]:
    """The evaluation samples by the model's input names, [n, ...] in its dtypes, and their labels by output.

    Labels are int64 class indices [n, ...] for whole-numbered and one-hot labels, float32 for other
    values (and for numbers over 1 where the output is a single value); empty without.
    Raises UnreadableData and DataMismatch.
    """
    data = opened_for(path, source)
    rows = np.arange(data.samples) if data.calibration else indices(data.samples)[1]
    inputs = {name: array[rows] for name, array in arrays_by_input(data, data.inputs, source).items()}
    return inputs, {output: labels[rows] for output, labels in labels_of(data, source).items()}


def arrays_by_input(data: DataFile, headers: dict[str, Header], source: ModelSource) -> dict[str, Array]:
    """The arrays [n, ...] of ``headers`` by the model's input names, in its dtypes; raises DataMismatch."""
    arrays = _arrays(data, headers, source)
    return {name: array.astype(_dtype(source, name), copy=False) for name, array in arrays.items()}


def labels_of(data: DataFile, source: ModelSource) -> Labels:
    """All labels as ``evaluation`` gives them, in the order of the model's outputs; raises DataMismatch.

    ``y`` is the only output's; with several, it stays under the empty name.
    """
    named = dict(zip(data.labels, outputs_of(tuple(data.labels), source), strict=True))
    units = {spec.name: spec.shape[-1] if spec.shape else None for spec in source.outputs}
    first = next(iter(units.values()))
    headers = {named[key]: header for key, header in data.labels.items()}
    return {
        name: _labels(data, headers[name], units.get(name, first)) for name in ("", *units) if name in headers
    }


def outputs_of(labels: tuple[str, ...], source: ModelSource) -> tuple[str, ...]:
    """The output that each of ``labels`` is of, empty for ``y`` beside several; raises DataMismatch."""
    names = tuple(spec.name for spec in source.outputs)
    unknown = next((name for name in labels if name and name not in names), None)
    if unknown is not None:
        listed = f"outputs are {', '.join(names)}" if len(names) > 1 else f"output is {names[0]}"
        raise DataMismatch(
            f"There are labels {LABELS_OF}{unknown}, but the model's {listed}.",
            f"Name the labels {' or '.join(LABELS_OF + name for name in names)}.",
        )
    if "" in labels and len(labels) > 1:
        raise DataMismatch(
            f"There are labels {LABELS} and labels of single outputs.",
            f"Keep {LABELS} for a model with one output, {LABELS_OF}<output> for one with several.",
        )
    return tuple(names[0] if not name and len(names) == 1 else name for name in labels)


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
