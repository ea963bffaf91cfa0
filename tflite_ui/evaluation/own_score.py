"""A user's metric run on a variant's outputs and the original's: for a confined job alone."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from tflite_ui.core.errors import MetricFailed
from tflite_ui.core.metric import OwnScore
from tflite_ui.datasets.scores import Values
from tflite_ui.datasets.split import Labels
from tflite_ui.evaluation.fidelity import Array, Outputs
from tflite_ui.evaluation.metric_file import FUNCTION
from tflite_ui.evaluation.own_beside import beside
from tflite_ui.litert.interpreter import take

PLACE = "<metric>"
"""What the user's lines are known by in a traceback."""
MODULE = "metric"
LONGEST = 300
LARGEST = 1e90
"""Below it the third powers of the bootstrap's acceleration stay finite."""
RETURNS = "Return an array of one number for each sample, or one number."
Arrays = Mapping[str, Array]


class OwnMetric:
    """The function of a user's file, called on arrays that it can't change.

    Making it runs the file. Whatever the user's code raises is told as MetricFailed with its line; only a
    lack of memory stays a MemoryError.
    """

    def __init__(self, text: bytes, name: str) -> None:
        self._name = name
        module = sys.modules[MODULE] = ModuleType(MODULE)
        with self._told():
            exec(compile(text, PLACE, "exec", dont_inherit=True), vars(module))
            self._function: Callable[..., Any] = vars(module)[FUNCTION]
        self._line = getattr(getattr(self._function, "__code__", None), "co_firstlineno", None)

    def scores(self, outputs: Outputs, labels: Labels, inputs: Arrays) -> Values:
        """What the function gives for n samples: float64 [n], or [] for one number; raises MetricFailed."""
        n = len(next(iter(inputs.values())))
        with self._told():
            given = self._function(*({**_locked(each)} for each in (outputs, labels, inputs)))
            found = np.asarray(given)
        if found.dtype.kind not in "fiub" or found.shape not in ((n,), ()):
            raise self._refused(f"{FUNCTION} returned {_described(given, found)} for {n:,} samples.", RETURNS)
        values: Values = found.astype(np.float64)
        self._check_finite(values)
        return values

    def _check_finite(self, values: Values) -> None:
        bad = np.flatnonzero(~(np.abs(values) < LARGEST))
        if len(bad):
            which = f" for {len(bad):,} of {values.size:,} samples, first for sample {bad[0]}"
            text = f"{FUNCTION} returned {values.flat[bad[0]]}{which if values.ndim else ''}."
            raise self._refused(text, "Return a finite number of a usual size for every sample.")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn whatever the user's code raises, an exit too, into one sentence."""
        try:
            yield
        except MemoryError:
            raise
        except BaseException as problem:
            raise self._failed(_said(problem), _line(problem), _advice(problem)) from problem

    def _refused(self, text: str, hint: str) -> MetricFailed:
        return self._failed(text, self._line, hint)

    def _failed(self, text: str, line: int | None, hint: str) -> MetricFailed:
        where = f", line {line}" if line else ""
        return MetricFailed(f"{self._name}{where}: {text}", hint)


def own_score(
    metric: OwnMetric,
    outputs: Outputs,
    originals: Outputs,
    labels: Labels,
    inputs: Arrays,
    held: npt.NDArray[np.bool_],
) -> tuple[OwnScore, Values]:
    """The metric of ``outputs`` beside that of ``originals``, arrays [m, ...] by name; raises MetricFailed.

    With it each sample's, float64 [m], or [] where the metric gives one number. ``held`` bool [m] are the
    samples that report what a search came to.
    """
    scored = [metric.scores(each, labels, inputs) for each in (outputs, originals)]
    whole = beside(scored[0], scored[1], len(held))
    if held.all() or not held.any():
        return whole, scored[0]
    places = np.flatnonzero(held)
    if scored[0].ndim and scored[1].ndim:
        part = [each[places] for each in scored]
    else:
        few, seen = take(labels, places), take(inputs, places)
        part = [metric.scores(take(each, places), few, seen) for each in (outputs, originals)]
    return whole.model_copy(update={"reporting": beside(part[0], part[1], len(places))}), scored[0]


def _locked(arrays: Arrays) -> dict[str, Array]:
    """The arrays, not to be written to: the original's are scored after the variant's."""
    locked = {name: values.view() for name, values in arrays.items()}
    for values in locked.values():
        values.flags.writeable = False
    return locked


def _line(problem: BaseException) -> int | None:
    """The innermost of the user's lines on the way to a problem."""
    if isinstance(problem, SyntaxError) and problem.filename == PLACE:
        return problem.lineno
    frames = traceback.extract_tb(problem.__traceback__)
    return next((frame.lineno for frame in reversed(frames) if frame.filename == PLACE), None)


def _described(given: Any, found: Array) -> str:
    if found.dtype.kind not in "fiub":
        return f"a {type(given).__name__} that isn't numbers"
    return f"an array of shape {list(found.shape)}"


def _said(problem: BaseException) -> str:
    lines = str(problem).strip().splitlines()
    kind = type(problem).__name__
    return f"{kind}: {lines[0][:LONGEST].removesuffix('.')}." if lines else f"{kind}."


def _advice(problem: BaseException) -> str:
    if isinstance(problem, ImportError):
        return "Import only what is installed here; NumPy is."
    if isinstance(problem, OSError):
        return "A metric has no network, starts no processes, and has no files but Python's own."
    if isinstance(problem, ValueError) and "read-only" in str(problem):
        return "Copy an array before you change it."
    return "Correct it and upload it again."
