"""What the address holds, so that a reload, a second tab or a new day brings it back.

``?study=ID`` on run and results; ``?model=DIGEST``, and ``data``, ``training``, ``student`` and ``metric``
likewise, on choose. A page opened from the navigation has no query: what this session had last is put back
into the address.
"""

from __future__ import annotations

from typing import Literal

import streamlit as st

Name = Literal["study", "model", "data", "training", "student", "metric"]


def get(name: Name) -> str | None:
    """The value in the address, else this session's last one (then put into the address)."""
    value = st.query_params.get(name)
    if not value:
        value = st.session_state.get(_key(name))
        if value:
            st.query_params[name] = value
    st.session_state[_key(name)] = value
    return value


def put(name: Name, value: str | None) -> None:
    """Set or clear a value in the address."""
    st.session_state[_key(name)] = value
    if value:
        st.query_params[name] = value
    else:
        st.query_params.pop(name, None)


def _key(name: Name) -> str:
    return f"address.{name}"
