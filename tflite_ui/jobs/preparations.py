"""The float file and the baseline's outputs of a source: made once, shared by every variant and study."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tflite_ui.core.errors import ErrorInfo, TFLiteUIError
from tflite_ui.core.facts import Check
from tflite_ui.core.frozen import Frozen, digest_of
from tflite_ui.core.model import ModelSource
from tflite_ui.core.plan import Limits
from tflite_ui.core.variant import Ending
from tflite_ui.jobs.environment import deciding_versions
from tflite_ui.jobs.executor import OnEvent
from tflite_ui.jobs.workshop import Call, OnStart, Workshop, ignore, problem
from tflite_ui.store.uploads import Upload
from tflite_ui.worker.payloads import Prepare, Prepared


class Preparation(Frozen):
    """What ``prepare`` made, kept as blobs."""

    float_digest: str
    outputs_digest: str | None
    checks: tuple[Check, ...]
    seconds: float


class PrepareFailed(Exception):
    """There is no float file; ``ending`` and ``error`` say why."""

    def __init__(self, ending: Ending, error: ErrorInfo) -> None:
        super().__init__(error.message)
        self.ending = ending
        self.error = error


class Preparations:
    """Finds or makes preparations; two callers who want the same one share one job."""

    def __init__(self, workshop: Workshop, needs_tensorflow: Callable[[str], bool]) -> None:
        self._workshop = workshop
        self._needs_tensorflow = needs_tensorflow
        self._guard = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._begun: set[str] = set()

    def kept(self, source: ModelSource, data: Upload | None, seed: int) -> Preparation | None:
        """The preparation if it is at hand."""
        found = self._workshop.results.get(_key(source, data, seed))
        if found is None:
            return None
        preparation = Preparation.model_validate(found)
        digests = filter(None, (preparation.float_digest, preparation.outputs_digest))
        return preparation if all(self._workshop.blobs.has(d) for d in digests) else None

    def get(
        self,
        source: ModelSource,
        model: Upload,
        data: Upload | None,
        seed: int,
        limits: Limits,
        on_event: OnEvent = ignore,
        on_start: OnStart = ignore,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Preparation:
        """The preparation, made when it isn't at hand; raises PrepareFailed."""
        with self._lock(_key(source, data, seed)):
            if kept := self.kept(source, data, seed):
                return kept
            call = self._call(source, model, data, seed, limits)
            call.on_event, call.on_start, call.stopped = on_event, on_start, stopped
            return self._make(call, _key(source, data, seed), source)

    def begin(self, source: ModelSource, model: Upload, data: Upload | None, seed: int) -> None:
        """Make the preparation in the background; a failure shows when it is asked for."""
        with self._guard:
            key = _key(source, data, seed)
            if key in self._begun:
                return
            self._begun.add(key)
        threading.Thread(target=self._quietly, args=(source, model, data, seed), daemon=True).start()

    def _quietly(self, source: ModelSource, model: Upload, data: Upload | None, seed: int) -> None:
        with suppress(PrepareFailed, TFLiteUIError):
            self.get(source, model, data, seed, Limits())

    def _call(
        self, source: ModelSource, model: Upload, data: Upload | None, seed: int, limits: Limits
    ) -> Call:
        path = self._workshop.blobs.path(model.digest, model.name)
        data_path = self._workshop.blobs.path(data.digest, data.name) if data else None
        payload = Prepare(
            source=source, path=str(path), data=str(data_path) if data_path else None, seed=seed
        )
        return Call(
            kind="prepare",
            payload=payload,
            reads=(path, data_path),
            limits=limits,
            tensorflow=self._needs_tensorflow(source.format),
        )

    def _make(self, call: Call, key: str, source: ModelSource) -> Preparation:
        outcome = self._workshop.run(call)
        try:
            if outcome.ending != "finished" or outcome.result is None:
                raise PrepareFailed(outcome.ending, problem(outcome))
            made = Prepared.model_validate(outcome.result)
            if made.outline:
                self._workshop.results.put(f"outline:{source.sha256}", made.outline.model_dump(mode="json"))
            return self._keep(made, key)
        finally:
            self._workshop.sweep(call)

    def _keep(self, made: Prepared, key: str) -> Preparation:
        blobs = self._workshop.blobs
        outputs = blobs.add(Path(made.outputs_file), "outputs.npz").digest if made.outputs_file else None
        digest = blobs.add(Path(made.float_file), "float.tflite").digest
        preparation = Preparation(
            float_digest=digest, outputs_digest=outputs, checks=made.checks, seconds=made.seconds
        )
        value: dict[str, Any] = preparation.model_dump(mode="json")
        self._workshop.results.put(key, value)
        return preparation

    def _lock(self, key: str) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(key, threading.Lock())


def _key(source: ModelSource, data: Upload | None, seed: int) -> str:
    digest = digest_of(
        [source.sha256, source.format, data.digest if data else None, seed, deciding_versions()]
    )
    return f"prepare:{digest}"
