"""Which layer loses: a job on demand, its answer kept by content."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal

from tflite_ui.core.diagnosis import Diagnosis
from tflite_ui.core.errors import ErrorInfo, NotFound
from tflite_ui.core.frozen import Frozen, digest_of
from tflite_ui.core.plan import Limits
from tflite_ui.core.study import Study
from tflite_ui.core.variant import Variant
from tflite_ui.jobs.environment import deciding_versions
from tflite_ui.jobs.executor import RunningJob
from tflite_ui.jobs.preparations import Preparations
from tflite_ui.jobs.trainings import Inputs, Trainings
from tflite_ui.jobs.workshop import Call, Workshop, ignore, problem
from tflite_ui.store.uploads import Upload, UploadKind, Uploads
from tflite_ui.worker.payloads import Diagnose
from tflite_ui.worker.protocol import Event

SAMPLES = 200
"""Calibration samples of a variant whose settings don't say how many."""


class Sight(Frozen):
    """How far a diagnosis is; ``fraction`` (0 to 1) and ``note`` while it works."""

    state: Literal["none", "working", "ready", "failed"] = "none"
    stage: str = ""
    fraction: float = 0.0
    note: str = ""
    diagnosis: Diagnosis | None = None
    error: ErrorInfo | None = None


@dataclass
class _Work:
    """One diagnosis under way, or what became of it."""

    sight: Sight
    thread: threading.Thread | None = None
    job: RunningJob | None = None
    stopped: bool = False


class Diagnoses:
    """Finds or makes diagnoses; two who ask for the same one share a job."""

    def __init__(self, workshop: Workshop, uploads: Uploads, preparations: Preparations) -> None:
        self._workshop, self._uploads, self._preparations = workshop, uploads, preparations
        self._trainings = Trainings(workshop)
        self._guard = threading.Lock()
        self._work: dict[str, _Work] = {}

    def begin(self, study: Study, variant: Variant, seconds: float = 120.0) -> None:
        """Look for the layers that lose, for at most about ``seconds``; does nothing when it is under way.

        Raises NotFound when the variant's files aren't there any more.
        """
        if self.get(study, variant).state in ("working", "ready"):
            return
        call, key, work = self._call(study, variant, seconds), _key(study, variant), _Work(_working())
        call.on_event = lambda event: _hear(work, event)
        call.on_start = lambda job: _started(work, job)
        call.stopped = lambda: work.stopped
        with self._guard:
            if key in self._work and self._work[key].sight.state == "working":
                return
            self._work[key] = work
        work.thread = threading.Thread(target=self._run, args=(call, key, work), daemon=True)
        work.thread.start()

    def get(self, study: Study, variant: Variant) -> Sight:
        """How far it is, or what was found."""
        key = _key(study, variant)
        work = self._work.get(key)
        if work is not None and work.sight.state == "working":
            return work.sight
        found = self._workshop.results.get(key)
        if found is not None:
            return Sight(state="ready", diagnosis=Diagnosis.model_validate(found))
        return work.sight if work is not None else Sight()

    def wait(self, study: Study, variant: Variant) -> Sight:
        """``get`` once nothing is under way."""
        work = self._work.get(_key(study, variant))
        if work is not None and work.thread is not None:
            work.thread.join()
        return self.get(study, variant)

    def cancel(self, study: Study, variant: Variant) -> None:
        """Call it off."""
        work = self._work.get(_key(study, variant))
        if work is not None:
            work.stopped = True
            if work.job is not None:
                work.job.cancel()

    def close(self) -> None:
        """Wait until nothing is written any more; the executor has been closed."""
        for work in list(self._work.values()):
            work.stopped = True
            if work.thread is not None:
                work.thread.join(10)

    def _run(self, call: Call, key: str, work: _Work) -> None:
        try:
            outcome = self._workshop.run(call)
            if outcome.result is not None:
                self._workshop.results.put(key, outcome.result)
                work.sight = Sight(state="ready", diagnosis=Diagnosis.model_validate(outcome.result))
            elif outcome.ending == "cancelled":
                work.sight = Sight()
            else:
                work.sight = Sight(state="failed", error=problem(outcome))
        finally:
            self._workshop.sweep(call)

    def _call(self, study: Study, variant: Variant, seconds: float) -> Call:
        data = self._upload(study.request.data, "data")
        if variant.facts is None or data is None:
            raise NotFound("There is no file, or no data, to look into.", "Run the study again with data.")
        blobs = self._workshop.blobs
        file = blobs.path(variant.facts.sha256, "variant.tflite")
        float_file = blobs.path(self._float_digest(study, variant, data), "float.tflite")
        data_path = blobs.path(data.digest, data.name)
        settings = variant.steps[-1].params
        payload = Diagnose(
            source=study.source,
            file=str(file),
            float_file=str(float_file),
            data=str(data_path),
            seed=study.request.seed,
            calibration_samples=int(settings.get("samples", SAMPLES)),
            equalise=bool(settings.get("equalise", False)),
            per_channel=bool(settings.get("per_channel", True)),
            seconds=seconds,
        )
        limits = Limits(timeout_seconds=study.request.limits.timeout_seconds)
        return Call("diagnose", payload, (file, float_file, data_path), limits=limits)

    def _float_digest(self, study: Study, variant: Variant, data: Upload) -> str:
        """The float file that the variant was converted from; raises NotFound."""
        preparation = self._preparations.kept(study.source, data, study.request.seed)
        gone = NotFound("The float file isn't there any more.", "Run the study again.")
        if preparation is None:
            raise gone
        inputs = Inputs(
            study=study,
            model=self._uploads.get(study.request.model, "model"),
            data=data,
            training=self._upload(study.request.training, "data"),
            student=self._upload(study.request.student, "model"),
            preparation=preparation,
            on_event=ignore,
            on_start=ignore,
            on_wait=lambda: None,
            stopped=lambda: True,
        )
        training = self._trainings.kept(inputs, variant.steps[:-1])
        if training is None:
            raise gone
        return training.float_digest

    def _upload(self, digest: str | None, kind: UploadKind) -> Upload | None:
        return self._uploads.get(digest, kind) if digest else None


def _working() -> Sight:
    return Sight(state="working")


def _hear(work: _Work, event: Event) -> None:
    if event.event == "progress" and event.fraction is not None:
        found = {"stage": event.stage, "fraction": event.fraction, "note": event.note}
        work.sight = work.sight.model_copy(update=found)


def _started(work: _Work, job: RunningJob) -> None:
    work.job = job
    if work.stopped:
        job.cancel()


def _key(study: Study, variant: Variant) -> str:
    file = variant.facts.sha256 if variant.facts else None
    params = variant.steps[-1].params.get("samples", SAMPLES)
    parts = [variant.id, file, study.request.data, study.request.seed, params, deciding_versions()]
    return f"diagnosis:{digest_of(parts)}"
