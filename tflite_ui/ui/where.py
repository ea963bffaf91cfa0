"""Targets: what really ran where, and what targets tell that nothing was timed on."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from tflite_ui.analysis import words
from tflite_ui.analysis.devices import device_words
from tflite_ui.analysis.energy import SOURCE, relative_energy
from tflite_ui.analysis.labels import target_labels, variant_labels
from tflite_ui.analysis.truth import VERDICTS, figures_of, truth_frame
from tflite_ui.api import Desk
from tflite_ui.charts.operators import operators_chart
from tflite_ui.charts.truth import truth_chart
from tflite_ui.core.measurement import Measurement
from tflite_ui.core.study import Study
from tflite_ui.report.contents import compiled_name
from tflite_ui.ui import figures, glossary, notices, picks, predictions


def draw(desk: Desk, study: Study) -> None:
    """The table of truth, its words, and each target's own report."""
    frame = picks.only(study, truth_frame(study))
    if frame.empty:
        st.write("Nothing was asked of any target in this study.")
        return
    with st.container(horizontal=True, wrap=False):  # scrolls by itself where the page is narrower
        figures.draw(
            study,
            "targets.truth",
            "What each variant came to on each target",
            lambda dark: truth_chart(frame, dark),
            *picks.of(study),
            width="content",
        )
    st.caption(glossary.HELP["truth"])
    _verdicts(frame)
    _refusals(frame)
    predictions.draw(desk, study)
    _reports(desk, study)
    _energy(study)


def _verdicts(frame: pd.DataFrame) -> None:
    found = set(frame["verdict"])
    st.caption(
        "  \n".join(f"**{name.capitalize()}**: {text}" for name, text in VERDICTS.items() if name in found)
    )


def _refusals(frame: pd.DataFrame) -> None:
    told = frame[(frame["why"] != "") | (frame["fallback"] != "")]
    if told.empty:
        return
    with st.expander("Why not, and what was left to the CPU", type="compact", key="targets.why"):
        for _, row in told.iterrows():
            text = row["why"] or f"left to the CPU: {row['fallback']}"
            who, place, why = map(notices.plain, (row["label"], row["target_label"], text))
            st.markdown(f"**{who}** on {place}: {why}")


def _reports(desk: Desk, study: Study) -> None:
    """What one measurement tells besides: memory, cycles, operators, a compiled file."""
    telling = [m for m in study.measurements if m.ops or m.figures or m.arena_bytes is not None]
    if not telling:
        return
    variants, targets = variant_labels(study), target_labels(study)
    st.subheader("What a target tells", anchor=False, help=glossary.HELP["report"])
    chosen = st.selectbox(
        "Variant and target",
        range(len(telling)),
        format_func=lambda i: f"{variants[telling[i].variant]} on {targets[telling[i].spec]}",
        key="targets.report",
        persist_state="session",
    )
    if chosen is not None and chosen < len(telling):
        _report(desk, study, telling[chosen])


def _report(desk: Desk, study: Study, m: Measurement) -> None:
    if m.evidence:
        st.markdown(f"{notices.plain(m.evidence.used)} ({m.evidence.kind})")
    if m.device:
        st.caption(notices.plain(device_words(m.device)))
    facts = [("Arena", words.size(m.arena_bytes))] if m.arena_bytes is not None else []
    if m.estimate_ms is not None:
        facts.append(("Estimated time", words.milliseconds(m.estimate_ms)))
    with st.container(horizontal=True):
        for title, value in (*facts, *figures_of(m)):
            st.metric(title, value, width="content")
    if m.artefact:
        st.download_button(
            "Download the compiled file",
            lambda: desk.outbox.artefact(study, m.variant, m.spec).read_bytes(),
            compiled_name(desk.outbox.file_name(study, m.variant), m.spec),
            "application/octet-stream",
            key="targets.artefact",
            on_click="ignore",
            icon=":material/download:",
        )
    if m.ops:
        figures.draw(
            study,
            "targets.ops",
            "Cost by operator",
            lambda dark: operators_chart(m.ops, dark),
            m.variant,
            m.spec,
        )


def _energy(study: Study) -> None:
    """Off until it is asked for: it is a model, and a coarse one."""
    found = relative_energy(study)
    if not found or not st.toggle(
        "Relative energy, modelled", key="targets.energy", help=glossary.HELP["energy"]
    ):
        return
    labels = variant_labels(study)
    table = pd.DataFrame(
        {
            "Variant": [labels[id] for id in found],
            "Energy, float32 = 1": [round(v, 3) for v in found.values()],
        }
    )
    st.dataframe(table, hide_index=True, key="targets.energy.table", alt="Relative energy of each variant")
    st.caption(f"A model, not a measurement: arithmetic and one read of every weight from memory. {SOURCE}.")


def _digits(value: float) -> float:
    return round(value, 3)
