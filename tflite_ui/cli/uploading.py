"""Files from the command line into the home folder, looked at and fixed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tflite_ui.core.data import DataSummary, FixKey
from tflite_ui.core.errors import InvalidInput, JobError, NotFound, UnreadableData, UnreadableModel
from tflite_ui.core.model import ModelSource

if TYPE_CHECKING:
    from tflite_ui.api import Desk

FLOAT_SUFFIX = ".tflite"


def check_file(path: Path) -> None:
    """Raise NotFound when there is no file at ``path``."""
    if not path.exists():
        raise NotFound(f"There is no file '{path}'.", "Check the path.")
    if path.is_dir():
        raise NotFound(f"'{path}' is a folder.", "Zip it first, then give the zip.")


def allow_metric() -> None:
    """Raise UnreadableMetric where the operator doesn't allow metrics of one's own."""
    from tflite_ui.jobs.metrics import check_allowed

    check_allowed()


def warm_for(desk: Desk, path: Path) -> None:
    """Begin the workers' imports, unless the file is one that needs no TensorFlow."""
    if path.suffix.lower() != FLOAT_SUFFIX:
        desk.warm()


def model_source(desk: Desk, digest: str) -> ModelSource:
    """What an added model is; waits. Raises UnreadableModel or UnsupportedModel."""
    from tflite_ui.api import ready

    try:
        return ready(desk.model(digest, wait=True))
    except JobError as problem:
        raise _unreadable(UnreadableModel, desk.model(digest).name, problem) from problem


def data_summary(desk: Desk, digest: str) -> DataSummary:
    """What an added data file holds; waits. Raises UnreadableData."""
    from tflite_ui.api import ready

    try:
        return ready(desk.data(digest, wait=True))
    except JobError as problem:
        raise _unreadable(UnreadableData, desk.data(digest).name, problem) from problem


def fixed(desk: Desk, digest: str, source: ModelSource, fixes: tuple[FixKey, ...]) -> str:
    """The digest of the data with ``fixes`` applied; raises DataMismatch."""
    if not fixes:
        return digest
    data_summary(desk, digest)
    return desk.fix_data(digest, source, fixes)


def _unreadable(kind: type[InvalidInput], name: str, problem: JobError) -> InvalidInput:
    return kind(f"{name} can't be read: {problem.message}", problem.hint)
