"""Samples as small pictures."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import numpy.typing as npt

from tflite_ui.core.data import ArraySummary, looks_like_image
from tflite_ui.datasets.read import Array, DataFile

MOST, SIDE = 8, 96


def thumbnails(data: DataFile, array: ArraySummary) -> tuple[str, ...]:
    """Up to eight evenly spaced samples as PNG data URLs; none when the samples don't look like images.

    Values over [0, 1] and 0..255 are shown as they are, others stretched from lowest to highest.
    """
    if not looks_like_image(array.shape[1:]) or array.low is None or array.high is None:
        return ()
    low, high = _stretch(array.low, array.high, array.dtype)
    return tuple(_data_url(_pixels(sample, low, high)) for sample in _samples(data, array))


def picture(sample: Array, low: float, high: float) -> str:
    """One sample as a PNG data URL, its values stretched as those from ``low`` to ``high`` are."""
    return _data_url(_pixels(sample, *_stretch(low, high, str(sample.dtype))))


def _samples(data: DataFile, array: ArraySummary) -> list[Array]:
    n = array.shape[0]
    wanted = set(np.linspace(0, n - 1, min(MOST, n)).astype(int).tolist())
    found: list[Array] = []
    start = 0
    for chunk in data.chunks(data.inputs[array.name]):
        found += [chunk[i - start] for i in sorted(wanted) if start <= i < start + len(chunk)]
        start += len(chunk)
    return found


def _stretch(low: float, high: float, dtype: str) -> tuple[float, float]:
    if dtype == "uint8" or (low >= 0 and 2 < high <= 255):
        return 0.0, 255.0
    return (0.0, 1.0) if low >= 0 and high <= 1 else (low, high)


def _pixels(sample: Array, low: float, high: float) -> npt.NDArray[np.uint8]:
    values = np.nan_to_num(sample.astype(np.float64), nan=low, posinf=high, neginf=low)
    scaled = (values - low) / ((high - low) or 1.0) * 255
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)


def _data_url(pixels: npt.NDArray[np.uint8]) -> str:
    from PIL import Image

    plain: npt.NDArray[Any] = pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels
    picture = Image.fromarray(plain)
    picture.thumbnail((SIDE, SIDE))
    content = io.BytesIO()
    picture.save(content, "PNG")
    return "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()
