"""What a technique is given while it works inside a job."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tflite_ui.core.errors import DataMismatch
from tflite_ui.core.model import ModelSource
from tflite_ui.core.technique import Context, Sample
from tflite_ui.datasets import split
from tflite_ui.loaders import find_loader
from tflite_ui.worker.payloads import MakeVariant
from tflite_ui.worker.protocol import Reporter


class JobContext(Context):
    """One step of a variant's job; its progress is told as ``stage``'s."""

    def __init__(self, payload: MakeVariant, folder: Path, reporter: Reporter, stage: str) -> None:
        self._payload, self._folder = payload, folder
        self._reporter, self._stage = reporter, stage

    @property
    def folder(self) -> Path:
        """The job's folder."""
        return self._folder

    @property
    def source(self) -> ModelSource:
        """The original model, as described."""
        return self._payload.source

    @property
    def seed(self) -> int:
        """The study's seed."""
        return self._payload.seed

    def load(self) -> Any:
        """The original as its loader loads it; raises UnreadableModel or UnsupportedModel."""
        path = Path(self._payload.path)
        return find_loader(path, self.source.name).load(path)

    def calibration(self, samples: int) -> Iterator[Sample]:
        """At most ``samples`` calibration samples; raises DataMismatch without data."""
        if self._payload.data is None:
            raise DataMismatch("There is no calibration data.", "Add data, or choose another technique.")
        return split.calibration(Path(self._payload.data), self.source, samples, self.seed)

    def progress(self, fraction: float, note: str = "") -> None:
        """Say how far the step is."""
        self._reporter.progress(self._stage, fraction, note)
