"""A user's own metric of one variant: its file run once more, then the user's code on what it gave."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from tflite_ui.core.errors import MetricFailed
from tflite_ui.datasets import split
from tflite_ui.datasets.own_scores import SAMPLES, OwnScores, write_own
from tflite_ui.evaluation.evaluate import run
from tflite_ui.evaluation.holdout import held_out
from tflite_ui.evaluation.own_score import OwnMetric, own_score
from tflite_ui.litert.interpreter import take
from tflite_ui.worker.payloads import MetricScores, ScoreMetric
from tflite_ui.worker.protocol import Reporter
from tflite_ui.worker.sandbox import keeps_in, start_no_more

METRIC = "metric"


def score_metric(payload: ScoreMetric, folder: Path, reporter: Reporter, isolation: str) -> MetricScores:
    """See ``ScoreMetric``; raises MetricFailed, DataMismatch or VerificationFailed.

    The user's code begins last of all, when whatever else the job needs has been read.
    """
    if not (payload.without_walls or keeps_in(isolation)):
        text = f"{payload.name} isn't run: nothing would keep it in ({isolation})."
        raise MetricFailed(text, "It wants Linux with Landlock (kernel 5.13); see docs/security.md.")
    reporter.progress(METRIC, 0.0)
    inputs, labels = split.evaluation(Path(payload.data), payload.source)
    rows, outputs = run(Path(payload.file), inputs, payload.cores, partial(reporter.progress, METRIC))
    with np.load(payload.outputs_file) as stored:
        originals = take({name: stored[name] for name in stored.files}, rows)
    held = held_out(len(next(iter(inputs.values()))), labels)[rows]
    start_no_more()
    metric = OwnMetric(Path(payload.metric).read_bytes(), payload.name)
    score, each = own_score(metric, outputs, originals, take(labels, rows), take(inputs, rows), held)
    if each.ndim:
        write_own(OwnScores(rows.astype(np.int32), each), folder / SAMPLES)
    return MetricScores(score=score, each=bool(each.ndim))
