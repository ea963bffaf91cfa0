"""Hand-built studies for tests of frames, charts, pages and reports: realistic numbers, core models only."""

from __future__ import annotations

from tests.study_parts import (
    FAILED_RECIPE,
    OUTCOMES,
    XNNPACK_1,
    XNNPACK_2,
    N,
    Outcome,
    failed_variant,
    id_of,
    measurement,
    study,
    variant,
)
from tflite_ui.core.errors import ErrorInfo
from tflite_ui.core.goal import Recommendation
from tflite_ui.core.measurement import Measurement, Parity
from tflite_ui.core.metric import Metric, OwnScore, Scored
from tflite_ui.core.score import Score
from tflite_ui.core.study import Study
from tflite_ui.core.target import OpCost
from tflite_ui.core.variant import Quality, Status, Variant


def finished() -> Study:
    """8 variants x 3 targets, all ended: one variant failed, and one measurement."""
    variants = (*(variant(o) for o in OUTCOMES), failed_variant(FAILED_RECIPE))
    measured = (measurement(v, o, i) for v, o in zip(variants, OUTCOMES, strict=False) for i in range(3))
    measurements = [_broken(m) if _is_broken(m) else m for m in measured]
    advice = Recommendation(
        variant=variants[4].id,
        reason="Full integer (int8), int8 I/O: 3.5x smaller, 1.3x faster on XNNPACK with 1 thread, "
        "no real accuracy difference on 2,000 images (-0.9 to +0.4 points).",
    )
    return study("finished", variants, tuple(measurements), recommendation=advice)


def running() -> Study:
    """The same study in its middle: three variants finished and measured on one target, one runs."""
    done = finished()
    variants = tuple(
        v if i < 3 else _waiting(v, "running" if i == 3 else "queued") for i, v in enumerate(done.variants)
    )
    ended = {v.id for v in variants[:3]}
    measurements = tuple(
        m if m.variant in ended and m.spec == XNNPACK_1 else _unmeasured(m) for m in done.measurements
    )
    return study("running", variants, measurements)


def empty() -> Study:
    """Just started: nothing has run yet."""
    done = finished()
    variants = tuple(_waiting(v, "queued") for v in done.variants)
    return study("queued", variants, tuple(_unmeasured(m) for m in done.measurements))


def all_failed() -> Study:
    """Ended without one file: every conversion failed, nothing could be measured."""
    recipes = [o.recipe for o in OUTCOMES]
    return study("finished", tuple(failed_variant(recipe) for recipe in recipes), ())


def score(value: float, low: float, high: float, **more: object) -> OwnScore:
    """A score that was 0.9 before, whose change lies between ``low`` and ``high``."""
    found = OwnScore(
        value=value, baseline=0.9, change=value - 0.9, n=2000, low=value - 0.01, high=value + 0.01
    )
    return found.model_copy(update={"change_low": low, "change_high": high, **more})


def scored() -> Study:
    """The finished study with a metric: its second variant does worse, its third failed, the others don't."""
    study = finished()
    error = ErrorInfo(type="MetricFailed", message="my.py, line 3: KeyError: 'a'.", hint="Correct it.")
    found = {1: Scored(score=score(0.87, -0.04, -0.02)), 2: Scored(error=error)}
    as_before = Scored(score=score(0.9, -0.01, 0.01))
    variants = tuple(
        v.model_copy(update={"metric": found.get(i, as_before)}) if v.facts else v
        for i, v in enumerate(study.variants)
    )
    metric = Metric(name="my.py", sha256="ab" * 32, title="Hit")
    return study.model_copy(update={"variants": variants, "metric": metric})


def no_data() -> Study:
    """Run without data: sizes and latencies are known, quality isn't."""
    done = finished()
    variants = tuple(v.model_copy(update={"quality": None}) for v in done.variants)
    parts = {"data": None, "variants": variants, "recommendation": None}
    request = done.request.model_copy(update={"data": None})
    return done.model_copy(update={**parts, "request": request})


def values(change: float, low: float, high: float) -> Quality:
    """A variant of a model whose answers are values, with an MAE of 2."""
    score = Score(
        kind="mae",
        against="labels",
        value=2 + change,
        baseline=2,
        change=change,
        low=low,
        high=high,
        scale=2,
        n=N,
    )
    return Quality(metric="sqnr_db", value=30, n=N, sqnr_db=30, agreement=0.4, score=score)


def regression(**found: Quality) -> Study:
    """The finished study of such a model: ``found`` by recipe; other variants are worse by 0.4."""
    study = finished()
    base = {"float32": values(0, 0, 0)} | found
    variants = tuple(
        v
        if v.quality is None
        else v.model_copy(update={"quality": base.get(v.recipe, values(0.4, 0.3, 0.5))})
        for v in study.variants
    )
    return study.model_copy(update={"variants": variants})


def many(variants: int = 50, targets: int = 5) -> Study:
    """A large finished study: ``variants`` settings of full integer on ``targets`` thread counts."""
    outcomes = (OUTCOMES[0], *(_setting(i) for i in range(variants - 1)))
    made = tuple(variant(o) for o in outcomes)
    measured = tuple(
        measurement(v, o, i % 3, threads=i + 1)
        for v, o in zip(made, outcomes, strict=True)
        for i in range(targets)
    )
    return study("finished", made, measured)


def _waiting(of: Variant, status: Status) -> Variant:
    return Variant(id=of.id, recipe=of.recipe, steps=of.steps, status=status)


def _unmeasured(of: Measurement) -> Measurement:
    return Measurement(variant=of.variant, target=of.target, spec=of.spec, options=of.options)


def _is_broken(of: Measurement) -> bool:
    return of.variant == id_of("int16x8") and of.spec == XNNPACK_2


def _broken(of: Measurement) -> Measurement:
    hint = "Measure it with 1 thread."
    error = ErrorInfo(type="BenchmarkFailed", message="XNNPACK refused CONV_2D at node 3.", hint=hint)
    return _unmeasured(of).model_copy(update={"status": "failed", "error": error})


def _setting(i: int) -> Outcome:
    samples, drift = 20 + 10 * i, (i % 7) / 100
    base = OUTCOMES[3]
    return base._replace(
        recipe=f"full_integer:samples={samples}",
        size=base.size + 16 * i,
        gzip=base.gzip + 9 * i,
        lost=base.lost + i % 9,
        p50=tuple(round(p * (1 + drift), 5) for p in base.p50),
    )


def everywhere() -> Study:
    """Four variants on targets of every kind: each verdict of the table of truth is there."""
    done = finished()
    variants = done.variants[:4]
    return study("finished", variants, tuple(m for v in variants for m in _everywhere(v)))


def _everywhere(of: Variant) -> list[Measurement]:
    """One variant on a target for each verdict there is."""
    timed = next(m for m in finished().measurements if m.variant == of.id and m.evidence)
    assert timed.evidence

    def on(target: str, **changed: object) -> Measurement:
        told = {"nodes_delegated": 23, "requested": target, "used": target, **changed}
        known = {key: told.pop(key) for key in ("parity",) if key in told}
        ran = timed.evidence.model_copy(update=told) if timed.evidence else None
        return timed.model_copy(update={"target": target, "spec": target, "evidence": ran, **known})

    def untimed(target: str, kind: str, **changed: object) -> Measurement:
        bare = {"latency": None, "histogram": (), "noise": None, "peak_memory_bytes": None, "parity": None}
        return on(target, kind=kind).model_copy(update={**bare, **changed})

    costs = tuple(
        OpCost(operator=name, name=f"net/{name}/op", where=where, cost=cost, unit="cycles", share=cost / 100)
        for name, where, cost in (("Conv2D", "NPU", 70.0), ("Mean", "NPU", 30.0), ("Quantize", "CPU", 0.0))
    )
    error = ErrorInfo(type="BenchmarkFailed", message="The GPU can't run RFFT2D.", hint="Set fallback=true.")
    return [
        on("xnnpack"),
        on("external_delegate", nodes_delegated=4, partitions=2, fallback=("CONV_2D",)),
        on("openvino", nodes_delegated=0, partitions=0),
        on("other", parity=Parity(max_abs=0.9, cosine=0.07, top1_agreement=0.1)),
        untimed("tflite_micro", "emulated", arena_bytes=40_800),
        untimed("ethos_u", "estimated", estimate_ms=0.386, figures={"sram_bytes": 41_872.0}, ops=costs),
        timed.model_copy(
            update={"target": "gpu", "spec": "gpu", "status": "failed", "error": error, "evidence": None}
        ),
        _unmeasured(timed.model_copy(update={"target": "builtin", "spec": "builtin"})),
    ]
