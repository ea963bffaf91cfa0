"""What if: one setting changed, run at once, in the same charts."""

from __future__ import annotations

import streamlit as st

from tflite_ui.analysis.labels import variant_labels
from tflite_ui.api import Desk
from tflite_ui.core.errors import TFLiteUIError
from tflite_ui.core.study import Study
from tflite_ui.ui import catalogue, forms, glossary, notices, offers
from tflite_ui.ui.offers import Offer


def draw(desk: Desk, study: Study) -> None:
    """A technique, its settings, and the button; then what has been tried."""
    st.markdown("Change one setting: it joins the charts and the table.", help=glossary.HELP["what_if"])
    every = catalogue.technique_offers(desk.techniques(), study.source, study.data)
    possible = {offer.key: offer for offer in every if not offer.refusal}
    start = list(possible).index("full_integer") if "full_integer" in possible else 0
    key = st.selectbox(
        "Technique",
        list(possible),
        start,
        format_func=lambda key: possible[key].title,
        key="what_if.technique",
        help=glossary.HELP["technique"],
        persist_state="session",
    )
    offer = possible[key]
    with st.container(border=True):
        st.caption(f"{notices.plain(offer.summary)} {notices.plain(offer.price)}")
        forms.draw(offer.params, _prefix(offer))
        spec = offers.written(offer, forms.current(offer.params, _prefix(offer)))
        known = next((v for v in study.variants if v.recipe == spec), None)
        there = known is not None and known.status in ("finished", "queued", "running")
        st.button(
            "Try it again" if known and not there else "Try it",
            icon=":material/add:",
            key="what_if.go",
            on_click=_try,
            args=(desk, study, spec),
            disabled=there,
            help="Already in this study: change a setting." if there else None,
        )
    _outcome(study)


def _try(desk: Desk, study: Study, spec: str) -> None:
    st.session_state["what_if.error"] = None
    try:
        st.session_state[f"what_if.added.{study.id}"] = desk.what_if(study.id, spec)
    except TFLiteUIError as error:
        st.session_state["what_if.error"] = error.info()


def _outcome(study: Study) -> None:
    if st.session_state.get("what_if.error"):
        notices.problem(st.session_state["what_if.error"])
    added = study.variant(st.session_state.get(f"what_if.added.{study.id}") or "")
    if added is None:
        return
    label = notices.plain(variant_labels(study)[added.id])
    if added.error:
        notices.problem(added.error)
    else:
        icon, word = glossary.STATUS_ICONS[added.status], glossary.STATUS_WORDS[added.status]
        st.markdown(f"{icon} **{label}**: {word}" + (". See Compare." if added.status == "finished" else "."))


def _prefix(offer: Offer) -> str:
    return f"what_if.{offer.key}"
