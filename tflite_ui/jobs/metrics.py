"""Metrics of the user's own: taken in where the operator allows them, read as text, never run here."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from tflite_ui.core.errors import InvalidInput, TooLarge, UnreadableMetric
from tflite_ui.core.metric import Metric
from tflite_ui.core.plan import StudyRequest
from tflite_ui.evaluation.metric_file import LIMIT, read_metric
from tflite_ui.settings import settings, settings_file
from tflite_ui.store.blobs import Blobs
from tflite_ui.store.uploads import Upload, Uploads

ALLOW = "It is allowed with enabled = true under [metrics] in {}."


def check_allowed() -> None:
    """Raise UnreadableMetric where the operator doesn't allow metrics of one's own, or InvalidInput."""
    if not settings().metrics.enabled:
        text = "A metric of your own can't be run here, because the operator hasn't allowed it."
        raise UnreadableMetric(text, ALLOW.format(f"'{settings_file()}'"))


class Metrics:
    """Keeps metric files by content, with what they declare."""

    def __init__(self, blobs: Blobs, uploads: Uploads) -> None:
        self._blobs, self._uploads = blobs, uploads

    def allowed(self) -> bool:
        """Whether metrics may be offered."""
        try:
            check_allowed()
        except InvalidInput:
            return False
        return True

    def add(self, name: str, content: BinaryIO | Path) -> str:
        """Keep a metric file; returns its digest.

        Raises UnreadableMetric when it isn't allowed or isn't one, TooLarge, DiskFull, NotFound.
        """
        check_allowed()
        try:
            blob = self._blobs.add(content, name, LIMIT)
        except TooLarge:
            text = f"'{name}' is larger than {LIMIT // 1024} KB, too large for a metric."
            raise TooLarge(text, "Keep the one function and what it needs.") from None
        metric = read_metric(self._blobs.path(blob.digest, name).read_bytes(), name, blob.digest)
        self._uploads.put(
            Upload(
                digest=blob.digest,
                kind="metric",
                name=name,
                size_bytes=blob.size_bytes,
                state="ready",
                value=metric.model_dump_json(),
            )
        )
        return blob.digest

    def get(self, digest: str) -> Metric:
        """What an uploaded metric declares; raises NotFound."""
        return Metric.model_validate_json(self._uploads.get(digest, "metric").value or "")

    def of(self, request: StudyRequest) -> Metric | None:
        """A request's metric; raises UnreadableMetric, InvalidInput without data, NotFound."""
        if request.metric is None:
            return None
        check_allowed()
        if request.data is None:
            text = "A metric of your own scores outputs on samples, and there is no data."
            raise InvalidInput(text, "Give a data file, or leave the metric out.")
        return self.get(request.metric)
