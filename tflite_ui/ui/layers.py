"""Layers: which one loses, and what may win it back."""

from __future__ import annotations

import streamlit as st

from tflite_ui.analysis.claims import claim
from tflite_ui.analysis.diagnosis import (
    Proposal,
    finding,
    layer_frame,
    promise,
    proposals,
    remedied,
    tried_words,
)
from tflite_ui.analysis.labels import sample_noun, variant_labels
from tflite_ui.analysis.prunable import BORNE_DB, prune_words, pruned_frame, pruning_proposal
from tflite_ui.analysis.scored import said_of_two
from tflite_ui.api import Desk
from tflite_ui.charts.layers import histogram_chart, layers_chart
from tflite_ui.charts.pruned import pruned_chart
from tflite_ui.core.diagnosis import Diagnosis
from tflite_ui.core.errors import TFLiteUIError
from tflite_ui.core.study import Study
from tflite_ui.core.variant import Variant
from tflite_ui.ui import figures, notices

HELP = (
    "Each operator is quantised alone, as in this variant, and the outputs are compared with the float "
    "file's on evaluation samples. A maker goes before the layer it feeds when it causes half of its error."
)

PRUNE_HELP = (
    "The least weights of one layer at a time are set to zero, and the outputs compared on the same samples. "
    "Nothing is trained here: pruning trains, and wins back a part. It shows which layers matter most."
)

COLUMNS = {
    "operator": st.column_config.NumberColumn("Operator", help="Its number in the float file."),
    "name": st.column_config.TextColumn("Layer"),
    "kind": st.column_config.TextColumn("Kind"),
    "numbers": st.column_config.TextColumn("Numbers"),
    "alone_db": st.column_config.NumberColumn(
        "Alone, dB", format="%.0f", help="SQNR of the outputs with it alone."
    ),
    "here_db": st.column_config.NumberColumn(
        "Here, dB", format="%.0f", help="SQNR of what it gives in this file."
    ),
    "share": st.column_config.NumberColumn("Share of error", format="percent"),
    "agreement": st.column_config.NumberColumn("Same answers", format="percent"),
    "weight_spread": st.column_config.NumberColumn(
        "Weights' spread", format="%.1f", help="Largest channel / least."
    ),
    "value_spread": st.column_config.NumberColumn(
        "Values' spread", format="%.1f", help="Largest channel / least."
    ),
}


def draw(desk: Desk, study: Study) -> None:
    """A choice of variant; its diagnosis, or the button that starts it."""
    labels = variant_labels(study)
    able = [v for v in study.variants[1:] if v.facts is not None and "i8" in v.facts.scheme]
    if study.request.data is None or not able:
        st.write(
            "Layers are compared on your own samples, in variants with 8-bit numbers: there is none here."
        )
        return
    chosen = st.selectbox(
        "Variant", [v.id for v in able], format_func=labels.__getitem__, key="layers.variant"
    )
    variant = next(v for v in able if v.id == chosen)
    _sight(desk, study, variant)


def _sight(desk: Desk, study: Study, variant: Variant) -> None:
    working = desk.diagnoses.get(study, variant).state == "working"

    @st.fragment(run_every=1.0 if working else None)
    def body() -> None:
        sight = desk.diagnoses.get(study, variant)
        if working and sight.state != "working":
            st.rerun()
        if sight.state == "working":
            doing = f"{sight.stage}: {sight.note}" if sight.note else sight.stage
            st.progress(sight.fraction, doing or "waiting for its turn on this machine")
            st.button("Cancel", key="layers.cancel", on_click=desk.diagnoses.cancel, args=(study, variant))
        elif sight.diagnosis is not None:
            _found(desk, study, variant, sight.diagnosis)
        else:
            _ask(desk, study, variant)
            if sight.error:
                notices.problem(sight.error)

    body()


def _ask(desk: Desk, study: Study, variant: Variant) -> None:
    st.button(
        "Which layer loses?",
        icon=":material/search:",
        key="layers.go",
        on_click=_begin,
        args=(desk, study, variant),
    )
    st.caption(HELP)
    if error := st.session_state.pop("layers.error", None):
        notices.problem(error)


def _begin(desk: Desk, study: Study, variant: Variant) -> None:
    try:
        desk.diagnoses.begin(study, variant)
    except TFLiteUIError as error:
        st.session_state["layers.error"] = error.info()


def _found(desk: Desk, study: Study, variant: Variant, diagnosis: Diagnosis) -> None:
    st.markdown(f"**{notices.plain(finding(diagnosis))}** {notices.plain(promise(diagnosis))}", help=HELP)
    for proposal in proposals(study, variant, diagnosis):
        _offer(desk, study, proposal)
    if error := st.session_state.pop("layers.error", None):
        notices.problem(error)
    _tried(desk, study, variant, diagnosis)
    frame = layer_frame(diagnosis)
    figures.draw(
        study, "layers.chart", "Error of each layer", lambda dark: layers_chart(frame, dark), variant.id
    )
    st.caption(notices.plain(tried_words(diagnosis)))
    st.dataframe(
        frame[list(COLUMNS)],
        hide_index=True,
        column_config=COLUMNS,
        key="layers.table",
        alt="Each layer's errors",
    )
    _histograms(study, variant, diagnosis)
    if diagnosis.pruned:
        _prunable(desk, study, variant, diagnosis)


def _prunable(desk: Desk, study: Study, variant: Variant, diagnosis: Diagnosis) -> None:
    st.markdown(f"**Which layers bear pruning?** {notices.plain(prune_words(diagnosis))}", help=PRUNE_HELP)
    if proposal := pruning_proposal(study, variant, diagnosis):
        _offer(desk, study, proposal)
    frame = pruned_frame(diagnosis)
    figures.draw(
        study,
        "layers.pruned",
        "What each layer loses without its least weights",
        lambda dark: pruned_chart(frame, BORNE_DB, dark),
        variant.id,
    )
    st.caption(
        f"{len(diagnosis.pruned)} of {diagnosis.prunable} layers with weights tried in the float file. The "
        f"dashed line stands at {BORNE_DB:.0f} dB: there the outputs are off by a tenth of their size."
    )


def _offer(desk: Desk, study: Study, proposal: Proposal) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            proposal.label,
            icon=":material/add:",
            key=f"layers.try.{proposal.spec}",
            on_click=_try,
            args=(desk, study, proposal.spec),
        )
        st.caption(notices.plain(proposal.reason))


def _try(desk: Desk, study: Study, spec: str) -> None:
    try:
        desk.what_if(study.id, spec)
    except TFLiteUIError as error:
        st.session_state["layers.error"] = error.info()


def _tried(desk: Desk, study: Study, variant: Variant, diagnosis: Diagnosis) -> None:
    """This variant's quality and that of those which mend it, each against the baseline and against this."""
    labels, mended = variant_labels(study), remedied(study, variant, diagnosis)
    if not mended:
        return
    before = desk.outbox.answers(study, variant.id)
    st.markdown(f"- {notices.plain(labels[variant.id])}: {notices.plain(_said(study, variant))}")
    for other in mended:
        lines = [f"{labels[other.id]}: {_said(study, other)}"]
        after = desk.outbox.answers(study, other.id)
        if before is not None and after is not None:
            names = labels[variant.id], labels[other.id]
            lines += said_of_two(before, after, *names, sample_noun(study))
        st.markdown("- " + "  \n".join(notices.plain(line) for line in lines))


def _said(study: Study, variant: Variant) -> str:
    if variant.quality is None:
        return variant.status
    return f"{claim(variant.quality, sample_noun(study))} against the original"


def _histograms(study: Study, variant: Variant, diagnosis: Diagnosis) -> None:
    by_place = {layer.operator: layer for layer in diagnosis.layers}
    first = list(by_place).index(diagnosis.worst[0]) if diagnosis.worst else 0
    place = st.selectbox(
        "Layer",
        list(by_place),
        first,
        format_func=lambda p: f"{by_place[p].name} (operator {p})",
        key="layers.layer",
    )
    layer = by_place[place]
    for name, histogram in (("Weights", layer.weights), ("Values it gives", layer.values)):
        if histogram is not None:
            figures.draw(
                study,
                f"layers.{name}",
                f"{name} before and after",
                lambda dark, h=histogram, n=name: histogram_chart(h, n, dark),  # type: ignore[misc]
                variant.id,
                place,
            )
