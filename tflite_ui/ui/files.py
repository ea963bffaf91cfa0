"""Files: what was proved about each .tflite."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from tflite_ui.analysis import words
from tflite_ui.analysis.labels import variant_labels
from tflite_ui.analysis.own_metric import own_title, own_value
from tflite_ui.api import Desk
from tflite_ui.core.facts import Check, FileFacts
from tflite_ui.core.study import Study
from tflite_ui.core.variant import Variant
from tflite_ui.ui import amounts, curves, downloads, glossary, notices, picks


def draw(desk: Desk, study: Study) -> None:
    """A choice of variant, then its card."""
    labels, picked = variant_labels(study), picks.of(study)
    ids = [v.id for v in study.variants if not picked or v.id in picked]
    chosen = st.selectbox(
        "Variant",
        ids,
        format_func=lambda id: labels.get(id, id),
        key="files.variant",
        persist_state="session",
    )
    variant = study.variant(chosen) if chosen else None
    if variant:
        card(desk, study, variant)


def card(desk: Desk, study: Study, variant: Variant) -> None:
    """Everything known of one variant's file."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(
                f"**{notices.plain(variant_labels(study)[variant.id])}**  \n`{variant.recipe}`",
                width="content",
            )
            if variant.file:
                downloads.file_button(desk, study, variant, "Download", key="files.card")
        if variant.error:
            notices.problem(variant.error)
        if variant.metric and variant.metric.error:
            notices.problem(variant.metric.error)
        if variant.facts is None:
            if not variant.error:
                st.caption(f"{glossary.STATUS_WORDS[variant.status].capitalize()}: no file yet.")
            return
        left, right = st.columns(2)
        with left:
            _checks(variant.checks)
            _numbers(study, variant)
        with right:
            _contents(variant.facts)
        if variant.curve:
            st.markdown("**How it trained**")
            curves.draw(variant.curve, f"files.curve.{variant.id}")
        st.caption(f"SHA-256 `{variant.facts.sha256}`")


def _checks(checks: tuple[Check, ...]) -> None:
    st.markdown("**Checked in the file**", help=glossary.HELP["checks"])
    for check in checks:
        sign = ":material/check_circle: " if check.passed else ":red[:material/error:] "
        detail = f": {notices.plain(check.detail)}" if check.detail else ""
        st.markdown(f"{sign}{notices.plain(check.name)}{detail}" + ("" if check.passed else " (not passed)"))


def _numbers(study: Study, variant: Variant) -> None:
    facts, quality = variant.facts, variant.quality
    if facts is None:
        return
    lines = [
        f"{words.size(facts.size_bytes)}, {words.size(facts.gzip_bytes)} under gzip",
        f"{amounts.large(facts.parameters)} parameters, {amounts.large(facts.macs)} MACs",
    ]
    if facts.sparsity is not None:
        lines.append(f"{100 * facts.sparsity:.1f} % of the weights are zero")
    if facts.unique_weights is not None:
        lines.append(f"{facts.unique_weights:,} different values in the largest weight tensor")
    if quality and quality.max_error is not None:
        lines.append(
            f"outputs differ from the original's by at most {words.significant(quality.max_error, 2)}"
        )
    if study.metric and variant.metric and variant.metric.score:
        title, score = notices.plain(own_title(study.metric)), variant.metric.score
        lines.append(f"{title}: {notices.plain(own_value(score))}")
    for line in lines:
        st.markdown(f"- {line}")


def _contents(facts: FileFacts) -> None:
    st.markdown(f"**Inside**: {', '.join(facts.input_dtypes)} in, {', '.join(facts.output_dtypes)} out")
    if facts.scheme:
        st.markdown(f"Scheme `{facts.scheme}`")
    st.dataframe(_counts(facts.dtypes, "Type", "Tensors"), hide_index=True, key="files.dtypes")
    st.dataframe(_counts(facts.operators, "Operator", "Times"), hide_index=True, key="files.operators")


def _counts(counts: dict[str, int], name: str, number: str) -> pd.DataFrame:
    ranked = sorted(counts.items(), key=lambda item: -item[1])
    return pd.DataFrame(ranked, columns=[name, number])
