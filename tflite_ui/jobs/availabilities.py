"""What targets can be used here: asked once, in a child, since the answer may load native code."""

from __future__ import annotations

import threading

from tflite_ui.core.target import Availability
from tflite_ui.jobs.workshop import Call, Workshop, problem
from tflite_ui.targets import targets
from tflite_ui.worker import payloads


class Availabilities:
    """Asks when first needed and keeps the answer."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._found: dict[str, Availability] = {}

    def begin(self) -> None:
        """Ask, unless it was asked before."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._ask, daemon=True)
                self._thread.start()

    def get(self, wait: bool) -> dict[str, Availability]:
        """The answer by key; empty while it isn't there and ``wait`` is False."""
        self.begin()
        if wait and self._thread is not None:
            self._thread.join()
        return self._found

    def _ask(self) -> None:
        call = Call("availability", payloads.Nothing())
        outcome = self._workshop.run(call)
        self._workshop.sweep(call)
        if outcome.result is not None:
            self._found = payloads.Availabilities.model_validate(outcome.result).targets
        else:
            lost = Availability(available=False, reason=problem(outcome).sentence)
            self._found = dict.fromkeys(targets(), lost)
