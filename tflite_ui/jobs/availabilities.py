"""What targets can be used here, each asked in a child of its own: asking may load native code.

This machine's are asked once. Other machines come and go (a phone is plugged in), so theirs are asked
again when their answer is looked at and has grown old.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Set
from concurrent.futures import ThreadPoolExecutor

from tflite_ui.core.plan import Limits
from tflite_ui.core.target import Availability, Target
from tflite_ui.jobs.machine import HOST
from tflite_ui.jobs.workshop import Call, Workshop, problem
from tflite_ui.targets import targets
from tflite_ui.worker.payloads import AskTarget

FRESH_SECONDS = 20.0
LIMITS = Limits(timeout_seconds=60.0)


def devices(target: Target | None) -> tuple[str, ...]:
    """The device files that a target's drivers use; none for a target that isn't there any more."""
    return target.devices() if target else ()


def reads(target: Target | None) -> tuple[str, ...]:
    """What else a target reads, likewise."""
    return target.reads() if target else ()


def ports(target: Target | None) -> tuple[int, ...]:
    """The TCP ports a target connects to, likewise."""
    return target.ports() if target else ()


class Availabilities:
    """Asks when first needed and keeps the answers; a target that hangs or crashes isn't available."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._found: dict[str, Availability] = {}
        self._asked = 0.0

    def begin(self) -> None:
        """Ask, unless it was asked before and the answers hold."""
        with self._lock:
            if self._thread is None:
                self._look(list(targets().values()))
            elif not self._thread.is_alive() and time.monotonic() - self._asked > FRESH_SECONDS:
                self._look([target for target in targets().values() if target.hardware != HOST])

    def get(self, wait: bool) -> dict[str, Availability]:
        """The answer by key; empty while it isn't there and ``wait`` is False."""
        self.begin()
        if wait and self._thread is not None:
            self._thread.join()
        return self._found

    def now(self, keys: Set[str]) -> dict[str, Availability]:
        """What these answer when they are asked now."""
        return self._answers([target for target in targets().values() if target.key in keys])

    def _look(self, asked: list[Target]) -> None:
        self._thread = threading.Thread(target=self._ask, args=(asked,), daemon=True)
        self._thread.start()

    def _ask(self, asked: list[Target]) -> None:
        new = self._answers(asked)
        self._found, self._asked = {**self._found, **new}, time.monotonic()

    def _answers(self, asked: list[Target]) -> dict[str, Availability]:
        with ThreadPoolExecutor(self._workshop.cores) as pool:
            answers = zip(asked, pool.map(self._one, asked), strict=True)
            return {target.key: answer for target, answer in answers}

    def _one(self, target: Target) -> Availability:
        try:
            return self._answer(target)
        except Exception as broken:  # a target of the operator's own may break before it is asked
            reason = f"It broke before it was asked: {type(broken).__name__}: {broken}."
            return Availability(available=False, reason=reason)

    def _answer(self, target: Target) -> Availability:
        ask = AskTarget(target=target.key)
        call = Call(
            "availability", ask, reads(target), devices=devices(target), ports=ports(target), limits=LIMITS
        )
        outcome = self._workshop.run(call)
        self._workshop.sweep(call)
        if outcome.result is not None:
            return Availability.model_validate(outcome.result)
        return Availability(available=False, reason=problem(outcome).sentence)
