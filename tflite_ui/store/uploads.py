"""What is known of uploads, and results by content."""

from __future__ import annotations

import json
from typing import Any, Literal

from tflite_ui.core.errors import ErrorInfo, NotFound
from tflite_ui.core.frozen import Frozen
from tflite_ui.store.database import Database

UploadKind = Literal["model", "data", "metric"]
WORDS: dict[UploadKind, str] = {"model": "model", "data": "data file", "metric": "metric"}
UploadState = Literal["working", "ready", "failed"]


class Upload(Frozen):
    """An uploaded file: ``value`` is a ModelSource, DataSummary or Metric as JSON once it is known."""

    digest: str
    kind: UploadKind
    name: str
    size_bytes: int
    state: UploadState
    value: str | None = None
    error: ErrorInfo | None = None


class Uploads:
    """The ``upload`` table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, digest: str, kind: UploadKind) -> Upload:
        """One upload; raises NotFound."""
        rows = self._database.read(
            "SELECT name, size_bytes, state, value, error FROM upload WHERE digest = ? AND kind = ?",
            digest,
            kind,
        )
        if not rows:
            raise NotFound(f"There is no {WORDS[kind]} '{digest[:12]}' here.", "Upload it again.")
        name, size, state, value, error = rows[0]
        info = ErrorInfo.model_validate_json(str(error)) if error else None
        return Upload(
            digest=digest,
            kind=kind,
            name=str(name),
            size_bytes=int(size or 0),
            state=state,
            value=None if value is None else str(value),
            error=info,
        )

    def put(self, upload: Upload) -> None:
        """Write or replace one upload; raises DiskFull."""
        error = upload.error.model_dump_json() if upload.error else None
        row = (upload.digest, upload.kind, upload.name, upload.size_bytes, upload.state, upload.value, error)
        with self._database.write() as connection:
            connection.execute("INSERT OR REPLACE INTO upload VALUES (?, ?, ?, ?, ?, ?, ?)", row)


class Results:
    """The ``result`` table: outcomes by the content address of what was asked."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str) -> dict[str, Any] | None:
        """The outcome stored under ``key``."""
        rows = self._database.read("SELECT value FROM result WHERE key = ?", key)
        return dict(json.loads(str(rows[0][0]))) if rows else None

    def put(self, key: str, value: dict[str, Any]) -> None:
        """Store an outcome; raises DiskFull."""
        with self._database.write() as connection:
            connection.execute("INSERT OR REPLACE INTO result VALUES (?, ?)", (key, json.dumps(value)))

    def drop(self, key: str) -> None:
        """Forget an outcome (its files are gone)."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM result WHERE key = ?", (key,))
