"""Whether labels fit a model's outputs: how many, of which shape, which classes. Reads summaries alone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Literal

from tflite_ui.core.data import LABELS, LABELS_OF, DataSummary, LabelSummary, Problem
from tflite_ui.core.errors import DataMismatch
from tflite_ui.core.model import ModelSource, TensorSpec
from tflite_ui.datasets.split import outputs_of

IMBALANCE = 10
Use = Literal["data", "training"]
Form = tuple[int | None, ...]
ONE_CLASS = {"data": "accuracy will say little", "training": "there is nothing to learn from it"}
UNEVEN = {
    "data": "Accuracy is dominated by the frequent ones.",
    "training": "The rare ones are learnt least: give each about as many.",
}


def of_labels(source: ModelSource, data: DataSummary, use: Use) -> Iterator[Problem]:
    """What is wrong, or worth knowing, with the labels of each output."""
    keys = tuple(data.output_labels) + (("",) if data.labels else ())
    try:
        outputs = dict(zip(keys, outputs_of(keys, source), strict=True))
    except DataMismatch as wrong:
        yield Problem(code="label_names", message=wrong.message, hint=wrong.hint)
        return
    for array, labels in data.label_arrays.items():
        output = outputs[array.removeprefix(LABELS_OF) if array != LABELS else ""]
        named = f"{array}: " if array != LABELS else ""
        specs = [spec for spec in source.outputs if spec.name == output] or list(source.outputs)
        for problem in _of_array(labels, data.arrays[0].shape[0], specs, use):
            yield problem.model_copy(update={"message": named + problem.message})


def _of_array(labels: LabelSummary, n: int, outputs: Sequence[TensorSpec], use: Use) -> Iterator[Problem]:
    """What is wrong with labels of one of ``outputs``."""
    if labels.shape[0] != n:
        yield Problem(
            code="label_count",
            message=f"There are {labels.shape[0]:,} labels for {n:,} samples.",
            hint="Give each sample one label, in the same order.",
        )
    if not any(_fits(labels, output) for output in outputs):
        yield _of_form(labels, outputs)
        return
    units = outputs[0].shape[-1] if len(outputs[0].shape) > 1 else None
    if labels.kind != "values" and not (units == 1 and (labels.high or 0) > 1):
        yield from _of_classes(labels, units, use)


def _fits(labels: LabelSummary, output: TensorSpec) -> bool:
    """Whether an output has a value for each label, or classes to choose from.

    Whole numbers, one for each sample, may also say which samples are odd, whatever the output.
    """
    own = labels.shape[1:-1] if labels.kind == "one_hot" or labels.shape[-1:] == (1,) else labels.shape[1:]
    if len(output.shape) < 2 or (labels.kind != "values" and not own):
        return True
    return _as_many(own, output.sample_shape) or (
        labels.kind != "values" and agree(output.sample_shape[:-1], own)
    )


def _as_many(own: tuple[int, ...], wanted: Form) -> bool:
    """Whether there are as many values; an open axis takes what is left."""
    known = math.prod(axis for axis in wanted if axis is not None)
    return math.prod(own) % known == 0 if None in wanted and known else math.prod(own) == known


def _of_form(labels: LabelSummary, outputs: Sequence[TensorSpec]) -> Problem:
    gives = " and ".join(f"{output.name} gives {form(output.sample_shape)}" for output in outputs)
    chooses = any(output.shape[-1:] not in ((), (1,)) for output in outputs)
    classes = ", or whole numbers where it chooses between classes" if chooses else ""
    return Problem(
        code="label_shape",
        message=f"The labels hold {form(labels.shape[1:])} for each sample, but {gives}.",
        hint=f"Give each sample as many values as the output has{classes}; or leave the labels out.",
    )


def _of_classes(labels: LabelSummary, outputs: int | None, use: Use) -> Iterator[Problem]:
    classes = max(outputs, 2) if outputs else None
    top = labels.shape[-1] - 1 if labels.kind == "one_hot" else labels.high
    low = labels.low if labels.kind == "sparse" else 0
    if top is None or low is None:
        return
    if (classes and top >= classes) or low < 0:
        yield Problem(
            code="label_range",
            message=f"Labels run from {low:g} to {top:g}, but the model has {outputs} outputs.",
            hint="Number the classes from 0, in the order of the model's outputs.",
        )
    yield from _of_balance(labels, use)


def _of_balance(labels: LabelSummary, use: Use) -> Iterator[Problem]:
    present = sorted(number for number in labels.counts.values() if number)
    if len(present) == 1:
        yield note(
            "one_class", f"All samples have one label: {ONE_CLASS[use]}.", "Add samples of other classes."
        )
    elif present and present[-1] > IMBALANCE * present[0]:
        yield note(
            "imbalance",
            f"Classes are uneven: from {present[0]:,} to {present[-1]:,} samples.",
            UNEVEN[use],
        )


def note(code: str, message: str, hint: str = "") -> Problem:
    """What doesn't stand in the way."""
    return Problem(code=code, message=message, hint=hint, blocking=False)


def agree(wanted: Form, given: tuple[int, ...]) -> bool:
    """Whether a shape is the one that is wanted, its open axes left aside."""
    return len(wanted) == len(given) and all(w in (None, g) for w, g in zip(wanted, given, strict=True))


def form(shape: Form) -> str:
    """A sample's shape in words, e.g. ``28×28×1``."""
    return "×".join("?" if d is None else str(d) for d in shape) or "one number"
