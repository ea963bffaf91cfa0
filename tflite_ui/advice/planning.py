"""What to try, before anything has run: recipes ranked by the rules that speak for them, with the reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tflite_ui.advice.rules import Have, Rule, Source, Want, rules
from tflite_ui.advice.traits import traits
from tflite_ui.core.data import DataSummary
from tflite_ui.core.errors import InvalidRecipe
from tflite_ui.core.frozen import Frozen
from tflite_ui.core.goal import Goal
from tflite_ui.core.model import ModelSource

FLOAT_BYTES = 4
OUT_OF_REACH = 100.0
"""What a recipe loses that can't meet a limit, or takes longer than there is time."""
ENOUGH = 3.0
"""What a recipe without training gains when it usually meets the limits on size."""
STRICT_DROP = 0.01
WANTS: dict[str, Want] = {
    "max_bytes": "size",
    "size_bytes": "size",
    "max_gzip_bytes": "gzip",
    "gzip_bytes": "gzip",
    "max_latency_ms": "latency",
    "latency_ms": "latency",
    "max_arena_bytes": "arena",
    "drop": "accuracy",
}


class Question(Frozen):
    """What there is and what is wanted; ``minutes`` is the time at hand, None for any amount."""

    source: ModelSource
    data: DataSummary | None = None
    trains: bool = False
    """Whether there are samples to train on."""
    goals: tuple[Goal, ...] = ()
    hardware: str | None = None
    minutes: float | None = None


class Reason(Frozen):
    """Why a recipe is advised: a sentence and where it comes from."""

    text: str
    source: Source


class Suggestion(Frozen):
    """A recipe, the reasons for it, and what speaks against it; ``seconds`` is a rough time for it here.

    ``smaller`` and ``gzip`` are what such recipes usually come to, None where nothing is known.
    """

    recipe: str
    score: float
    reasons: tuple[Reason, ...]
    cautions: tuple[str, ...] = ()
    smaller: float | None = None
    gzip: float | None = None
    seconds: float = 0.0


def advise(
    question: Question, check: Callable[[str], None], seconds: Callable[[str], float]
) -> tuple[Suggestion, ...]:
    """The recipes that rules speak for, the best first.

    ``check`` raises InvalidRecipe for what can't be done with what there is; ``seconds`` is a recipe's time.
    """
    speaking = [rule for rule in rules().rule if rule.holds(*_case(question))]
    recipes = dict.fromkeys(recipe for rule in speaking for recipe in rule.recipes)
    asked = [_suggestion(question, r, speaking, seconds(r)) for r in recipes if _possible(r, check)]
    return tuple(sorted((s for s in asked if s.score > -OUT_OF_REACH / 2 and s.reasons), key=_rank))


def wants(goals: Iterable[Goal]) -> frozenset[Want]:
    """What the goals ask for; a limit on the loss counts as a wish for accuracy when it is strict."""
    found = {WANTS.get(goal.measure or goal.key) for goal in goals}
    strict = any(goal.key == "max_drop" and (goal.limit or 0.0) < STRICT_DROP for goal in goals)
    return frozenset(w for w in (*found, "accuracy" if strict else None) if w)  # type: ignore[misc]


def have(data: DataSummary | None) -> Have:
    """What the data can be used for."""
    if data is None or not data.calibration_samples:
        return "none"
    return "labelled" if data.labelled else "unlabelled"


def _case(question: Question) -> tuple[Have, frozenset[Want], str | None, frozenset[str]]:
    found = traits(question.source)
    kept = found if question.trains else found - {"trainable"}
    return have(question.data), wants(question.goals), question.hardware, kept


def _possible(recipe: str, check: Callable[[str], None]) -> bool:
    try:
        check(recipe)
    except InvalidRecipe:
        return False
    return True


def _suggestion(question: Question, recipe: str, speaking: list[Rule], seconds: float) -> Suggestion:
    own = [rule for rule in speaking if recipe in rule.recipes]
    expected = rules().expected.get(recipe)
    smaller, gzip = (expected.smaller, expected.gzip) if expected else (None, None)
    against = [rule.why for rule in own if rule.weight < 0]
    large = _too_large(question, smaller, gzip)
    short = [*large, *_too_slow(question, seconds)]
    reasons = [Reason(text=r.why, source=rules().sources[r.source]) for r in own if r.weight > 0]
    thrifty = "+" not in recipe and not large and bool(expected) and bool(_limits(question))
    if thrifty:
        text = "It usually meets your limit on the size, and nothing has to be trained."
        reasons.append(Reason(text=text, source=rules().sources["measured"]))
    return Suggestion(
        recipe=recipe,
        score=sum(rule.weight for rule in own) + ENOUGH * thrifty - OUT_OF_REACH * len(short) / 4,
        reasons=tuple(reasons),
        cautions=(*against, *short),
        smaller=smaller,
        gzip=gzip,
        seconds=seconds,
    )


def _limits(question: Question) -> dict[str, float]:
    """The limits on sizes by key, in bytes."""
    sizes = ("max_bytes", "max_gzip_bytes")
    return {goal.key: goal.limit for goal in question.goals if goal.limit and goal.key in sizes}


def _too_large(question: Question, smaller: float | None, gzip: float | None) -> list[str]:
    whole = FLOAT_BYTES * (question.source.parameters or 0)
    limits = _limits(question)
    found = []
    for key, usual, how in (("max_bytes", smaller, ""), ("max_gzip_bytes", gzip, " under gzip")):
        limit = limits.get(key)
        if limit and usual and whole / limit > 1.1 * usual:
            text = (
                f"Usually about {usual:g} times smaller{how}; your limit asks for {whole / limit:.1f} times."
            )
            found.append(text)
    return found


def _too_slow(question: Question, seconds: float) -> list[str]:
    if question.minutes is None or seconds <= 60 * question.minutes:
        return []
    return [f"Takes about {seconds / 60:.0f} minutes here; you have {question.minutes:g}."]


def _rank(suggestion: Suggestion) -> tuple[float, float]:
    return -suggestion.score, suggestion.seconds
