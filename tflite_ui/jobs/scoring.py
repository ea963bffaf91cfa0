"""A user's own metric of a finished variant: from the cache, or in a job of its own."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import ValidationError

from tflite_ui.core.errors import InvalidInput, JobTimedOut, MetricFailed
from tflite_ui.core.metric import Metric, Scored
from tflite_ui.core.plan import Limits
from tflite_ui.core.variant import Variant
from tflite_ui.datasets.own_scores import SAMPLES, sound
from tflite_ui.evaluation.holdout import CHOOSING
from tflite_ui.jobs.board import Board
from tflite_ui.jobs.executor import Outcome
from tflite_ui.jobs.following import Register, followed
from tflite_ui.jobs.ledger import Ledger
from tflite_ui.jobs.metrics import check_allowed
from tflite_ui.jobs.preparations import Preparation
from tflite_ui.jobs.workshop import Call, Workshop, problem
from tflite_ui.settings import settings
from tflite_ui.worker.payloads import MetricScores, ScoreMetric

LONGEST = 500


class Scoring:
    """Scores the variants of one study; does nothing in a study without a metric."""

    def __init__(
        self,
        workshop: Workshop,
        ledger: Ledger,
        board: Board,
        register: Register,
        stopped: Callable[[str], bool],
    ) -> None:
        self._workshop, self._ledger, self._board = workshop, ledger, board
        self._register, self._stopped = register, stopped

    def score(self, variant: Variant, preparation: Preparation) -> tuple[Variant, str]:
        """A variant with its score or why there is none, and what the job printed; raises DiskFull.

        The score is kept by the variant, which data, model and seed decide, the metric's digest, and by which
        samples report.
        """
        metric = self._ledger.study().metric
        if metric is None or variant.facts is None:
            return variant, ""
        key = f"scored:{variant.id}:{metric.sha256}:{CHOOSING}"
        if kept := self._workshop.results.get(key):
            return _with(variant, Scored.model_validate(kept)), ""
        try:
            call = self._call(variant, metric, preparation)
        except InvalidInput as refused:
            return _with(variant, Scored(error=refused.info())), ""
        try:
            scored = self._outcome(self._workshop.run(call), metric, call)
            if scored.score:
                self._workshop.results.put(key, scored.model_dump(mode="json"))
            return _with(variant, scored), self._workshop.log(call)
        finally:
            self._workshop.sweep(call)

    def _call(self, variant: Variant, metric: Metric, preparation: Preparation) -> Call:
        """The job; raises UnreadableMetric when the operator has stopped allowing it, and NotFound."""
        check_allowed()
        study, _, data = self._ledger.inputs()
        assert variant.facts
        assert data
        assert preparation.outputs_digest
        blobs, allowed, limits = self._workshop.blobs, settings().metrics, study.request.limits
        paths = {
            "metric": blobs.path(metric.sha256, metric.name),
            "file": blobs.path(variant.facts.sha256, "variant.tflite"),
            "outputs_file": blobs.path(preparation.outputs_digest, "outputs.npz"),
            "data": blobs.path(data.digest, data.name),
        }
        payload = ScoreMetric(
            name=metric.name,
            source=study.source,
            cores=self._workshop.cores,
            without_walls=allowed.without_walls,
            **{what: str(path) for what, path in paths.items()},
        )
        seconds = min(allowed.seconds, limits.timeout_seconds)
        call = Call(
            kind="metric",
            payload=payload,
            reads=tuple(paths.values()),
            limits=limits.model_copy(update={"timeout_seconds": seconds}),
            on_event=lambda event: self._board.hear(variant.id, event),
            stopped=lambda: self._stopped(variant.id),
        )
        return followed(call, variant.id, self._workshop, self._board, self._register)

    def _outcome(self, outcome: Outcome, metric: Metric, call: Call) -> Scored:
        """What a job came to, which ran the user's code and isn't taken at its word; raises DiskFull."""
        if outcome.ending != "finished":
            return _unscored(outcome, metric, call.limits)
        try:
            found = MetricScores.model_validate(outcome.result)
        except ValidationError:
            return _nonsense(metric)
        samples = self._workshop.folder(call) / SAMPLES
        if not found.each:
            return Scored(score=found.score)
        if not sound(samples, found.score.n):
            return _nonsense(metric)
        return Scored(score=found.score, samples=self._workshop.blobs.add(samples, SAMPLES).digest)


def _with(variant: Variant, scored: Scored) -> Variant:
    return variant.model_copy(update={"metric": scored})


def _unscored(outcome: Outcome, metric: Metric, limits: Limits) -> Scored:
    """Why there is no score; the words are the user's code's, so they are cut."""
    if outcome.ending == "timed_out":
        text = f"{metric.name} took longer than the {limits.timeout_seconds:g} seconds that it may."
        hint = "Compute on whole arrays, or have the operator raise seconds under [metrics]."
        return Scored(error=JobTimedOut(text, hint).info())
    if outcome.ending == "cancelled":
        return Scored()
    found = problem(outcome)
    cut = {"message": found.message[:LONGEST], "hint": found.hint[:LONGEST]}
    return Scored(error=found.model_copy(update=cut))


def _nonsense(metric: Metric) -> Scored:
    return Scored(error=MetricFailed(f"{metric.name} gave no score that can be read.", "Correct it.").info())
