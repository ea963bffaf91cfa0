"""The float .tflite that all variants are made from, proved equal to its source, and its outputs."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from tflite_ui.core.errors import ConversionFailed
from tflite_ui.core.facts import Check
from tflite_ui.core.loader import Loader, Shapes
from tflite_ui.core.model import ModelSource
from tflite_ui.datasets import split
from tflite_ui.evaluation.fidelity import Array, errors
from tflite_ui.litert.flatbuffer import has_variable_ops, read
from tflite_ui.litert.interpreter import run_all
from tflite_ui.litert.outline import outline
from tflite_ui.loaders import find_loader
from tflite_ui.worker.payloads import Prepare, Prepared
from tflite_ui.worker.protocol import Reporter
from tflite_ui.worker.samples import inputs_for

COMPARED = 32
TOLERANCE = 1e-3
"""Allowed difference to the source, as a share of its largest output: float32 sums in another order."""
CONVERT, VERIFY, BASELINE = "convert", "verify", "baseline"


def prepare(payload: Prepare, folder: Path, reporter: Reporter) -> Prepared:
    """See ``Prepare``. Raises ConversionFailed when file and source differ, and loaders' errors."""
    begin = time.perf_counter()
    source, path = payload.source, Path(payload.path)
    inputs = split.evaluation(Path(payload.data), source)[0] if payload.data else None
    float_file = folder / "float.tflite"
    loader = find_loader(path, source.name)
    reporter.progress(CONVERT, 0.0)
    loader.to_float_tflite(path, float_file, _shapes(source, inputs))
    reporter.progress(VERIFY, 0.0)
    checks = (_holds_weights(float_file), *_same_as_source(loader, payload, float_file, inputs))
    outputs = None
    if inputs is not None:
        report = partial(reporter.progress, BASELINE)
        outputs = _save_outputs(float_file, inputs, folder / "outputs.npz", report)
    return Prepared(
        float_file=str(float_file),
        outputs_file=str(outputs) if outputs else None,
        checks=checks,
        seconds=time.perf_counter() - begin,
        outline=outline(read(float_file)),
    )


def _shapes(source: ModelSource, inputs: dict[str, Array] | None) -> Shapes:
    """Sample shapes that fix dynamic axes: the data's, or the model's own where it has no free axis."""
    if inputs is not None:
        return {name: values.shape[1:] for name, values in inputs.items()}
    own = {spec.name: spec.sample_shape for spec in source.inputs if None not in spec.sample_shape}
    return {name: tuple(int(d) for d in shape if d is not None) for name, shape in own.items()}


def _holds_weights(file: Path) -> Check:
    if has_variable_ops(read(file)):
        raise ConversionFailed(
            "The converted file looks its weights up in variables, which it doesn't hold.",
            "Save the model with model.save('model.keras') and upload that.",
        )
    return Check(name="Holds its weights", passed=True, detail="no variable operators")


def _same_as_source(
    loader: Loader, payload: Prepare, file: Path, inputs: dict[str, Array] | None
) -> tuple[Check, ...]:
    """One check, or none where the source has no runtime of its own to compare with."""
    samples = inputs_for(file, payload.source, inputs, COMPARED, payload.seed)
    originals = loader.reference_outputs(Path(payload.path), samples)
    if originals is None:
        return ()
    outputs = run_all(file, samples)
    if set(outputs) != set(originals):
        raise ConversionFailed(
            f"The converted file gives {', '.join(outputs)}; the original gives {', '.join(originals)}.",
            "Give the model's outputs distinct names.",
        )
    originals = {name: np.asarray(values, np.float32) for name, values in originals.items()}
    return (compare(outputs, originals, len(next(iter(samples.values())))),)


def compare(outputs: dict[str, Array], originals: dict[str, Array], n: int) -> Check:
    """The check that outputs equal the source's on ``n`` samples; raises ConversionFailed when not."""
    wrong = [name for name, values in originals.items() if outputs[name].shape != values.shape]
    largest = np.inf if wrong else errors(outputs, originals)[0]
    scale = max(float(np.max(np.abs(values), initial=0.0)) for values in originals.values())
    if not largest <= TOLERANCE * max(scale, 1e-6):
        found = f"the shape of {', '.join(wrong)} differs" if wrong else f"they differ by up to {largest:.3g}"
        raise ConversionFailed(
            f"The converted file's outputs aren't the original's: {found} on {n} samples.",
            "The model may hold random or stateful layers, or give NaN: check its outputs first.",
        )
    detail = f"differs by at most {largest:.2g} on {n} samples"
    return Check(name="Equals the original", passed=True, detail=detail)


def _save_outputs(
    file: Path, inputs: dict[str, Array], target: Path, report: Callable[[float], None]
) -> Path:
    outputs = run_all(file, inputs, progress=report)
    np.savez(target, allow_pickle=False, **outputs)
    return target
