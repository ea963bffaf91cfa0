"""A plan: recipes times targets, duplicates merged, checked before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tflite_ui.core.errors import InvalidRecipe, InvalidTarget
from tflite_ui.core.frozen import Frozen, digest_of
from tflite_ui.core.goal import Goal
from tflite_ui.core.params import Params, format_spec, parse_params, parse_spec
from tflite_ui.core.recipe import Recipe, Techniques, parse_recipe, wants
from tflite_ui.core.search import Search
from tflite_ui.core.target import Target

Targets = Mapping[str, Target]
BASELINE = "float32"


class TargetSpec(Frozen):
    """A target with all its options, and the text (SPEC) that makes it again."""

    target: str
    options: dict[str, Any]
    spec: str


class Limits(Frozen):
    """What one job may use: wall seconds and resident bytes."""

    timeout_seconds: float = 3600.0
    memory_bytes: int = 8 * 2**30


class StudyRequest(Frozen):
    """What a user asks for, as texts; files are given by their SHA-256 digests."""

    model: str
    data: str | None = None
    training: str | None = None
    """Samples for the steps that train; without them the calibration samples of ``data`` serve."""
    student: str | None = None
    """A smaller Keras model that distillation may teach."""
    metric: str | None = None
    """A Python file with a metric of the user's own; it has no say in what a variant is."""
    recipes: tuple[str, ...]
    targets: tuple[str, ...] = ()
    goals: tuple[str, ...] = ()
    hardware: str | None = None
    """Where the model is to run in the end, by its key in the advice's rules."""
    search: Search | None = None
    """How long to look for more recipes than these."""
    seed: int = 0
    limits: Limits = Limits()


class PlannedVariant(Frozen):
    """A recipe and the content address of its outcome."""

    id: str
    recipe: Recipe


class Plan(Frozen):
    """What will run: the baseline first, each variant once, each on every target once."""

    variants: tuple[PlannedVariant, ...]
    targets: tuple[TargetSpec, ...]
    goals: tuple[Goal, ...] = ()
    merged: int = 0
    """How many of the recipes and targets asked for were doubles."""

    @property
    def benchmarks(self) -> int:
        """Variants times targets."""
        return len(self.variants) * len(self.targets)


def parse_target(text: str, targets: Targets) -> TargetSpec:
    """The target written as ``key:option=value``; raises InvalidTarget."""
    key, values = parse_spec(text, InvalidTarget)
    if key not in targets:
        raise InvalidTarget(f"There is no target '{key}'.", f"There are: {', '.join(targets)}.")
    options = parse_params(targets[key].Options, values, key, InvalidTarget)
    return TargetSpec(target=key, options=options.model_dump(mode="json"), spec=format_spec(key, options))


def target_options(spec: TargetSpec, targets: Targets) -> Params:
    """The typed options of a target spec."""
    return parse_params(targets[spec.target].Options, spec.options, spec.target, InvalidTarget)


def with_baseline(recipes: Iterable[Recipe], techniques: Techniques) -> tuple[Recipe, ...]:
    """The recipes without doubles, the float32 baseline first (added when it isn't there)."""
    baseline = parse_recipe(BASELINE, techniques)
    return tuple({r.spec: r for r in (baseline, *recipes)}.values())


def variant_id(
    recipe: Recipe, request: StudyRequest, techniques: Techniques, versions: Mapping[str, str]
) -> str:
    """The content address of a variant: equal inputs, equal id.

    Training data counts where a step trains, the student where a step wants it.
    """
    steps = [step.model_dump(mode="json") for step in recipe.steps]
    training = [request.training] if request.training and len(steps) > 1 else []
    student = [request.student] if wants(recipe.steps, techniques, "student") else []
    return digest_of([steps, request.model, request.data, request.seed, dict(versions), *training, *student])


def make_plan(
    request: StudyRequest,
    goals: tuple[Goal, ...],
    techniques: Techniques,
    targets: Targets,
    versions: Mapping[str, str],
) -> Plan:
    """The plan of a request; raises InvalidRecipe or InvalidTarget."""
    if not request.recipes:
        raise InvalidRecipe("No technique is chosen.", "Choose at least one.")
    asked = [parse_recipe(text, techniques) for text in request.recipes]
    recipes = with_baseline(asked, techniques)
    specs = {t.spec: t for t in (parse_target(text, targets) for text in request.targets)}
    merged = len(asked) - len({r.spec for r in asked}) + len(request.targets) - len(specs)
    variants = tuple(
        PlannedVariant(id=variant_id(recipe, request, techniques, versions), recipe=recipe)
        for recipe in recipes
    )
    return Plan(variants=variants, targets=tuple(specs.values()), goals=goals, merged=merged)
