"""Which variant to take, and why, in one sentence."""

from __future__ import annotations

import math
from collections.abc import Callable

from tflite_ui.analysis import words
from tflite_ui.analysis.claims import claim, interval, paired_difference
from tflite_ui.analysis.confirmed import Confirmed, confirmed
from tflite_ui.analysis.goals import drop, latency, measured, misses
from tflite_ui.analysis.holdout import choosing, reporting
from tflite_ui.analysis.labels import is_baseline, sample_noun, target_labels, variant_labels
from tflite_ui.analysis.score_words import TITLES, loss_words, numbers, real
from tflite_ui.analysis.together import unreached
from tflite_ui.core import score as scored
from tflite_ui.core.goal import Recommendation
from tflite_ui.core.study import Study
from tflite_ui.core.variant import Variant

BEARABLE_DROP = 0.01
BEARABLE_SQNR_DB = 30.0
TIE = 1.05
NEAR_MISS = 1e-9
MOST_FAILED = 3
"""Of so many recipes that failed a search's last test the names are told."""

Score = Callable[[Variant], float]


def recommend(study: Study) -> Recommendation | None:
    """The variant to take; None when no variant has finished.

    Of the variants that finished and passed every check, those nearest to the goals are kept; of these,
    unless a goal limits the drop, those whose loss of accuracy is bearable: the paired 95 % interval of
    the difference to the baseline holds zero and goes no lower than one point (without labels, at most
    one answer in a hundred may differ; of values the mean absolute error may rise by 1 %, by the bound,
    however real; where there is nothing but outputs, at least 30 dB). Of these the smallest is taken,
    or the best in the measure that a ``min`` goal names; within 5 % the faster (or the smaller) wins.

    Where a search has samples kept apart, the others choose candidates, and those test them and tell what the
    one that is taken comes to (``confirmed``).
    """
    judged, told = choosing(study), reporting(study)
    candidates = _candidates(judged)
    if not candidates:
        return None
    near = _least(candidates, lambda v: sum(miss.excess for miss in misses(judged, v)))
    kept = near if _drop_limited(study) else _least(near, _harm(candidates))
    tests = _confirmed(judged, told, kept) if judged is not told else None
    if tests:
        kept = list(tests.shown) or _least(kept, _open_loss)
    taken = told.variant(_best(judged, kept).id) or told.baseline
    missed, others = misses(told, taken), _candidates(told)
    apart = unreached(told, others, taken) if missed else ()
    unmet = (*(miss.text for miss in missed), *apart, *_unknown(told, taken))
    tested = _tested(told, tests, taken) if tests and _counted(told, candidates) else ""
    return Recommendation(variant=taken.id, reason=_reason(told, taken, others), unmet=unmet, tested=tested)


def _candidates(study: Study) -> list[Variant]:
    return [v for v in study.variants if v.facts and v.status == "finished" and _sound(v)]


def _confirmed(judged: Study, told: Study, candidates: list[Variant]) -> Confirmed:
    """Those of ``candidates`` that both parts of the samples show to keep to the limit."""
    tried = sum(not is_baseline(variant) for variant in _candidates(judged))
    limit = allowed_loss(told) if _counted(told, candidates) else math.inf
    return confirmed(candidates, limit, tried, lambda variant: _holds(told, variant))


def _counted(study: Study, candidates: list[Variant]) -> bool:
    """Whether losses are counted on samples, so that there is something to test; noise in decibels isn't."""
    return _drop_limited(study) or not any(judged_by_noise(variant) for variant in candidates)


def _tested(told: Study, tests: Confirmed, taken: Variant) -> str:
    """How many were tested, and which would have been better in what is wanted but failed."""
    labels, score = variant_labels(told), scores(told)[wish(told)]
    likely = [variant for variant in tests.likely if not is_baseline(variant)]
    passed = {variant.id for variant in tests.shown}
    shown = sum(variant.id in passed for variant in likely)
    on = words.counted(taken.quality.n if taken.quality else 0, sample_noun(told))
    failed = sorted((v for v in likely if v.id not in passed and score(v) < score(taken)), key=score)
    names = "; ".join(labels[variant.id] for variant in failed[:MOST_FAILED])
    better = f" Better otherwise, but not shown to keep to it: {names}." if names else ""
    return (
        f"Likely to keep to the limit on the loss: {len(likely)} of {tests.tried} recipes; "
        f"shown to keep to it on {on}: {shown}.{better}"
    )


def _holds(told: Study, variant: Variant) -> bool:
    """Whether the samples kept apart show that a variant's loss is within the limit, or bearable."""
    found = told.variant(variant.id)
    if found is None or is_baseline(found):
        return found is not None
    limited = _drop_limited(told)
    return all(miss.goal != "max_drop" for miss in misses(told, found)) if limited else _bearable(found)


def _open_loss(variant: Variant) -> float:
    return _or(drop(variant), math.inf)


def _sound(variant: Variant) -> bool:
    return all(check.passed for check in variant.checks)


def allowed_loss(study: Study) -> float:
    """The loss that the goals allow, a fraction; what is bearable where they don't say."""
    return next((goal.limit or 0.0 for goal in study.goals if goal.key == "max_drop"), BEARABLE_DROP)


def _drop_limited(study: Study) -> bool:
    return any(goal.key == "max_drop" for goal in study.goals)


def _least(variants: list[Variant], score: Score) -> list[Variant]:
    least = min(score(v) for v in variants)
    return [v for v in variants if score(v) <= least + NEAR_MISS]


def _harm(candidates: list[Variant]) -> Score:
    """0 for a bearable loss, else the loss that is left open; nobody's, when no quality is known at all."""
    if not any(v.quality for v in candidates):
        return lambda _: 0.0
    return lambda variant: 0.0 if _bearable(variant) else (_or(drop(variant), 1.0))


def _bearable(variant: Variant) -> bool:
    quality, open_loss = variant.quality, drop(variant)
    if open_loss is None or judged_by_noise(variant):
        decibels = quality.sqnr_db if quality else None
        return decibels is not None and decibels >= BEARABLE_SQNR_DB
    difference = paired_difference(quality) if quality and not is_baseline(variant) else None
    return open_loss <= BEARABLE_DROP and not (difference and difference.worse)


def judged_by_noise(variant: Variant) -> bool:
    """Whether nothing but outputs can be compared, so that 30 dB is what is bearable."""
    score = variant.quality.score if variant.quality else None
    return score is not None and score.kind == "difference"


def _best(study: Study, variants: list[Variant]) -> Variant:
    wanted = wish(study)
    score = scores(study)[wanted]
    best = min(score(v) for v in variants)
    tied = [v for v in variants if score(v) <= best * TIE]
    second = scores(study)["size_bytes" if wanted == "latency_ms" else "latency_ms"]
    return min(tied, key=lambda v: (second(v), score(v)))


def wish(study: Study) -> str:
    """The measure that is to be small: what a ``min`` goal names, else the size."""
    return next((goal.measure for goal in study.goals if goal.measure), "size_bytes")


def scores(study: Study) -> dict[str, Score]:
    """Each measure of a variant by its name, infinite where it is unknown; the less the better."""
    target = _target(study)
    return {
        "size_bytes": lambda v: float(v.facts.size_bytes) if v.facts else math.inf,
        "gzip_bytes": lambda v: float(v.facts.gzip_bytes) if v.facts else math.inf,
        "latency_ms": lambda v: _or(latency(study, v, target), math.inf),
        "drop": _open_loss,
    }


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


def _target(study: Study) -> str | None:
    return next((goal.target for goal in study.goals if goal.target), None)


def _unknown(study: Study, taken: Variant) -> tuple[str, ...]:
    if is_baseline(taken) or taken.quality is not None:
        return ()
    why = "there was no data" if study.data is None else "the evaluation didn't run"
    return (f"Accuracy: not measured, because {why}.",)


def _reason(study: Study, taken: Variant, candidates: list[Variant]) -> str:
    label = variant_labels(study)[taken.id]
    if is_baseline(taken):
        return f"Keep {label}: {_why_none(study, candidates)}."
    facts = [_size_said(study, taken), _speed_said(study, taken), _quality_said(study, taken)]
    return f"{label}: {', '.join(facts)}."


def _why_none(study: Study, candidates: list[Variant]) -> str:
    others = [v for v in candidates if not is_baseline(v)]
    if not others:
        return "no other variant finished"
    if study.goals:
        return "no other variant comes as near to your goals"
    nearest = min(others, key=lambda v: _or(drop(v), 1.0))
    said = variant_labels(study)[nearest.id]
    loss = drop(nearest)
    if loss is None or nearest.quality is None:
        return f"no other variant's outputs are near enough to the original's; {said} comes nearest"
    on = words.counted(nearest.quality.n, sample_noun(study))
    if nearest.quality.score:
        what = loss_words(nearest.quality.score.kind, loss)
        return f"on {on} no other variant is shown to keep its quality ({said} comes nearest: {what} is open)"
    may = f"{said} comes nearest and may lose up to {100 * loss:.1f} points"
    return f"on {on} no other variant is shown to lose at most 1 point ({may})"


def _size_said(study: Study, taken: Variant) -> str:
    base = study.baseline.facts
    if taken.facts is None or base is None:
        return words.size(taken.facts.size_bytes) if taken.facts else "size not known"
    return words.smaller(base.size_bytes / taken.facts.size_bytes)


def _speed_said(study: Study, taken: Variant) -> str:
    found = measured(study, taken, _target(study)) or measured(study, taken, None)
    if found is None or found.latency is None or not found.baseline_p50_ms:
        return "speed not measured"
    where = target_labels(study)[found.spec].replace(", ", " with ", 1)
    said = words.faster(found.baseline_p50_ms / found.latency.p50, found.noise)
    how = f" ({found.evidence.kind})" if found.evidence and found.evidence.kind != "measured" else ""
    return f"{said} on {where}{how}"


def _quality_said(study: Study, taken: Variant) -> str:
    if taken.quality is None:
        return "accuracy not measured"
    said = claim(taken.quality, sample_noun(study), "accuracy")
    difference = paired_difference(taken.quality)
    score = taken.quality.score
    if score and score.against != "original" and not real(score):
        return f"{said} ({_open(score)})"
    certain = difference and (difference.worse or difference.better)
    return said if difference is None or certain else f"{said} ({interval(difference)})"


def _open(score: scored.Score) -> str:
    """The interval of a change that may be none, e.g. ``MAE -0.02 to +0.03``."""
    _, low, high = numbers(score.change, abs(score.low), abs(score.high))
    signed = (("-" if end < 0 else "+") + text for end, text in ((score.low, low), (score.high, high)))
    return f"{TITLES[score.kind]} {' to '.join(signed)}"
