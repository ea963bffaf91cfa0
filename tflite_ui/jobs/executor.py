"""Where jobs run: an executor starts one, and a running job is told, stopped and waited for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from tflite_ui.core.errors import ErrorInfo
from tflite_ui.core.frozen import Frozen
from tflite_ui.core.variant import Ending
from tflite_ui.worker.protocol import Event, JobSpec

OnEvent = Callable[[Event], None]


class Outcome(Frozen):
    """How a job ended; ``result`` only when finished, ``error`` only when not."""

    ending: Ending
    result: dict[str, Any] | None = None
    error: ErrorInfo | None = None
    seconds: float
    peak_memory_bytes: int | None = None


class RunningJob(ABC):
    """A started job."""

    @abstractmethod
    def tell(self, line: str) -> None:
        """Send a control line (a benchmark's ``round N`` or ``end``); ignored once it has ended."""

    @abstractmethod
    def cancel(self) -> None:
        """End it as ``cancelled``; does nothing when it has ended. Returns at once."""

    @abstractmethod
    def wait(self) -> Outcome:
        """Block until it has ended; may be called by many threads, any number of times."""


class Executor(ABC):
    """Starts jobs."""

    @abstractmethod
    def start(self, job: JobSpec, on_event: OnEvent) -> RunningJob:
        """Start ``job`` at once; ``on_event`` is called from another thread for each event.

        Writes ``job.json`` into the job's folder (made when missing); events are journalled to
        ``events.jsonl`` there before ``on_event`` sees them.
        """

    @abstractmethod
    def warm(self) -> None:
        """Make ready for jobs (begin imports) without waiting."""

    @abstractmethod
    def close(self) -> None:
        """Cancel what runs and free what is held."""
