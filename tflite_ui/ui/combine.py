"""Combining: what trained steps are converted to, and recipes of several steps."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from tflite_ui.api import Desk
from tflite_ui.core.errors import TFLiteUIError
from tflite_ui.core.recipe import parse_recipe
from tflite_ui.ui import glossary, notices, offers
from tflite_ui.ui.offers import Offer

ENDINGS = "choose.endings"
STEPS, LAST, TEXT = "combine.steps", "combine.last", "combine.text"
KEPT, ERROR = "combine.recipes", "combine.error"
FIRST_ENDING, WITHOUT_DATA = "full_integer", "dynamic_range"


def endings(cards: Sequence[Offer]) -> tuple[str, ...]:
    """The conversions that follow each step that trains, as chosen here."""
    titles = _conversions(cards)
    st.session_state.setdefault(ENDINGS, [FIRST_ENDING])
    st.session_state[ENDINGS] = [key for key in st.session_state[ENDINGS] if key in titles] or [
        FIRST_ENDING if FIRST_ENDING in titles else WITHOUT_DATA
    ]
    chosen = st.pills(
        "Then convert to",
        list(titles),
        selection_mode="multi",
        format_func=lambda key: titles.get(key, key),
        key=ENDINGS,
        help=glossary.HELP["endings"],
        persist_state="session",
    )
    return tuple(chosen)


def draw(desk: Desk, cards: Sequence[Offer]) -> tuple[str, ...]:
    """The place where recipes of several steps are put together; returns those kept."""
    kept: list[str] = st.session_state.setdefault(KEPT, [])
    steps = {card.key: card for card in cards if card.trains and not card.refusal}
    with st.expander("Combine steps", icon=":material/account_tree:", key="combine.fold"):
        st.caption(glossary.HELP["combine"])
        if steps:
            _builder(desk, steps, _conversions(cards), cards)
        st.text_input(
            "Or write a recipe",
            key=TEXT,
            placeholder="pruning:final_sparsity=0.7+clustering:clusters=32+full_integer",
            help=glossary.HELP["recipe"],
            on_change=_add_written,
            args=(desk,),
        )
        if failure := st.session_state.get(ERROR):
            notices.problem(failure)
    for number, recipe in enumerate(kept):
        _kept(number, recipe)
    return tuple(kept)


def _builder(desk: Desk, steps: dict[str, Offer], last: dict[str, str], cards: Sequence[Offer]) -> None:
    chosen = st.pills(
        "Steps, in the order they are done",
        list(steps),
        selection_mode="multi",
        format_func=lambda key: steps[key].title if key in steps else key,
        key=STEPS,
        persist_state="session",
    )
    keys = list(last)
    start = keys.index(FIRST_ENDING) if FIRST_ENDING in keys else 0
    ending = st.selectbox(
        "Then convert to", keys, start, format_func=lambda key: last.get(key, key), key=LAST
    )
    by_key = {card.key: card for card in cards}
    ordered = [*(key for key in steps if key in chosen), ending]
    recipe = "+".join(offers.spec(by_key[key], offers.entries(by_key[key])[0]) for key in ordered)
    st.code(recipe, language=None, wrap_lines=True)
    st.button(
        "Add this recipe",
        icon=":material/add:",
        key="combine.add",
        disabled=not chosen,
        on_click=_add,
        args=(desk, recipe),
    )


def _kept(number: int, recipe: str) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"combine.row.{number}"):
        st.markdown(f":material/account_tree: `{recipe}`", width="stretch")
        st.button(
            "Remove",
            icon=":material/close:",
            type="tertiary",
            key=f"combine.{number}.remove",
            on_click=_remove,
            args=(number,),
        )


def _conversions(cards: Sequence[Offer]) -> dict[str, str]:
    return {card.key: card.title for card in cards if not card.trains and not card.refusal}


def _add_written(desk: Desk) -> None:
    if text := st.session_state[TEXT].strip():
        _add(desk, text)


def _add(desk: Desk, text: str) -> None:
    st.session_state[ERROR] = None
    try:
        recipe = parse_recipe(text, desk.techniques()).spec
    except TFLiteUIError as error:
        st.session_state[ERROR] = error.info()
        return
    st.session_state[KEPT] = list(dict.fromkeys([*st.session_state[KEPT], recipe]))
    st.session_state[TEXT] = ""


def _remove(number: int) -> None:
    del st.session_state[KEPT][number]
