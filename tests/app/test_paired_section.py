"""Two variants against each other on the page: sentence, counts, samples; and a study without answers."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from tests import studies
from tests.app.conftest import Open, words
from tflite_ui.api import Desk
from tflite_ui.core.plan import StudyRequest
from tflite_ui.core.study import Study

Keep = Callable[[Study, str], str]


def quality(app: AppTest) -> AppTest:
    app.session_state["results.section"] = "Quality"
    return app.run()


def test_two_variants_and_the_samples_that_changed(open_page: Open, desk: Desk) -> None:
    model, data = desk.add_sample()
    request = StudyRequest(model=model, data=data, recipes=("float16", "weight_only:bits=4"))
    id = desk.start(request)
    study = desk.wait(id)
    assert all(variant.answers for variant in study.variants)
    app = quality(open_page("results", study=id))
    app.selectbox(key=f"paired.second.{id}").set_value(study.variants[2].id).run()
    assert not app.exception
    said = words(app)
    assert "2,000 images" in said
    assert "Answers that changed · 12 of" in said.replace("**", "")
    assert "label" in said
    app.selectbox(key=f"paired.second.{id}").set_value(study.variants[0].id).run()
    assert "Choose two different variants" in words(app)


def test_a_study_from_before_answers_were_kept_has_no_pairs(open_page: Open, keep: Keep) -> None:
    app = quality(open_page("results", study=keep(studies.finished(), "resnopairs")))
    assert not app.exception
    assert "One against the other" not in words(app)
