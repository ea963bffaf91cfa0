"""Whether data fits a model: each mismatch named, with the fix the app can apply. Reads summaries alone."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tflite_ui.core.data import LABELS_OF, ArraySummary, DataSummary, Fit, FixKey, Problem
from tflite_ui.core.model import ModelSource, TensorSpec
from tflite_ui.datasets.fit_labels import Use, agree, form, note, of_labels
from tflite_ui.datasets.split import match_names

FEW_CALIBRATION = 100
FEW_TRAINING = 1000
_SHARED = {"shape", "dtype", "low", "high"}
"""What the summaries of samples and of labels have in common."""
_RANGES = {
    "bool": (0, 1),
    "uint8": (0, 255),
    "int8": (-128, 127),
    "int16": (-(2**15), 2**15 - 1),
    "uint16": (0, 2**16 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "uint32": (0, 2**32 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint64": (0, 2**64 - 1),
}


def fit(source: ModelSource, data: DataSummary, use: Use = "data") -> Fit:
    """Every problem and note, those that block first; ``training`` data is only trained on."""
    if data.evaluation_samples == 0 or data.calibration_samples == 0:
        text = f"{data.name} holds no samples."
        return Fit(problems=(Problem(code="empty", message=text, hint="Add samples to it."),))
    data = _for_model(source, data)
    keys = match_names(tuple(a.name for a in data.arrays), tuple(s.name for s in source.inputs))
    found = list(_of_names(source, data)) if keys is None else list(_of_inputs(source, data, keys))
    found += [*of_labels(source, data, use), *_of_number(data, use), *_of_doubles(data)]
    return Fit(problems=tuple(sorted(found, key=lambda problem: not problem.blocking)))


def as_training(source: ModelSource, data: DataSummary) -> tuple[Problem, ...]:
    """What is worth knowing where the samples that calibrate are trained on, there being no training file.

    Only what isn't said of them as data already.
    """
    lessons = data.model_copy(update={"samples": data.calibration_samples})
    known = fit(source, data).problems
    return tuple(p for p in fit(source, lessons, "training").problems if p not in known)


def _of_names(source: ModelSource, data: DataSummary) -> Iterator[Problem]:
    has, wants = [a.name for a in data.arrays], [s.name for s in source.inputs]
    unit, rule = "inputs", "Name the arrays in the .npz after the model's inputs."
    if len(wants) == 1:
        unit, rule = "input", "Keep one array of samples, named x, and the labels, named y."
    yield Problem(
        code="inputs",
        message=f"{data.name} has {', '.join(has)}; the model takes {len(wants)} {unit}: {', '.join(wants)}.",
        hint=rule,
    )


def _of_inputs(source: ModelSource, data: DataSummary, keys: dict[str, str]) -> Iterator[Problem]:
    arrays = {array.name: array for array in data.arrays}
    for spec in source.inputs:
        array = arrays[keys[spec.name]]
        yield from _of_shape(spec, array)
        yield from _of_values(spec, array, source.rescales_input)
        yield from _of_bad(array)


def _of_shape(spec: TensorSpec, array: ArraySummary) -> Iterator[Problem]:
    wanted, given = spec.sample_shape, array.shape[1:]
    if agree(wanted, given):
        if None in wanted:
            yield note("dynamic_axes", f"{spec.name} takes {form(wanted)}; it is fixed to {form(given)}.")
        return
    yield Problem(
        code="shape",
        message=f"{spec.name} takes samples of {form(wanted)}, but {array.name} holds {form(given)}.",
        hint="Reshape your samples; the first axis counts them.",
        fixes=_shape_fix(wanted, given),
    )


def _shape_fix(wanted: tuple[int | None, ...], given: tuple[int, ...]) -> tuple[FixKey, ...]:
    if agree(wanted, (*given, 1)):
        return ("add_channel_axis",)
    if given[-1:] == (1,) and agree(wanted, given[:-1]):
        return ("drop_channel_axis",)
    return ()


def _of_values(spec: TensorSpec, array: ArraySummary, rescales: bool) -> Iterator[Problem]:
    floats, given_floats = "float" in spec.dtype, "float" in array.dtype
    if floats and given_floats:
        if spec.dtype != array.dtype:
            yield note("cast", f"{array.name} is {array.dtype}: it is cast to {spec.dtype} as it is read.")
        if looks_raw(array.low, array.high) and not rescales:
            yield _raw_range(array)
    elif floats:
        yield _integers_for_floats(spec, array, rescales)
    elif spec.dtype != array.dtype:
        yield _cast_to_integers(spec, array)


def looks_raw(low: float | None, high: float | None) -> bool:
    """Whether values look like raw pixels: from 0 to at most 255 and well over 1."""
    return low is not None and high is not None and low >= 0 and 16 < high <= 255


def _raw_range(array: ArraySummary) -> Problem:
    return Problem(
        code="range",
        message=f"{array.name} holds {_values(array)}, like raw pixels, and no layer scales them.",
        hint="If the model was trained on values from 0 to 1, scale them.",
        fixes=("scale",),
        blocking=False,
    )


def _integers_for_floats(spec: TensorSpec, array: ArraySummary, rescales: bool) -> Problem:
    scale = looks_raw(array.low, array.high) and not rescales
    hint = f"Divide by 255 as {spec.dtype}." if scale else f"Cast it to {spec.dtype}, its values as they are."
    if scale:
        hint += f" If the model was trained on 0 to 255, save the data as {spec.dtype} yourself."
    return Problem(
        code="dtype",
        message=f"{spec.name} takes {spec.dtype}, but {array.name} holds {_values(array)}.",
        hint=hint,
        fixes=("scale",) if scale else ("cast",),
    )


def _cast_to_integers(spec: TensorSpec, array: ArraySummary) -> Problem:
    low, high = _RANGES.get(spec.dtype, (-math.inf, math.inf))
    inside = array.low is None or array.high is None or (low <= array.low and array.high <= high)
    message = f"{spec.name} takes {spec.dtype}, but {array.name} holds {_values(array)}."
    if not inside:
        text = f"Values from {low:g} to {high:g} fit: bring yours into that range."
        return Problem(code="dtype", message=message, hint=text)
    if "float" in array.dtype:
        return Problem(code="dtype", message=message, hint="Casting drops fractions.", fixes=("cast",))
    return note("cast", f"{array.name} is {array.dtype}: it is cast to {spec.dtype} as it is read.")


def _values(array: ArraySummary) -> str:
    if array.low is None or array.high is None:
        return array.dtype
    return f"{array.dtype} from {array.low:g} to {array.high:g}"


def _of_bad(array: ArraySummary) -> Iterator[Problem]:
    if not array.bad_samples:
        return
    kinds = [f"{n:,} {name}" for n, name in ((array.nan, "NaN"), (array.inf, "infinite")) if n]
    yield Problem(
        code="bad_values",
        message=f"{array.name} holds {' and '.join(kinds)} values in {array.bad_samples:,} samples.",
        hint="Leave those samples out.",
        fixes=("drop_bad",),
    )


def _for_model(source: ModelSource, data: DataSummary) -> DataSummary:
    """``data`` with what looked like an output's labels, and is an input of this model, among its arrays."""
    names = {spec.name: spec.name.removeprefix(LABELS_OF) for spec in source.inputs}
    taken = {key: output for key, output in names.items() if key != output and output in data.output_labels}
    if not taken:
        return data
    arrays = (
        ArraySummary(name=key, **data.output_labels[output].model_dump(include=_SHARED))
        for key, output in taken.items()
    )
    rest = {name: found for name, found in data.output_labels.items() if name not in taken.values()}
    return data.model_copy(update={"arrays": (*data.arrays, *arrays), "output_labels": rest, "duplicates": 0})


def _of_number(data: DataSummary, use: Use) -> Iterator[Problem]:
    if use == "training":
        if data.samples < FEW_TRAINING:
            yield note(
                "few_training",
                f"Only {data.samples:,} samples to train on.",
                f"From {FEW_TRAINING:,} on, training wins back more than it spoils; distillation wants most.",
            )
    elif data.calibration_samples < FEW_CALIBRATION:
        yield note(
            "few_calibration",
            f"Only {data.calibration_samples} samples calibrate.",
            f"With {FEW_CALIBRATION} or more, integer quantisation keeps more of the quality.",
        )


def _of_doubles(data: DataSummary) -> Iterator[Problem]:
    if data.duplicates:
        text = f"{data.duplicates:,} samples stand more than once."
        yield Problem(code="duplicates", message=text, fixes=("drop_duplicates",), blocking=False)
