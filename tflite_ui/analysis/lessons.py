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
    take it, and only counts when the file has it in one kind of numbers alone. Where as many nodes were left
    as the file has operators of those names, all others were taken. Nothing else is learnt.
    """
    place, kinds = place_of(m.target, m.options), kinds_of(outline)
    named = _named(m)
    refused = frozenset(kind for kind in kinds if kind[0] in named and _only(kind, kinds))
    taken = frozenset(kind for kind in kinds if kind[0] not in named) if _took_rest(m, outline, named) else ()
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
    """What each place would do with a file, as ``lessons`` of one version of its runtime foretell.

    A place of which nothing that the file holds is known is left out.
    """
    places: dict[str, dict[Kind, Lesson]] = {}
    for lesson in lessons:
        places.setdefault(lesson.place, {})[(lesson.operator, lesson.dtype)] = lesson
    kinds = kinds_of(outline)
    return tuple(_prediction(place, seen, kinds) for place, seen in places.items() if kinds & set(seen))


def sentence(found: Prediction, title: str) -> str:
    """A prediction in words, marked as such: ``Predicted from 12 earlier runs: GPU won't take RFFT2D.``"""
    told = [f"{title} won't take {_listed(found.left)}"] if found.left else []
    if found.mixed:
        told.append(f"{title} took {_listed(found.mixed)} in some runs and left it in others")
    if found.unknown:
        others = "" if told else f"{title} will take all others; "
        told.append(f"{others}nothing is known yet of {_listed(found.unknown)}")
    whole = told or [f"{title} will take every operator"]
    return f"Predicted from {words.counted(found.runs, 'earlier run')}: {'; '.join(whole)}."


def _listed(names: tuple[str, ...], most: int = 4) -> str:
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def _named(m: Measurement) -> frozenset[str]:
    """The operators that a run left, or that a refusal names."""
    if m.evidence:
        return frozenset(m.evidence.fallback)
    found = _REFUSED.search(m.error.message) if m.error else None
    return frozenset(found.group(1).split(", ")) if found else frozenset()


def _took_rest(m: Measurement, outline: FileOutline, named: frozenset[str]) -> bool:
    """Whether everything but what is named was taken, by the runtime's own count."""
    ran = m.evidence
    if ran is None or not ran.nodes_total or ran.nodes_delegated is None:
        return False
    left = ran.nodes_total - ran.nodes_delegated
    if not named:
        return left == 0
    main = [op for op in outline.operators if not op.subgraph]
    return ran.nodes_total == len(main) and left == sum(op.kind in named for op in main)


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
