"""What leaves a study: files, compiled files, logs, the bundle, the exported folder."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from tflite_ui.analysis.holdout import holds_out
from tflite_ui.core.data import SampleView
from tflite_ui.core.study import Study
from tflite_ui.core.trial import Trial
from tflite_ui.datasets.own_scores import SAMPLES, OwnScores, read_own
from tflite_ui.datasets.scores import Record, read_record
from tflite_ui.jobs.knowledge import Knowledge
from tflite_ui.jobs.views import sample_views, trial
from tflite_ui.jobs.workshop import Workshop
from tflite_ui.report.contents import compiled_file, other_files, variant_file, variant_files
from tflite_ui.report.naming import file_names
from tflite_ui.store.blobs import disk_errors

KEPT_ANSWERS = 16
"""Variants whose answers stay in memory: a page asks for the same two at each rerun."""


class Outbox:
    """Writes what users take home."""

    def __init__(self, workshop: Workshop, knowledge: Knowledge) -> None:
        self._workshop, self._knowledge = workshop, knowledge
        self._home, self._blobs = workshop.home, workshop.blobs
        self._read = lru_cache(KEPT_ANSWERS)(read_record)
        self._read_own = lru_cache(KEPT_ANSWERS)(read_own)

    def file(self, study: Study, variant: str) -> Path:
        """A variant's .tflite; raises NotFound."""
        return variant_file(study, variant, self._blobs.path)

    def answers(self, study: Study, variant: str) -> Record | None:
        """A variant's answers or scores, sample by sample; None where none were kept, or in another form.

        Of a search's study those of the samples that it hasn't seen. Callers may not change them.
        """
        found = study.variant(variant)
        digest = found.answers if found else None
        if digest is None or not self._blobs.has(digest):
            return None
        record = self._read(self._blobs.path(digest, "answers.npz"))
        return record.at(record.held.nonzero()[0]) if holds_out(study) else record

    def own_scores(self, study: Study, variant: str) -> OwnScores | None:
        """A variant's scores by the study's own metric, sample by sample; None where none were kept.

        Of a search's study those of the samples that it hasn't seen. Callers may not change them.
        """
        found = study.variant(variant)
        digest = found.metric.samples if found and found.metric else None
        if digest is None or not self._blobs.has(digest):
            return None
        scores = self._read_own(self._blobs.path(digest, SAMPLES))
        if not holds_out(study):
            return scores
        seen = self.answers(study, variant)
        return scores.among(seen.rows) if seen else None

    def samples(self, study: Study, rows: Sequence[int]) -> tuple[SampleView, ...]:
        """Those evaluation samples to look at; none when they can't be had now."""
        return sample_views(self._workshop, study, rows)

    def trial(
        self, study: Study, row: int = 0, picture: bytes | None = None, numbers: tuple[float, ...] = ()
    ) -> Trial:
        """One sample through every file: evaluation sample ``row``, a picture's bytes, or a row of numbers.

        Raises TooLarge, DiskFull, JobCancelled while the machine is busy, and what the job says.
        """
        return trial(self._workshop, study, row, picture, numbers)

    def artefact(self, study: Study, variant: str, spec: str) -> Path:
        """The file that a variant was compiled to for a target; raises NotFound."""
        return compiled_file(study, variant, spec, self._blobs.path)

    def file_name(self, study: Study, variant: str) -> str:
        """The download name of a variant's file."""
        return file_names(study.variants)[variant]

    def bundle(self, study: Study) -> Path:
        """The study's bundle as a zip; raises NotFound or DiskFull."""
        from tflite_ui.report.bundle import write_bundle

        target = self._home.study(study.id) / f"{study.id}.zip"
        with disk_errors("the bundle"):
            files = variant_files(study, self._blobs.path), other_files(study, self._blobs.path)
            write_bundle(study, *files, self.log(study.id), target, self._knowledge.outlines(study))
        return target

    def export(self, study: Study, folder: Path) -> None:
        """Write `study.json`, `measurements.csv`, .tflite files and log into ``folder``; raises DiskFull."""
        from tflite_ui.report.export import export_study

        with disk_errors(f"'{folder}'"):
            export_study(study, variant_files(study, self._blobs.path), self.log(study.id), folder)

    def log(self, id: str) -> str:
        """All jobs' logs of a study, one after another."""
        logs = sorted(self._home.study(id).glob("*.log"))
        return "\n".join(path.read_text("utf-8", errors="replace") for path in logs)
