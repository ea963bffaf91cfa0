"""States in words: what is wrong or missing, and one way on."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from tflite_ui.core.errors import ErrorInfo, TFLiteUIError


def problem(error: ErrorInfo | TFLiteUIError) -> None:
    """An error as its sentence, then what to do."""
    text = plain(error.message)
    if error.hint:
        text += f"  \n{plain(error.hint)}"
    st.error(text, icon=":material/error:")


def nothing(title: str, words: str, page: str, label: str) -> None:
    """An empty state: what isn't there, why, and the link to where it is made."""
    with st.container(border=True, horizontal_alignment="left"):
        st.subheader(title, anchor=False)
        st.write(words)
        st.page_link(page, label=label, icon=":material/arrow_forward:")


def remarks(warnings: Iterable[str]) -> None:
    """What a reader should know about a study, small: each with its sign."""
    for warning in warnings:
        st.caption(f":orange[:material/warning:] {plain(warning)}")


def plain(text: str) -> str:
    """Text from outside (a file's name, a log) with Markdown's signs escaped."""
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]<>()#+!|~$:" else sign for sign in text)
