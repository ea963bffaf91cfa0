"""What variants can be compared by: sizes, quality, and each target's latency and memory."""

from __future__ import annotations

import pandas as pd

from tflite_ui.analysis.frames import latency_frame, variants_frame
from tflite_ui.analysis.kept import once_a_study
from tflite_ui.analysis.labels import target_labels
from tflite_ui.analysis.own_metric import own_title
from tflite_ui.analysis.qualities import look
from tflite_ui.core.frozen import Frozen
from tflite_ui.core.study import Study


class Measure(Frozen):
    """One axis: the frame's ``column``, its ``title`` with unit, and whether less is better.

    ``low`` and ``high`` name the columns of its spread or interval; empty when it has none.
    """

    column: str
    title: str
    minimise: bool
    low: str = ""
    high: str = ""


SIZE = Measure(column="size_kb", title="File size, KB", minimise=True)
GZIP = Measure(column="gzip_kb", title="Gzip size, KB", minimise=True)


@once_a_study
def measures(study: Study) -> tuple[Measure, ...]:
    """The measures that at least one variant of ``study`` has: sizes, quality, latencies, memories."""
    frame = comparison_frame(study)
    found = (SIZE, GZIP, *_quality(study, frame), *_own(study), *_of_targets(study))
    return tuple(measure for measure in found if frame[measure.column].notna().any())


@once_a_study
def comparison_frame(study: Study) -> pd.DataFrame:
    """``variants_frame`` with one column per measure: KB, percent (or dB, or a score), milliseconds, MB.

    Latency columns are ``p50:SPEC``, ``p10:SPEC`` and ``p90:SPEC``, estimated ones ``estimate:SPEC``, peak
    memory ``memory:SPEC``, arenas ``arena:SPEC`` (KB).
    """
    frame, latency = variants_frame(study), latency_frame(study)
    frame["size_kb"], frame["gzip_kb"] = frame["size_bytes"] / 1000, frame["gzip_bytes"] / 1000
    for name in ("quality", "quality_low", "quality_high"):
        frame[f"{name}_shown"] = frame[name] * look(frame).factor
    for spec in target_labels(study):
        rows = latency[latency["spec"] == spec].drop_duplicates("variant").set_index("variant")
        for name in ("p10", "p50", "p90"):
            frame[f"{name}:{spec}"] = frame["variant"].map(rows[name])
        frame[f"memory:{spec}"] = frame["variant"].map(rows["peak_memory_bytes"]) / 1e6
        frame[f"arena:{spec}"] = frame["variant"].map(rows["arena_bytes"]) / 1e3
        frame[f"estimate:{spec}"] = frame["variant"].map(rows["estimate_ms"])
    return frame


def _quality(study: Study, frame: pd.DataFrame) -> list[Measure]:
    output = next((v.quality.output for v in study.variants if v.quality), "")
    shown = look(frame)
    title = f"{shown.title}, output {output}" if output else shown.title
    low, high = "quality_low_shown", "quality_high_shown"
    return [Measure(column="quality_shown", title=title, minimise=shown.minimise, low=low, high=high)]


def _own(study: Study) -> list[Measure]:
    """The user's own metric."""
    if study.metric is None:
        return []
    low, high = "own_metric_low", "own_metric_high"
    less = not study.metric.higher_is_better
    return [Measure(column="own_metric", title=own_title(study.metric), minimise=less, low=low, high=high)]


def _of_targets(study: Study) -> list[Measure]:
    labels = target_labels(study).items()
    latencies = [
        Measure(column=f"p50:{s}", title=f"{name}, ms", minimise=True, low=f"p10:{s}", high=f"p90:{s}")
        for s, name in labels
    ]
    others = {
        "estimate": "{} (estimated), ms",
        "memory": "Memory on {}, MB",
        "arena": "Arena on {}, KB",
    }
    return latencies + [
        Measure(column=f"{column}:{s}", title=title.format(name), minimise=True)
        for column, title in others.items()
        for s, name in labels
    ]
