"""A study as frames: one row per variant, per measurement, per histogram bin, in the study's order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from tflite_ui.analysis import qualities
from tflite_ui.analysis.kept import once_a_study
from tflite_ui.analysis.labels import family, is_baseline, target_labels, variant_labels
from tflite_ui.core.errors import ErrorInfo
from tflite_ui.core.facts import FileFacts
from tflite_ui.core.measurement import Measurement
from tflite_ui.core.metric import Scored
from tflite_ui.core.study import Study
from tflite_ui.core.variant import Seconds, Variant

VARIANT_COLUMNS = {
    "variant": "str",
    "label": "str",
    "recipe": "str",
    "status": "str",
    "family": "str",
    "baseline": "bool",
    "scheme": "str",
    "file": "str",
    "size_bytes": "float",
    "gzip_bytes": "float",
    "size_ratio": "float",
    "gzip_ratio": "float",
    "metric": "str",
    "quality": "float",
    "quality_low": "float",
    "quality_high": "float",
    "quality_n": "float",
    "delta_points": "float",
    "delta_low": "float",
    "delta_high": "float",
    "quality_change": "float",
    "agreement": "float",
    "sqnr_db": "float",
    "max_error": "float",
    "top5": "float",
    "macro_f1": "float",
    "mae": "float",
    "rmse": "float",
    "r2": "float",
    "auc": "float",
    "own_metric": "float",
    "own_metric_low": "float",
    "own_metric_high": "float",
    "checks_passed": "int",
    "checks_failed": "int",
    "seconds": "float",
    "train_seconds": "float",
    "convert_seconds": "float",
    "evaluate_seconds": "float",
    "cached": "bool",
    "error": "str",
}
LATENCY_COLUMNS = {
    "variant": "str",
    "label": "str",
    "family": "str",
    "baseline": "bool",
    "target": "str",
    "spec": "str",
    "target_label": "str",
    "status": "str",
    "kind": "str",
    "first": "float",
    "min": "float",
    "p10": "float",
    "p50": "float",
    "p90": "float",
    "p99": "float",
    "mean": "float",
    "std": "float",
    "n": "float",
    "warmup": "float",
    "ratio": "float",
    "noise": "float",
    "noisy": "bool",
    "requested": "str",
    "used": "str",
    "adapter": "str",
    "nodes_delegated": "float",
    "nodes_total": "float",
    "partitions": "float",
    "peak_memory_bytes": "float",
    "arena_bytes": "float",
    "estimate_ms": "float",
    "parity_max_abs": "float",
    "parity_cosine": "float",
    "parity_top1": "float",
    "session": "str",
    "error": "str",
}
DISTRIBUTION_COLUMNS = {
    "variant": "str",
    "label": "str",
    "family": "str",
    "baseline": "bool",
    "spec": "str",
    "target_label": "str",
    "low": "float",
    "high": "float",
    "count": "int",
    "share": "float",
    "p50": "float",
    "n": "int",
}
FURTHER = ("top5", "macro_f1", "mae", "rmse", "r2", "auc")
PLAIN_QUALITY = ("agreement", "sqnr_db", "max_error", *FURTHER)
TIMES = ("first", "min", "p10", "p50", "p90", "p99", "mean", "std", "n", "warmup")
RAN = ("requested", "used", "adapter", "nodes_delegated", "nodes_total", "partitions")


@once_a_study
def variants_frame(study: Study) -> pd.DataFrame:
    """One row per variant; ``VARIANT_COLUMNS`` gives columns and dtypes.

    Sizes in bytes, ``size_ratio`` and ``gzip_ratio`` baseline over variant (3.9 is 3.9 times smaller),
    ``quality`` a fraction (decibels when ``metric`` is ``sqnr_db``, else in the unit of a score) with its
    95 % interval, ``delta_*`` the paired difference to the baseline in points with its 95 % interval,
    ``quality_change`` that of a score that is no fraction, ``own_metric`` the user's own metric in its unit
    with its 95 % interval, times in seconds. Unknown is NaN. ``metric`` and texts are empty when unknown.
    """
    labels, baseline, scored = variant_labels(study), study.baseline.facts, qualities.by_score(study)
    rows = ({**_variant(v, labels[v.id], baseline), **_judged(v, scored)} for v in study.variants)
    return _frame(rows, VARIANT_COLUMNS)


@once_a_study
def latency_frame(study: Study) -> pd.DataFrame:
    """One row per measurement; ``LATENCY_COLUMNS`` gives columns and dtypes.

    Times in milliseconds, memory in bytes; ``ratio`` is the baseline's p50 in the same session over
    this p50 (1.3 is 1.3 times faster); ``kind`` measured, emulated or estimated.
    """
    variants, targets = variant_labels(study), target_labels(study)
    return _frame(
        (
            {**_owner(variant, variants[variant.id]), "target_label": targets[m.spec], **_measurement(m)}
            for variant, m in _owned(study)
        ),
        LATENCY_COLUMNS,
    )


@once_a_study
def distribution_frame(study: Study) -> pd.DataFrame:
    """One row per histogram bin of each measurement; ``DISTRIBUTION_COLUMNS`` gives columns and dtypes.

    ``low`` and ``high`` are a bin's edges in milliseconds, ``share`` its part (0 to 1) of ``n`` runs.
    """
    variants, targets = variant_labels(study), target_labels(study)
    return _frame(
        (
            {**_owner(variant, variants[variant.id]), "spec": m.spec, "target_label": targets[m.spec], **bin_}
            for variant, m in _owned(study)
            for bin_ in _bins(m)
        ),
        DISTRIBUTION_COLUMNS,
    )


def _frame(rows: Iterable[dict[str, Any]], columns: dict[str, str]) -> pd.DataFrame:
    found = list(rows)
    return pd.DataFrame({name: _column(found, name, dtype) for name, dtype in columns.items()})


def _column(rows: list[dict[str, Any]], name: str, dtype: str) -> pd.Series[Any]:
    values = [row.get(name) for row in rows]
    return pd.Series([value or "" for value in values] if dtype == "str" else values, dtype=dtype)


def _owned(study: Study) -> Iterator[tuple[Variant, Measurement]]:
    """Each measurement with its variant, by variant and within it in the order measured."""
    for variant in study.variants:
        yield from ((variant, m) for m in study.measurements if m.variant == variant.id)


def _owner(variant: Variant, label: str) -> dict[str, Any]:
    return {
        "variant": variant.id,
        "label": label,
        "family": family(variant),
        "baseline": is_baseline(variant),
    }


def _variant(variant: Variant, label: str, baseline: FileFacts | None) -> dict[str, Any]:
    return {
        **_owner(variant, label),
        "recipe": variant.recipe,
        "status": variant.status,
        "file": variant.file,
        "checks_passed": sum(check.passed for check in variant.checks),
        "checks_failed": sum(not check.passed for check in variant.checks),
        "cached": variant.cached,
        "error": _sentence(variant.error),
        **_sizes(variant.facts, baseline),
        **_own_metric(variant.metric),
        **_seconds(variant.seconds),
    }


def _sentence(error: ErrorInfo | None) -> str:
    return error.sentence if error else ""


def _sizes(facts: FileFacts | None, baseline: FileFacts | None) -> dict[str, Any]:
    if facts is None:
        return {}
    return {
        "scheme": facts.scheme,
        "size_bytes": facts.size_bytes,
        "gzip_bytes": facts.gzip_bytes,
        "size_ratio": baseline.size_bytes / facts.size_bytes if baseline else None,
        "gzip_ratio": baseline.gzip_bytes / facts.gzip_bytes if baseline else None,
    }


def _judged(variant: Variant, scored: bool) -> dict[str, Any]:
    quality = variant.quality
    if quality is None:
        return {}
    plain = {name: getattr(quality, name) for name in PLAIN_QUALITY}
    return {**plain, **qualities.columns(quality, is_baseline(variant), scored)}


def _own_metric(scored: Scored | None) -> dict[str, Any]:
    if scored is None or scored.score is None:
        return {}
    names = {"own_metric": "value", "own_metric_low": "low", "own_metric_high": "high"}
    return {column: getattr(scored.score, name) for column, name in names.items()}


def _seconds(seconds: Seconds) -> dict[str, Any]:
    stages = seconds.model_dump()
    known = [value for value in stages.values() if value is not None]
    return {"seconds": sum(known) if known else None, **{f"{k}_seconds": v for k, v in stages.items()}}


def _measurement(m: Measurement) -> dict[str, Any]:
    memory = ("peak_memory_bytes", "arena_bytes")
    plain = ("target", "spec", "status", "noise", "noisy", *memory, "estimate_ms", "session")
    latency, evidence, parity = m.latency, m.evidence, m.parity
    return {
        **{name: getattr(m, name) for name in plain},
        **({name: getattr(latency, name) for name in TIMES} if latency else {}),
        "ratio": m.baseline_p50_ms / latency.p50 if latency and m.baseline_p50_ms else None,
        **({name: getattr(evidence, name) for name in RAN} if evidence else {}),
        "kind": evidence.kind if evidence else None,
        "parity_max_abs": parity.max_abs if parity else None,
        "parity_cosine": parity.cosine if parity else None,
        "parity_top1": parity.top1_agreement if parity else None,
        "error": _sentence(m.error),
    }


def _bins(m: Measurement) -> Iterator[dict[str, Any]]:
    """The bins; the last one, whose upper edge isn't stored, is as wide as the one before."""
    edges, total = [edge for edge, _ in m.histogram], sum(n for _, n in m.histogram)
    if m.latency is None or total == 0:
        return
    width = edges[-1] - edges[-2] if len(edges) > 1 else 0.01 * edges[0]
    for (low, n), high in zip(m.histogram, [*edges[1:], edges[-1] + width], strict=True):
        yield {"low": low, "high": high, "count": n, "share": n / total, "p50": m.latency.p50, "n": total}
