"""Running a variant over the evaluation samples as fast as its kernels allow, and measuring the result."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from tflite_ui.core.errors import DataMismatch
from tflite_ui.core.variant import Quality
from tflite_ui.datasets.scores import write_record
from tflite_ui.datasets.split import Labels
from tflite_ui.evaluation.fidelity import Array
from tflite_ui.evaluation.holdout import held_out
from tflite_ui.evaluation.judged import Judged
from tflite_ui.evaluation.scores import Rows
from tflite_ui.evaluation.shards import run_sharded
from tflite_ui.litert.interpreter import Session, rows_of, run_all, take

Report = Callable[[float], None]
PROBES = 3
SLOW_SECONDS = 1.5
"""Estimated seconds in one thread from which on several processes pay for being started."""
BUDGET_SECONDS = 90.0
FEWEST = 200
"""Kernels too slow for the budget get fewer samples, but not fewer than these."""
_SUBSET_SEED = 70_201


def evaluate(
    file: Path,
    inputs: Mapping[str, Array],
    labels: Labels,
    baseline_outputs: Mapping[str, Array],
    cores: int = 1,
    progress: Report = lambda _: None,
    answers: Path | None = None,
) -> Quality:
    """The quality of ``file`` on ``inputs`` (each [n, ...]), against labels and the baseline's outputs.

    ``n`` in the result is how many samples were run: fewer, chosen evenly at random, when all would take
    longer than BUDGET_SECONDS. Each sample's answer or score is written to ``answers``.
    Raises VerificationFailed or DataMismatch.
    """
    n = len(next(iter(inputs.values()), ()))
    if not n:
        raise DataMismatch("There are no evaluation samples.", "Add samples to the data.")
    rows, outputs = run(file, inputs, cores, progress)
    used = inputs if len(rows) == n else take(inputs, rows)
    ran = Rows(rows, held_out(n, labels)[rows])
    found = Judged(ran, used, outputs, take(baseline_outputs, rows), take(labels, rows))
    if answers and (record := found.record()):
        write_record(record, answers)
    return found.quality()


def run(
    file: Path, inputs: Mapping[str, Array], cores: int = 1, progress: Report = lambda _: None
) -> tuple[Array, dict[str, Array]]:
    """The rows that were run, int [m], and their outputs by name, float32 [m, ...]."""
    seconds, example = _probe(file, inputs)
    n = len(next(iter(inputs.values())))
    rows = _rows(n, seconds, cores)
    chosen = inputs if len(rows) == n else take(inputs, rows)
    if cores > 1 and len(rows) * seconds > SLOW_SECONDS:
        return rows, run_sharded(file, chosen, example, min(cores, len(rows)), progress)
    return rows, run_all(file, chosen, progress=progress)


def _probe(file: Path, inputs: Mapping[str, Array]) -> tuple[float, dict[str, Array]]:
    """Seconds a sample takes in one thread, and one sample's outputs."""
    session = Session(file)
    first = take(inputs, slice(0, 1))
    example = rows_of(session.run(first))
    begin = time.perf_counter()
    for _ in range(PROBES):
        session.invoke()
    return (time.perf_counter() - begin) / PROBES, example


def _rows(n: int, seconds: float, cores: int) -> Array:
    """All rows, or as many as the budget allows."""
    affordable = max(FEWEST, int(BUDGET_SECONDS * cores / max(seconds, 1e-9)))
    if affordable >= n:
        return np.arange(n)
    return np.sort(np.random.default_rng(_SUBSET_SEED).permutation(n)[:affordable])
