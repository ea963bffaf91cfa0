"""What a run proves about a target, kept as lessons, and what earlier runs foretell of a file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tflite_ui.analysis import words
from tflite_ui.analysis.islands import computes_in
from tflite_ui.core.lesson import ANY, Lesson, place_of
from tflite_ui.core.measurement import Measurement
from tflite_ui.core.outline import FileOutline

Kind = tuple[str, str]
"""An operator and the numbers it computes in."""
_REFUSED = re.compile(r"(?:can't run|has no operator) ([A-Z0-9_]+(?:, [A-Z0-9_]+)*)\.")


@dataclass(frozen=True)
class Prediction:
    """What a place would do with a file, from ``runs`` earlier ones there.

    ``left`` are operators it has always left to the CPU or refused, ``mixed`` those it sometimes took,
    ``unknown`` those it was never seen with.
    """

    place: str
    runs: int
    left: tuple[str, ...]
    mixed: tuple[str, ...]
    unknown: tuple[str, ...]


def kinds_of(outline: FileOutline) -> frozenset[Kind]:
    """The operators of a file that a target is asked to run, with their numbers."""
    ops = enumerate(outline.operators)
    return frozenset((op.kind, computes_in(outline, [i])) for i, op in ops if not op.unpacks)


def lessons_of(m: Measurement, outline: FileOutline, runtime: str) -> tuple[Lesson, ...]:
    """What a measurement proves.

    A target that took every node takes each of the file's operators; one that names an operator doesn't
    take it, and only counts when the file has it in one kind of numbers alone. Nothing else is learnt.
    """
    place, kinds = place_of(m.target, m.options), kinds_of(outline)
    named = _named(m)
    refused = frozenset(kind for kind in kinds if kind[0] in named and _only(kind, kinds))
    taken = kinds if not named and _took_all(m) else frozenset()
    if not taken and not refused:
        return ()
    counted = Lesson(place=place, runtime=runtime, operator=ANY, dtype=ANY, taken=1)
    rows = [
        Lesson(place=place, runtime=runtime, operator=operator, dtype=dtype, **{what: 1})
        for what, found in (("taken", taken), ("refused", refused))
        for operator, dtype in sorted(found)
    ]
    return (counted, *rows)


def predict(lessons: Iterable[Lesson], outline: FileOutline) -> tuple[Prediction, ...]:
    """What each place would do with a file, as ``lessons`` of one version of its runtime foretell."""
    places: dict[str, dict[Kind, Lesson]] = {}
    for lesson in lessons:
        places.setdefault(lesson.place, {})[(lesson.operator, lesson.dtype)] = lesson
    return tuple(_prediction(place, seen, kinds_of(outline)) for place, seen in places.items())


def sentence(found: Prediction, title: str) -> str:
    """A prediction in words, marked as such: ``Predicted from 12 earlier runs: GPU will leave RFFT2D ...``"""
    told = [f"{title} will leave {', '.join(found.left)} to the CPU or refuse the file"] if found.left else []
    if found.mixed:
        told.append(f"{title} took {', '.join(found.mixed)} in some runs and left it in others")
    if found.unknown:
        told.append(f"{', '.join(found.unknown)} was never seen there")
    whole = told or [f"{title} will take every operator"]
    return f"Predicted from {words.counted(found.runs, 'earlier run')}: {'; '.join(whole)}."


def _named(m: Measurement) -> frozenset[str]:
    """The operators that a run left, or that a refusal names."""
    if m.evidence:
        return frozenset(m.evidence.fallback)
    found = _REFUSED.search(m.error.message) if m.error else None
    return frozenset(found.group(1).split(", ")) if found else frozenset()


def _took_all(m: Measurement) -> bool:
    ran = m.evidence
    return bool(ran and ran.nodes_total and ran.nodes_delegated == ran.nodes_total)


def _only(kind: Kind, kinds: frozenset[Kind]) -> bool:
    return sum(operator == kind[0] for operator, _ in kinds) == 1


def _prediction(place: str, seen: dict[Kind, Lesson], kinds: frozenset[Kind]) -> Prediction:
    def those(taken: bool, refused: bool) -> tuple[str, ...]:
        here = (kind for kind in sorted(kinds) if _counts(seen.get(kind)) == (taken, refused))
        return tuple(f"{operator} ({dtype})" if dtype else operator for operator, dtype in here)

    runs = seen.get((ANY, ANY))
    return Prediction(
        place=place,
        runs=runs.taken if runs else 0,
        left=those(taken=False, refused=True),
        mixed=those(taken=True, refused=True),
        unknown=those(taken=False, refused=False),
    )


def _counts(lesson: Lesson | None) -> tuple[bool, bool]:
    return (lesson.taken > 0, lesson.refused > 0) if lesson else (False, False)
