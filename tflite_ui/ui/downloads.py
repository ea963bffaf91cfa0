"""Download: one file, everything, or the numbers. Nothing is made before it is asked for."""

from __future__ import annotations

import streamlit as st

from tflite_ui.analysis import words
from tflite_ui.analysis.labels import variant_labels
from tflite_ui.api import Desk
from tflite_ui.core.study import Study
from tflite_ui.core.variant import Variant
from tflite_ui.report.export import document_text
from tflite_ui.report.tables import measurements_csv
from tflite_ui.ui import glossary, notices


def draw(desk: Desk, study: Study) -> None:
    """The bundle, the numbers, then each file."""
    stem = study.title.replace(" ", "-").lower() or "study"
    with st.container(horizontal=True):
        st.download_button(
            "Everything as a zip",
            lambda: desk.outbox.bundle(study).read_bytes(),
            f"{stem}-{study.id[:8]}.zip",
            "application/zip",
            key="download.bundle",
            on_click="ignore",
            icon=":material/folder_zip:",
            help=glossary.HELP["bundle"],
        )
        st.download_button(
            "Measurements (CSV)",
            lambda: measurements_csv(desk.study(study.id)),
            f"{stem}-measurements.csv",
            "text/csv",
            key="download.csv",
            on_click="ignore",
            icon=":material/table:",
        )
        st.download_button(
            "study.json",
            lambda: document_text(desk.study(study.id)),
            "study.json",
            "application/json",
            key="download.json",
            on_click="ignore",
            icon=":material/data_object:",
        )
    labels = variant_labels(study)
    for variant in study.variants:
        if variant.file and variant.facts:
            with st.container(
                border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
            ):
                st.markdown(
                    f"**{notices.plain(labels[variant.id])}**  \n{words.size(variant.facts.size_bytes)}",
                    width="content",
                )
                file_button(desk, study, variant, "Download", key="download.file")


def file_button(
    desk: Desk, study: Study, variant: Variant, label: str, primary: bool = False, key: str = "answer.file"
) -> None:
    """A button that downloads one variant's .tflite."""
    st.download_button(
        label,
        lambda: desk.outbox.file(study, variant.id).read_bytes(),
        desk.outbox.file_name(study, variant.id),
        "application/octet-stream",
        key=f"{key}.{variant.id}",
        on_click="ignore",
        icon=":material/download:",
        type="primary" if primary else "secondary",
    )
