"""One sample through every variant: what each answers, how sure it is, and how long that one run took."""

from __future__ import annotations

import math

from tflite_ui.core.data import SampleView, looks_like_image
from tflite_ui.core.errors import DataMismatch
from tflite_ui.core.frozen import Frozen
from tflite_ui.core.model import ModelSource

MOST_NUMBERS = 32
"""The longest row that a person would edit by hand."""


def picture_shape(source: ModelSource) -> tuple[int, int, int] | None:
    """[height, width, channels] of the picture that a model takes as its only input, with 1 or 3 channels."""
    shape = _only_input(source)
    if shape is None or not looks_like_image(shape):
        return None
    return shape[0], shape[1], shape[2] if len(shape) > 2 else 1


def row_length(source: ModelSource) -> int | None:
    """How many numbers a model takes as its only input, when a person may write them: 1 to MOST_NUMBERS."""
    shape = _only_input(source)
    if shape is None or len(shape) > 1 or source.inputs[0].dtype == "bool":
        return None
    count = math.prod(shape)
    return count if 1 <= count <= MOST_NUMBERS else None


def check_row(source: ModelSource, numbers: tuple[float, ...]) -> None:
    """Raise DataMismatch when ``numbers`` aren't a row for the model."""
    length = row_length(source)
    if length is None:
        raise DataMismatch(f"{source.name} takes no short row.", "Try one of the data's own samples.")
    if len(numbers) != length or not all(map(math.isfinite, numbers)):
        raise DataMismatch(f"The row has to hold {length} numbers.", "Fill in every cell.")


def _only_input(source: ModelSource) -> tuple[int, ...] | None:
    shape = source.inputs[0].sample_shape if len(source.inputs) == 1 else (None,)
    known = tuple(d for d in shape if d is not None)
    return known if len(known) == len(shape) else None


class Answer(Frozen):
    """One variant's answer: its ``top`` classes with their outputs, the best first, or plain ``values``.

    ``milliseconds`` is one run after one to warm up, in one thread: a glimpse, no benchmark.
    """

    variant: str
    top: tuple[tuple[int, float], ...] = ()
    values: tuple[float, ...] = ()
    milliseconds: float = 0.0
    error: str = ""


class Trial(Frozen):
    """The sample as it was seen, its label (None: unknown), and the answers in the order asked for."""

    view: SampleView
    label: int | None = None
    answers: tuple[Answer, ...] = ()
