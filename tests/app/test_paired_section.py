"""Two variants against each other on the page: sentence, counts, samples; and a study without answers."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests import studies
from tests.app.conftest import Open, words
from tflite_ui.api import Desk
from tflite_ui.core.errors import UnreadableData
from tflite_ui.core.plan import StudyRequest
from tflite_ui.core.study import Study

Keep = Callable[[Study, str], str]


def quality(app: AppTest) -> AppTest:
    app.session_state["results.section"] = "Quality"
    return app.run()


@pytest.fixture(scope="module")
def study(desk: Desk) -> Study:
    """The sample's study of three variants, really made."""
    model, data = desk.add_sample()
    request = StudyRequest(model=model, data=data, recipes=("float16", "weight_only:bits=4"))
    return desk.wait(desk.start(request))


def test_two_variants_and_the_samples_that_changed(open_page: Open, study: Study) -> None:
    id = study.id
    assert all(variant.answers for variant in study.variants)
    app = quality(open_page("results", study=id))
    app.selectbox(key=f"paired.second.{id}").set_value(study.variants[2].id).run()
    assert not app.exception
    assert any(expander.label == "More measures" for expander in app.expander)
    said = words(app)
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


def test_a_study_from_before_answers_were_kept_has_no_pairs(open_page: Open, keep: Keep) -> None:
    app = quality(open_page("results", study=keep(studies.finished(), "resnopairs")))
    assert not app.exception
    assert "One against the other" not in words(app)
