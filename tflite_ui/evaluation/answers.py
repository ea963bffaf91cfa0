"""Each sample's answer, where a model chooses one class for each sample."""

from __future__ import annotations

import numpy as np

from tflite_ui.datasets.answers import NO_LABEL, Answers
from tflite_ui.datasets.split import Labels
from tflite_ui.evaluation.fidelity import Outputs, classes_output
from tflite_ui.evaluation.quality import first_verdicts
from tflite_ui.evaluation.scores import Rows

HALF = 0.5


def answers_of(ran: Rows, outputs: Outputs, originals: Outputs, labels: Labels) -> Answers | None:
    """The answers that ``outputs`` (float32 [m, ...] by name) give to the samples that were run.

    The output is the one whose classes the labels fit, else the first with classes; None where there is
    none with one choice for each sample.
    """
    verdicts = first_verdicts(outputs, originals, labels)
    name = verdicts.output if verdicts else classes_output(originals)
    if name is None or originals[name].ndim > 2 or (verdicts and verdicts.labels.ndim != 1):
        return None
    values = outputs[name].reshape(len(ran.rows), -1)
    if values.shape[1] > 1:
        first, confidence = np.argmax(values, axis=1), np.max(values, axis=1)
    else:
        limit = HALF if originals[name].min() >= 0 and originals[name].max() <= 1 else 0.0
        first, confidence = (values[:, 0] > limit).astype(int), values[:, 0]
    wanted = np.full(len(ran.rows), NO_LABEL) if verdicts is None else verdicts.labels
    return Answers(
        rows=ran.rows.astype(np.int32),
        first=first.astype(np.int32),
        confidence=confidence.astype(np.float32),
        wanted=wanted.astype(np.int32),
        held=ran.held,
    )
