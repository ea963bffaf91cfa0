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
from tflite_ui.datasets.read import Array, DataFile, open_data
from tflite_ui.datasets.split import arrays_by_input, indices, labels_of

VALIDATION_SHARE, VALIDATION_AT_MOST = 5, 2000
FEWEST = 10


@dataclass(frozen=True, eq=False)
class Material:
    """Shuffled samples [n, ...] by input name, their labels (None without), and how many of them train."""

    inputs: dict[str, Array]
    labels: Array | None
    training: int


def training_material(training: Path | None, data: Path | None, source: ModelSource, seed: int) -> Material:
    """The samples to train and validate on, shuffled by ``seed``; every fifth, at most 2,000, validates.

    Labels are as in ``split.evaluation``. Raises UnreadableData, and DataMismatch when there are none, too
    few, or they don't fit the model.
    """
    path = training or data
    if path is None:
        raise DataMismatch("There is nothing to train on.", "Add a training file, or calibration data.")
    opened = open_data(path)
    inputs, labels = _all(opened, source) if training else _calibrating(opened, source)
    n = len(next(iter(inputs.values())))
    if n < FEWEST:
        raise DataMismatch(
            f"{opened.name} has {n} samples to train on.",
            f"Give {FEWEST} or more; some thousands are better.",
        )
    order = np.random.default_rng(seed).permutation(n)
    shuffled = {name: values[order] for name, values in inputs.items()}
    validation = min(VALIDATION_AT_MOST, n // VALIDATION_SHARE)
    return Material(shuffled, None if labels is None else labels[order], n - validation)


def _all(data: DataFile, source: ModelSource) -> tuple[dict[str, Array], Array | None]:
    return arrays_by_input(data, data.inputs, source), labels_of(data, source)


def _calibrating(data: DataFile, source: ModelSource) -> tuple[dict[str, Array], Array | None]:
    if data.calibration:
        return arrays_by_input(data, data.calibration, source), None
    rows: npt.NDArray[np.intp] = indices(data.samples)[0]
    labels = labels_of(data, source)
    inputs = arrays_by_input(data, data.inputs, source)
    return {name: values[rows] for name, values in inputs.items()}, None if labels is None else labels[rows]
