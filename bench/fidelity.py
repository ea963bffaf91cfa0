"""Our p50 against LiteRT's own benchmark tool: same file, threads and machine, in turns.

``python -m bench.fidelity [--quick]``: each turn runs a benchmark job of ours (the worker that studies
use, five rounds, XNNPACK) and ``ai_edge_litert.tools.benchmark_litert_model`` (CPU, as many runs), in
alternating order. Neighbours in time are compared: the result is the median of the turns' ratios, which
drift of the machine from turn to turn leaves alone. The tool times a call of its CompiledModel from
Python, we a call of the Interpreter.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.nets import ROOT, Case, resnet8, sample
from bench.tables import Aim, aims, heading, table
from tflite_ui.api import Desk
from tflite_ui.core.measurement import Measurement
from tflite_ui.core.model import ModelSource
from tflite_ui.core.plan import StudyRequest, parse_target
from tflite_ui.jobs.executor import Executor
from tflite_ui.jobs.local import LocalExecutor
from tflite_ui.jobs.rounds import shares
from tflite_ui.targets import targets
from tflite_ui.worker.payloads import Benchmark
from tflite_ui.worker.protocol import JobSpec

WITHIN_PERCENT, WARMUP = 3.0, 5
RUNS, TURNS = 300, 21
QUICK_RUNS, QUICK_TURNS = 100, 3
RECIPES = ("float32", "full_integer")


@dataclass(frozen=True)
class File:
    """A .tflite to be timed, and the source it was made from."""

    name: str
    path: Path
    source: ModelSource


@dataclass(frozen=True)
class Pair:
    """p50 in ms of each turn, ours and the tool's."""

    ours: list[float]
    tools: list[float]

    @property
    def ratio(self) -> float:
        """Ours to the tool's, the median turn's."""
        return statistics.median(self.ratios)

    @property
    def ratios(self) -> list[float]:
        """Ours to the tool's in each turn."""
        return [ours / tools for ours, tools in zip(self.ours, self.tools, strict=True)]


def main() -> None:
    """Measure every file and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the sample, few turns: does it work?")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads, 1 by default")
    options = parser.parse_args()
    runs, turns = (QUICK_RUNS, QUICK_TURNS) if options.quick else (RUNS, TURNS)
    heading(f"p50 against LiteRT's tool, {options.threads} thread(s), {turns} turns of {runs}", options.quick)
    executor = LocalExecutor()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        desk = Desk(folder / "home", executor=executor)
        try:
            cases = [sample(folder, 200), *([] if options.quick else [resnet8(folder, 200)])]
            files = [file for case in cases for file in _files(desk, case)]
            clock = Clock(executor, folder, runs, options.threads)
            found = {file.name: clock.pair(file, turns) for file in files}
        finally:
            desk.close()
    _report(found)


def _files(desk: Desk, case: Case) -> list[File]:
    """The case's .tflite files, made by a study without benchmarks."""
    model, data = desk.add_model(case.model.name, case.model), desk.add_data(case.data.name, case.data)
    source = desk.model(model, wait=True).value
    study = desk.wait(desk.start(StudyRequest(model=model, data=data, recipes=RECIPES)))
    bad = [f"{v.recipe}: {v.error}" for v in study.variants if v.status != "finished"]
    if source is None or bad:
        raise SystemExit(f"the files of {case.name} can't be made: {bad}")
    return [File(f"{case.name} {v.recipe}", desk.outbox.file(study, v.id), source) for v in study.variants]


class Clock:
    """Times a file by both means."""

    def __init__(self, executor: Executor, folder: Path, runs: int, threads: int) -> None:
        self._executor, self._folder, self._runs, self._threads = executor, folder, runs, threads
        self._turns = 0

    def pair(self, file: File, turns: int) -> Pair:
        """Both p50s of each turn, the order swapped from turn to turn."""
        ours: list[float] = []
        tools: list[float] = []
        for turn in range(turns):
            order: list[Callable[[], None]] = [
                lambda: ours.append(self._ours(file)),
                lambda: tools.append(self._tools(file)),
            ]
            for act in order if turn % 2 == 0 else reversed(order):
                act()
        return Pair(ours, tools)

    def _ours(self, file: File) -> float:
        self._turns += 1
        running = self._executor.start(self._job(file, self._folder / f"ours-{self._turns}"), lambda _: None)
        for share in shares(self._runs):
            running.tell(f"round {share}")
        running.tell("end")
        outcome = running.wait()
        if outcome.result is None:
            raise SystemExit(f"our benchmark of {file.name} ended as {outcome.ending}: {outcome.error}")
        latency = Measurement.model_validate(outcome.result).latency
        assert latency is not None
        assert latency.n == self._runs
        return latency.p50

    def _job(self, file: File, folder: Path) -> JobSpec:
        options = f"threads={self._threads},runs={self._runs},warmup={WARMUP},max_seconds=600"
        target = parse_target(f"xnnpack:{options}", targets())
        payload = Benchmark(variant="bench", file=str(file.path), target=target, source=file.source)
        values = payload.model_dump(mode="json")
        return JobSpec(
            id=folder.name, kind="benchmark", folder=str(folder), payload=values, reads=(str(file.path),)
        )

    def _tools(self, file: File) -> float:
        result = self._folder / "tool.json"
        command = [sys.executable, "-m", "bench.litert_tool", "--model", str(file.path)]
        counts = [f"--num_runs={self._runs}", f"--warmup_runs={WARMUP}", f"--num_threads={self._threads}"]
        command += [*counts, "--result_json", str(result)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        return float(json.loads(result.read_text())["latency"]["median_ms"])


def _report(found: dict[str, Pair]) -> None:
    rows = [
        (
            name,
            f"{statistics.median(pair.ours):.4f}",
            f"{statistics.median(pair.tools):.4f}",
            f"{(statistics.median(pair.ours) - statistics.median(pair.tools)) * 1000:+.1f}",
            f"{pair.ratio:.3f}",
            f"{min(pair.ratios):.2f} to {max(pair.ratios):.2f}",
        )
        for name, pair in found.items()
    ]
    table(
        "p50 in ms, median turn",
        ("", "ours", "LiteRT's tool", "difference us", "ratio, median turn", "ratios"),
        rows,
    )
    aims(
        [
            Aim(f"{name}: difference", abs(pair.ratio - 1) * 100, WITHIN_PERCENT, "%", 1)
            for name, pair in found.items()
        ]
    )


if __name__ == "__main__":
    main()
