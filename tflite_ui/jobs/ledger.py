"""One study's rows, as its run changes them. A full disk makes it wait a while, not lose."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from tflite_ui.core.errors import DiskFull, ErrorInfo
from tflite_ui.core.goal import Recommendation
from tflite_ui.core.measurement import Measurement
from tflite_ui.core.study import State, Study
from tflite_ui.core.variant import Ending, Variant
from tflite_ui.jobs.requests import measurements, new_variant, planned_again
from tflite_ui.store.studies import Studies
from tflite_ui.store.uploads import Upload, Uploads

T = TypeVar("T")
PATIENCE_SECONDS, PAUSE_SECONDS = 60.0, 1.0
NOISY = "The machine was noisy"
OPEN = ("queued", "running")


class Ledger:
    """Reads a study and writes its variants, measurements and end."""

    def __init__(self, studies: Studies, uploads: Uploads, id: str) -> None:
        self._studies, self._uploads, self.id = studies, uploads, id
        self._isolation = ""
        self._left = False

    def leave(self) -> None:
        """Write nothing more: what is open stays open, for a later run."""
        self._left = True

    def study(self) -> Study:
        """The study as it is now."""
        return self._studies.get(self.id)

    def inputs(self) -> tuple[Study, Upload, Upload | None]:
        """The study with its model and its data."""
        study = self.study()
        model = self._uploads.get(study.request.model, "model")
        return study, model, self._uploads.get(study.request.data, "data") if study.request.data else None

    def training_data(self) -> Upload | None:
        """The study's own training file."""
        digest = self.study().request.training
        return self._uploads.get(digest, "data") if digest else None

    def student(self) -> Upload | None:
        """The study's student."""
        digest = self.study().request.student
        return self._uploads.get(digest, "model") if digest else None

    def save_variant(self, variant: Variant) -> None:
        """Write a variant."""
        if not self._left:
            _patiently(lambda: self._studies.save_variant(self.id, variant))

    def save_measurement(self, measurement: Measurement) -> None:
        """Write a measurement."""
        if not self._left:
            _patiently(lambda: self._studies.save_measurement(self.id, measurement))

    def note_isolation(self, isolation: str) -> None:
        """Remember how the study's jobs were confined."""
        self._isolation = isolation

    def set_state(self, state: State) -> None:
        """Write the study's state."""
        study = self.study()
        head = (study.recommendation, study.warnings)
        _patiently(lambda: self._studies.save_head(self.id, state, *head, self._isolation))

    def finish(self, state: State, recommendation: Recommendation | None) -> None:
        """Write how the study ended, with its warnings."""
        kept = (w for w in self.study().warnings if not w.startswith(NOISY))
        warnings = (*kept, *_noise(self.study()))
        _patiently(lambda: self._studies.save_head(self.id, state, recommendation, warnings, self._isolation))

    def open(self) -> bool:
        """Whether the study hasn't ended, or has something queued."""
        return self.study().state in OPEN or self.pending()

    def pending(self) -> bool:
        """Whether anything is queued."""
        study = self.study()
        statuses = [v.status for v in study.variants] + [m.status for m in study.measurements]
        return any(status in OPEN for status in statuses)

    def add(self, recipe: str) -> Variant:
        """One more variant, queued and not to be timed; raises DiskFull."""
        study = self.study()
        variant = new_variant(planned_again(study, recipe))
        self.save_variant(variant)
        return variant

    def measure(self, ids: Iterable[str]) -> None:
        """Queue what isn't timed yet of these variants, on every target of the study."""
        study = self.study()
        known = {(m.variant, m.spec) for m in study.measurements}
        for id in ids:
            variant = study.variant(id)
            if variant is not None and variant.status == "finished":
                for measurement in measurements(study, variant):
                    if (id, measurement.spec) not in known:
                        self.save_measurement(measurement)

    def queued_variants(self) -> list[Variant]:
        """The variants to make, in order."""
        return [v for v in self.study().variants if v.status in OPEN]

    def requeue(self) -> None:
        """Put what was running when a run broke off back in the queue."""
        for variant in self.study().variants:
            if variant.status == "running":
                self.save_variant(variant.model_copy(update={"status": "queued"}))
        for measurement in self.study().measurements:
            if measurement.status == "running":
                self.save_measurement(measurement.model_copy(update={"status": "queued"}))

    def fail_queued(self, ending: Ending, error: ErrorInfo) -> None:
        """End everything that is open with one error."""
        changed = {"status": ending, "error": error}
        for variant in self.queued_variants():
            self.save_variant(variant.model_copy(update=changed))
        for measurement in self.study().measurements:
            if measurement.status in OPEN:
                self.save_measurement(measurement.model_copy(update=changed))

    def cancel_variant(self, id: str, error: ErrorInfo) -> None:
        """End one variant that is still queued, and its measurements."""
        study = self.study()
        variant = study.variant(id)
        if variant is not None and variant.status == "queued":
            self.save_variant(variant.model_copy(update={"status": "cancelled", "error": error}))
        for measurement in study.measurements:
            if measurement.variant == id and measurement.status in OPEN:
                self.save_measurement(measurement.model_copy(update={"status": "cancelled", "error": error}))

    def drop_unmeasurable(self) -> None:
        """End the measurements of variants that have no file, with the variant's own ending."""
        study = self.study()
        ended = {v.id: v for v in study.variants if v.status not in (*OPEN, "finished")}
        for measurement in study.measurements:
            variant = ended.get(measurement.variant)
            if variant is not None and measurement.status in OPEN:
                changed = {"status": variant.status, "error": variant.error}
                self.save_measurement(measurement.model_copy(update=changed))


def _patiently(write: Callable[[], T]) -> T:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return write()
        except DiskFull:
            if time.monotonic() > deadline:
                raise
            time.sleep(PAUSE_SECONDS)


def _noise(study: Study) -> list[str]:
    noisy = [m for m in study.measurements if m.noisy]
    if not noisy:
        return []
    worst = max(m.noise or 0.0 for m in noisy)
    return [
        f"{NOISY}: in {len(noisy)} of {len(study.measurements)} benchmarks the rounds differ "
        f"by more than 15 % (at worst {100 * worst:.0f} %). Close other programs, "
        "let a phone cool, and run again for firmer latencies."
    ]
