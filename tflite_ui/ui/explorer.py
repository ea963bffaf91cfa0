"""The full graph of a file in Model Explorer, with the layers' errors on its nodes."""

from __future__ import annotations

import streamlit as st

from tflite_ui.api import Desk
from tflite_ui.core.diagnosis import Diagnosis
from tflite_ui.core.errors import TFLiteUIError
from tflite_ui.core.study import Study
from tflite_ui.core.variant import Variant
from tflite_ui.report.node_data import MEASURES, is_known, node_data
from tflite_ui.ui import notices

HERE = ("127.0.0.1", "localhost", "::1")
HELP = (
    "Model Explorer is a program of Google's for graphs of any size. It runs on this machine, confined to "
    "the one file, and ends with the app, with the next file, or when it wasn't used for half an hour."
)


def draw(desk: Desk, study: Study, variant: Variant) -> None:
    """The button that opens it, and the node data to take to a Model Explorer of one's own."""
    st.markdown("**The full graph in Model Explorer**", help=HELP)
    found = desk.diagnoses.get(study, variant).diagnosis
    known = found if found is not None and is_known(found) else None
    reason = desk.explorer.why_not() or _served_elsewhere()
    if reason:
        st.caption(f"It can't be opened from here. {notices.plain(reason)}")
    else:
        _open(desk, study, variant, known)
    if known is not None:
        _node_data(desk, study, variant, known)
    else:
        st.caption("Find out under Layers which layer of a variant loses, and its nodes show their errors.")


def _served_elsewhere() -> str:
    """Model Explorer listens on the app's own machine alone, where others' browsers don't reach it."""
    if st.get_option("server.address") in HERE:
        return ""
    return "This app is served to other machines. Download the file, and open it in Model Explorer there."


def _open(desk: Desk, study: Study, variant: Variant, found: Diagnosis | None) -> None:
    key = f"explorer.address.{variant.id}"
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Start Model Explorer", icon=":material/account_tree:", key="explorer.go"):
            try:
                file, name = desk.outbox.file(study, variant.id), desk.outbox.file_name(study, variant.id)
                st.session_state[key] = desk.explorer.open(file, name, found)
            except TFLiteUIError as error:
                notices.problem(error)
        address = st.session_state.get(key)
        if address and desk.explorer.address == address:
            st.link_button("Open it", address, icon=":material/open_in_new:", type="primary")
            st.button("End it", key="explorer.end", on_click=desk.explorer.close)


def _node_data(desk: Desk, study: Study, variant: Variant, found: Diagnosis) -> None:
    stem = desk.outbox.file_name(study, variant.id).removesuffix(".tflite")
    with st.container(horizontal=True, vertical_alignment="center"):
        for measure, (name, *_) in MEASURES.items():
            st.download_button(
                name,
                lambda m=measure: node_data(found, m),  # type: ignore[misc]
                f"{stem}-{measure}.json",
                "application/json",
                key=f"explorer.data.{measure}",
                on_click="ignore",
                icon=":material/download:",
                type="tertiary",
            )
    st.caption("Node data for any Model Explorer: open the file there, then Add per-node data.")
