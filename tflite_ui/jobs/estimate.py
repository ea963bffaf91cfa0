"""Rough wall times, to tell a user what to expect; never used as a result.

The rates are orders of magnitude of multiply-accumulates a second on one server-class core.
"""

from __future__ import annotations

from collections.abc import Iterator

from tflite_ui.core.data import DataSummary
from tflite_ui.core.model import ModelSource
from tflite_ui.core.plan import Plan, TargetSpec
from tflite_ui.core.recipe import Recipe

RATES = {"reference": 1.2e9, "builtin": 1e10, "xnnpack": 3e10}
SLOW_RATE = 1.5e9
"""Reference kernels of int16 activations."""
TRAINING_RATE = 8e9
DEFAULT_MACS, DEFAULT_TRAINING = 1e7, 500
PREPARE_SECONDS, VARIANT_SECONDS, BENCHMARK_SECONDS, STEP_SECONDS = 6.0, 0.8, 0.3, 8.0


def plan_seconds(
    plan: Plan, source: ModelSource, data: DataSummary | None, training: DataSummary | None, cores: int
) -> float:
    """Wall seconds of a plan: the variants side by side, trainings and benchmarks one after another."""
    variants = sum(variant_seconds(v.recipe, source, data) for v in plan.variants) / cores
    variants += training_seconds(plan, source, training)
    pairs = ((v.recipe, target) for v in plan.variants for target in plan.targets)
    return PREPARE_SECONDS + variants + sum(benchmark_seconds(r, t, source) for r, t in pairs)


def training_seconds(plan: Plan, source: ModelSource, training: DataSummary | None) -> float:
    """Seconds of all model steps, those that recipes share counted once."""
    n = training.samples if training else DEFAULT_TRAINING
    epochs = dict(pair for variant in plan.variants for pair in _epochs(variant.recipe))
    return sum(STEP_SECONDS + times * n * _macs(source) / TRAINING_RATE for times in epochs.values())


def _epochs(recipe: Recipe) -> Iterator[tuple[str, float]]:
    """Each model step, with all before it as text, and its epochs."""
    parts = recipe.spec.split("+")
    for number, step in enumerate(recipe.steps[:-1], start=1):
        yield "+".join(parts[:number]), float(step.params.get("epochs", 0))


def variant_seconds(recipe: Recipe, source: ModelSource, data: DataSummary | None) -> float:
    """Seconds to convert, verify and evaluate one recipe."""
    n = data.evaluation_samples if data else 0
    return VARIANT_SECONDS + n * _macs(source) / _rate(recipe, "xnnpack")


def benchmark_seconds(recipe: Recipe, target: TargetSpec, source: ModelSource) -> float:
    """Seconds to time one file on one target."""
    runs = float(target.options.get("runs", 50)) + float(target.options.get("warmup", 5)) + 10
    cap = float(target.options.get("max_seconds", 10.0))
    return BENCHMARK_SECONDS + min(cap, runs * _macs(source) / _rate(recipe, target.target))


def _macs(source: ModelSource) -> float:
    return float(source.macs or DEFAULT_MACS)


def _rate(recipe: Recipe, target: str) -> float:
    slow = recipe.steps[-1].technique == "int16x8"
    return SLOW_RATE if slow else RATES.get(target, RATES["builtin"])
