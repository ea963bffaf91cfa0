"""Everything that can go wrong, said in one sentence with a next step.

TFLiteUIError
├── InvalidInput            the request can't be run as it is (exit code 2)
│   ├── UnreadableModel     the file isn't the model it says it is
│   ├── UnsupportedModel    a real model, but one this app can't take
│   ├── UnreadableData      the data file can't be read
│   ├── DataMismatch        the data doesn't fit the model
│   ├── InvalidRecipe       unknown technique, bad parameter, impossible order
│   ├── InvalidTarget       unknown target or bad option
│   ├── InvalidGoal         a goal that can't be read or met by definition
│   ├── UnreadableMetric    a metric of one's own that isn't what it has to be, or isn't allowed
│   ├── TooLarge            an upload over the limit
│   └── NotFound            no such study, variant or file
└── JobError                one job ended badly, the others go on (exit code 1)
    ├── ConversionFailed    the technique couldn't make a file
    ├── VerificationFailed  a file was made, but it isn't what it should be
    ├── BenchmarkFailed     the target refused or broke on the file
    ├── MetricFailed        a metric of one's own broke off, or gave no number
    ├── MemoryExceeded      the job used more memory than allowed
    ├── DiskFull            nothing more could be written
    ├── JobTimedOut         the job ran longer than allowed
    ├── JobCancelled        somebody pressed cancel
    └── WorkerLost          the worker process vanished (killed or crashed)
"""

from __future__ import annotations

from typing import ClassVar

from tflite_ui.core.frozen import Frozen


class ErrorInfo(Frozen):
    """An error as it is stored and shown: its type's name, what happened, what to do."""

    type: str
    message: str
    hint: str = ""

    @property
    def sentence(self) -> str:
        """Message and hint as one line of text."""
        return f"{self.message} {self.hint}".strip()


class TFLiteUIError(Exception):
    """The base of this package's errors: a message and a hint, both written for the user."""

    exit_code: ClassVar[int] = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def info(self) -> ErrorInfo:
        """This error as a value."""
        return ErrorInfo(type=type(self).__name__, message=self.message, hint=self.hint)


class InvalidInput(TFLiteUIError):
    """The request can't be run as it is."""


class UnreadableModel(InvalidInput):
    """The file isn't the model it says it is."""


class UnsupportedModel(InvalidInput):
    """A real model, but one this app can't take."""


class UnreadableData(InvalidInput):
    """The data file can't be read."""


class DataMismatch(InvalidInput):
    """The data doesn't fit the model."""


class InvalidRecipe(InvalidInput):
    """Unknown technique, bad parameter or impossible order."""


class InvalidTarget(InvalidInput):
    """Unknown target or bad option."""


class InvalidGoal(InvalidInput):
    """A goal that can't be read."""


class UnreadableMetric(InvalidInput):
    """A metric of one's own that isn't what it has to be, or isn't allowed."""


class TooLarge(InvalidInput):
    """An upload over the limit."""


class NotFound(InvalidInput):
    """No such study, variant or file."""


class JobError(TFLiteUIError):
    """One job ended badly; the others go on."""

    exit_code: ClassVar[int] = 1


class ConversionFailed(JobError):
    """The technique couldn't make a file."""


class VerificationFailed(JobError):
    """A file was made, but it isn't what it should be."""


class BenchmarkFailed(JobError):
    """The target refused or broke on the file."""


class MetricFailed(JobError):
    """A metric of one's own broke off, or gave no number."""


class MemoryExceeded(JobError):
    """The job used more memory than allowed."""


class DiskFull(JobError):
    """Nothing more could be written."""


class JobTimedOut(JobError):
    """The job ran longer than allowed."""


class JobCancelled(JobError):
    """Somebody pressed cancel."""


class WorkerLost(JobError):
    """The worker process vanished."""


def from_info(info: ErrorInfo) -> TFLiteUIError:
    """The exception that ``info`` describes; a plain JobError for a type not known here."""
    kind = _by_name(TFLiteUIError).get(info.type, JobError)
    return kind(info.message, info.hint)


def _by_name(base: type[TFLiteUIError]) -> dict[str, type[TFLiteUIError]]:
    found = {base.__name__: base}
    for child in base.__subclasses__():
        found |= _by_name(child)
    return found
