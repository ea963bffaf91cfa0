"""Which layer loses: a variant's layers compared with the float file's, and each tried alone."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from tflite_ui.core.diagnosis import BlockLoss, Diagnosis, Kept, Layer
from tflite_ui.core.technique import Sample
from tflite_ui.datasets import split
from tflite_ui.evaluation.layers import decibels, follow, layers
from tflite_ui.evaluation.pruned import pruned
from tflite_ui.litert.alone import Judge, Loss, Progress, ranked, sweep
from tflite_ui.litert.blocks import Block
from tflite_ui.litert.calibrated import Calibrated
from tflite_ui.litert.equalise import equalised
from tflite_ui.litert.inside import inside
from tflite_ui.litert.interpreter import take
from tflite_ui.litert.layers import rules_of
from tflite_ui.litert.links import links
from tflite_ui.litert.quantizer import Rule, Samples, float_ports
from tflite_ui.worker.context import JobContext
from tflite_ui.worker.payloads import Diagnose, MakeVariant
from tflite_ui.worker.protocol import Reporter

COMPARE, CALIBRATE, TRY, KEEP, PRUNE = "compare", "calibrate", "try", "keep", "prune"
STAGES = (COMPARE, CALIBRATE, TRY, KEEP, PRUNE)
TRY_TIME = 0.75
"""The share of the time that quantising layers may take; the rest is for pruning them."""
COUNTS = (1, 2, 3, 4, 6, 8, 12)
"""How many of the worst layers are kept on trial."""


def diagnose(payload: Diagnose, folder: Path, reporter: Reporter) -> Diagnosis:
    """See ``Diagnose``. Raises VerificationFailed or DataMismatch."""
    begin = time.monotonic()
    samples = list(islice(_evaluation(payload), payload.samples))
    reporter.progress(COMPARE, 0.0)
    float_file = _float_file(payload, _context(payload, folder, reporter, COMPARE))
    original, variant = inside(float_file), inside(Path(payload.file))
    found = layers(original.graph, variant.graph, follow(original, variant, samples))
    rules = rules_of(original.graph, variant.graph)
    reporter.progress(CALIBRATE, 0.0)
    calibrated = _calibrated(payload, float_file, rules, _context(payload, folder, reporter, CALIBRATE))
    judge = Judge(float_file, samples)
    swept = sweep(calibrated, judge, rules, TRY_TIME * payload.seconds, _teller(reporter, TRY))
    worst = ranked(original.graph, swept.losses)
    reporter.progress(KEEP, 0.0)
    kept = tuple(_kept(calibrated, judge, rules, worst))
    seconds = (1 - TRY_TIME) * payload.seconds
    bare, prunable = pruned(float_file, judge, seconds, _teller(reporter, PRUNE))
    return Diagnosis(
        layers=_with_losses(found, swept.losses),
        worst=worst,
        kept=kept,
        samples=len(samples),
        tried=len(swept.losses),
        triable=len(rules),
        seconds=time.monotonic() - begin,
        blocks=tuple(_block(block, loss) for block, loss in swept.blocks),
        pruned=bare,
        prunable=prunable,
        equalisable=tuple(link.maker for link in links(original.graph)),
    )


def _teller(reporter: Reporter, stage: str) -> Progress:
    return lambda done, note: reporter.progress(stage, done, note)


def _float_file(payload: Diagnose, context: JobContext) -> Path:
    """The float file that the variant was quantised from: equalised again, where it was."""
    model = Path(payload.float_file)
    if not payload.equalise:
        return model
    return equalised(model, payload.per_channel, payload.calibration_samples, context)


def _block(block: Block, loss: Loss) -> BlockLoss:
    return BlockLoss(
        name=block.name,
        operators=block.places,
        alone_db=decibels(loss.noise),
        agreement=loss.agreement,
    )


def _evaluation(payload: Diagnose) -> Iterator[Sample]:
    inputs, _ = split.evaluation(Path(payload.data), payload.source)
    for row in range(len(next(iter(inputs.values())))):
        yield take(inputs, slice(row, row + 1))


def _context(payload: Diagnose, folder: Path, reporter: Reporter, stage: str) -> JobContext:
    """Hands out the samples that calibrated the variant."""
    asked = MakeVariant(
        source=payload.source,
        path=payload.float_file,
        float_file=payload.float_file,
        data=payload.data,
        steps=(),
        seed=payload.seed,
    )
    return JobContext(asked, folder, reporter, stage)


def _calibrated(
    payload: Diagnose, float_file: Path, rules: Mapping[int, Rule], context: JobContext
) -> Calibrated:
    """The float file with its ranges."""
    if not any(rule.mode == "static" for rule in rules.values()):
        return Calibrated(float_file, None)
    return Calibrated(float_file, Samples(context.calibration(payload.calibration_samples), context))


def _with_losses(found: tuple[Layer, ...], losses: Mapping[int, Loss]) -> tuple[Layer, ...]:
    total = math.fsum(loss.noise for loss in losses.values()) or 1.0
    return tuple(
        layer.model_copy(
            update={
                "alone_db": decibels(loss.noise),
                "agreement": loss.agreement,
                "share": loss.noise / total,
            }
        )
        if (loss := losses.get(layer.operator))
        else layer
        for layer in found
    )


def _kept(
    calibrated: Calibrated, judge: Judge, rules: Mapping[int, Rule], worst: tuple[int, ...]
) -> Iterator[Kept]:
    """The outputs with none of the worst kept in float, then with more and more of them."""
    for count in (0, *(c for c in COUNTS if c < len(rules))):
        rest = [rule for place, rule in rules.items() if place not in worst[:count]]
        content = calibrated.quantised([*float_ports(), *rest])
        loss = judge.loss(content) if content is not None else None
        if loss is not None:
            yield Kept(count=count, sqnr_db=decibels(loss.noise), agreement=loss.agreement)
