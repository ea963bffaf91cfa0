"""Samples to look at and to try: read by confined jobs, since they came from outside."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence

from tflite_ui.core.data import SampleView
from tflite_ui.core.errors import JobCancelled, from_info
from tflite_ui.core.frozen import digest_of
from tflite_ui.core.study import Study
from tflite_ui.core.trial import Trial, check_row
from tflite_ui.jobs.workshop import Call, Workshop, problem
from tflite_ui.report.contents import variant_files
from tflite_ui.worker.payloads import SampleViews, TryFiles, ViewSamples

PICTURE_LIMIT = 20_000_000
MOST_FILES = 40
PATIENCE_SECONDS = 5.0
"""How long a page waits while a benchmark has the machine."""


def sample_views(workshop: Workshop, study: Study, rows: Sequence[int]) -> tuple[SampleView, ...]:
    """Those evaluation samples of a study; none when the machine is busy, or they can't be read."""
    if study.data is None:
        return ()
    key = f"views:{digest_of([study.data.sha256, study.source.sha256, list(rows)])}"
    found = workshop.results.get(key)
    if found is None:
        found = _made(workshop, study, rows)
        if found is None:
            return ()
        workshop.results.put(key, found)
    return SampleViews.model_validate(found).views


def trial(
    workshop: Workshop, study: Study, row: int, picture: bytes | None, numbers: tuple[float, ...]
) -> Trial:
    """One sample through every file of a study: an evaluation sample, a picture's bytes, or ``numbers``.

    Raises TooLarge, DiskFull and DataMismatch, and the job's error in words; JobCancelled when the machine
    stays busy.
    """
    if numbers:
        check_row(study.source, numbers)
    blobs, data = workshop.blobs, study.data
    paths = variant_files(study, blobs.path)
    kept = blobs.add(io.BytesIO(picture), "picture.png", PICTURE_LIMIT) if picture else None
    brought = blobs.path(kept.digest, "picture.png") if kept else None
    samples = blobs.path(data.sha256, data.name) if data else None
    payload = TryFiles(
        files={variant: str(path) for variant, path in list(paths.items())[:MOST_FILES]},
        source=study.source,
        data=str(samples) if samples else None,
        row=row,
        picture=str(brought) if brought else None,
        numbers=numbers,
    )
    until = time.monotonic() + PATIENCE_SECONDS
    reads = (*paths.values(), samples, brought)
    call = Call("try_files", payload, reads, stopped=lambda: time.monotonic() > until)
    try:
        outcome = workshop.run(call)
    finally:
        workshop.sweep(call)
    if outcome.ending == "cancelled":
        raise JobCancelled("The machine is busy measuring.", "Try the sample again in a moment.")
    if outcome.result is None:
        raise from_info(problem(outcome))
    return Trial.model_validate(outcome.result)


def _made(workshop: Workshop, study: Study, rows: Sequence[int]) -> dict[str, object] | None:
    assert study.data is not None
    path = workshop.blobs.path(study.data.sha256, study.data.name)
    payload = ViewSamples(data=str(path), source=study.source, rows=tuple(rows))
    until = time.monotonic() + PATIENCE_SECONDS
    call = Call("view_samples", payload, (path,), stopped=lambda: time.monotonic() > until)
    try:
        return workshop.run(call).result
    finally:
        workshop.sweep(call)
