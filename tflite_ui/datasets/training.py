"""Which samples train and which validate, when a step trains.

A training file gives all of its samples. Without one the samples that calibrate serve, so that none
that is evaluated on has been trained on; labels are known for them only where the file keeps them together.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tflite_ui.core.errors import DataMismatch
from tflite_ui.core.model import ModelSource
from tflite_ui.datasets.read import Array, DataFile
from tflite_ui.datasets.split import Labels, arrays_by_input, indices, labels_of, opened_for

VALIDATION_SHARE, VALIDATION_AT_MOST = 5, 2000
FEWEST = 10


@dataclass(frozen=True, eq=False)
class Material:
    """Shuffled samples [n, ...] by input name, their labels by output, and how many of them train."""

    inputs: dict[str, Array]
    labels: Labels
    training: int


def training_material(training: Path | None, data: Path | None, source: ModelSource, seed: int) -> Material:
    """The samples to train and validate on, shuffled by ``seed``; every fifth, at most 2,000, validates.

    Labels are as in ``split.evaluation``. Raises UnreadableData, and DataMismatch when there are none, too
    few, or they don't fit the model.
    """
    path = training or data
    if path is None:
        raise DataMismatch("There is nothing to train on.", "Add a training file, or calibration data.")
    opened = opened_for(path, source)
    inputs, labels = _all(opened, source) if training else _calibrating(opened, source)
    n = len(next(iter(inputs.values())))
    if n < FEWEST:
        raise DataMismatch(
            f"{opened.name} has {n} samples to train on.",
            f"Give {FEWEST} or more; some thousands are better.",
        )
    order = np.random.default_rng(seed).permutation(n)
    validation = min(VALIDATION_AT_MOST, n // VALIDATION_SHARE)
    return Material(_rows(inputs, order), _rows(labels, order), n - validation)


def _all(data: DataFile, source: ModelSource) -> tuple[dict[str, Array], Labels]:
    return arrays_by_input(data, data.inputs, source), labels_of(data, source)


def _calibrating(data: DataFile, source: ModelSource) -> tuple[dict[str, Array], Labels]:
    if data.calibration:
        return arrays_by_input(data, data.calibration, source), {}
    rows: npt.NDArray[np.intp] = indices(data.samples)[0]
    inputs, labels = _all(data, source)
    return _rows(inputs, rows), _rows(labels, rows)


def _rows(arrays: dict[str, Array], rows: npt.NDArray[np.intp]) -> dict[str, Array]:
    return {name: values[rows] for name, values in arrays.items()}
