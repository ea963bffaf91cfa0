"""What targets can be used here, each asked in a child of its own: asking may load native code.

This machine's are asked once; a yes that installed packages alone decide is kept in the store for their
versions, a no never: what was missing may have come. Other machines come and go (a phone is plugged in), so
theirs are asked again when their answer is looked at and has grown old.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from tflite_ui import __version__
from tflite_ui.core.errors import DiskFull
from tflite_ui.core.frozen import digest_of
from tflite_ui.core.plan import Limits
from tflite_ui.core.target import Availability, Target
from tflite_ui.jobs.environment import environment, version
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


def _deciding(target: Target) -> str:
    """The key of an answer that packages alone decide; empty where more does."""
    answering = next(kind for kind in type(target).__mro__ if "availability" in vars(kind))
    packages = vars(answering).get("packages", ())
    if not packages or target.hardware != HOST:
        return ""
    versions = [environment().fingerprint, __version__, *(version(name) for name in packages)]
    return f"available:{target.key}:{digest_of([answering.__module__, *versions])}"


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
                self._found = self._kept()
                self._look([target for target in targets().values() if target.key not in self._found])
            elif not self._thread.is_alive() and time.monotonic() - self._asked > FRESH_SECONDS:
                self._look([target for target in targets().values() if target.hardware != HOST])

    def get(self, wait: bool) -> dict[str, Availability]:
        """The answer by key; empty while it isn't there and ``wait`` is False."""
        self.begin()
        if wait and self._thread is not None:
            self._thread.join()
        return self._found if self._asked else {}

    def now(self, keys: Set[str]) -> dict[str, Availability]:
        """What these answer when they are asked now."""
        return self._answers([target for target in targets().values() if target.key in keys])

    def _kept(self) -> dict[str, Availability]:
        results = self._workshop.results
        found = {
            key: results.get(deciding) for key, target in targets().items() if (deciding := _deciding(target))
        }
        return {key: Availability.model_validate(told) for key, told in found.items() if told}

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
            found, deciding = self._answer(target), _deciding(target)
            if deciding:
                self._keep(deciding, found)
            return found
        except Exception as broken:  # a target of the operator's own may break before it is asked
            reason = f"It broke before it was asked: {type(broken).__name__}: {broken}."
            return Availability(available=False, reason=reason)

    def _keep(self, deciding: str, found: Availability) -> None:
        with suppress(DiskFull):
            if found.available:
                self._workshop.results.put(deciding, found.model_dump(mode="json"))
            else:
                self._workshop.results.drop(deciding)

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
