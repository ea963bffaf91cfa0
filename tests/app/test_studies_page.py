"""The history."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from tests import studies as built
from tests.app.conftest import Open, words
from tflite_ui.api import StudyLine
from tflite_ui.core.study import Study
from tflite_ui.ui import studies


def test_studies_are_listed_with_their_state(open_page: Open, keep: Callable[[Study, str], str]) -> None:
    keep(built.finished(), "listed")
    app = open_page("studies")
    assert not app.exception
    assert "finished · 8 variants · 15 Jan 2026, 09:30 UTC" in words(app)


def empty() -> None:
    """The script: a list without studies."""
    from tflite_ui.ui import studies

    studies.draw(())


def test_no_study_yet() -> None:
    app = AppTest.from_function(empty).run()
    assert app.subheader[0].value == "No study yet"


def test_a_time_that_cannot_be_read_is_shown_as_it_is() -> None:
    line = StudyLine(id="a", title="t", created="long ago", state="finished", variants=1)
    assert studies.describe(line) == "finished · 1 variant · long ago"
