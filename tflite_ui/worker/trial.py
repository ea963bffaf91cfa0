"""One sample through many files: an evaluation sample, or a picture that somebody brings."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from tflite_ui.core.errors import DataMismatch, TFLiteUIError, UnreadableData
from tflite_ui.core.model import ModelSource
from tflite_ui.core.trial import Answer, Trial, check_row, picture_shape
from tflite_ui.datasets.read import Array
from tflite_ui.datasets.split import Labels, evaluation
from tflite_ui.evaluation.fidelity import classes_output
from tflite_ui.litert.interpreter import Session, rows_of
from tflite_ui.worker.payloads import TryFiles
from tflite_ui.worker.views import view

TOP = 5
FEW = 12
MOST_PIXELS = 40_000_000


def try_files(payload: TryFiles) -> Trial:
    """See ``TryFiles``. Raises UnreadableData and DataMismatch; a file that fails says so in its answer."""
    inputs, label, span = _sample(payload)
    first = next(iter(inputs.values()))[0]
    answers = tuple(_answer(variant, Path(file), inputs) for variant, file in payload.files.items())
    return Trial(view=view(first, *span), label=label, answers=answers)


def _sample(payload: TryFiles) -> tuple[dict[str, Array], int | None, tuple[float, float]]:
    """The inputs with a batch of 1, the label, and the range that pictures are shown in."""
    data = evaluation(Path(payload.data), payload.source) if payload.data else None
    span = (0.0, 255.0 if payload.source.rescales_input else 1.0)
    if data is not None:
        values = next(iter(data[0].values()))
        span = float(np.nanmin(values)), float(np.nanmax(values))
    if payload.picture:
        return _brought(Path(payload.picture), payload.source, span), None, span
    if payload.numbers:
        return _written(payload.numbers, payload.source), None, span
    if data is None:
        raise DataMismatch("There are no samples to try.", "Bring a picture, or run a study with data.")
    inputs, labels = data
    row = payload.row % len(next(iter(inputs.values())))
    one = {name: values[row : row + 1] for name, values in inputs.items()}
    return one, _label(labels, payload.source, row), span


def _label(labels: Labels, source: ModelSource, row: int) -> int | None:
    """The class of a sample, of the output whose classes are shown; None without."""
    shown = next((spec.name for spec in source.outputs if (spec.shape[-1:] or (1,))[0] != 1), "")
    only = next(iter(labels.values()), None) if len(source.outputs) == 1 else labels.get("")
    found = labels.get(shown, only)
    return int(found[row]) if found is not None and found.ndim == 1 and found.dtype.kind == "i" else None


def _brought(path: Path, source: ModelSource, span: tuple[float, float]) -> dict[str, Array]:
    """A picture file as the model's only input: its size, its channels, and the data's range of values."""
    from PIL import Image

    spec, shape = source.inputs[0], picture_shape(source)
    if shape is None:
        raise DataMismatch(f"{source.name} takes no picture.", "Try one of the data's own samples.")
    height, width, channels = shape
    try:
        opened = Image.open(path, formats=("PNG", "JPEG"))
        if opened.width * opened.height > MOST_PIXELS:
            raise UnreadableData("The picture has over 40 million pixels.", "Bring a smaller one.")
        pixels = opened.convert("RGB" if channels == 3 else "L").resize((width, height))
    except (OSError, ValueError, Image.DecompressionBombError):
        raise UnreadableData("This is no picture that can be read.", "Bring a PNG or JPEG file.") from None
    values = np.asarray(pixels, np.float32).reshape([int(d or 1) for d in spec.sample_shape])
    scaled = values if span[1] > 2 else values / 255 * (span[1] - span[0]) + span[0]
    return {spec.name: scaled[None].astype(spec.dtype)}


def _written(numbers: tuple[float, ...], source: ModelSource) -> dict[str, Array]:
    """A row that somebody wrote as the model's only input; raises DataMismatch when it doesn't fit."""
    check_row(source, numbers)
    spec = source.inputs[0]
    kind = np.dtype(spec.dtype)
    if kind.kind in "iu" and any(n != int(n) or not _fits(n, kind) for n in numbers):
        raise DataMismatch(f"The model takes whole numbers ({kind}).", "Correct the row.")
    return {spec.name: np.asarray([numbers], np.float64).astype(kind)}


def _fits(number: float, kind: np.dtype[np.generic]) -> bool:
    limits = np.iinfo(kind.name)
    return limits.min <= number <= limits.max


def _answer(variant: str, file: Path, inputs: dict[str, Array]) -> Answer:
    try:
        session = Session(file)
        outputs = rows_of(session.run(inputs))
        begin = time.perf_counter()
        session.invoke()
        milliseconds = 1000 * (time.perf_counter() - begin)
    except TFLiteUIError as refused:
        return Answer(variant=variant, error=refused.message)
    name = classes_output(outputs)
    values = (outputs[name] if name else next(iter(outputs.values())))[0].ravel()
    if name is None or outputs[name].ndim > 2:
        few = tuple(float(value) for value in values[:FEW])
        return Answer(variant=variant, values=few, milliseconds=milliseconds)
    best = np.argsort(values)[::-1][:TOP]
    top = tuple((int(i), float(values[i])) for i in best)
    return Answer(variant=variant, top=top, milliseconds=milliseconds)
