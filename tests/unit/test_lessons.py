"""What runs teach about targets: only what they prove, counted in the store, and told as a prediction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tflite_ui.analysis.lessons import Prediction, lessons_of, predict, sentence
from tflite_ui.core.errors import ErrorInfo
from tflite_ui.core.lesson import ANY, Lesson, place_of
from tflite_ui.core.measurement import Measurement
from tflite_ui.core.outline import MODEL_INPUT, FileOutline, OperatorNode
from tflite_ui.core.target import Evidence
from tflite_ui.store.database import Database
from tflite_ui.store.lessons import Lessons

RUNTIME = "ai-edge-litert 2.3.0"


def file(*kinds: str, dtype: str = "float32", weights: str = "") -> FileOutline:
    return FileOutline(
        operators=tuple(
            OperatorNode(
                kind=kind, name=kind, sources=(MODEL_INPUT,), takes=dtype, gives=dtype, weights=weights
            )
            for kind in kinds
        )
    )


def ran(taken: int | None, total: int | None, *left: str, **options: Any) -> Measurement:
    evidence = Evidence(
        requested="GPU", used="GPU", nodes_delegated=taken, nodes_total=total, fallback=tuple(left)
    )
    given = {"runs": 5, "precision": "fp32", "fallback": bool(left), **options}
    return Measurement(
        variant="v", target="gpu", spec="gpu", options=given, status="finished", evidence=evidence
    )


def refused(message: str) -> Measurement:
    error = ErrorInfo(type="BenchmarkFailed", message=message, hint="")
    options = {"runs": 5, "precision": "fp32", "fallback": False}
    return Measurement(variant="v", target="gpu", spec="gpu", options=options, status="failed", error=error)


def learnt(m: Measurement, outline: FileOutline) -> dict[str, tuple[int, int]]:
    return {row.operator: (row.taken, row.refused) for row in lessons_of(m, outline, RUNTIME)}


def test_taking_all_proves_every_operator() -> None:
    rows = lessons_of(ran(2, 2), file("CONV_2D", "ADD", weights="int8"), RUNTIME)
    assert {(row.operator, row.dtype) for row in rows} == {
        (ANY, ANY),
        ("ADD", "float32, int8 weights"),
        ("CONV_2D", "float32, int8 weights"),
    }
    assert {row.place for row in rows} == {"gpu:precision=fp32"}


def test_a_named_operator_is_refused_and_the_others_are_not_judged_unless_counted() -> None:
    seen = file("CONV_2D", "RFFT2D", "ADD")
    assert learnt(ran(1, 3, "RFFT2D"), seen) == {ANY: (1, 0), "RFFT2D": (0, 1)}
    assert learnt(ran(3, 4, "RFFT2D"), seen) == {ANY: (1, 0), "RFFT2D": (0, 1)}
    counted = {ANY: (1, 0), "RFFT2D": (0, 1), "ADD": (1, 0), "CONV_2D": (1, 0)}
    assert learnt(ran(2, 3, "RFFT2D"), seen) == counted


@pytest.mark.parametrize(
    ("message", "operators"),
    [
        ("The GPU can't run RFFT2D, ABS.", {"RFFT2D", "ABS"}),
        ("TFLite Micro has no operator ABS.", {"ABS"}),
        ("XNNPACK refused CONV_2D at node 3.", set()),
    ],
)
def test_a_refusal_teaches_what_it_names(message: str, operators: set[str]) -> None:
    found = learnt(refused(message), file("CONV_2D", "RFFT2D", "ABS"))
    assert {name for name in found if name != ANY} == operators


@pytest.mark.parametrize("taken", [(1, 2), (None, None), (None, 4), (0, 0)])
def test_what_proves_nothing_teaches_nothing(taken: tuple[int | None, int | None]) -> None:
    assert lessons_of(ran(*taken), file("CONV_2D", "ADD"), RUNTIME) == ()


def test_a_named_operator_in_two_kinds_of_numbers_tells_of_neither() -> None:
    mixed = FileOutline(operators=file("ADD").operators + file("ADD", dtype="int8").operators)
    assert lessons_of(ran(1, 2, "ADD"), mixed, RUNTIME) == ()


def test_places_differ_by_what_decides_alone() -> None:
    assert place_of("xnnpack", {"threads": 4, "runs": 9, "warmup": 1, "max_seconds": 2.0}) == "xnnpack"
    assert place_of("gpu", {"precision": "fp16", "fallback": True}) == "gpu:precision=fp16"


def test_lessons_add_up_in_the_store_and_foretell(tmp_path: Path) -> None:
    lessons = Lessons(Database(tmp_path / "x.sqlite"))
    seen = file("CONV_2D", "RFFT2D")
    for _ in range(3):
        lessons.add(lessons_of(ran(1, 2, "RFFT2D"), seen, RUNTIME))
    lessons.add(lessons_of(ran(2, 2), file("CONV_2D", "ADD"), RUNTIME))
    found = predict(lessons.all(), file("CONV_2D", "RFFT2D", "GELU"))
    assert found == (
        Prediction(
            place="gpu:precision=fp32",
            runs=4,
            left=("RFFT2D (float32)",),
            mixed=(),
            unknown=("GELU (float32)",),
        ),
    )
    assert sentence(found[0], "GPU") == (
        "Predicted from 4 earlier runs: GPU won't take RFFT2D (float32); "
        "nothing is known yet of GELU (float32)."
    )
    assert predict(lessons.all(), file("GELU")) == ()


def test_what_runs_disagree_on_is_said() -> None:
    rows = (
        Lesson(place="p", runtime=RUNTIME, operator=ANY, dtype=ANY, taken=2),
        Lesson(place="p", runtime=RUNTIME, operator="ADD", dtype="float32", taken=1, refused=1),
    )
    assert "took ADD (float32) in some runs" in sentence(predict(rows, file("ADD"))[0], "P")
    taken = (rows[0], rows[1].model_copy(update={"refused": 0}))
    assert sentence(predict(taken, file("ADD"))[0], "P").endswith("P will take every operator.")
    partly = sentence(predict(taken, file("ADD", "ABS"))[0], "P")
    assert partly.endswith("P will take all others; nothing is known yet of ABS (float32).")
