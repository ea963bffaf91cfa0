"""Choose in each of its states, with the real desk and real jobs behind it."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.app.conftest import Open, words
from tests.pupil import write_pupil
from tflite_ui.api import Desk
from tflite_ui.core.plan import StudyRequest
from tflite_ui.settings import SETTINGS_VARIABLE

pytestmark = pytest.mark.worker


def run_buttons(app: AppTest) -> list[bool]:
    """For each Run button on the page, whether it is disabled."""
    return [button.disabled for button in app.button if button.key == "plan.run"]


def until(app: AppTest, done: Callable[[AppTest], bool], seconds: float = 60) -> AppTest:
    """Run the page again until it shows what is waited for, as the page itself does."""
    deadline = time.monotonic() + seconds
    while not done(app):
        assert time.monotonic() < deadline, words(app)
        time.sleep(0.2)
        app.run()
    return app


def npz(**arrays: np.ndarray) -> bytes:
    """The bytes of an .npz."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def sample(desk: Desk) -> dict[str, str]:
    """The sample's model and data, looked at, as the address has them."""
    model, data = desk.add_sample()
    desk.model(model, wait=True)
    desk.data(data, wait=True)
    desk.availability(wait=True)
    return {"model": model, "data": data}


def test_empty_page_offers_upload_and_sample(open_page: Open) -> None:
    app = open_page()
    assert not app.exception
    assert [up.label for up in app.file_uploader] == [
        "Drop your model here",
        "Drop calibration and test data here",
    ]
    assert app.button(key="model.sample").label == "Use the sample"
    assert run_buttons(app) == []
    assert "the plan appears here" in words(app)


def test_sample_is_one_click(open_page: Open) -> None:
    app = open_page()
    app.button(key="model.sample").click().run()
    assert {"model", "data"} <= set(app.query_params)
    until(app, lambda page: run_buttons(page) == [False])
    assert "fashion.keras" in words(app)
    assert "4 variants × 3 targets" in words(app)
    assert {m.label for m in app.metric} == {"Parameters", "MACs"}


def test_address_brings_the_choice_back(open_page: Open, sample: dict[str, str]) -> None:
    app = open_page(**sample)
    assert "fashion.npz" in words(app)
    assert run_buttons(app) == [False]


def test_presets_switch_cards(open_page: Open, sample: dict[str, str]) -> None:
    app = open_page(**sample)
    app.button_group(key="choose.preset").set_value("Everything").run()
    boxes = {box.key: box.value for box in app.checkbox}
    assert all(value for key, value in boxes.items() if key.startswith("technique."))
    assert "12 variants × 3 targets" in words(app)


def test_another_setting_is_another_variant_and_can_be_removed(
    open_page: Open, sample: dict[str, str]
) -> None:
    app = open_page(**sample)
    app.button(key="technique.full_integer.more").click().run()
    assert "(1 double merged)" in words(app)
    app.session_state["technique.full_integer.1.io"] = "int8"
    app.run()
    assert "5 variants × 3 targets" in words(app)
    app.button(key="technique.full_integer.1.remove").click().run()
    assert "4 variants × 3 targets" in words(app)


def test_without_data_techniques_that_need_it_say_so(open_page: Open, sample: dict[str, str]) -> None:
    app = open_page(model=sample["model"])
    assert "Needs calibration data" in words(app)
    assert "technique.full_integer.0.on" not in {box.key for box in app.checkbox}
    assert "3 variants × 3 targets" in words(app)


def test_nothing_chosen_still_measures_the_baseline(open_page: Open, sample: dict[str, str]) -> None:
    app = open_page(**sample)
    for box in app.checkbox:
        if not box.disabled:
            box.set_value(False)
    app.run()
    assert "1 variant, not timed" in words(app)


def test_a_file_that_is_no_model_is_refused_with_a_next_step(open_page: Open) -> None:
    app = open_page()
    app.file_uploader[0].set_value(
        ("net.keras", b"\x89PNG\r\n\x1a\n" + bytes(64), "application/octet-stream")
    ).run()
    assert not app.exception
    assert "isn't a Keras file, as its name says, but a PNG image" in words(app)
    assert run_buttons(app) == []
    assert "model" not in app.query_params


def test_damaged_model_fails_in_words_and_stays_on_the_page(open_page: Open) -> None:
    app = open_page()
    damaged = b"PK\x03\x04" + bytes(range(200))
    app.file_uploader[0].set_value(("net.keras", damaged, "application/octet-stream")).run()
    until(app, lambda page: bool(page.error))
    assert "damaged or cut short" in words(app)
    assert run_buttons(app) == []


def test_data_that_does_not_fit_is_fixed_in_one_click(open_page: Open, sample: dict[str, str]) -> None:
    app = open_page(model=sample["model"])
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 255, (80, 28, 28), dtype=np.uint8)
    content = npz(x=pictures, y=rng.integers(0, 10, 80))
    app.file_uploader[1].set_value(("small.npz", content, "application/octet-stream")).run()
    until(app, lambda page: bool(page.error))
    assert "doesn't fit the model yet" in words(app)
    before = app.query_params["data"]
    fixes = [button for button in app.button if (button.key or "").startswith("data.fix.")]
    fixes[-1].click().run()
    until(app, lambda page: run_buttons(page) == [False])
    assert app.query_params["data"] != before


def test_unknown_digests_are_not_found_and_let_go(open_page: Open) -> None:
    app = open_page(model="0" * 64, data="1" * 64)
    assert not app.exception
    assert len(app.error) == 2
    assert "Upload it again" in words(app)
    assert "model" not in app.query_params


def test_run_starts_a_study_and_goes_to_it(open_page: Open, desk: Desk, sample: dict[str, str]) -> None:
    app = open_page(**sample)
    app.number_input(key="goals.size").set_value(200.0)
    app.run()
    for box in app.checkbox:
        if not box.disabled:
            box.set_value(box.key == "technique.dynamic_range.0.on")
    app.run()
    app.button(key="plan.run").click().run()
    assert not app.exception
    id = desk.studies()[0].id
    study = desk.wait(id)
    assert [v.recipe for v in study.variants] == ["float32", "dynamic_range"]
    assert [(g.key, g.limit) for g in study.goals] == [("max_bytes", 200_000)]
    assert "fashion.keras" in app.title[0].value


def test_steps_that_train_are_followed_by_what_is_chosen(open_page: Open, sample: dict[str, str]) -> None:
    app = open_page(**sample)
    app.checkbox(key="technique.pruning.0.on").set_value(True).run()
    assert "5 variants × 3 targets" in words(app)
    app.button_group(key="choose.endings").set_value(["full_integer", "float16"]).run()
    assert "6 variants × 3 targets" in words(app)
    assert "Works in part" in words(app)


def test_steps_are_combined_to_a_recipe(open_page: Open, sample: dict[str, str]) -> None:
    app = open_page(**sample)
    app.button_group(key="combine.steps").set_value(["clustering", "pruning"]).run()
    app.button(key="combine.add").click().run()
    assert "pruning+clustering+full_integer" in words(app)
    assert "5 variants × 3 targets" in words(app)
    app.button(key="combine.0.remove").click().run()
    assert "4 variants × 3 targets" in words(app)


def test_a_recipe_is_written_or_refused_with_the_reason(open_page: Open, sample: dict[str, str]) -> None:
    app = open_page(**sample)
    app.text_input(key="combine.text").set_value("clustering+pruning+full_integer").run()
    assert "Write pruning+clustering instead" in words(app)
    app.text_input(key="combine.text").set_value("qat:weight_bits=4+weight_only:bits=4").run()
    assert "5 variants × 3 targets" in words(app)


def test_the_samples_training_images_are_one_click(open_page: Open, sample: dict[str, str]) -> None:
    app = open_page(**sample)
    app.button(key="training.sample").click().run()
    until(app, lambda page: run_buttons(page) == [False])
    assert "10,000 samples, labelled" in words(app)
    assert "training" in app.query_params
    app.button(key="training.none").click().run()
    assert "training" not in app.query_params


def test_a_student_of_ones_own_is_taught(
    open_page: Open, desk: Desk, sample: dict[str, str], tmp_path: Path
) -> None:
    app = open_page(**sample)
    app.text_input(key="combine.text").set_value("distillation:student=uploaded+float32").run()
    assert "there is none" in words(app)
    uploader = next(up for up in app.file_uploader if up.label == "Drop a student here")
    file = write_pupil(tmp_path / "pupil.keras")
    uploader.set_value(("pupil.keras", file.read_bytes(), "application/octet-stream")).run()
    until(app, lambda page: "student" in page.query_params and run_buttons(page) == [False])
    assert desk.model(str(app.query_params["student"])).name == "pupil.keras"
    assert "pupil.keras" in words(app)
    app.button(key="student.none").click().run()
    assert "student" not in app.query_params


def test_a_student_that_does_not_fit_is_refused_in_words(
    open_page: Open, desk: Desk, sample: dict[str, str], tmp_path: Path
) -> None:
    digest = desk.add_model("odd.keras", write_pupil(tmp_path / "odd.keras", side=19))
    desk.model(digest, wait=True)
    app = open_page(**sample, student=digest)
    assert "The inputs of the student odd.keras are 19×19×1 float32" in words(app)
    assert "The student doesn't fit the model" in words(app)
    assert run_buttons(app) == []


METRIC = b"NAME = 'Hit'\ndef score(outputs, labels, inputs):\n    return 1.0\n"


def metric_uploaders(app: AppTest) -> list[Any]:
    return [up for up in app.file_uploader if up.label == "Drop a metric here"]


def test_a_metric_of_ones_own_is_offered_only_where_it_is_allowed(
    open_page: Open, desk: Desk, sample: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "settings.toml"
    monkeypatch.setenv(SETTINGS_VARIABLE, str(settings))
    app = open_page(**sample)
    assert metric_uploaders(app) == []
    settings.write_text("[metrics]\nenabled = true\n")
    app.run()
    metric_uploaders(app)[0].set_value(("my.py", b"def score(x): return 1", "text/x-python")).run()
    assert "my.py, line 1: 'score' takes other things than it is given." in words(app)
    assert "metric" not in app.query_params
    metric_uploaders(app)[0].set_value(("my.py", METRIC, "text/x-python")).run()
    assert not app.exception
    assert "**Hit**, higher is better" in words(app)
    digest = str(app.query_params["metric"])
    assert desk.metrics.get(digest).title == "Hit"
    assert run_buttons(app) == [False]
    assert "there is no data" in words(open_page(model=sample["model"], metric=digest))
    app.button(key="metric.none").click().run()
    assert "metric" not in app.query_params
    settings.unlink()
    app = open_page(**sample, metric=digest)
    assert metric_uploaders(app) == []
    assert run_buttons(app) == [False]


def test_a_model_that_cannot_be_trained_says_so_on_the_cards(open_page: Open, desk: Desk) -> None:
    model, _ = desk.add_sample()
    study = desk.wait(desk.start(StudyRequest(model=model, recipes=("float32",))))
    digest = desk.add_model("plain.tflite", desk.outbox.file(study, study.baseline.id))
    desk.model(digest, wait=True)
    app = open_page(model=digest)
    assert "Needs a Keras model" in words(app)
    assert "technique.qat.0.on" not in {box.key for box in app.checkbox}
    assert len(app.file_uploader) == 2


def test_what_is_worth_knowing_of_a_target_stands_on_its_card(
    open_page: Open, sample: dict[str, str]
) -> None:
    assert "Estimated by Vela, not measured on a device." in words(open_page(**sample))


def test_advice_follows_the_goals_and_can_be_taken(open_page: Open, sample: dict[str, str]) -> None:
    app = open_page(**sample)
    assert "Depthwise layers lose most to 8 bits" in words(app)
    app.number_input(key="goals.size").set_value(40.0).run()
    assert "A narrow student taught by your model" in words(app)
    app.button(key="advice.take").click().run()
    assert not app.exception
    kept = app.session_state["combine.recipes"]
    assert kept[0] == "distillation+full_integer:io=int8"
    assert not app.checkbox(key="technique.dynamic_range.0.on").value


def test_a_search_is_part_of_the_request(open_page: Open, sample: dict[str, str]) -> None:
    app = open_page(**sample)
    app.toggle(key="goals.search").set_value(True).run()
    app.number_input(key="goals.search.minutes").set_value(5.0).run()
    assert "then a search for 5 minutes" in words(app)
