"""Looking at uploads: one short job each, its answer kept by content."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from tflite_ui.core.data import DataSummary, FixKey
from tflite_ui.core.errors import from_info
from tflite_ui.core.frozen import Frozen
from tflite_ui.core.model import ModelSource
from tflite_ui.core.plan import Limits
from tflite_ui.jobs.executor import Outcome
from tflite_ui.jobs.workshop import Call, Workshop, problem
from tflite_ui.store.uploads import Upload, UploadKind, Uploads
from tflite_ui.worker.payloads import FixData, FixedData, InspectData, InspectModel

LIMITS = Limits(timeout_seconds=300.0)


class Inspections:
    """Describes uploads in jobs; asks about the same upload share one."""

    def __init__(
        self, workshop: Workshop, uploads: Uploads, needs_tensorflow: Callable[[Path, str], bool]
    ) -> None:
        self._workshop, self._uploads = workshop, uploads
        self._needs_tensorflow = needs_tensorflow
        self._lock = threading.Lock()
        self._threads: dict[tuple[str, UploadKind], threading.Thread] = {}

    def begin(self, upload: Upload) -> None:
        """Look at an upload, unless somebody already does."""
        key = (upload.digest, upload.kind)
        with self._lock:
            if key in self._threads and self._threads[key].is_alive():
                return
            thread = threading.Thread(target=self._inspect, args=(upload,), daemon=True)
            self._threads[key] = thread
            thread.start()

    def get(self, digest: str, kind: UploadKind, wait: bool) -> Upload:
        """What is known of an upload; raises NotFound."""
        upload = self._uploads.get(digest, kind)
        if upload.state != "working":
            return upload
        self.begin(upload)
        if wait:
            self._threads[(digest, kind)].join()
            return self._uploads.get(digest, kind)
        return upload

    def close(self) -> None:
        """Wait until nothing is written any more; the executor has been closed."""
        for thread in list(self._threads.values()):
            thread.join(10)

    def fix(self, upload: Upload, source: ModelSource, fixes: tuple[FixKey, ...]) -> tuple[Path, str, Call]:
        """The fixed data's file, its name, and the call to sweep after keeping it; raises the job's error."""
        path = self._workshop.blobs.path(upload.digest, upload.name)
        payload = FixData(path=str(path), name=upload.name, source=source, fixes=fixes)
        call = Call(kind="fix_data", payload=payload, reads=(path,), limits=LIMITS)
        outcome = self._workshop.run(call)
        if outcome.result is None:
            self._workshop.sweep(call)
            raise from_info(problem(outcome))
        fixed = FixedData.model_validate(outcome.result)
        return Path(fixed.file), fixed.name, call

    def _inspect(self, upload: Upload) -> None:
        call = self._call(upload)
        outcome = self._workshop.run(call)
        if outcome.ending != "cancelled":  # the app is closing: whoever asks next looks again
            self._uploads.put(_seen(upload, outcome))
        self._workshop.sweep(call)

    def _call(self, upload: Upload) -> Call:
        path = self._workshop.blobs.path(upload.digest, upload.name)
        about = {"path": str(path), "name": upload.name, "sha256": upload.digest}
        if upload.kind == "data":
            return Call("inspect_data", InspectData.model_validate(about), (path,), limits=LIMITS)
        payload: Frozen = InspectModel.model_validate(about)
        tensorflow = self._needs_tensorflow(path, upload.name)
        return Call("inspect_model", payload, (path,), tensorflow=tensorflow, limits=LIMITS)


def _seen(upload: Upload, outcome: Outcome) -> Upload:
    if outcome.ending == "finished" and outcome.result is not None:
        kind = ModelSource if upload.kind == "model" else DataSummary
        value = kind.model_validate(outcome.result).model_dump_json()
        return upload.model_copy(update={"state": "ready", "value": value, "error": None})
    return upload.model_copy(update={"state": "failed", "value": None, "error": problem(outcome)})
