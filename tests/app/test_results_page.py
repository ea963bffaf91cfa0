"""Results in each of its states, and its sections."""

from __future__ import annotations

import time
from collections.abc import Callable

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests import studies
from tests.app.conftest import Open, words
from tests.unit.test_holdout import parted, searched
from tflite_ui.analysis.recommend import recommend
from tflite_ui.api import Desk
from tflite_ui.core.goal import Recommendation
from tflite_ui.core.study import Study
from tflite_ui.ui.results import SECTIONS

Keep = Callable[[Study, str], str]


def section(app: AppTest, name: str) -> AppTest:
    """The page with another section open."""
    app.session_state["results.section"] = name
    return app.run()


def test_no_study(open_page: Open) -> None:
    assert "No study chosen" in words(open_page("results"))


def test_unknown_study(open_page: Open) -> None:
    app = open_page("results", study="nowhere")
    assert not app.exception
    assert "There is no study 'nowhere' here" in words(app)


def test_finished_says_which_to_take_first(open_page: Open, keep: Keep) -> None:
    app = open_page("results", study=keep(studies.finished(), "resfinished"))
    assert not app.exception
    assert "Take full integer (int8), int8 I/O: 3.5x smaller, 1.3x faster" in words(app)
    values = {metric.label: (metric.value, metric.delta) for metric in app.metric}
    assert values["Smallest"] == ("119 KB", "3.5x smaller")
    assert values["Fastest"][1] == "1.3x faster"
    assert values["Finished"] == ("7 of 8", "1 failed")


def test_table_holds_every_variant(open_page: Open, keep: Keep) -> None:
    app = open_page("results", study=keep(studies.finished(), "restable"))
    table = app.dataframe[0].value
    assert len(table) == 8
    assert {"size_kb", "quality_shown", "p50:xnnpack"} <= set(table.columns)


@pytest.mark.parametrize("name", SECTIONS)
def test_every_section_draws(open_page: Open, keep: Keep, name: str) -> None:
    app = section(open_page("results", study=keep(studies.finished(), "ressections")), name)
    assert not app.exception
    assert [tab.label for tab in app.tabs] == list(SECTIONS)


@pytest.mark.parametrize("name", SECTIONS)
def test_every_section_draws_without_data(open_page: Open, keep: Keep, name: str) -> None:
    app = section(open_page("results", study=keep(studies.no_data(), "resnodata")), name)
    assert not app.exception


def test_no_data_says_that_quality_is_unknown(open_page: Open, keep: Keep) -> None:
    app = section(open_page("results", study=keep(studies.no_data(), "resnoquality")), "Quality")
    assert "this study ran without data" in words(app)


def test_latency_warns_of_a_busy_machine(open_page: Open, keep: Keep) -> None:
    app = section(open_page("results", study=keep(studies.finished(), "resnoisy")), "Latency")
    assert "The machine was busy" in words(app)


def test_a_metric_of_ones_own_is_told_with_its_interval_and_its_failure(open_page: Open, keep: Keep) -> None:
    app = section(open_page("results", study=keep(studies.scored(), "resown")), "Quality")
    assert not app.exception
    table = next(frame.value for frame in app.dataframe if "against" in frame.value)
    assert list(table.iloc[1]) == [
        "Dynamic range",
        0.87,
        "0.8600 to 0.8800",
        "worse, by 0.030 (0.020 to 0.040)",
    ]
    assert "Float16: my.py, line 3: KeyError: 'a'. Correct it." in words(app)
    assert "Higher is better. By my.py, on 2,000 images." in words(app)
    app.session_state["files.variant"] = studies.scored().variants[2].id
    assert "my.py, line 3: KeyError: 'a'." in words(section(app, "Files"))
    app.session_state["files.variant"] = studies.scored().variants[1].id
    assert "Hit (your metric): 0.8700 [0.8600 to 0.8800]" in words(app.run())


def test_a_metric_of_ones_own_is_a_measure_to_compare_and_decide_by(open_page: Open, keep: Keep) -> None:
    app = open_page("results", study=keep(studies.scored(), "resmeasure"))
    assert "Hit (your metric)" in app.selectbox(key="compare.x").options
    assert app.dataframe[0].value["own_metric"].iloc[1] == 0.87
    decide = section(app, "Decide")
    assert "Hit (your metric)" in decide.multiselect[0].options


def test_all_failed_says_why(open_page: Open, keep: Keep) -> None:
    app = open_page("results", study=keep(studies.all_failed(), "resfailed"))
    assert not app.exception
    assert "No variant finished" in words(app)
    assert "can't take 4-bit weights" in words(app)


def test_picked_variants_filter_the_table_and_can_be_let_go(open_page: Open, keep: Keep) -> None:
    study = studies.finished()
    id = keep(study, "respicked")
    app = open_page("results", study=id)
    app.session_state[f"picks.ids.{id}"] = [study.variants[3].id]
    app.run()
    assert "Showing 1 of 8 variants, and the baseline" in words(app)
    assert list(app.dataframe[0].value["label"]) == ["Float32", "Full integer (int8)"]
    app.button(key="picks.reset").click().run()
    assert len(app.dataframe[0].value) == 8


def test_what_if_refuses_what_is_there_already(open_page: Open, keep: Keep) -> None:
    app = section(open_page("results", study=keep(studies.finished(), "reswhatif")), "What if")
    assert app.button(key="what_if.go").disabled
    app.session_state["what_if.full_integer.samples"] = 77
    app.run()
    assert not app.button(key="what_if.go").disabled


def test_large_study_is_drawn_in_a_blink(open_page: Open, keep: Keep) -> None:
    app = open_page("results", study=keep(studies.many(50, 5), "resmany"))
    assert not app.exception
    started = time.perf_counter()
    app.run()
    assert time.perf_counter() - started < 5
    assert len(app.dataframe[0].value) == 50


def test_the_targets_tell_what_ran_and_why_not(open_page: Open, keep: Keep) -> None:
    app = section(open_page("results", study=keep(studies.everywhere(), "reseverywhere")), "Targets")
    assert not app.exception
    said = words(app)
    assert "**Took nothing**: What was asked for took no operator" in said
    assert "The GPU can't run RFFT2D" in said
    assert "left to the CPU: CONV_2D" in said
    assert {metric.label: metric.value for metric in app.metric}["Arena"] == "40.8 KB"
    labels = [label for label in app.selectbox(key="targets.report").options if "Ethos-U" in label]
    app.selectbox(key="targets.report").select(labels[0]).run()
    assert {metric.label: metric.value for metric in app.metric}["Estimated time"] == "0.39 ms"
    assert "(estimated)" in words(app)
    assert "Horowitz" not in words(app)
    app.toggle(key="targets.energy").set_value(True).run()
    assert "Horowitz" in words(app)


def test_a_study_without_targets_says_so(open_page: Open, keep: Keep) -> None:
    study = studies.finished().model_copy(update={"measurements": ()})
    app = section(open_page("results", study=keep(study, "resnowhere")), "Targets")
    assert "Nothing was asked of any target" in words(app)


def test_latency_leaves_out_what_was_never_timed(open_page: Open, keep: Keep) -> None:
    app = section(open_page("results", study=keep(studies.everywhere(), "resuntimed")), "Latency")
    assert not app.exception
    assert "Nothing was timed on" in words(app)
    assert "Arm Ethos-U" in words(app)
    ran = next(table.value for table in app.dataframe if "Asked for" in table.value)
    assert not ran["Target"].str.contains("Ethos").any()


def test_moved_goals_change_the_answer_and_nothing_runs(open_page: Open, keep: Keep, desk: Desk) -> None:
    id = keep(studies.finished(), "resdecide")
    app = section(open_page("results", study=id), "Decide")
    assert set(table(app)["missed"]) == {"met"}
    app.slider(key=f"decide.size.{id}").set_value(121.0).run()
    assert not app.exception
    assert any("over the limit of 121 KB" in missed for missed in table(app)["missed"])
    app.multiselect(key=f"decide.front.{id}").set_value(["size_kb", "quality_shown"]).run()
    assert table(app)["front"].any()
    assert not desk.study(id).goals


def table(app: AppTest) -> pd.DataFrame:
    """The section's own table."""
    return app.dataframe[-1].value


def test_a_search_says_what_was_tested_on_the_samples_kept_apart(open_page: Open, keep: Keep) -> None:
    study = searched(parted("clustering+full_integer", 20_000, 1, 60))
    ended = study.model_copy(update={"state": "finished", "recommendation": recommend(study)})
    app = open_page("results", study=keep(ended, "restested"))
    tested = "Likely to keep to the limit on the loss"
    assert [caption.value for caption in app.caption if tested in caption.value]
    decide = section(app, "Decide")
    assert not decide.exception
    assert len([caption.value for caption in decide.caption if tested in caption.value]) == 2


def test_what_to_try_next_is_offered(open_page: Open, keep: Keep) -> None:
    whole = studies.finished()
    first = whole.model_copy(update={"variants": whole.variants[:1], "measurements": whole.measurements[:1]})
    app = open_page("results", study=keep(first, "resnext"))
    assert [e.proto.expanded for e in app.expander if e.label == "What to try next"] == [False]
    assert any("Try it" in button.label for button in app.button)


def test_what_to_try_next_stands_open_where_nothing_beats_the_original(open_page: Open, keep: Keep) -> None:
    whole = studies.finished()
    assert whole.baseline
    stay = Recommendation(variant=whole.baseline.id, reason="Keep Float32.")
    alone = {"variants": whole.variants[:1], "measurements": whole.measurements[:1], "recommendation": stay}
    app = open_page("results", study=keep(whole.model_copy(update=alone), "resstay"))
    assert [e.proto.expanded for e in app.expander if e.label == "What to try next"] == [True]
