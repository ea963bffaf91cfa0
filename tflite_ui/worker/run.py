"""One job, from ``opened`` to ``finished`` or ``failed``."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tflite_ui.core.errors import (
    BenchmarkFailed,
    ConversionFailed,
    DiskFull,
    ErrorInfo,
    JobError,
    MemoryExceeded,
    MetricFailed,
    TFLiteUIError,
    UnreadableData,
    UnreadableModel,
    VerificationFailed,
)
from tflite_ui.core.frozen import Frozen
from tflite_ui.worker.payloads import (
    AskTarget,
    Benchmark,
    Diagnose,
    FixData,
    InspectData,
    InspectModel,
    MakeVariant,
    Prepare,
    ScoreMetric,
    Train,
    TryFiles,
    ViewSamples,
)
from tflite_ui.worker.protocol import JobKind, JobSpec, Reporter

LOG_HINT = "The job's log has the details."


@dataclass(frozen=True)
class Desk:
    """What a job works with; ``isolation`` says how it is confined."""

    payload: dict[str, Any]
    folder: Path
    reporter: Reporter
    control_fd: int
    isolation: str


def main(spec: JobSpec, events_fd: int, control_fd: int, isolation: str) -> None:
    """Do ``spec`` and tell of it on ``events_fd``; raises only when nobody listens any more."""
    reporter = Reporter(events_fd)
    reporter.opened(isolation)
    try:
        result = WORK[spec.kind](Desk(spec.payload, Path(spec.folder), reporter, control_fd, isolation))
        reporter.finished(result.model_dump(mode="json"))
    except BrokenPipeError:
        raise
    except BaseException as problem:
        with suppress(OSError):
            traceback.print_exc()
        reporter.failed(describe(problem, spec.kind))


def describe(problem: BaseException, kind: JobKind) -> ErrorInfo:
    """An exception as the error that the user reads; the traceback is for the log alone."""
    if isinstance(problem, TFLiteUIError):
        return problem.info()
    if _disk_full(problem):
        return DiskFull("The disk is full.", "Free some space and run it again.").info()
    if isinstance(problem, MemoryError):
        hint = "Close other programs, use fewer samples, or take a machine with more memory."
        return MemoryExceeded("There isn't enough memory for it.", hint).info()
    error, what = BLAME[kind]
    return error(f"{what}: {_first_line(problem)}", LOG_HINT).info()


def _disk_full(problem: BaseException) -> bool:
    """Native code tells of a full disk in words, and wraps it in errors of its own."""
    return any(
        getattr(cause, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
        or "No space left on device" in str(cause)
        or "Disk quota exceeded" in str(cause)
        for cause in _causes(problem)
    )


def _causes(problem: BaseException | None) -> Iterator[BaseException]:
    while problem is not None:
        yield problem
        problem = problem.__cause__ or problem.__context__


def _first_line(problem: BaseException) -> str:
    lines = str(problem).strip().splitlines()
    return f"{type(problem).__name__}: {lines[0][:300]}" if lines else type(problem).__name__


def _inspect_model(desk: Desk) -> Frozen:
    from tflite_ui.worker.inspect import inspect_model

    return inspect_model(InspectModel.model_validate(desk.payload))


def _inspect_data(desk: Desk) -> Frozen:
    from tflite_ui.worker.inspect import inspect_data

    return inspect_data(InspectData.model_validate(desk.payload))


def _view_samples(desk: Desk) -> Frozen:
    from tflite_ui.worker.views import view_samples

    return view_samples(ViewSamples.model_validate(desk.payload))


def _try_files(desk: Desk) -> Frozen:
    from tflite_ui.worker.trial import try_files

    return try_files(TryFiles.model_validate(desk.payload))


def _fix_data(desk: Desk) -> Frozen:
    from tflite_ui.worker.inspect import fix_data

    return fix_data(FixData.model_validate(desk.payload), desk.folder)


def _prepare(desk: Desk) -> Frozen:
    from tflite_ui.worker.prepare import prepare

    return prepare(Prepare.model_validate(desk.payload), desk.folder, desk.reporter)


def _train(desk: Desk) -> Frozen:
    from tflite_ui.worker.train import train

    return train(Train.model_validate(desk.payload), desk.folder, desk.reporter, desk.control_fd)


def _variant(desk: Desk) -> Frozen:
    from tflite_ui.worker.variant import make_variant

    return make_variant(MakeVariant.model_validate(desk.payload), desk.folder, desk.reporter)


def _metric(desk: Desk) -> Frozen:
    from tflite_ui.worker.metric import score_metric

    return score_metric(ScoreMetric.model_validate(desk.payload), desk.folder, desk.reporter, desk.isolation)


def _benchmark(desk: Desk) -> Frozen:
    from tflite_ui.worker.benchmark import benchmark

    payload = Benchmark.model_validate(desk.payload)
    return benchmark(payload, desk.folder, desk.reporter, desk.control_fd)


def _diagnose(desk: Desk) -> Frozen:
    from tflite_ui.worker.diagnose import diagnose

    return diagnose(Diagnose.model_validate(desk.payload), desk.folder, desk.reporter)


def _availability(desk: Desk) -> Frozen:
    from tflite_ui.targets import targets
    from tflite_ui.worker.availability import ask

    return ask(targets()[AskTarget.model_validate(desk.payload).target])


WORK: dict[JobKind, Callable[[Desk], Frozen]] = {
    "inspect_model": _inspect_model,
    "inspect_data": _inspect_data,
    "fix_data": _fix_data,
    "view_samples": _view_samples,
    "try_files": _try_files,
    "prepare": _prepare,
    "train": _train,
    "variant": _variant,
    "metric": _metric,
    "benchmark": _benchmark,
    "diagnose": _diagnose,
    "availability": _availability,
}
BLAME: dict[JobKind, tuple[type[TFLiteUIError], str]] = {
    "inspect_model": (UnreadableModel, "The model file can't be read"),
    "inspect_data": (UnreadableData, "The data file can't be read"),
    "try_files": (UnreadableData, "The sample can't be tried"),
    "view_samples": (UnreadableData, "The samples can't be shown"),
    "fix_data": (UnreadableData, "The data can't be changed to fit"),
    "prepare": (ConversionFailed, "The model can't be converted"),
    "train": (ConversionFailed, "The training broke off"),
    "variant": (ConversionFailed, "The conversion broke off"),
    "metric": (MetricFailed, "The metric broke off"),
    "benchmark": (BenchmarkFailed, "The benchmark broke off"),
    "diagnose": (VerificationFailed, "The layers can't be compared"),
    "availability": (JobError, "The target can't be asked"),
}
