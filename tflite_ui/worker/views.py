"""Chosen samples as a page shows them: pictures, or their values."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tflite_ui.core.data import SampleView, looks_like_image
from tflite_ui.datasets.read import Array
from tflite_ui.datasets.split import evaluation
from tflite_ui.datasets.thumbnails import picture
from tflite_ui.worker.payloads import SampleViews, ViewSamples

MOST_VALUES = 2000


def view_samples(payload: ViewSamples) -> SampleViews:
    """See ``ViewSamples``; raises UnreadableData and DataMismatch."""
    inputs, _ = evaluation(Path(payload.data), payload.source)
    values = next(iter(inputs.values()))[list(payload.rows)]
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    return SampleViews(views=tuple(view(sample, low, high) for sample in values))


def view(sample: Array, low: float, high: float) -> SampleView:
    """A sample [...] to look at, its values stretched as those from ``low`` to ``high``."""
    if looks_like_image(sample.shape):
        return SampleView(picture=picture(sample, low, high))
    line = sample.reshape(len(sample), -1)[:, 0] if sample.ndim > 1 else sample.ravel()
    return SampleView(values=tuple(float(value) for value in line[:MOST_VALUES]))
