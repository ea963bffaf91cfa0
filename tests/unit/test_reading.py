"""A study read back from its study.json."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import studies
from tflite_ui.core.errors import InvalidInput, NotFound
from tflite_ui.core.study import Study
from tflite_ui.report.export import document_text
from tflite_ui.report.html import html_report
from tflite_ui.report.reading import read_study, study_of

ALL = [studies.finished, studies.running, studies.empty, studies.all_failed, studies.no_data]


@pytest.mark.parametrize("make", ALL)
def test_what_is_read_says_the_same_again(make: Callable[[], Study], tmp_path: Path) -> None:
    (tmp_path / "study.json").write_text(document_text(make()), "utf-8")
    again = read_study(tmp_path)
    assert document_text(again) == document_text(make())
    assert again.measurements == make().measurements
    assert [v.facts for v in again.variants] == [v.facts for v in make().variants]


def test_the_student_comes_back() -> None:
    study = studies.finished()
    document = study.model_copy(update={"student": study.source}).document()
    again = study_of(document, "study.json")
    assert again.request.student == study.source.sha256
    assert again.document()["student"] == document["student"] == document["source"]


def test_goals_come_back() -> None:
    study = studies.finished()
    from tflite_ui.core.goal import parse_goals

    goals = parse_goals(["max_drop=0.01", "min=size_bytes", "max_latency_ms@xnnpack=2"])
    document = study.model_copy(update={"goals": goals}).document()
    assert study_of(document, "study.json").goals == goals


def test_a_report_can_be_made_of_it() -> None:
    page = html_report(study_of(studies.finished().document(), "study.json"))
    assert "3.5x smaller" in page
    assert "<svg" in page


def _without(document: dict[str, Any], key: str) -> dict[str, Any]:
    return {k: v for k, v in document.items() if k != key}


def test_a_document_that_is_not_a_study_is_refused() -> None:
    good = studies.finished().document()
    for key in ("id", "source", "data", "variants", "measurements", "goals", "recommendation"):
        with pytest.raises(InvalidInput, match=f"lacks '{key}'"):
            study_of(_without(good, key), "study.json")
    for bad in ([], None, {**good, "schema": 7}):
        with pytest.raises(InvalidInput, match="schema 1"):
            study_of(bad, "study.json")
    for bad in ({**good, "variants": 3}, {**good, "source": "x"}, {**good, "goals": []}):
        with pytest.raises(InvalidInput, match=r"can't be read"):
            study_of(bad, "study.json")


def test_missing_and_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_study(tmp_path)
    (tmp_path / "study.json").write_bytes(b"\xff\xfe{")
    with pytest.raises(InvalidInput, match="isn't JSON"):
        read_study(tmp_path)
    (tmp_path / "study.json").write_text(json.dumps(studies.finished().document()))
    assert read_study(tmp_path).id == studies.finished().id
