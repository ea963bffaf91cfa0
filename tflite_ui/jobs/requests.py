"""From a request to a study: everything that can be refused is refused here, before anything runs."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from tflite_ui.core.data import DataSummary
from tflite_ui.core.errors import DataMismatch, InvalidInput, InvalidRecipe, InvalidTarget, UnsupportedModel
from tflite_ui.core.measurement import Measurement
from tflite_ui.core.metric import Metric
from tflite_ui.core.model import ModelSource, TensorSpec
from tflite_ui.core.params import Params
from tflite_ui.core.plan import Plan, PlannedVariant, TargetSpec, target_options, variant_id
from tflite_ui.core.plan import StudyRequest as Request
from tflite_ui.core.recipe import Recipe, Techniques, find_technique, parse_recipe, step_params
from tflite_ui.core.study import Study
from tflite_ui.core.target import Availability
from tflite_ui.core.technique import ModelStep
from tflite_ui.core.variant import Variant
from tflite_ui.datasets.fit import as_training, fit
from tflite_ui.datasets.fit_labels import Use
from tflite_ui.evaluation.holdout import FEWEST
from tflite_ui.jobs.environment import deciding_versions, environment
from tflite_ui.store.studies import Studies
from tflite_ui.targets import targets
from tflite_ui.techniques import techniques


def check_needs(recipe: Recipe, source: ModelSource | None, request: Request, known: Techniques) -> None:
    """Raise InvalidRecipe when a step needs data there isn't, or can't be done to this model."""
    for step in recipe.steps:
        technique = find_technique(step.technique, known)
        if isinstance(technique, ModelStep):
            _check_trainable(technique, step_params(step, known), source, request)
        if request.student is None and "student" in technique.wants(step_params(step, known)):
            text = f"{technique.title} is to teach an uploaded student, and there is none."
            raise InvalidRecipe(text, "Add a student, or set student=narrower.")
        if request.data is None and technique.needs & {"calibration_data", "labels"}:
            text = f"{technique.title} needs calibration data, and there is none."
            raise InvalidRecipe(text, "Give a data file, or leave this technique out.")
        refusal = technique.refuses(source, step_params(step, known)) if source else ""
        if refusal:
            raise InvalidRecipe(f"{technique.title}: {refusal}", "Leave this technique out.")


def _check_trainable(step: ModelStep, params: Params, source: ModelSource | None, request: Request) -> None:
    """Raise InvalidRecipe when a model step can't be done to this model, or has nothing to learn from."""
    if source is not None:
        found = source.fitness.get(step.key)
        if found is None or found.verdict == "cannot":
            reason = found.reason if found else f"{source.name} isn't a Keras model, so it can't be trained."
            raise InvalidRecipe(f"{step.title}: {reason}", "Leave this technique out.")
        missing = {name: value for name, value in found.only.items() if getattr(params, name) != value}
        if missing:
            settings = ", ".join(f"{name}={value}" for name, value in missing.items())
            raise InvalidRecipe(f"{step.title}: {found.reason}", f"Set {settings}, or leave it out.")
    if request.training is None and request.data is None:
        raise InvalidRecipe(f"{step.title} has nothing to train on.", "Give training or calibration data.")


def check_available(spec: TargetSpec, availability: Mapping[str, Availability]) -> None:
    """Raise InvalidTarget when a target is known not to be had here, or not with these options."""
    known = availability.get(spec.target)
    if known is not None and not known.available:
        raise InvalidTarget(f"The target {spec.target} can't be used here: {known.reason}", known.install)
    refusal = targets()[spec.target].refuses(target_options(spec, targets()))
    if refusal:
        raise InvalidTarget(refusal, known.note if known else "See: python -m tflite_ui targets.")


def check_fit(source: ModelSource, data: DataSummary | None, use: Use = "data") -> tuple[str, ...]:
    """What is worth knowing about the data; raises DataMismatch on what stands in the way."""
    if data is None:
        return ()
    found = fit(source, data, use)
    for problem in found.problems:
        if problem.blocking:
            fixes = ", ".join(problem.fixes)
            hint = f"{problem.hint} (--fix {fixes} does it.)" if fixes else problem.hint
            raise DataMismatch(f"{data.name} doesn't fit {source.name}: {problem.message}", hint)
    return tuple(problem.message for problem in found.problems)


def check_lessons(
    plan: Plan, source: ModelSource, data: DataSummary | None, training: DataSummary | None
) -> tuple[str, ...]:
    """What is worth knowing of the samples that steps train on; raises DataMismatch as ``check_fit`` does.

    Without a training file those are the samples that calibrate, where a recipe has such a step.
    """
    if training is not None:
        check_fit(source, training, "training")
        return tuple(f"{training.name}: {p.said}" for p in fit(source, training, "training").problems)
    keys = {step.technique for variant in plan.variants for step in variant.recipe.steps}
    trains = any(isinstance(techniques()[key], ModelStep) for key in keys)
    if data is None or not trains:
        return ()
    return tuple(f"Training on {data.name}: {p.said}" for p in as_training(source, data))


def check_student(source: ModelSource, student: ModelSource | None) -> None:
    """Raise UnsupportedModel when a student can't be trained, or doesn't fit the model that teaches it."""
    if student is None:
        return
    refused = [found.reason for found in student.fitness.values() if found.verdict == "cannot"]
    if len(refused) == len(student.fitness):
        reason = refused[0] if refused else "it isn't a Keras model."
        raise UnsupportedModel(f"{student.name} can't be trained: {reason}", "Choose another student.")
    for what, own, wanted in (
        ("inputs", student.inputs, source.inputs),
        ("outputs", student.outputs, source.outputs),
    ):
        if not _agree(own, wanted):
            found, asked = (", ".join(str(spec) for spec in specs) for specs in (own, wanted))
            raise UnsupportedModel(
                f"The {what} of the student {student.name} are {found}; those of {source.name} are {asked}.",
                "Give a student that takes and answers the same.",
            )


def _agree(own: Sequence[TensorSpec], wanted: Sequence[TensorSpec]) -> bool:
    return len(own) == len(wanted) and all(
        a.dtype == b.dtype
        and len(a.shape) == len(b.shape)
        and all(None in (x, y) or x == y for x, y in zip(a.sample_shape, b.sample_shape, strict=True))
        for a, b in zip(own, wanted, strict=True)
    )


def new_study(
    request: Request,
    plan: Plan,
    source: ModelSource,
    data: DataSummary | None,
    training: DataSummary | None,
    student: ModelSource | None,
    metric: Metric | None,
    notes: tuple[str, ...],
) -> Study:
    """A study with everything queued."""
    notes = (*notes, *_unheld(request, data))
    title = f"{source.name} with {data.name}" if data else source.name
    variants = tuple(new_variant(planned) for planned in plan.variants)
    return Study(
        id=secrets.token_hex(6),
        title=title,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        state="queued",
        request=request,
        environment=environment(),
        source=source,
        data=data,
        training=training,
        student=student,
        metric=metric,
        variants=variants,
        measurements=tuple(_measurement(v, t) for t in plan.targets for v in variants),
        goals=plan.goals,
        warnings=notes,
    )


def _unheld(request: Request, data: DataSummary | None) -> tuple[str, ...]:
    """What is to be known of a search with too few samples to keep some apart."""
    if request.search is None or data is None or data.evaluation_samples >= FEWEST:
        return ()
    n = f"{data.evaluation_samples:,}"
    return (
        f"The search chooses and is judged on the same {n} samples: under {FEWEST} none are held out, "
        "so what is shown of the recipe it takes is a little rosy.",
    )


def planned_again(study: Study, text: str) -> PlannedVariant:
    """One more recipe for a study; raises InvalidRecipe."""
    recipe = parse_recipe(text, techniques())
    return PlannedVariant(
        id=variant_id(recipe, study.request, techniques(), deciding_versions()), recipe=recipe
    )


def add_variant(studies: Studies, study: Study, planned: PlannedVariant) -> None:
    """Queue one more variant of a study, on every target the study has; raises DiskFull."""
    variant = new_variant(planned)
    studies.save_variant(study.id, variant)
    for measurement in measurements(study, variant):
        studies.save_measurement(study.id, measurement)


def new_variant(planned: PlannedVariant) -> Variant:
    """A variant that nothing is known of yet."""
    return Variant(id=planned.id, recipe=planned.recipe.spec, steps=planned.recipe.steps)


def measurements(study: Study, variant: Variant) -> tuple[Measurement, ...]:
    """What is to be measured of a variant: one on each target of the study."""
    seen = {m.spec: m for m in study.measurements}
    specs = (TargetSpec(target=m.target, options=m.options, spec=m.spec) for m in seen.values())
    return tuple(_measurement(variant, spec) for spec in specs)


def _measurement(variant: Variant, target: TargetSpec) -> Measurement:
    return Measurement(variant=variant.id, target=target.target, spec=target.spec, options=target.options)


def check_search(request: Request, data: DataSummary | None) -> None:
    """Raise InvalidInput when a search would have nothing to judge recipes by."""
    if request.search is not None and (data is None or not data.evaluation_samples):
        text = "A search compares recipes by their answers, and there are no samples to evaluate on."
        raise InvalidInput(text, "Give a data file, or leave the search out.")
