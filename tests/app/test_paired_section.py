"""Two variants against each other on the page: sentence, counts, samples; and a study without answers."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests import studies
from tests.app.conftest import Open, words
from tflite_ui.api import Desk
from tflite_ui.core.errors import DataMismatch, UnreadableData
from tflite_ui.core.plan import StudyRequest
from tflite_ui.core.study import Study
from tflite_ui.litert.tiny import tiny
from tflite_ui.settings import SETTINGS_VARIABLE
from tflite_ui.ui.drawing import SIDE, png_of

Keep = Callable[[Study, str], str]
TOP3 = b"""import numpy as np
NAME = 'Top 3'
def score(outputs, labels, inputs):
    (given,), (wanted,) = outputs.values(), labels.values()
    return (np.argsort(given, axis=1)[:, -3:] == wanted[:, None]).any(axis=1)
"""


def quality(app: AppTest) -> AppTest:
    app.session_state["results.section"] = "Quality"
    return app.run()


@pytest.fixture(scope="module")
def study(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The sample's study of three variants, really made, and scored by a metric of one's own."""
    settings = tmp_path_factory.mktemp("paired") / "settings.toml"
    settings.write_text("[metrics]\nenabled = true\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SETTINGS_VARIABLE, str(settings))
        model, data = desk.add_sample()
        metric = desk.metrics.add("top3.py", io.BytesIO(TOP3))
        recipes = ("float16", "weight_only:bits=4")
        return desk.wait(desk.start(StudyRequest(model=model, data=data, metric=metric, recipes=recipes)))


def test_two_variants_and_the_samples_that_changed(open_page: Open, study: Study) -> None:
    id = study.id
    assert all(variant.answers for variant in study.variants)
    app = quality(open_page("results", study=id))
    app.selectbox(key=f"paired.second.{id}").set_value(study.variants[2].id).run()
    assert not app.exception
    assert any(expander.label == "More measures" for expander in app.expander)
    said = words(app)
    assert "By Top 3, Weight-only, 4 bits against Float32: no real difference, on 2,000 images." in said
    assert "2,000 images" in said
    assert "Answers that changed · 12 of" in said.replace("**", "")
    assert "label" in said
    app.selectbox(key=f"paired.second.{id}").set_value(study.variants[0].id).run()
    assert "Choose two different variants" in words(app)


def test_one_sample_through_every_variant(open_page: Open, study: Study) -> None:
    app = open_page("results", study=study.id)
    app.session_state["results.section"] = "Try it"
    app.run().button(key="try.go").click().run()
    assert not app.exception
    shown = app.dataframe[-1].value
    assert list(shown["Variant"]) == ["Float32", "Float16", "Weight-only, 4 bits"]
    assert (shown["One run, ms"] > 0).all()
    assert "Right" in shown


def test_a_picture_that_is_brought_is_answered_and_others_are_refused(desk: Desk, study: Study) -> None:
    content = io.BytesIO()
    Image.new("RGB", (90, 60), (200, 30, 30)).save(content, "PNG")
    found = desk.outbox.trial(study, picture=content.getvalue())
    assert found.label is None
    assert found.view.picture.startswith("data:image/png")
    assert len(found.answers) == 3
    for answer in found.answers:
        assert sum(value for _, value in answer.top) == pytest.approx(1, abs=0.2)
    with pytest.raises(UnreadableData, match="no picture that can be read"):
        desk.outbox.trial(study, picture=b"nothing of the kind")


def _png(width: int, height: int) -> bytes:
    content = io.BytesIO()
    Image.new("L", (width, height), 0).save(content, "PNG")
    return content.getvalue()


def _url(content: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(content).decode()


def test_a_canvas_is_there_for_pictures_and_no_row(open_page: Open, study: Study) -> None:
    app = open_page("results", study=study.id)
    app.session_state["results.section"] = "Try it"
    app.run()
    what = app.segmented_control(key=f"try.what.{study.id}")
    assert what.options == ["A sample", "A picture", "A drawing"]
    what.set_value("A drawing").run()
    assert not app.exception
    canvas = app.get("bidi_component")[0].proto
    assert canvas.component_name == "tflite_ui_drawing"
    assert canvas.json == '{"width": 280, "height": 280, "colours": false}'


def test_what_a_canvas_sends_is_a_small_png_or_refused() -> None:
    assert png_of(_url(_png(SIDE, SIDE))) == _png(SIDE, SIDE)
    gif = b"GIF89a" + _png(SIDE, SIDE)
    wide = _png(SIDE + 1, SIDE)
    broken = [None, 7, "", _url(b""), _url(gif), _url(wide), _url(_png(9, 9)) + "!", "x" * 2_000_000]
    for given in (*broken, _url(_png(9, 9)).replace("png", "svg")):
        with pytest.raises(UnreadableData, match="no drawing"):
            png_of(given)


def test_a_row_is_edited_and_tried(open_page: Open, desk: Desk) -> None:
    model = desk.add_model("tiny.tflite", io.BytesIO(tiny()))
    study = desk.wait(desk.start(StudyRequest(model=model, recipes=("float32",))))
    app = open_page("results", study=study.id)
    app.session_state["results.section"] = "Try it"
    app.run()
    assert not app.exception
    assert app.segmented_control(key=f"try.what.{study.id}").options == ["A row"]
    app.button(key="try.go").click().run()
    assert list(app.dataframe[-1].value["Output"]) == [0.0]
    found = desk.outbox.trial(study, numbers=(-1.0, 2.0, -3.0, 4.5))
    (answer,) = found.answers
    assert dict(answer.top) == {0: 0.0, 1: 2.0, 2: 0.0, 3: 4.5}
    for wrong in ((1.0,), (1.0, 2.0, 3.0, float("nan"))):
        with pytest.raises(DataMismatch, match="4 numbers"):
            desk.outbox.trial(study, numbers=wrong)


def test_a_study_from_before_answers_were_kept_has_no_pairs(open_page: Open, keep: Keep) -> None:
    app = quality(open_page("results", study=keep(studies.finished(), "resnopairs")))
    assert not app.exception
    assert "One against the other" not in words(app)
