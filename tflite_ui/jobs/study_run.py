"""One study from where it stands to its end: prepare, convert and evaluate side by side, measure alone."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tflite_ui.core.errors import DiskFull, ErrorInfo, JobCancelled
from tflite_ui.core.goal import Recommendation
from tflite_ui.core.study import State, Study
from tflite_ui.core.variant import Variant
from tflite_ui.jobs.benchmarks import Benchmarks
from tflite_ui.jobs.board import Board, Entry
from tflite_ui.jobs.control import Control
from tflite_ui.jobs.ledger import Ledger
from tflite_ui.jobs.preparations import Preparation, Preparations, PrepareFailed
from tflite_ui.jobs.scoring import Scoring
from tflite_ui.jobs.search import Searching
from tflite_ui.jobs.trainings import Trainings
from tflite_ui.jobs.variants import Variants
from tflite_ui.jobs.workshop import Workshop

Advise = Callable[[Study], Recommendation | None]
PREPARE = "prepare"
WEIGHT, TRAINING_WEIGHT = 2.0, 40.0
"""Of a conversion with its evaluation, and of a step that trains: rough seconds."""


class StudyRun:
    """Works through what is queued in a study until nothing is; safe to run again after any end."""

    def __init__(
        self,
        workshop: Workshop,
        ledger: Ledger,
        preparations: Preparations,
        trainings: Trainings,
        advise: Advise,
        board: Board,
    ) -> None:
        self._workshop, self._ledger, self._preparations = workshop, ledger, preparations
        self._trainings, self._advise = trainings, advise
        self.board = board
        self.control = Control()
        self._left = False

    def leave(self) -> None:
        """Stop at once and keep what is open queued, for a later run to take up."""
        self._left = True
        self._ledger.leave()
        self.control.cancel(None)

    def drop_queued(self, variant: str | None) -> None:
        """End a called-off variant that hasn't started yet."""
        if variant is not None:
            self._ledger.cancel_variant(variant, called_off())

    def run(self) -> None:
        """Do everything that is queued, then say how the study ended."""
        if not self._ledger.open():
            return
        self._ledger.requeue()
        self._ledger.set_state("running")
        search = self._searching()
        self._work_off()
        if search and not self.control.stopped() and (preparation := self._prepared()):
            make = self._maker(preparation)
            search.run(self._workshop.cores, lambda v: self._guard(v, make), self._measure)
            (search.keep if self._left else search.close)()
            self._work_off()
        if not self._left:
            self._finish()

    def _searching(self) -> Searching | None:
        wanted = self._ledger.study().request.search
        if wanted is None:
            return None
        folder = self._workshop.home.study(self._ledger.id)
        search = Searching(wanted, self._ledger, self.board, self.control, folder)
        if not search.over():
            self._put_up()
            self.board.add(search.entry())
        return search

    def _work_off(self) -> None:
        while self._ledger.pending() and not self.control.stopped():
            self._pass()

    def _pass(self) -> None:
        self._put_up()
        if preparation := self._prepared():
            make = self._maker(preparation)
            with ThreadPoolExecutor(self._workshop.cores) as pool:
                list(pool.map(lambda v: self._guard(v, make), self._ledger.queued_variants()))
            self._measure()

    def _prepared(self) -> Preparation | None:
        """What every variant needs; None when it can't be had, and then everything queued has ended so."""
        try:
            return self._prepare()
        except PrepareFailed as failed:
            if not self._left:
                self._ledger.fail_queued(failed.ending, failed.error)
            return None

    def _maker(self, preparation: Preparation) -> Callable[[Variant], None]:
        register, stopped = self.control.register, self.control.stopped
        scoring = Scoring(self._workshop, self._ledger, self.board, register, stopped)
        variants = Variants(
            self._workshop, self._trainings, scoring, self._ledger, self.board, register, stopped
        )
        return lambda variant: variants.make(variant, preparation)

    def _measure(self) -> None:
        self._put_up()
        self._ledger.drop_unmeasurable()
        Benchmarks(
            self._workshop, self._ledger, self.board, self.control.register, self.control.stopped
        ).run()

    def _guard(self, variant: Variant, make: Callable[[Variant], None]) -> None:
        try:
            make(variant)
        except DiskFull as full:
            self.board.end(variant.id, "failed")
            self._ledger.save_variant(variant.model_copy(update={"status": "failed", "error": full.info()}))

    def _put_up(self) -> None:
        study = self._ledger.study()
        self.board.add(Entry(id=PREPARE, kind="prepare", title="Prepare the model", weight=4.0))
        for variant in study.variants:
            self.board.add(_entry(variant, study.metric is not None))
            if variant.status not in ("queued", "running"):
                self.board.end(variant.id, variant.status)
        for spec in dict.fromkeys(m.spec for m in study.measurements):
            weight = 0.5 * len(study.variants)
            self.board.add(Entry(id=spec, kind="benchmark", title=spec, weight=weight))

    def _prepare(self) -> Preparation:
        study, model, data = self._ledger.inputs()
        self.board.begin(PREPARE)
        try:
            preparation = self._preparations.get(
                study.source,
                model,
                data,
                study.request.seed,
                study.request.limits,
                on_event=lambda event: self.board.hear(PREPARE, event),
                on_start=lambda job: self.control.register(PREPARE, job),
                stopped=self.control.stopped,
            )
        except PrepareFailed as failed:
            self.board.end(PREPARE, failed.ending)
            raise
        except DiskFull as full:
            self.board.end(PREPARE, "failed")
            raise PrepareFailed("failed", full.info()) from full
        self.board.end(PREPARE, "finished")
        return preparation

    def _finish(self) -> None:
        if self.control.stopped():
            self._ledger.fail_queued("cancelled", called_off())
        state: State = "cancelled" if self.control.stopped() else "finished"
        self._ledger.finish(state, self._advise(self._ledger.study()))


def _entry(variant: Variant, scores: bool) -> Entry:
    steps = len(variant.steps) - 1
    weight = WEIGHT + TRAINING_WEIGHT * steps
    return Entry(variant.id, "variant", variant.recipe, weight, trains=steps > 0, scores=scores)


def called_off() -> ErrorInfo:
    """The error of what a user cancelled."""
    return JobCancelled("It was cancelled.", "Run it again to go on; finished variants are kept.").info()
