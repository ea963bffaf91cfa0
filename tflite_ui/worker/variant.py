"""One recipe made into a file: converted, verified and evaluated."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import numpy as np

from tflite_ui.core.errors import ConversionFailed
from tflite_ui.core.params import Params
from tflite_ui.core.recipe import step_params
from tflite_ui.core.technique import Conversion
from tflite_ui.core.variant import Quality, Seconds
from tflite_ui.datasets import split
from tflite_ui.evaluation.evaluate import evaluate
from tflite_ui.evaluation.fidelity import Array
from tflite_ui.evaluation.holdout import CHOOSING
from tflite_ui.litert.flatbuffer import facts, read
from tflite_ui.litert.outline import outline
from tflite_ui.techniques import techniques
from tflite_ui.worker.context import JobContext
from tflite_ui.worker.payloads import MakeVariant, VariantResult
from tflite_ui.worker.protocol import Reporter
from tflite_ui.worker.samples import inputs_for
from tflite_ui.worker.verify import SAMPLES, Expected, verify

ANSWERS_FILE = "answers.npz"
CONVERT, VERIFY, EVALUATE = "convert", "verify", "evaluate"


def make_variant(payload: MakeVariant, folder: Path, reporter: Reporter) -> VariantResult:
    """See ``MakeVariant``. Raises ConversionFailed, VerificationFailed or DataMismatch."""
    technique, params = _conversion(payload)
    begin = time.perf_counter()
    reporter.progress(CONVERT, 0.0)
    context = JobContext(payload, folder, reporter, CONVERT)
    file = technique.convert(Path(payload.float_file), params, context)
    reporter.progress(CONVERT, 1.0)
    converted = time.perf_counter() - begin
    reporter.progress(VERIFY, 0.0)
    data = split.evaluation(Path(payload.data), payload.source) if payload.data else None
    samples = inputs_for(file, payload.source, data[0] if data else None, SAMPLES, payload.seed)
    expected = Expected(technique, params, Path(payload.float_file))
    known = facts(file)
    checks = verify(file, known, expected, samples)
    reporter.progress(VERIFY, 1.0)
    begin = time.perf_counter()
    answers = folder / ANSWERS_FILE
    quality = _evaluate(payload, file, data, reporter, answers)
    evaluated = time.perf_counter() - begin if quality else None
    return VariantResult(
        file=str(file),
        facts=known,
        checks=checks,
        seconds=Seconds(convert=converted, evaluate=evaluated),
        quality=quality,
        answers=str(answers) if answers.exists() else None,
        outline=outline(read(file)),
        choosing=CHOOSING,
    )


def _conversion(payload: MakeVariant) -> tuple[Conversion, Params]:
    """The last step; raises ConversionFailed with the technique's own refusal."""
    step = payload.steps[-1]
    technique, params = techniques()[step.technique], step_params(step, techniques())
    reason = technique.refuses(payload.source, params)
    if reason:
        raise ConversionFailed(reason, "Change the settings or choose another technique.")
    if not isinstance(technique, Conversion):
        raise ConversionFailed(f"{technique.title} writes no file.", "Add a conversion as the last step.")
    return technique, params


def _evaluate(
    payload: MakeVariant,
    file: Path,
    data: tuple[dict[str, Array], split.Labels] | None,
    reporter: Reporter,
    answers: Path,
) -> Quality | None:
    if data is None or payload.outputs_file is None:
        return None
    reporter.progress(EVALUATE, 0.0)
    with np.load(payload.outputs_file) as stored:
        originals = {name: stored[name] for name in stored.files}
    report = partial(reporter.progress, EVALUATE)
    return evaluate(file, *data, originals, payload.cores, report, answers)
