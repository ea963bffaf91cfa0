"""Cards of techniques and targets: promise, price, settings, and why not when not."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from tflite_ui.ui import forms, notices, offers
from tflite_ui.ui.offers import Offer

COLUMNS = 3


def draw(cards: Sequence[Offer]) -> None:
    """All cards, three in a row where there is room."""
    for start in range(0, len(cards), COLUMNS):
        for column, offer in zip(st.columns(COLUMNS), cards[start : start + COLUMNS], strict=False):
            with column, st.container(border=True, height="stretch"):
                _card(offer)


def _card(offer: Offer) -> None:
    entries = offers.entries(offer)
    _switch(offer, entries[0], offer.title)
    st.markdown(notices.plain(offer.summary))
    st.caption(notices.plain(offer.price))
    if offer.refusal:
        st.caption(f":material/block: {notices.plain(offer.refusal)}")
        return
    if offer.remark:
        st.caption(f":material/info: {notices.plain(offer.remark)}")
    _settings(offer, entries[0], removable=False)
    for entry in entries[1:]:
        _switch(offer, entry, f"{offer.title}, setting {entries.index(entry) + 1}")
        _settings(offer, entry, removable=True)


def _switch(offer: Offer, entry: int, label: str) -> None:
    key = offers.on_key(offer, entry)
    st.session_state.setdefault(key, False)
    if offer.fixed or offer.refusal:
        st.checkbox(f"**{label}**", value=offer.fixed, disabled=True, key=f"{key}.shown")
    else:
        st.checkbox(f"**{label}**", key=key, persist_state="session")


def _settings(offer: Offer, entry: int, removable: bool) -> None:
    if not offer.params.model_fields:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.popover(
            _label(offer, entry), icon=":material/tune:", type="tertiary", key=f"{offer.prefix}.{entry}.open"
        ):
            forms.draw(offer.params, offers.form_prefix(offer, entry))
        if removable:
            st.button(
                "Remove",
                icon=":material/close:",
                type="tertiary",
                key=f"{offer.prefix}.{entry}.remove",
                on_click=offers.remove_entry,
                args=(offer, entry),
            )
        else:
            st.button(
                "Another setting",
                icon=":material/add:",
                type="tertiary",
                key=f"{offer.prefix}.more",
                help="Try the same once more with other settings, side by side.",
                on_click=offers.add_entry,
                args=(offer,),
            )


def _label(offer: Offer, entry: int) -> str:
    changed = forms.current(offer.params, offers.form_prefix(offer, entry)).changed()
    said = [f"{forms.title(offer.params, name).lower()} {value}" for name, value in changed.items()]
    return ", ".join(said) or "Settings"
