"""Advice on a request or a study: the rules, asked with what there is and what this machine can do."""

from __future__ import annotations

from tflite_ui.advice.planning import Question, Suggestion, advise
from tflite_ui.analysis.goals import misses
from tflite_ui.core.data import DataSummary
from tflite_ui.core.goal import parse_goals
from tflite_ui.core.model import ModelSource
from tflite_ui.core.plan import Plan, PlannedVariant, StudyRequest
from tflite_ui.core.recipe import parse_recipe
from tflite_ui.core.study import Study
from tflite_ui.jobs.estimate import plan_seconds
from tflite_ui.jobs.requests import check_needs
from tflite_ui.techniques import techniques


def suggestions(
    request: StudyRequest,
    source: ModelSource,
    data: DataSummary | None,
    training: DataSummary | None,
    minutes: float | None,
    cores: int,
) -> tuple[Suggestion, ...]:
    """What to try on the request's files for its goals, the best first; raises InvalidGoal."""
    question = Question(
        source=source,
        data=data,
        trains=bool(data or training),
        goals=parse_goals(request.goals),
        hardware=request.hardware,
        minutes=minutes,
    )

    def check(recipe: str) -> None:
        check_needs(parse_recipe(recipe, techniques()), source, request, techniques())

    def seconds(recipe: str) -> float:
        planned = PlannedVariant(id="", recipe=parse_recipe(recipe, techniques()))
        return plan_seconds(Plan(variants=(planned,), targets=()), source, data, training, cores)

    return advise(question, check, seconds)


def next_tries(study: Study, cores: int) -> tuple[Suggestion, ...]:
    """What isn't in the study yet and may do better: for the goals that its recommendation misses."""
    tried = {variant.recipe for variant in study.variants}
    request = study.request.model_copy(update={"goals": _open_goals(study)})
    found = suggestions(request, study.source, study.data, study.training, None, cores)
    return tuple(suggestion for suggestion in found if suggestion.recipe not in tried)


def _open_goals(study: Study) -> tuple[str, ...]:
    """The goals that the recommended variant misses; all of them when it misses none."""
    advice = study.recommendation
    taken = study.variant(advice.variant) if advice else None
    missed = {miss.goal for miss in misses(study, taken)} if taken else set()
    kept = tuple(text for text in study.request.goals if text.rpartition("=")[0] in missed)
    return kept or study.request.goals
