"""The benchmarks of a study: on each machine one target after another, its files interleaved in rounds.

Different machines (this one, a phone) are measured side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tflite_ui.core.errors import DiskFull
from tflite_ui.core.measurement import Measurement
from tflite_ui.core.plan import Limits, TargetSpec, target_options
from tflite_ui.core.study import Study
from tflite_ui.core.target import BenchmarkOptions, RunTarget
from tflite_ui.jobs.availabilities import devices, ports, reads
from tflite_ui.jobs.board import Board
from tflite_ui.jobs.following import Register
from tflite_ui.jobs.ledger import OPEN, Ledger
from tflite_ui.jobs.machine import HOST
from tflite_ui.jobs.rounds import GROUP, ROUNDS, Rounds, Seat
from tflite_ui.jobs.workshop import Call, Workshop
from tflite_ui.store.uploads import Upload
from tflite_ui.targets import targets
from tflite_ui.worker.payloads import Benchmark

ARTEFACT = "compiled.tflite"
LEAST_SILENCE = 60.0
"""Seconds: to open a file isn't to run it, and takes some time."""
Stopped = Callable[[str], bool]


class Benchmarks:
    """Measures what is queued in one study."""

    def __init__(
        self, workshop: Workshop, ledger: Ledger, board: Board, register: Register, stopped: Stopped
    ) -> None:
        self._workshop, self._ledger, self._board = workshop, ledger, board
        self._register, self._stopped = register, stopped

    def run(self) -> None:
        """Measure every queued pair of a finished variant and a target, and write the results."""
        study = self._ledger.study()
        made = {v.id for v in study.variants if v.status == "finished"}
        queued = [m for m in study.measurements if m.status in OPEN and m.variant in made]
        machines = {_machine(m) for m in queued}
        with ThreadPoolExecutor(max(1, len(machines))) as pool:
            list(pool.map(lambda one: self._on([m for m in queued if _machine(m) == one]), machines))

    def _on(self, queued: list[Measurement]) -> None:
        for spec in dict.fromkeys(m.spec for m in queued):
            if not self._stopped(""):
                self._target(spec, [m for m in queued if m.spec == spec])

    def _target(self, spec: str, queued: list[Measurement]) -> None:
        self._board.begin(spec)
        groups = [queued[i : i + GROUP] for i in range(0, len(queued), GROUP)]
        for number, group in enumerate(groups):
            for measured in self._group(spec, group, number, len(groups)):
                self._ledger.save_measurement(measured)
                self._workshop.knowledge.learn(measured)
        self._board.end(spec, "cancelled" if self._stopped("") else "finished")

    def _group(self, spec: str, group: list[Measurement], number: int, groups: int) -> list[Measurement]:
        seats = self._seats(group)

        def on_turn(done: int, whole: int) -> None:
            self._board.stage(spec, "measure", (number + done / whole) / groups)
            for seat in seats:
                seat.dropped = self._stopped(seat.measurement.variant)

        self._board.stage(spec, "open", 0.0)
        try:
            machine = _machine(group[0])
            measured = Rounds(self._workshop, seats, lambda: self._stopped(""), on_turn, machine).run()
            return [self._kept(one) for one in measured]
        finally:
            for seat in seats:
                self._workshop.sweep(seat.call)

    def _kept(self, measured: Measurement) -> Measurement:
        """The same with the file that was compiled for the target kept as a blob."""
        if measured.artefact is None:
            return measured
        try:
            digest = self._workshop.blobs.add(Path(measured.artefact), ARTEFACT).digest
        except DiskFull as full:
            return measured.model_copy(update={"artefact": None, "status": "failed", "error": full.info()})
        return measured.model_copy(update={"artefact": digest})

    def _seats(self, group: list[Measurement]) -> list[Seat]:
        """The baseline first, as a mere reference when it isn't in the queue itself."""
        study, _, data = self._ledger.inputs()
        first = [m for m in group if m.variant == study.baseline.id]
        rest = [m for m in group if m.variant != study.baseline.id]
        reference = not first and study.baseline.status == "finished"
        if reference:
            first = [group[0].model_copy(update={"variant": study.baseline.id})]
        return [
            self._seat(m, study, data, reference and m.variant == study.baseline.id) for m in (*first, *rest)
        ]

    def _seat(self, measurement: Measurement, study: Study, data: Upload | None, reference: bool) -> Seat:
        variant = study.variant(measurement.variant)
        assert variant is not None
        assert variant.facts is not None
        blobs = self._workshop.blobs
        path = blobs.path(variant.facts.sha256, "variant.tflite")
        data_path = blobs.path(data.digest, data.name) if data else None
        target = TargetSpec(target=measurement.target, options=measurement.options, spec=measurement.spec)
        payload = Benchmark(
            variant=variant.id,
            file=str(path),
            target=target,
            source=study.source,
            data=str(data_path) if data_path else None,
            seed=study.request.seed,
        )
        limits = study.request.limits
        where = targets().get(measurement.target)
        options = target_options(target, targets()) if isinstance(where, RunTarget) else None
        call = Call(
            "benchmark",
            payload,
            (path, data_path, *reads(where)),
            devices=devices(where),
            ports=ports(where),
            limits=limits,
            silence_seconds=silence(limits, options) if isinstance(options, BenchmarkOptions) else None,
        )
        seat = Seat(measurement, call, reference)
        seat.call.on_event = seat.hear
        seat.call.on_start = lambda job: self._register(variant.id, job)
        return seat


def silence(limits: Limits, options: BenchmarkOptions) -> float:
    """How long one run may take, in seconds: longer, and the fewest runs there are can't end in time."""
    return max(LEAST_SILENCE, limits.timeout_seconds / (1 + options.warmup + min(ROUNDS, options.runs)))


def _machine(measurement: Measurement) -> str:
    """Each phone is one; a target that isn't there any more fails on this one."""
    known = targets().get(measurement.target)
    if known is None:
        return HOST
    spec = TargetSpec(target=measurement.target, options=measurement.options, spec=measurement.spec)
    return known.machine(target_options(spec, targets()))
