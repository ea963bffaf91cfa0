"""All that can be told of outputs: of all samples, and of those that choose and that report in a search."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tflite_ui.core.variant import Quality
from tflite_ui.datasets.scores import Record
from tflite_ui.datasets.split import Labels
from tflite_ui.evaluation.answers import answers_of
from tflite_ui.evaluation.bootstrap import compare
from tflite_ui.evaluation.fidelity import Array, Outputs
from tflite_ui.evaluation.quality import measure
from tflite_ui.evaluation.scores import Rows, detects_anomalies, scores_of
from tflite_ui.evaluation.tasks import further
from tflite_ui.litert.interpreter import take


class Judged:
    """A variant's ``outputs`` on the samples that were run, beside the original's and the labels.

    ``inputs``, ``outputs`` and ``originals`` are [m, ...] by name, ``labels`` too, by output.
    """

    def __init__(
        self,
        ran: Rows,
        inputs: Mapping[str, Array],
        outputs: Outputs,
        originals: Outputs,
        labels: Labels,
    ) -> None:
        self._ran, self._inputs, self._labels = ran, inputs, labels
        self._outputs, self._originals = outputs, originals
        self._scores = scores_of(ran, inputs, outputs, originals, labels)

    def record(self) -> Record | None:
        """Each sample's score or answer; None where there is neither."""
        if self._scores:
            return self._scores[0]
        return answers_of(self._ran, self._outputs, self._originals, self._labels)

    def quality(self) -> Quality:
        """On all samples, with both parts beside it where some are held out."""
        whole, held = self._part(np.arange(len(self._ran.rows))), self._ran.held
        if held.all() or not held.any():
            return whole
        choosing, reporting = (self._part(np.flatnonzero(each)) for each in (~held, held))
        return whole.model_copy(update={"choosing": choosing, "reporting": reporting})

    def _part(self, places: Array) -> Quality:
        every = len(places) == len(self._ran.rows)
        parts = (self._inputs, self._outputs, self._originals, self._labels)
        inputs, outputs, originals, labels = parts if every else (take(part, places) for part in parts)
        anomalies = detects_anomalies(inputs, originals, labels)
        more = further(inputs, outputs, originals, labels)
        score = compare(*(each.at(places) for each in self._scores)) if self._scores else None
        measured = measure(outputs, originals, {} if anomalies else labels)
        return measured.model_copy(update={**more, "score": score})
