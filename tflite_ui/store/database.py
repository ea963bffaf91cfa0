"""The SQLite file: one connection, one writer at a time, full disks told apart."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from tflite_ui.core.errors import DiskFull

Value = str | int | float | None
Row = tuple[Value, ...]


class Database:
    """Reads and writes in short transactions; safe to share between threads."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, timeout=30, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(resources.files(__package__).joinpath("schema.sql").read_text("utf-8"))

    def read(self, sql: str, *values: Value) -> list[Row]:
        """All rows of a query."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction, committed at the end or rolled back whole; raises DiskFull."""
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                except BaseException:
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
                    raise
            except sqlite3.OperationalError as error:
                raise _typed(error) from error

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()


def _typed(error: sqlite3.OperationalError) -> Exception:
    if error.sqlite_errorname in ("SQLITE_FULL", "SQLITE_IOERR_WRITE"):
        return DiskFull("The disk is full: nothing more can be stored.", "Free some space and try again.")
    return error
