"""A study that has ended, as a short table on stdout."""

from __future__ import annotations

from tflite_ui.analysis import words
from tflite_ui.analysis.labels import is_baseline
from tflite_ui.analysis.own_metric import own_change, own_value
from tflite_ui.analysis.score_words import value_words
from tflite_ui.cli.text_table import text_table
from tflite_ui.core.measurement import Measurement
from tflite_ui.core.study import Study
from tflite_ui.core.variant import Quality, Variant

NONE = "-"


def summary(study: Study) -> str:
    """The table, what failed and why, what to know, and the recommendation."""
    specs = list(dict.fromkeys(m.spec for m in study.measurements))
    own = [study.metric.title] if study.metric else []
    head = ["recipe", "size", "gzip", "quality", *own, *(f"{spec} p50" for spec in specs)]
    parts = [
        text_table(head, [_row(study, v, specs) for v in study.variants]),
        *_own_changes(study),
        *_ran(study, specs),
        *failures(study),
        *study.warnings,
    ]
    if study.recommendation:
        chosen = study.variant(study.recommendation.variant)
        parts.append(f"Recommended: {chosen.recipe if chosen else NONE}. {study.recommendation.reason}")
        parts += [f"Not met: {text}" for text in study.recommendation.unmet]
        parts += [study.recommendation.tested] if study.recommendation.tested else []
    return "\n".join(parts)


def failures(study: Study) -> list[str]:
    """One line for each variant, metric, and benchmark of a finished variant, that didn't end well."""
    bad = [f"{v.recipe} {_status(v)}: {_why(v)}" for v in study.variants if v.status != "finished"]
    recipes = {v.id: v.recipe for v in study.variants if v.status == "finished"}
    for variant in study.variants:
        if variant.metric and variant.metric.error:
            bad.append(f"{variant.recipe} has no score: {variant.metric.error.sentence}")
    return bad + [
        f"{recipes[m.variant]} on {m.spec} {_status(m)}: {_why(m)}"
        for m in study.measurements
        if m.status != "finished" and m.variant in recipes
    ]


def _row(study: Study, variant: Variant, specs: list[str]) -> list[str]:
    sizes = [_size(study, variant, name) for name in ("size_bytes", "gzip_bytes")]
    own = [_own_metric(variant)] if study.metric else []
    speeds = (_speed(study, variant, s) for s in specs)
    return [variant.recipe, *sizes, _quality(variant.quality), *own, *speeds]


def _size(study: Study, variant: Variant, name: str) -> str:
    if variant.facts is None:
        return _status(variant) if name == "size_bytes" else NONE
    own, base = getattr(variant.facts, name), study.baseline.facts
    ratio = "" if base is None or is_baseline(variant) else f" ({words.times(getattr(base, name) / own)})"
    return words.size(own) + ratio


def _quality(quality: Quality | None) -> str:
    if quality is None:
        return NONE
    if quality.score is not None and quality.score.against != "original":
        return value_words(quality.score)
    if quality.metric == "sqnr_db":
        return words.decibels(quality.value)
    of = f" of {quality.output}" if quality.output else ""
    said = f"{quality.metric}{of} {words.percent(quality.value, quality.n)}"
    if quality.ci95 is None:
        return said
    low, high = (words.percent(end, quality.n) for end in quality.ci95)
    return f"{said} [{low.removesuffix(' %')}, {high}]"


def _own_metric(variant: Variant) -> str:
    if variant.metric is None:
        return NONE
    return own_value(variant.metric.score) if variant.metric.score else "no score"


def _own_changes(study: Study) -> list[str]:
    """One line for each variant that was scored: what may be said of it against the original."""
    if study.metric is None:
        return []
    scored = [(v.recipe, v.metric.score) for v in study.variants if v.metric and not is_baseline(v)]
    return [
        f"{study.metric.title}, {recipe} against the original: {own_change(study.metric, score)}"
        for recipe, score in scored
        if score
    ]


def _speed(study: Study, variant: Variant, spec: str) -> str:
    found = next((m for m in study.measurements if m.variant == variant.id and m.spec == spec), None)
    if found is None:
        return NONE
    if found.latency is None:
        return _untimed(found)
    return words.milliseconds(found.latency.p50, found.noise)


def _untimed(found: Measurement) -> str:
    """What there is in a latency's place."""
    if found.estimate_ms is not None:
        return f"about {words.milliseconds(found.estimate_ms)}, estimated"
    if found.evidence is not None and found.evidence.kind != "measured":
        return f"ok, {found.evidence.kind}"
    return _status(found)


def _ran(study: Study, specs: list[str]) -> list[str]:
    """One line for each target and each thing that really ran there, with the nodes that were delegated."""
    recipes = {v.id: v.recipe for v in study.variants}
    lines: dict[str, list[str]] = {}
    for spec in specs:
        for m in study.measurements:
            if m.spec == spec and m.evidence:
                nodes = f" {m.evidence.nodes_delegated}/{m.evidence.nodes_total}"
                known = m.evidence.nodes_delegated is not None
                said = recipes[m.variant] + (nodes if known else "")
                lines.setdefault(f"{spec} ran on {m.evidence.used}", []).append(said)
    return [f"{what}: {', '.join(who)}" for what, who in lines.items()]


def _status(ended: Variant | Measurement) -> str:
    return ended.status.replace("_", " ")


def _why(ended: Variant | Measurement) -> str:
    return ended.error.sentence if ended.error else "no reason was given."
