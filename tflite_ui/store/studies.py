"""Studies as rows: read whole, written a row at a time."""

from __future__ import annotations

import json
import sqlite3

from tflite_ui.core.errors import NotFound
from tflite_ui.core.frozen import Frozen
from tflite_ui.core.goal import Recommendation
from tflite_ui.core.measurement import Measurement
from tflite_ui.core.study import State, Study
from tflite_ui.core.variant import Variant
from tflite_ui.store.database import Database

ROWS = {"variants", "measurements"}


class StudyLine(Frozen):
    """One line of the history."""

    id: str
    title: str
    created: str
    state: State
    variants: int


class Studies:
    """The ``study``, ``variant`` and ``measurement`` tables; each study's last read is kept."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: dict[str, tuple[int, Study]] = {}

    def save_study(self, study: Study) -> None:
        """Write a whole study, replacing what was there; raises DiskFull."""
        head = study.model_dump_json(exclude=ROWS)
        with self._database.write() as connection:
            for table in ("variant", "measurement"):
                connection.execute(f"DELETE FROM {table} WHERE study = ?", (study.id,))
            connection.execute(
                "INSERT INTO study VALUES (?, ?, ?, ?, 0, ?) ON CONFLICT (id) DO UPDATE SET "
                "title = excluded.title, state = excluded.state, value = excluded.value, "
                "revision = revision + 1",
                (study.id, study.created, study.title, study.state, head),
            )
            for variant in study.variants:
                _put_variant(connection, study.id, variant)
            for measurement in study.measurements:
                _put_measurement(connection, study.id, measurement)

    def save_variant(self, study: str, variant: Variant) -> None:
        """Write one variant, appended when new; raises DiskFull."""
        with self._database.write() as connection:
            _put_variant(connection, study, variant)
            _touch(connection, study)

    def save_measurement(self, study: str, measurement: Measurement) -> None:
        """Write one measurement, appended when new; raises DiskFull."""
        with self._database.write() as connection:
            _put_measurement(connection, study, measurement)
            _touch(connection, study)

    def save_head(
        self,
        id: str,
        state: State,
        recommendation: Recommendation | None,
        warnings: tuple[str, ...],
        isolation: str,
    ) -> None:
        """Write what changes about the study itself; raises NotFound or DiskFull."""
        study = self.get(id)
        environment = study.environment.model_copy(
            update={"isolation": isolation or study.environment.isolation}
        )
        changed = {
            "state": state,
            "recommendation": recommendation,
            "warnings": warnings,
            "environment": environment,
        }
        head = study.model_copy(update=changed).model_dump_json(exclude=ROWS)
        with self._database.write() as connection:
            connection.execute("UPDATE study SET state = ?, value = ? WHERE id = ?", (state, head, id))
            _touch(connection, id)

    def get(self, id: str) -> Study:
        """A study as it is now; raises NotFound."""
        rows = self._database.read("SELECT revision, value FROM study WHERE id = ?", id)
        if not rows:
            raise NotFound(
                f"There is no study '{id}' here.", "Choose one from the list of studies, or start a new one."
            )
        revision = int(rows[0][0] or 0)
        kept = self._kept.get(id)
        if kept and kept[0] == revision:
            return kept[1]
        study = self._assemble(id, str(rows[0][1]))
        self._kept[id] = (revision, study)
        return study

    def lines(self) -> tuple[StudyLine, ...]:
        """All studies, the newest first."""
        rows = self._database.read(
            "SELECT id, title, created, state, (SELECT count(*) FROM variant WHERE study = study.id) "
            "FROM study ORDER BY created DESC"
        )
        names = list(StudyLine.model_fields)
        return tuple(StudyLine.model_validate(dict(zip(names, row, strict=True))) for row in rows)

    def unfinished(self) -> tuple[str, ...]:
        """The ids of studies that are queued or running, the oldest first."""
        rows = self._database.read(
            "SELECT id FROM study WHERE state IN ('queued', 'running') ORDER BY created"
        )
        return tuple(str(row[0]) for row in rows)

    def _assemble(self, id: str, head: str) -> Study:
        def values(table: str) -> list[object]:
            rows = self._database.read(f"SELECT value FROM {table} WHERE study = ? ORDER BY position", id)
            return [json.loads(str(row[0])) for row in rows]

        whole = {**json.loads(head), "variants": values("variant"), "measurements": values("measurement")}
        return Study.model_validate_json(json.dumps(whole))


def _put_variant(connection: sqlite3.Connection, study: str, variant: Variant) -> None:
    connection.execute(
        "INSERT INTO variant VALUES (?, ?, (SELECT count(*) FROM variant WHERE study = ?), ?) "
        "ON CONFLICT (study, id) DO UPDATE SET value = excluded.value",
        (study, variant.id, study, variant.model_dump_json()),
    )


def _put_measurement(connection: sqlite3.Connection, study: str, measurement: Measurement) -> None:
    connection.execute(
        "INSERT INTO measurement VALUES (?, ?, ?, (SELECT count(*) FROM measurement WHERE study = ?), ?) "
        "ON CONFLICT (study, variant, spec) DO UPDATE SET value = excluded.value",
        (study, measurement.variant, measurement.spec, study, measurement.model_dump_json()),
    )


def _touch(connection: sqlite3.Connection, study: str) -> None:
    connection.execute("UPDATE study SET revision = revision + 1 WHERE id = ?", (study,))
