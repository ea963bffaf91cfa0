"""What is known of an upload, as pages and the command line ask for it."""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar

from tflite_ui.core.errors import ErrorInfo, NotFound, from_info
from tflite_ui.core.frozen import Frozen
from tflite_ui.store.uploads import Upload

T = TypeVar("T")


class Inspection(Frozen, Generic[T]):
    """What is known of an upload so far."""

    state: Literal["working", "ready", "failed"]
    name: str
    size_bytes: int
    value: T | None = None
    error: ErrorInfo | None = None


def about(upload: Upload) -> dict[str, Any]:
    """An upload's share of its inspection, all but the value."""
    return upload.model_dump(include={"state", "name", "size_bytes", "error"})


def ready(seen: Inspection[T]) -> T:
    """What an ended inspection found; raises what stood in its way."""
    if seen.value is not None:
        return seen.value
    if seen.error is not None:
        raise from_info(seen.error)
    raise NotFound(f"'{seen.name}' isn't ready.", "Upload it again.")
