"""Files taken in: kept by content, and looked at once."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import BinaryIO, Literal

from tflite_ui.core.errors import NotFound
from tflite_ui.jobs.inspections import Inspections
from tflite_ui.loaders import find_loader
from tflite_ui.store.blobs import Blobs
from tflite_ui.store.uploads import Upload, Uploads

InspectedKind = Literal["model", "data"]
MODEL_LIMIT, DATA_LIMIT = 500 * 2**20, 2 * 2**30
"""The largest uploads taken, in bytes."""
LIMITS: dict[InspectedKind, int] = {"model": MODEL_LIMIT, "data": DATA_LIMIT}
SAMPLE = "tflite_ui.samples"


class Intake:
    """Takes files in."""

    def __init__(self, blobs: Blobs, uploads: Uploads, inspections: Inspections) -> None:
        self._blobs, self._uploads, self._inspections = blobs, uploads, inspections

    def add(self, name: str, content: BinaryIO | Path, kind: InspectedKind) -> str:
        """Keep a file and look at it, unless it is known; returns its digest.

        Raises TooLarge, DiskFull, NotFound, and UnreadableModel or UnsupportedModel for a model of an
        unknown format.
        """
        blob = self._blobs.add(content, name, LIMITS[kind])
        if kind == "model":
            find_loader(self._blobs.path(blob.digest, name), name)
        known = self._known(blob.digest, kind)
        if known is None or known.name != name or known.state == "failed":
            known = Upload(
                digest=blob.digest, kind=kind, name=name, size_bytes=blob.size_bytes, state="working"
            )
            self._uploads.put(known)
        if known.state == "working":
            self._inspections.begin(known)
        return blob.digest

    def add_sample(self, name: str, kind: InspectedKind) -> str:
        """Take in one of the embedded sample's files."""
        with resources.as_file(resources.files(SAMPLE).joinpath(name)) as path:
            return self.add(name, path, kind)

    def _known(self, digest: str, kind: InspectedKind) -> Upload | None:
        try:
            return self._uploads.get(digest, kind)
        except NotFound:
            return None
