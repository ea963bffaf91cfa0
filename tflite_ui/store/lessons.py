"""What targets took and refused, counted."""

from __future__ import annotations

from collections.abc import Iterable

from tflite_ui.core.lesson import Lesson
from tflite_ui.store.database import Database

_ADD = (
    "INSERT INTO lesson VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (place, runtime, operator, dtype) "
    "DO UPDATE SET taken = taken + excluded.taken, refused = refused + excluded.refused"
)


class Lessons:
    """The ``lesson`` table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, lessons: Iterable[Lesson]) -> None:
        """Count lessons in; raises DiskFull."""
        names = list(Lesson.model_fields)
        with self._database.write() as connection:
            connection.executemany(_ADD, [[getattr(one, name) for name in names] for one in lessons])

    def all(self) -> tuple[Lesson, ...]:
        """Every lesson."""
        names = list(Lesson.model_fields)
        rows = self._database.read(f"SELECT {', '.join(names)} FROM lesson ORDER BY place, operator, dtype")
        return tuple(Lesson.model_validate(dict(zip(names, row, strict=True))) for row in rows)
