"""Benchmarks of one target, interleaved: every file runs a little in each round, alone on the machine.

Drift of the machine (heat, frequency, neighbours) then hits all files alike. Between two turns
the machine is free for whoever waits, so an upload elsewhere needn't wait for the whole benchmark.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from tflite_ui.core.measurement import Measurement
from tflite_ui.jobs.executor import Outcome, RunningJob
from tflite_ui.jobs.machine import HOST, GaveUp
from tflite_ui.jobs.workshop import Call, Workshop, cancelled, problem
from tflite_ui.worker.protocol import TURN_OVER, Event

ROUNDS = 5
GROUP = 16
"""Files open at once: their processes wait in memory while others run."""


@dataclass
class Seat:
    """One file's place in the rounds."""

    measurement: Measurement
    call: Call
    reference: bool = False
    """Measured only to compare with: its result is not kept."""
    job: RunningJob | None = None
    outcome: Outcome | None = None
    turn: threading.Event = field(default_factory=threading.Event)
    dropped: bool = False
    answered: bool = False
    """Its target has answered samples, and the job waits until it may compare them here."""

    def hear(self, event: Event) -> None:
        """A turn is over when the worker says ready, round or answered, or ends."""
        self.answered = self.answered or event.stage == "answered"
        if event.event in ("finished", "failed") or event.stage in TURN_OVER:
            self.turn.set()

    def watch(self) -> None:
        """Wake whoever waits for this seat when its job ends without a word."""
        if self.job is not None:
            self.outcome = self.job.wait()
        self.turn.set()


class Rounds:
    """Runs the seats of one target on ``hardware``; ``on_turn(done, all)`` is called after each turn."""

    def __init__(
        self,
        workshop: Workshop,
        seats: list[Seat],
        stopped: Callable[[], bool],
        on_turn: Callable[[int, int], None],
        hardware: str = HOST,
    ) -> None:
        self._workshop, self._seats, self._hardware = workshop, seats, hardware
        self._stopped, self._on_turn = stopped, on_turn
        self._turns = 0

    def run(self) -> list[Measurement]:
        """Measure; one result for each seat in order, whatever became of it."""
        try:
            for seat in self._seats:
                self._turn(seat, lambda s=seat: self._open(s))  # type: ignore[misc]
            for seat in self._seats:
                self._compare(seat)
            for count in shares(self._runs()):
                for seat in self._seats:
                    self._turn(seat, lambda s=seat, n=count: self._tell(s, f"round {n}"))  # type: ignore[misc]
        except GaveUp:
            self._cancel()
        return self._results()

    def _runs(self) -> int:
        return int(self._seats[0].measurement.options.get("runs", 1))

    def _turn(self, seat: Seat, act: Callable[[], None]) -> None:
        self._turns += 1
        if seat.dropped and seat.job is not None:
            seat.job.cancel()
        if seat.outcome is None and not seat.dropped:
            with self._workshop.machine.alone(self._stopped, self._hardware):
                seat.turn.clear()
                if seat.outcome is None:  # it may have ended while we waited for the machine
                    act()
                    self._await(seat)
        self._on_turn(self._turns, len(self._seats) * (1 + len(shares(self._runs()))))

    def _compare(self, seat: Seat) -> None:
        """Let a job compare what other hardware answered: work for this machine, never beside a benchmark."""
        if not seat.answered or seat.dropped:
            return
        with self._workshop.machine.share(self._stopped):
            seat.turn.clear()
            if seat.outcome is None:
                self._tell(seat, "compare")
                self._await(seat)

    def _await(self, seat: Seat) -> None:
        while not seat.turn.wait(0.05):
            if self._stopped():
                raise GaveUp
            if seat.dropped and seat.job is not None:
                seat.job.cancel()

    def _open(self, seat: Seat) -> None:
        seat.job = self._workshop.start(seat.call)
        threading.Thread(target=seat.watch, daemon=True).start()

    def _tell(self, seat: Seat, line: str) -> None:
        if seat.job is not None:
            seat.job.tell(line)

    def _cancel(self) -> None:
        for seat in self._seats:
            if seat.job is not None:
                seat.job.cancel()

    def _results(self) -> list[Measurement]:
        for seat in self._seats:
            self._tell(seat, "end")
        results = [_result(seat) for seat in self._seats]
        return _same_session(results, self._seats)


def shares(runs: int) -> list[int]:
    """``runs`` spread over at most ROUNDS rounds, none empty."""
    rounds = min(ROUNDS, runs)
    return [runs // rounds + (1 if i < runs % rounds else 0) for i in range(rounds)]


def _result(seat: Seat) -> Measurement:
    outcome = seat.job.wait() if seat.job is not None else cancelled()
    if outcome.ending == "finished" and outcome.result is not None:
        measured = Measurement.model_validate(outcome.result)
        return measured.model_copy(update={"spec": seat.measurement.spec, "status": "finished"})
    return seat.measurement.model_copy(update={"status": outcome.ending, "error": problem(outcome)})


def _same_session(results: list[Measurement], seats: list[Seat]) -> list[Measurement]:
    latency = results[0].latency
    session = {"session": uuid.uuid4().hex[:8], "baseline_p50_ms": latency.p50 if latency else None}
    joined = [r.model_copy(update=session) for r in results]
    return [r for r, seat in zip(joined, seats, strict=True) if not seat.reference]
