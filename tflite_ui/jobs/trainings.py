"""Models that steps before the conversion made: each step done once, shared by every variant and study.

One job does one step, from what the step before wrote, so recipes that begin alike share what they have in
common. A training that was broken off (the app was killed, the machine went down, somebody pressed
cancel) keeps its folder, and goes on from its last epoch when it is asked for again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tflite_ui.core.errors import ErrorInfo
from tflite_ui.core.facts import Check
from tflite_ui.core.frozen import Frozen, digest_of
from tflite_ui.core.recipe import Step, wants
from tflite_ui.core.study import Study
from tflite_ui.core.training import CurvePoint
from tflite_ui.core.variant import Ending
from tflite_ui.jobs.environment import deciding_versions
from tflite_ui.jobs.executor import OnEvent, Outcome
from tflite_ui.jobs.preparations import Preparation
from tflite_ui.jobs.workshop import Call, OnStart, Workshop, cancelled, problem
from tflite_ui.store.paths import TRAINING
from tflite_ui.store.uploads import Upload
from tflite_ui.techniques import techniques
from tflite_ui.worker.payloads import Train, Trained

POLL_SECONDS = 0.1


class Training(Frozen):
    """What model steps made, kept as blobs: the Keras file, its float .tflite, and how it went."""

    model_digest: str | None
    float_digest: str
    checks: tuple[Check, ...] = ()
    curve: tuple[CurvePoint, ...] = ()
    seconds: float = 0.0


class TrainingFailed(Exception):
    """A step ended without a model; ``ending`` and ``error`` say why."""

    def __init__(self, ending: Ending, error: ErrorInfo) -> None:
        super().__init__(error.message)
        self.ending = ending
        self.error = error


@dataclass(frozen=True)
class Inputs:
    """What a study's trainings start from, and who follows them."""

    study: Study
    model: Upload
    data: Upload | None
    training: Upload | None
    student: Upload | None
    preparation: Preparation
    on_event: OnEvent
    on_start: OnStart
    on_wait: Callable[[], None]
    """Another variant is at the same step: nothing is done twice."""
    stopped: Callable[[], bool]


class Trainings:
    """Finds or makes trainings; variants that want the same step wait for one job."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._guard = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}

    def get(self, inputs: Inputs, steps: tuple[Step, ...]) -> Training:
        """What ``steps`` make of the study's model, step by step; raises TrainingFailed and DiskFull."""
        if not steps:
            return Training(model_digest=None, float_digest=inputs.preparation.float_digest)
        base = self.get(inputs, steps[:-1])
        key = key_of(inputs, steps)
        lock = self._lock(key)
        _acquire(lock, inputs)
        try:
            return self._kept(key) or self._make(inputs, base, steps, key)
        finally:
            lock.release()

    def kept(self, inputs: Inputs, steps: tuple[Step, ...]) -> Training | None:
        """What ``steps`` made if it is at hand; nothing is run."""
        if not steps:
            return Training(model_digest=None, float_digest=inputs.preparation.float_digest)
        return self._kept(key_of(inputs, steps))

    def _kept(self, key: str) -> Training | None:
        found = self._workshop.results.get(key)
        if found is None:
            return None
        training = Training.model_validate(found)
        digests = (training.model_digest or "", training.float_digest)
        return training if all(self._workshop.blobs.has(digest) for digest in digests) else None

    def _make(self, inputs: Inputs, base: Training, steps: tuple[Step, ...], key: str) -> Training:
        call = self._call(inputs, base, steps, key)
        outcome = self._workshop.run(call)
        if outcome.ending != "finished" or outcome.result is None:
            if outcome.ending == "failed":
                self._workshop.sweep(call)
            raise _failed(outcome)
        training = self._keep(Trained.model_validate(outcome.result), base, key)
        self._workshop.sweep(call)
        return training

    def _call(self, inputs: Inputs, base: Training, steps: tuple[Step, ...], key: str) -> Call:
        blobs, source = self._workshop.blobs, inputs.study.source
        path = blobs.path(inputs.model.digest, inputs.model.name)
        before = blobs.path(base.float_digest, "float.tflite")
        keras = blobs.path(base.model_digest, "model.keras") if base.model_digest else None
        uploads = (inputs.data, inputs.training, inputs.student)
        data, training, student = (blobs.path(u.digest, u.name) if u else None for u in uploads)
        payload = Train(
            source=source,
            path=str(path),
            base=str(keras) if keras else None,
            float_before=str(before),
            before=tuple(step.technique for step in steps[:-1]),
            step=steps[-1],
            data=str(data) if data else None,
            training=str(training) if training else None,
            student=str(student) if student else None,
            student_name=inputs.student.name if inputs.student else "",
            seed=inputs.study.request.seed,
        )
        return Call(
            kind="train",
            payload=payload,
            reads=(path, before, keras, data, training, student),
            tensorflow=True,
            limits=inputs.study.request.limits,
            on_event=inputs.on_event,
            on_start=inputs.on_start,
            stopped=inputs.stopped,
            id=f"{TRAINING}{inputs.study.id}-{key.partition(':')[2]}",
        )

    def _keep(self, made: Trained, base: Training, key: str) -> Training:
        blobs = self._workshop.blobs
        training = Training(
            model_digest=blobs.add(Path(made.model_file), "model.keras").digest,
            float_digest=blobs.add(Path(made.float_file), "float.tflite").digest,
            checks=(*base.checks, *made.checks),
            curve=(*base.curve, *made.curve),
            seconds=base.seconds + made.seconds,
        )
        value: dict[str, Any] = training.model_dump(mode="json")
        self._workshop.results.put(key, value)
        return training

    def _lock(self, key: str) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(key, threading.Lock())


def _acquire(lock: threading.Lock, inputs: Inputs) -> None:
    """Wait for a lock; raises TrainingFailed when the wait is called off."""
    if lock.acquire(blocking=False):
        return
    inputs.on_wait()
    while not lock.acquire(timeout=POLL_SECONDS):
        if inputs.stopped():
            raise _failed(cancelled())


def _failed(outcome: Outcome) -> TrainingFailed:
    return TrainingFailed(outcome.ending, problem(outcome))


def key_of(inputs: Inputs, steps: tuple[Step, ...]) -> str:
    """What decides a training.

    With a training file, the data only does by the shapes that it fixes; the student where it is wanted.
    """
    samples = inputs.training or inputs.data
    plain = [step.model_dump(mode="json") for step in steps]
    seed, source = inputs.study.request.seed, inputs.study.source
    learnt, shaped = samples.digest if samples else None, inputs.preparation.float_digest
    taught = inputs.student if wants(steps, techniques(), "student") else None
    parts = [source.sha256, learnt, shaped, seed, plain, deciding_versions()]
    return f"train:{digest_of([*parts, taught.digest] if taught else parts)}"
