"""Making one variant of a study: from the cache, or in a job of its own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tflite_ui.core.recipe import file_name
from tflite_ui.core.study import Study
from tflite_ui.core.variant import Variant
from tflite_ui.evaluation.holdout import CHOOSING
from tflite_ui.jobs.board import TRAIN, Board
from tflite_ui.jobs.executor import Outcome, RunningJob
from tflite_ui.jobs.following import Register, followed
from tflite_ui.jobs.ledger import Ledger
from tflite_ui.jobs.preparations import Preparation
from tflite_ui.jobs.scoring import Scoring
from tflite_ui.jobs.stills import log_path
from tflite_ui.jobs.trainings import Inputs, Training, TrainingFailed, Trainings
from tflite_ui.jobs.workshop import Call, Workshop, problem
from tflite_ui.store.uploads import Upload
from tflite_ui.worker.payloads import MakeVariant, VariantResult
from tflite_ui.worker.protocol import Event

Stopped = Callable[[str], bool]
SHARED = "another variant runs the same training"


class Variants:
    """Makes the variants of one study."""

    def __init__(
        self,
        workshop: Workshop,
        trainings: Trainings,
        scoring: Scoring,
        ledger: Ledger,
        board: Board,
        register: Register,
        stopped: Stopped,
    ) -> None:
        self._workshop, self._trainings, self._ledger, self._board = workshop, trainings, ledger, board
        self._scoring = scoring
        self._register, self._stopped = register, stopped

    def make(self, variant: Variant, preparation: Preparation) -> None:
        """Bring one variant to its end and write it, unless it is called off; raises DiskFull."""
        if self._stopped(variant.id):
            self._board.end(variant.id, "cancelled")
            return
        if kept := self._kept(variant):
            ended, said = self._scoring.score(_finished(variant, kept, cached=True), preparation)
            if said:
                self._keep_log(variant, said)
            self._board.end(variant.id, "finished", said)
            self._ledger.save_variant(ended)
            return
        self._ledger.save_variant(variant.model_copy(update={"status": "running"}))
        try:
            training = self._train(variant, preparation)
        except TrainingFailed as failed:
            self._board.end(variant.id, failed.ending)
            changed = {"status": failed.ending, "error": failed.error}
            self._ledger.save_variant(variant.model_copy(update=changed))
            return
        self._convert(variant, preparation, training)

    def _train(self, variant: Variant, preparation: Preparation) -> Training:
        """What the steps before the conversion make; raises TrainingFailed and DiskFull."""
        study, model, data = self._ledger.inputs()

        def started(job: RunningJob) -> None:
            self._board.begin(variant.id)
            self._register(variant.id, job)

        def waits() -> None:
            self._board.begin(variant.id)
            self._board.stage(variant.id, TRAIN, 0.0, SHARED)

        inputs = Inputs(
            study=study,
            model=model,
            data=data,
            training=self._ledger.training_data(),
            student=self._ledger.student(),
            preparation=preparation,
            on_event=lambda event: self._hear(variant, event),
            on_start=started,
            on_wait=waits,
            stopped=lambda: self._stopped(variant.id),
        )
        return self._trainings.get(inputs, variant.steps[:-1])

    def _convert(self, variant: Variant, preparation: Preparation, training: Training) -> None:
        study, model, data = self._ledger.inputs()
        call = self._call(variant, study, model, data, preparation, training)
        try:
            outcome = self._workshop.run(call)
            ended, said = self._scoring.score(self._ended(variant, outcome, training), preparation)
            log = self._workshop.log(call) + said
            self._keep_log(variant, log)
            self._board.end(variant.id, ended.status, log)
            self._ledger.save_variant(ended)
        finally:
            self._workshop.sweep(call)

    def _kept(self, variant: Variant) -> VariantResult | None:
        found = self._workshop.results.get(f"variant:{variant.id}")
        if found is None:
            return None
        result = VariantResult.model_validate(found)
        if self._ledger.study().request.search and result.choosing != CHOOSING:
            return None
        return result if self._workshop.blobs.has(result.facts.sha256) else None

    def _call(
        self,
        variant: Variant,
        study: Study,
        model: Upload,
        data: Upload | None,
        preparation: Preparation,
        training: Training,
    ) -> Call:
        blobs = self._workshop.blobs
        path, float_file = (
            blobs.path(model.digest, model.name),
            blobs.path(training.float_digest, "float.tflite"),
        )
        outputs = (
            blobs.path(preparation.outputs_digest, "outputs.npz") if preparation.outputs_digest else None
        )
        data_path = blobs.path(data.digest, data.name) if data else None
        payload = MakeVariant(
            source=study.source,
            path=str(path),
            float_file=str(float_file),
            summary=study.data,
            outputs_file=str(outputs) if outputs else None,
            data=str(data_path) if data_path else None,
            steps=variant.steps,
            seed=study.request.seed,
            cores=self._workshop.cores,
        )
        call = Call(
            kind="variant",
            payload=payload,
            reads=(path, float_file, outputs, data_path),
            limits=study.request.limits,
            on_event=lambda event: self._hear(variant, event),
            stopped=lambda: self._stopped(variant.id),
        )
        return followed(call, variant.id, self._workshop, self._board, self._register)

    def _hear(self, variant: Variant, event: Event) -> None:
        self._board.hear(variant.id, event)
        if event.event == "opened":
            self._ledger.note_isolation(event.isolation)

    def _ended(self, variant: Variant, outcome: Outcome, training: Training) -> Variant:
        if outcome.ending != "finished" or outcome.result is None:
            return variant.model_copy(update={"status": outcome.ending, "error": problem(outcome)})
        result = _joined(VariantResult.model_validate(outcome.result), training)
        blobs = self._workshop.blobs
        blobs.add(Path(result.file), "variant.tflite")
        if result.answers:
            kept = blobs.add(Path(result.answers), "answers.npz")
            result = result.model_copy(update={"answers": kept.digest})
        self._workshop.results.put(f"variant:{variant.id}", result.model_dump(mode="json"))
        return _finished(variant, result, cached=False)

    def _keep_log(self, variant: Variant, text: str) -> None:
        folder = self._workshop.home.study(self._ledger.id)
        with suppress(OSError):  # a log that doesn't fit on the disk is no reason to lose the file
            log_path(folder, variant).write_text(f"== {variant.recipe}\n{text}\n", "utf-8")


def _joined(result: VariantResult, training: Training) -> VariantResult:
    """The conversion's result with what its training proved, learnt and took."""
    if training.model_digest is None:
        return result
    seconds = result.seconds.model_copy(update={"train": training.seconds})
    changed = {"checks": (*training.checks, *result.checks), "seconds": seconds, "curve": training.curve}
    return result.model_copy(update=changed)


def _finished(variant: Variant, result: VariantResult, cached: bool) -> Variant:
    return variant.model_copy(
        update={
            "status": "finished",
            "error": None,
            "file": file_name(variant.recipe),
            "facts": result.facts,
            "checks": result.checks,
            "seconds": result.seconds,
            "quality": result.quality,
            "answers": result.answers,
            "curve": result.curve,
            "cached": cached,
        }
    )
