"""What is known besides studies: the operators of files that were made."""

from __future__ import annotations

from tflite_ui.core.outline import FileOutline
from tflite_ui.store.database import Database
from tflite_ui.store.uploads import Results
from tflite_ui.worker.payloads import VariantResult


class Knowledge:
    """Answers at once, from the store."""

    def __init__(self, database: Database) -> None:
        self._results = Results(database)

    def outline(self, variant: str) -> FileOutline | None:
        """The operators of a variant's file by the variant's id; None where they weren't kept."""
        found = self._results.get(f"variant:{variant}")
        return VariantResult.model_validate(found).outline if found else None
