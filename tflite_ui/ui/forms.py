"""A form made from a pydantic class: the fields' types, bounds, titles and descriptions are all it needs.

bool -> toggle; Literal -> segmented control, or select box with more than four; bounded numbers ->
number input; ``X | None`` -> an input that may be left empty; anything else -> text input.
Fields marked ``advanced`` come last, folded away.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any, Literal, Union, get_args, get_origin

import streamlit as st
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from tflite_ui.core.params import Params

SEGMENTS = 4


def seed(kind: type[Params], prefix: str, values: Mapping[str, Any]) -> None:
    """Set the form's widgets to ``values``, defaults elsewhere. Call before the form is drawn."""
    whole = kind.model_validate(dict(values))
    for name in kind.model_fields:
        st.session_state[_key(prefix, name)] = getattr(whole, name)


def current(kind: type[Params], prefix: str) -> Params:
    """What the form holds now, drawn or not; the defaults before it was ever seeded or touched."""
    held = {
        n: st.session_state[_key(prefix, n)] for n in kind.model_fields if _key(prefix, n) in st.session_state
    }
    try:
        return kind.model_validate(
            {name: value for name, value in held.items() if value is not None or _optional(kind, name)}
        )
    except ValidationError:
        return kind()


def draw(kind: type[Params], prefix: str) -> None:
    """Draw the form; read it with ``current``."""
    fields = list(kind.model_fields.items())
    for name, field in fields:
        if not _advanced(field):
            _widget(name, field, prefix)
    folded = [(name, field) for name, field in fields if _advanced(field)]
    if folded:
        with st.expander("More settings", type="compact"):
            for name, field in folded:
                _widget(name, field, prefix)


def title(kind: type[Params], name: str) -> str:
    """What a field is called."""
    return kind.model_fields[name].title or name.replace("_", " ").capitalize()


def _widget(name: str, field: FieldInfo, prefix: str) -> None:
    key = _key(prefix, name)
    if key not in st.session_state:
        st.session_state[key] = field.get_default(call_default_factory=True, validated_data={})
    label = field.title or name.replace("_", " ").capitalize()
    kind, optional = _unwrap(field.annotation)
    if kind is bool:
        st.toggle(label, key=key, help=field.description, persist_state="session")
    elif get_origin(kind) is Literal:
        _choice(label, list(get_args(kind)), key, field.description, optional)
    elif kind in (int, float):
        _number(label, field, key, kind is int, optional)
    else:
        st.text_input(label, key=key, help=field.description, persist_state="session")


def _choice(label: str, options: list[Any], key: str, help: str | None, optional: bool) -> None:
    if len(options) <= SEGMENTS:
        st.segmented_control(
            label,
            options,
            key=key,
            help=help,
            required=not optional,
            format_func=str,
            persist_state="session",
        )
    else:
        st.selectbox(label, options, key=key, help=help, persist_state="session")


def _number(label: str, field: FieldInfo, key: str, whole: bool, optional: bool) -> None:
    low, high = _bounds(field, whole)
    shape: dict[str, Any] = {"min_value": low, "max_value": high, "step": 1 if whole else _step(field)}
    if optional:
        shape |= {"value": None, "placeholder": "automatic"}
    written = "%d" if whole else "%g"
    st.number_input(label, key=key, help=field.description, format=written, persist_state="session", **shape)


def _bounds(field: FieldInfo, whole: bool) -> tuple[int | float | None, int | float | None]:
    found: dict[str, float] = {}
    for rule in field.metadata:
        for name in ("ge", "gt", "le", "lt"):
            value = getattr(rule, name, None)
            if value is not None:
                found[name] = value
    nudge = 1 if whole else 1e-6
    low = found.get("ge", found["gt"] + nudge if "gt" in found else None)
    high = found.get("le", found["lt"] - nudge if "lt" in found else None)
    convert = int if whole else float
    return (None if low is None else convert(low)), (None if high is None else convert(high))


def _step(field: FieldInfo) -> float:
    default = field.default if isinstance(field.default, int | float) else 1.0
    return 1.0 if default >= 5 else 0.1 if default >= 0.2 else 0.001


def _advanced(field: FieldInfo) -> bool:
    extra = field.json_schema_extra
    return isinstance(extra, dict) and bool(extra.get("advanced"))


def _optional(kind: type[Params], name: str) -> bool:
    return _unwrap(kind.model_fields[name].annotation)[1]


def _unwrap(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
        return kinds[0], len(kinds) < len(get_args(annotation))
    return annotation, False


def _key(prefix: str, name: str) -> str:
    return f"{prefix}.{name}"
