"""A study's numbers as CSV and as plain tables for the report and the README."""

from __future__ import annotations

from typing import Any

from tflite_ui.analysis import words
from tflite_ui.analysis.claims import paired_difference
from tflite_ui.analysis.frames import latency_frame, variants_frame
from tflite_ui.analysis.labels import is_baseline, target_labels, variant_labels
from tflite_ui.analysis.own_metric import own_change, own_value
from tflite_ui.analysis.score_words import change_words, real, value_words
from tflite_ui.core.measurement import Measurement
from tflite_ui.core.study import Study
from tflite_ui.core.variant import Variant
from tflite_ui.report.naming import file_names

RENAMED = {"status": "benchmark_status", "error": "benchmark_error", "variant": "variant_id"}
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
MISSING = "–"


def measurements_csv(study: Study) -> str:
    """One row per variant and target, with the variant's own numbers; also a row for what wasn't measured.

    Times in milliseconds (``seconds`` columns in seconds), sizes and memory in bytes, differences in points.
    Texts that a spreadsheet would take for a formula are led by an apostrophe.
    """
    variants = variants_frame(study).drop(columns=["family"])
    variants["file"] = [file_names(study.variants)[v.id] if v.facts else "" for v in study.variants]
    latency = latency_frame(study).drop(columns=["label", "family", "baseline"]).rename(columns=RENAMED)
    merged = variants.rename(columns={"variant": "variant_id"}).merge(latency, on="variant_id", how="left")
    return merged.map(harmless).to_csv(index=False, lineterminator="\n")


def harmless(text: Any) -> Any:
    """A text that a spreadsheet doesn't take for a formula."""
    return f"'{text}" if isinstance(text, str) and text.startswith(FORMULA_STARTS) else text


def summary_rows(study: Study) -> list[dict[str, str]]:
    """One row per variant in words: label, file, size (or status), gzip, quality, own metric, each spec."""
    labels, names = variant_labels(study), file_names(study.variants)
    return [
        {
            "label": labels[v.id],
            "file": names[v.id] if v.facts else MISSING,
            "size": _size(study, v, "size_bytes"),
            "gzip": _size(study, v, "gzip_bytes"),
            "quality": _quality(v),
            "metric": _own_metric(study, v),
            **{spec: _speed(study, v, spec) for spec in target_labels(study)},
        }
        for v in study.variants
    ]


def _size(study: Study, variant: Variant, name: str) -> str:
    if variant.facts is None:
        return variant.status.replace("_", " ") if name == "size_bytes" else MISSING
    own, base = getattr(variant.facts, name), study.baseline.facts
    if base is None or is_baseline(variant):
        return words.size(own)
    return f"{words.smaller(getattr(base, name) / own)} ({words.size(own)})"


def _quality(variant: Variant) -> str:
    quality = variant.quality
    if quality is None:
        return MISSING
    if quality.score is not None and quality.score.against != "original":
        said = value_words(quality.score)
        return f"{said} ({change_words(quality.score)})" if real(quality.score) else said
    if quality.metric == "sqnr_db":
        return words.decibels(quality.value)
    said = words.percent(quality.value, quality.n)
    difference = None if is_baseline(variant) else paired_difference(quality)
    return f"{said} ({words.points(100 * difference.value, quality.n)})" if difference else said


def _own_metric(study: Study, variant: Variant) -> str:
    if study.metric is None or variant.metric is None or variant.metric.score is None:
        return MISSING
    value = own_value(variant.metric.score)
    return value if is_baseline(variant) else f"{value} ({own_change(study.metric, variant.metric.score)})"


def _speed(study: Study, variant: Variant, spec: str) -> str:
    found = [m for m in study.measurements if m.variant == variant.id and m.spec == spec]
    return _latency(found[0], is_baseline(variant)) if found else MISSING


def _latency(measurement: Measurement, baseline: bool) -> str:
    latency = measurement.latency
    if latency is None:
        return (
            MISSING if measurement.status in ("queued", "running") else measurement.status.replace("_", " ")
        )
    said = words.milliseconds(latency.p50, measurement.noise)
    if baseline or not measurement.baseline_p50_ms:
        return said
    return f"{words.faster(measurement.baseline_p50_ms / latency.p50, measurement.noise)} ({said})"
