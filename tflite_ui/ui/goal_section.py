"""Step 3 of choose: what you can bear, all of it optional."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from tflite_ui.ui import glossary
from tflite_ui.ui.offers import Offer

PREFERENCES = {
    "Smallest file": "min=size_bytes",
    "Smallest download": "min=gzip_bytes",
    "Fastest": "min=latency_ms",
    "Least loss": "min=drop",
}


def draw(targets: Sequence[Offer]) -> tuple[str, ...]:
    """The goals' inputs, folded away; returns the goals as written on the command line."""
    st.subheader("3 · Goals", anchor=False, help=glossary.HELP["goals"])
    with st.expander("At most so large, so slow, so much worse: optional", key="goals.open"):
        first, second, third = st.columns(3)
        with first:
            size = _number("At most, KB", "goals.size", glossary.HELP["size"], 10.0)
            drop = _number("Lose at most, points", "goals.drop", glossary.HELP["drop"], 0.5)
        with second:
            latency = _number("At most, ms per run", "goals.latency", glossary.HELP["latency"], 0.1)
            target = _target(targets)
        with third:
            preference = st.pills(
                "What matters most",
                list(PREFERENCES),
                key="goals.min",
                persist_state="session",
                help="This decides among the variants that keep the limits. Nothing chosen: size.",
            )
    return written(size, latency, target, drop, preference)


def written(
    size: float | None, latency: float | None, target: str | None, drop: float | None, preference: str | None
) -> tuple[str, ...]:
    """Goals as texts: ``size`` in KB (1,000 bytes), ``latency`` in ms on ``target``, ``drop`` in points."""
    texts = []
    if size is not None:
        texts.append(f"max_bytes={size * 1000:.0f}")
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
