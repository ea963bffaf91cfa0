"""More pictures to learn from: the training ones moved by a few pixels, for a teacher to answer.

A small student knows few samples by heart soon; answered by its teacher, moved ones are lessons as good as
the others (Beyer et al., 2022, "Knowledge distillation: a good teacher is patient and consistent",
https://arxiv.org/abs/2106.05237).
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from tflite_ui.core.errors import ConversionFailed
from tflite_ui.core.model import TensorSpec
from tflite_ui.core.training import Array, TrainingSet

SHARE: Final = 14
"""A picture is moved by this part of its height and of its width at most: two of 28 pixels, seven of 96."""
SMALLEST, MOST_CHANNELS = 8, 4
MOST_BYTES: Final = 2 * 2**30


class Material(NamedTuple):
    """Inputs [n, ...] and labels [n] by name, of which the first ``training`` samples train."""

    inputs: dict[str, Array]
    labels: dict[str, Array]
    training: int


def is_picture(spec: TensorSpec) -> bool:
    """Whether an input is a picture, [n, height, width, channels]: 8 pixels a side, 4 channels at most."""
    sides = spec.shape[1:3]
    if len(spec.shape) != 4 or not all(side is not None and side >= SMALLEST for side in sides):
        return False
    return spec.shape[3] is not None and spec.shape[3] <= MOST_CHANNELS


def with_moved(data: TrainingSet, pictures: frozenset[str], copies: int, mirror: bool, seed: int) -> Material:
    """``data`` with each training sample ``copies`` times more, its ``pictures`` (input names) moved.

    Those to validate by stay as they are, and last. Half of the moved ones are mirrored from left to right
    if ``mirror``. Labels of the places of a picture would have to move, too: such outputs have none.
    Raises ConversionFailed for more than MOST_BYTES.
    """
    _check(data, copies)
    rng = np.random.default_rng(seed)
    train, rest = slice(None, data.training), slice(data.training, None)
    inputs = {
        name: np.concatenate(
            [
                values[train],
                *(_changed(values[train], name in pictures, mirror, rng) for _ in range(copies)),
                values[rest],
            ]
        )
        for name, values in data.inputs.items()
    }
    labels = {
        name: np.concatenate([*(values[train] for _ in range(1 + copies)), values[rest]])
        for name, values in data.labels.items()
        if values.ndim == 1
    }
    return Material(inputs, labels, data.training * (1 + copies))


def moved(pictures: Array, rng: np.random.Generator) -> Array:
    """Pictures [n, h, w, c], each moved by up to 1/SHARE of its sides; what comes in repeats the edge."""
    n, height, width, _ = pictures.shape
    most = [max(1, side // SHARE) for side in (height, width)]
    padded = np.pad(pictures, ((0, 0), *((m, m) for m in most), (0, 0)), mode="edge")
    tops, lefts = (rng.integers(0, 2 * m + 1, n) for m in most)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (height, width), axis=(1, 2))
    return np.moveaxis(windows[np.arange(n), tops, lefts], 1, -1)


def _changed(values: Array, picture: bool, mirror: bool, rng: np.random.Generator) -> Array:
    if not picture:
        return values
    found = moved(values, rng)
    if mirror:
        turned = rng.random(len(found)) < 0.5
        found[turned] = found[turned, :, ::-1]
    return found


def _check(data: TrainingSet, copies: int) -> None:
    size = copies * sum(values[: data.training].nbytes for values in data.inputs.values())
    if size > MOST_BYTES:
        text = f"{copies} moved copies of the pictures would take {size / 2**30:.1f} GB of memory."
        raise ConversionFailed(text, f"Set moved to less, for at most {MOST_BYTES / 2**30:.0f} GB.")
