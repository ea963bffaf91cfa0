"""Forms made from a pydantic class: each kind of field gets its widget, and its value comes back typed."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def form() -> None:
    """The script: a form with a field of every kind."""
    from typing import Literal

    import streamlit as st
    from pydantic import Field

    from tflite_ui.core.params import Params
    from tflite_ui.ui import forms

    class Every(Params):
        on: bool = Field(True, title="Per channel", description="One scale a channel.")
        io: Literal["float32", "int8"] = Field("float32", title="Inputs and outputs")
        many: Literal["a", "b", "c", "d", "e"] = Field("c", title="Many")
        samples: int = Field(200, ge=1, le=500, title="Samples")
        rate: float = Field(0.001, gt=0, lt=1, title="Rate", json_schema_extra={"advanced": True})
        limit: int | None = Field(None, ge=2, title="Limit")
        name: str = "x"

    if "begun" not in st.session_state:
        st.session_state["begun"] = True
        forms.seed(Every, "form", {"samples": "300"})
    forms.draw(Every, "form")
    st.code(forms.current(Every, "form").model_dump_json(), language=None)


def held(app: AppTest) -> str:
    return str(app.code[0].value)


def test_every_kind_of_field_has_its_widget() -> None:
    app = AppTest.from_function(form).run()
    assert not app.exception
    assert app.toggle[0].label == "Per channel"
    assert app.toggle[0].help == "One scale a channel."
    assert list(app.get("button_group")[0].options) == ["float32", "int8"]
    assert app.selectbox[0].options == ["a", "b", "c", "d", "e"]
    assert {n.label for n in app.number_input} == {"Samples", "Rate", "Limit"}
    assert app.text_input[0].label == "Name"


def test_seeded_values_and_defaults_come_back() -> None:
    app = AppTest.from_function(form).run()
    expected = '{"on":true,"io":"float32","many":"c","samples":300,"rate":0.001,"limit":null,"name":"x"}'
    assert held(app) == expected


def test_bounds_come_from_the_fields() -> None:
    app = AppTest.from_function(form).run()
    bounds = {n.label: (n.min, n.max) for n in app.number_input}
    assert bounds["Samples"] == (1, 500)
    assert bounds["Limit"][0] == 2
    low, high = bounds["Rate"]
    assert 0 < low < 0.0001
    assert 0.999 < high < 1


def test_changes_come_back_typed() -> None:
    app = AppTest.from_function(form).run()
    app.toggle[0].set_value(False)
    next(n for n in app.number_input if n.label == "Limit").set_value(7)
    app.selectbox[0].set_value("e")
    app.run()
    assert '"on":false' in held(app)
    assert '"limit":7' in held(app)
    assert '"many":"e"' in held(app)


def test_advanced_fields_are_folded_away() -> None:
    app = AppTest.from_function(form).run()
    assert [e.label for e in app.expander] == ["More settings"]
    assert [n.label for n in app.expander[0].number_input] == ["Rate"]
