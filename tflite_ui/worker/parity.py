"""Whether a target computes what the reference kernels do."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tflite_ui.core.errors import VerificationFailed
from tflite_ui.core.measurement import Parity
from tflite_ui.core.target import Runner
from tflite_ui.evaluation.fidelity import Array, Outputs, agreement, cosine, errors
from tflite_ui.litert.interpreter import Session, join, rows_of, take

SAMPLES = 16
SECONDS = 3.0
REFERENCE_MACS_A_SECOND = 1e9
"""About what reference kernels do in a second on one core: enough to tell what isn't worth starting."""


def affordable(macs: int | None) -> bool:
    """Whether one run of the reference kernels is likely to end within SECONDS."""
    return (macs or 0) / REFERENCE_MACS_A_SECOND <= SECONDS


def parity(
    runner: Runner, file: Path, inputs: Mapping[str, Array], between: Callable[[], None]
) -> Parity | None:
    """``runner``'s outputs against the reference kernels', on as many samples of ``inputs`` as take SECONDS.

    ``between`` is called after each of its runs. None when the reference kernels refuse the file.
    """
    try:
        reference = Session(file, "reference")
        expected = _reference(reference, inputs, file)
    except VerificationFailed:
        return None
    n = len(next(iter(expected.values())))
    parts = []
    for row in range(n):
        runner.set_inputs(take(inputs, slice(row, row + 1)))
        runner.invoke()
        between()
        parts.append(rows_of(runner.outputs()))
    return compare(join(parts, file), expected)


def answered(outputs: Outputs, file: Path, inputs: Mapping[str, Array]) -> Parity | None:
    """What was answered elsewhere (float32 [k, ...] by name) to the first k inputs, against the reference.

    Compares as many as take SECONDS; None when the reference kernels refuse the file.
    """
    k = len(next(iter(outputs.values())))
    try:
        expected = _reference(Session(file, "reference"), take(inputs, slice(0, k)), file)
    except VerificationFailed:
        return None
    return compare(take(outputs, slice(0, len(next(iter(expected.values()))))), expected)


def compare(outputs: Outputs, expected: Outputs) -> Parity:
    """Outputs (float32 [n, ...] by name) against the reference's."""
    return Parity(
        max_abs=errors(outputs, expected)[0],
        cosine=cosine(outputs, expected),
        top1_agreement=agreement(outputs, expected),
    )


def _reference(reference: Session, inputs: Mapping[str, Array], file: Path) -> dict[str, Array]:
    parts: list[dict[str, Array]] = []
    begin = time.perf_counter()
    for row in range(min(SAMPLES, len(next(iter(inputs.values()))))):
        if parts and time.perf_counter() - begin > SECONDS:
            break
        parts.append(rows_of(reference.run(take(inputs, slice(row, row + 1)))))
    return join(parts, file)
