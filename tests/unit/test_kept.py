"""Frames and charts are made once for a study, and again for a changed one."""

from __future__ import annotations

from itertools import count

import pandas as pd

from tests.studies import finished
from tflite_ui.analysis.frames import variants_frame
from tflite_ui.analysis.kept import Kept, once_a_study
from tflite_ui.core.study import Study


def test_a_value_is_made_once_for_a_study_and_a_key() -> None:
    study, numbers = finished(), count()
    kept: Kept[int] = Kept()
    assert [kept.get(study, key, lambda: next(numbers)) for key in ("a", "b", "a")] == [0, 1, 0]


def test_a_changed_study_is_another_one() -> None:
    study = finished()
    kept: Kept[str] = Kept()
    assert kept.get(study, None, lambda: "old") == "old"
    assert kept.get(study.model_copy(update={"title": "x"}), None, lambda: "new") == "new"
    assert kept.get(study, None, lambda: "newer") == "old"


def test_the_least_used_goes_first() -> None:
    study = finished()
    kept: Kept[str] = Kept(limit=2)
    for key in ("a", "b", "a", "c"):
        kept.get(study, key, lambda: "old")
    assert [kept.get(study, key, lambda: "new") for key in ("a", "c", "b")] == ["old", "old", "new"]


def test_callers_cannot_change_each_others_frame() -> None:
    study = finished()
    frame = variants_frame(study)
    frame["label"] = "changed"
    assert "changed" not in set(variants_frame(study)["label"])


def test_a_frame_is_built_once_for_all_who_ask() -> None:
    built: list[str] = []

    @once_a_study
    def frame(study: Study) -> pd.DataFrame:
        built.append(study.id)
        return pd.DataFrame({"id": [study.id]})

    study = finished()
    assert frame(study).equals(frame(study))
    assert built == [study.id]
