"""Step 3 of choose: what you can bear and where the model is to run, all of it optional; then the advice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from tflite_ui.advice.rules import rules
from tflite_ui.core.search import LONGEST_MINUTES, Search
from tflite_ui.ui import glossary
from tflite_ui.ui.offers import Offer

PREFERENCES = {
    "Smallest file": "min=size_bytes",
    "Smallest download": "min=gzip_bytes",
    "Fastest": "min=latency_ms",
    "Least loss": "min=drop",
}
SEARCH_MINUTES = 10.0


class Wishes(NamedTuple):
    """What is asked for: goals as on the command line, the hardware's key, the time at hand, a search."""

    goals: tuple[str, ...] = ()
    hardware: str | None = None
    minutes: float | None = None
    search: Search | None = None


def draw(targets: Sequence[Offer]) -> Wishes:
    """The goals' inputs, folded away."""
    st.subheader("3 · Goals", anchor=False, help=glossary.HELP["goals"])
    with st.expander("Limits, hardware, a search: all optional", key="goals.open"):
        first, second, third = st.columns(3)
        with first:
            size = _number("At most, KB", "goals.size", glossary.HELP["size"], 10.0)
            gzip = _number("At most, KB under gzip", "goals.gzip", glossary.HELP["gzip"], 10.0)
            drop = _number("Lose at most, points", "goals.drop", glossary.HELP["drop"], 0.5)
        with second:
            latency = _number("At most, ms per run", "goals.latency", glossary.HELP["latency"], 0.1)
            target = _target(targets)
            arena = _number("Memory at most, KB", "goals.arena", glossary.HELP["arena"], 10.0)
        with third:
            hardware = _hardware()
            minutes = _number("Time at hand, minutes", "goals.minutes", glossary.HELP["minutes"], 5.0)
        preference = st.pills(
            "What matters most",
            list(PREFERENCES),
            key="goals.min",
            wrap=True,
            persist_state="session",
            help="This decides among the variants that keep the limits. Nothing chosen: size.",
        )
        search = _search()
    limits = written(size, latency, target, drop, preference, gzip=gzip, arena=arena)
    return Wishes(limits, hardware, minutes, search)


def written(
    size: float | None,
    latency: float | None,
    target: str | None,
    drop: float | None,
    preference: str | None,
    *,
    gzip: float | None = None,
    arena: float | None = None,
) -> tuple[str, ...]:
    """Goals as texts: sizes in KB (1,000 bytes), ``latency`` in ms on ``target``, ``drop`` in points."""
    kilobytes = {"max_bytes": size, "max_gzip_bytes": gzip, "max_arena_bytes": arena}
    texts = [f"{key}={value * 1000:.0f}" for key, value in kilobytes.items() if value is not None]
    if latency is not None and target:
        texts.append(f"max_latency_ms@{target}={latency:g}")
    if drop is not None:
        texts.append(f"max_drop={drop / 100:g}")
    if preference:
        texts.append(PREFERENCES[preference])
    return tuple(texts)


def _number(label: str, key: str, help: str, step: float) -> float | None:
    st.session_state.setdefault(key, None)
    value = st.number_input(
        label,
        min_value=0.0,
        value=None,
        step=step,
        key=key,
        help=help,
        placeholder="no limit",
        persist_state="session",
    )
    return None if value is None else float(value)


def _target(targets: Sequence[Offer]) -> str | None:
    titles = {offer.key: offer.title for offer in targets if not offer.refusal}
    return st.selectbox(
        "on",
        list(titles),
        format_func=lambda key: titles.get(key, key),
        key="goals.target",
        help=glossary.HELP["target"],
        persist_state="session",
    )


def _hardware() -> str | None:
    known = rules().hardware
    return st.selectbox(
        "Target hardware",
        list(known),
        index=None,
        format_func=lambda key: known[key].title if key in known else key,
        key="goals.hardware",
        placeholder="any",
        help=glossary.HELP["hardware"],
        persist_state="session",
    )


def _search() -> Search | None:
    st.session_state.setdefault("goals.search.minutes", SEARCH_MINUTES)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wanted = st.toggle(
            "Search for the best recipe by itself",
            key="goals.search",
            help=glossary.HELP["search"],
            persist_state="session",
        )
        if not wanted:
            return None
        minutes = st.number_input(
            "Minutes",
            min_value=0.5,
            max_value=float(LONGEST_MINUTES),
            step=5.0,
            key="goals.search.minutes",
            width=160,
            persist_state="session",
        )
    return Search(minutes=minutes)
