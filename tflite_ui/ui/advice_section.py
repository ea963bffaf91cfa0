"""The advice: what to try on this model for these goals, why, and a button that takes it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from tflite_ui.advice.planning import Suggestion
from tflite_ui.advice.rules import Source
from tflite_ui.analysis.labels import recipe_label
from tflite_ui.core.recipe import parse_recipe
from tflite_ui.techniques import techniques
from tflite_ui.ui import amounts, combine, notices, offers
from tflite_ui.ui.offers import Offer

SHOWN = 4


def draw(advice: Sequence[Suggestion], cards: list[Offer]) -> None:
    """The first few suggestions, and the button that switches them on."""
    if not advice:
        return
    shown = advice[:SHOWN]
    with st.container(border=True, key="advice"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(
                ":material/lightbulb: **What we would try**, for this model, data and goals",
                help="From rules, not from a measurement: docs/strategy.md has them with their sources.",
                width="content",
            )
            st.button(
                "Take these",
                icon=":material/playlist_add_check:",
                key="advice.take",
                on_click=_take,
                args=([suggestion.recipe for suggestion in shown], cards),
            )
        for suggestion in shown:
            st.markdown(line(suggestion))


def line(suggestion: Suggestion) -> str:
    """A suggestion in two lines: what, how much, how long; then why, and what speaks against it."""
    steps = parse_recipe(suggestion.recipe, techniques()).steps
    name = notices.plain(recipe_label(steps))
    parts = [f"**{name}**", *_usual(suggestion), amounts.about(suggestion.seconds)]
    reasons = [f"{reason.text} {_link(reason.source)}" for reason in suggestion.reasons[-1:]]
    cautions = [f":orange[:material/warning: {caution}]" for caution in suggestion.cautions]
    return "  \n".join([" · ".join(parts), " ".join([*reasons, *cautions])])


def _usual(suggestion: Suggestion) -> list[str]:
    if not suggestion.smaller or not suggestion.gzip:
        return []
    return [f"usually {suggestion.smaller:g}x smaller, {suggestion.gzip:g}x under gzip"]


def _link(source: Source) -> str:
    """A source, as a link where it is on the web."""
    return f"[({source.title})]({source.url})" if source.url.startswith("https://") else f"({source.title})"


def _take(recipes: list[str], cards: list[Offer]) -> None:
    """Switch on what is advised, and nothing else."""
    st.session_state["choose.preset"] = None
    offers.seed(cards, [recipe for recipe in recipes if "+" not in recipe])
    st.session_state[combine.KEPT] = [recipe for recipe in recipes if "+" in recipe]
