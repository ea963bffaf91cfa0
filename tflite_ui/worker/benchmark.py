"""Timing one file on one target, in turns that the app asks for so that it can interleave files."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TextIO

import numpy as np

from tflite_ui.core.errors import BenchmarkFailed, JobCancelled, VerificationFailed
from tflite_ui.core.measurement import Measurement, Parity
from tflite_ui.core.plan import target_options
from tflite_ui.core.target import (
    AwayTarget,
    BenchmarkOptions,
    Report,
    ReportTarget,
    Runner,
    RunTarget,
    Target,
    Visit,
)
from tflite_ui.datasets import split
from tflite_ui.evaluation.fidelity import Array
from tflite_ui.litert.interpreter import take
from tflite_ui.targets import targets
from tflite_ui.worker.memory import PeakMemory
from tflite_ui.worker.parity import SAMPLES, affordable, answered, parity
from tflite_ui.worker.payloads import Benchmark
from tflite_ui.worker.protocol import Reporter
from tflite_ui.worker.samples import inputs_for
from tflite_ui.worker.timing import NOISY, Stopwatch, histogram, latency, medians, noise, timed

REFILL = 2
"""Untimed runs at the start of a round: another file has had the caches meanwhile."""
RUNTIME = "ai_edge_litert.interpreter"


@dataclass(frozen=True, eq=False)
class Opened:
    """A file ready to be timed, and what opening it told."""

    runner: Runner
    options: BenchmarkOptions
    first_ms: float
    peak_memory_bytes: int
    parity: Parity | None


def benchmark(payload: Benchmark, folder: Path, reporter: Reporter, control: int) -> Measurement:
    """See ``Benchmark``; ``control`` is the descriptor that ``round N`` and ``end`` are read from.

    What isn't measured (emulated, estimated) is never timed. Raises BenchmarkFailed when the target refuses
    the file, and JobCancelled when the app goes away.
    """
    target = known(payload.target.target)
    if isinstance(target, ReportTarget):
        return _reported(payload, target, folder, reporter)
    if isinstance(target, AwayTarget):
        with open(control, encoding="ascii", closefd=False) as lines:
            return _visited(payload, target, folder, reporter, lines)
    assert isinstance(target, RunTarget)
    opened = _open(payload, target, reporter)
    if opened.runner.evidence().kind != "measured":
        return _untimed(payload, opened)
    between = partial(reporter.pulse, "time")
    watch = Stopwatch(opened.runner.invoke, opened.options.max_seconds, between)
    reporter.progress("ready", 0.0)
    with open(control, encoding="ascii", closefd=False) as lines:
        for runs in turns(lines):
            watch.round(runs, REFILL)
            done = len(watch.times)
            reporter.progress("round", min(1.0, done / opened.options.runs), f"{done} runs")
    if not watch.times:
        raise _nothing_asked()
    return _measurement(payload, opened, watch)


def _nothing_asked() -> BenchmarkFailed:
    return BenchmarkFailed("No run was asked for.", "Set runs to one or more.")


def known(key: str) -> Target:
    """The target ``key``; raises BenchmarkFailed when there is none any more."""
    found = targets().get(key)
    if found is None:
        text = f"The target {key} isn't here any more."
        raise BenchmarkFailed(text, "Put its file back into the folder that the settings name.")
    return found


def turns(lines: TextIO) -> Iterator[int]:
    """How many runs each ``round N`` asks for, until ``end``; raises JobCancelled at the end of the file."""
    while line := lines.readline():
        match line.split():
            case ["round", count] if count.isdecimal():
                yield int(count)
            case ["end"]:
                return
            case _:
                raise BenchmarkFailed(f"'{line.strip()}' isn't a turn.", "Restart the app.")
    raise _gone()


def _reported(payload: Benchmark, target: ReportTarget, folder: Path, reporter: Reporter) -> Measurement:
    reporter.progress("report", 0.0)
    options = target_options(payload.target, targets())
    return _told(payload, target.report(Path(payload.file), options, folder))


def _visited(
    payload: Benchmark, target: AwayTarget, folder: Path, reporter: Reporter, lines: TextIO
) -> Measurement:
    """What the machine answers, compared here, then its times, a round at each turn."""
    reporter.progress("report", 0.0)
    file, options = Path(payload.file), target_options(payload.target, targets())
    assert isinstance(options, BenchmarkOptions)
    inputs = _inputs(payload, file) if affordable(payload.source.macs) else {}
    with target.visit(file, options, folder, inputs) as visit:
        compared = _compared(payload, visit.report(), inputs, reporter, lines)
        if visit.report().evidence.kind == "measured":
            _let_time(visit, options.runs, reporter, lines)
        return _told(payload, visit.report()).model_copy(update=compared)


def _let_time(visit: Visit, wanted: int, reporter: Reporter, lines: TextIO) -> None:
    reporter.progress("ready", 0.0)
    asked = 0
    for runs in turns(lines):
        visit.round(runs)
        asked += runs
        reporter.progress("round", min(1.0, asked / wanted), f"{asked} runs")
    if not asked:
        raise _nothing_asked()


def _compared(
    payload: Benchmark, report: Report, inputs: dict[str, Array], reporter: Reporter, lines: TextIO
) -> dict[str, object]:
    """The parity, when the app says that this machine is free for it, or why there is none."""
    if report.answers is None:
        return {"unanswered": report.unanswered if inputs else _why_not(payload)}
    reporter.progress("answered", 0.0)
    if not lines.readline():
        raise _gone()
    with np.load(report.answers, allow_pickle=False) as told:
        found = answered({name: told[name] for name in told.files}, Path(payload.file), inputs)
    return {"parity": found, "unanswered": "" if found else _why_not(payload)}


def _gone() -> JobCancelled:
    return JobCancelled("The app is gone.", "Start it again: the study goes on.")


def _why_not(payload: Benchmark) -> str:
    """Why nothing was compared, where the target could have answered."""
    if not affordable(payload.source.macs):
        return "The reference kernels would take too long on this model."
    return "The reference kernels refuse the file."


def _told(payload: Benchmark, report: Report) -> Measurement:
    return _plain(payload).model_copy(
        update={
            "evidence": report.evidence,
            "latency": report.measured if report.evidence.kind == "measured" else None,
            **_spread(report.round_p50_ms if report.evidence.kind == "measured" else ()),
            "device": report.device,
            "estimate_ms": report.latency_ms,
            "arena_bytes": report.arena_bytes,
            "figures": report.figures,
            "ops": report.ops,
            "artefact": report.artefact,
        }
    )


def _untimed(payload: Benchmark, opened: Opened) -> Measurement:
    changed = {"evidence": opened.runner.evidence(), **_answers(payload, opened.parity)}
    return _plain(payload).model_copy(update={**changed, "arena_bytes": opened.runner.arena_bytes()})


def _open(payload: Benchmark, target: RunTarget, reporter: Reporter) -> Opened:
    """Open, run for the first time, warm up; then the reference kernels, when the memory has been read."""
    file, options = Path(payload.file), target_options(payload.target, targets())
    assert isinstance(options, BenchmarkOptions)
    reporter.progress("open", 0.0)
    between = partial(reporter.pulse, "open")
    inputs = _inputs(payload, file)
    importlib.import_module(RUNTIME)
    memory = PeakMemory()
    runner = target.open(file, options)
    try:
        runner.set_inputs(take(inputs, slice(0, 1)))
        first = timed(runner.invoke)
        for _ in range(options.warmup if runner.evidence().kind == "measured" else 0):
            between()
            runner.invoke()
        runner.outputs()
        peak = memory.bytes()
        found = _parity(target, payload, runner, inputs, between)
        runner.set_inputs(take(inputs, slice(0, 1)))
    except VerificationFailed as refused:
        raise BenchmarkFailed(refused.message, "Measure it on another target.") from refused
    return Opened(runner, options, first, peak, found)


def _inputs(payload: Benchmark, file: Path) -> dict[str, Array]:
    data = split.evaluation(Path(payload.data), payload.source)[0] if payload.data else None
    found = inputs_for(file, payload.source, data, SAMPLES, payload.seed)
    return {name: values.copy() for name, values in found.items()}


def _parity(
    target: Target,
    payload: Benchmark,
    runner: Runner,
    inputs: dict[str, Array],
    between: Callable[[], None],
) -> Parity | None:
    if target.key == "reference" or not affordable(payload.source.macs):
        return None
    return parity(runner, Path(payload.file), inputs, between)


def _measurement(payload: Benchmark, opened: Opened, watch: Stopwatch) -> Measurement:
    return _plain(payload).model_copy(
        update={
            "evidence": opened.runner.evidence(),
            "latency": latency(watch.times, opened.first_ms, opened.options.warmup),
            "peak_memory_bytes": opened.peak_memory_bytes,
            **_answers(payload, opened.parity),
            "histogram": histogram(watch.times),
            **_spread(medians(watch.rounds)),
        }
    )


def _spread(each: tuple[float, ...]) -> dict[str, object]:
    """The rounds' medians, and how far they are apart."""
    spread = noise(each)
    return {"round_p50_ms": each, "noise": spread, "noisy": spread is not None and spread > NOISY}


def _answers(payload: Benchmark, found: Parity | None) -> dict[str, object]:
    """The parity, or why there is none; the reference kernels need no comparison."""
    plain = found is not None or payload.target.target == "reference"
    return {"parity": found, "unanswered": "" if plain else _why_not(payload)}


def _plain(payload: Benchmark) -> Measurement:
    """A finished measurement that says nothing yet."""
    target = payload.target
    names = {"variant": payload.variant, "target": target.target, "spec": target.spec}
    return Measurement(**names, options=target.options, status="finished")
