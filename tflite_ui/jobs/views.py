"""Samples to look at: drawn by a confined job, since the data came from outside, and kept."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tflite_ui.core.data import SampleView
from tflite_ui.core.frozen import digest_of
from tflite_ui.core.study import Study
from tflite_ui.jobs.workshop import Call, Workshop
from tflite_ui.worker.payloads import SampleViews, ViewSamples

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
