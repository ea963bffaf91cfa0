"""The user's own metric: its uploader on choose, its scores in results."""

from __future__ import annotations

import streamlit as st

from tflite_ui.analysis import words
from tflite_ui.analysis.labels import sample_noun
from tflite_ui.analysis.own_metric import own_failures, own_frame, own_pair, own_sentence
from tflite_ui.api import Desk
from tflite_ui.core.errors import NotFound
from tflite_ui.core.metric import Metric
from tflite_ui.core.study import Study
from tflite_ui.ui import address, glossary, notices, picks, uploads

PROMISE = (
    "A Python file that scores outputs the way your task does. It runs after each variant's evaluation, "
    "on this app's machine, without network and files."
)
EXAMPLE = '''\
import numpy as np

NAME = "Top 3"             # optional
HIGHER_IS_BETTER = True    # optional

def score(outputs, labels, inputs):
    """Arrays [n, ...] by name; returns [n], or one number."""
    best = np.argsort(outputs[{output!r}], axis=1)[:, -3:]
    return (best == labels[{output!r}][:, None]).any(axis=1)
'''
KINDS, MOST_MB = ["py"], 1


def choose(desk: Desk, output: str) -> Metric | None:
    """The uploader and what is known of the file; nothing where the operator doesn't allow it.

    ``output`` is the name that the example uses.
    """
    if not desk.metrics.allowed():
        return None
    metric = _look(desk)
    with st.expander("A metric of your own", expanded=metric is not None, icon=":material/straighten:"):
        st.caption(PROMISE)
        if metric:
            _card(metric)
        uploads.uploader("metric", "Drop a metric here", PROMISE, KINDS, desk.metrics.add, MOST_MB)
        if metric:
            st.button("Go on without it", key="metric.none", on_click=uploads.keep, args=("metric", None))
        st.code(EXAMPLE.format(output=output), language="python")
    return metric


def _card(metric: Metric) -> None:
    with st.container(border=True):
        direction = "higher is better" if metric.higher_is_better else "lower is better"
        st.markdown(f"**{notices.plain(metric.title)}**, {direction}  \n{notices.plain(metric.name)}")


def _look(desk: Desk) -> Metric | None:
    digest = address.get("metric")
    if not digest:
        return None
    try:
        return desk.metrics.get(digest)
    except NotFound as gone:
        address.put("metric", None)
        notices.problem(gone)
        return None


def results(study: Study) -> None:
    """Each variant's score with its interval and what may be said of it; nothing without a metric."""
    metric = study.metric
    if metric is None:
        return
    st.subheader(notices.plain(metric.title), anchor=False, help=glossary.HELP["own_metric"])
    for sentence, labels in own_failures(study).items():
        st.error(f"{notices.plain(', '.join(labels))}: {notices.plain(sentence)}", icon=":material/error:")
    frame = picks.only(study, own_frame(study))
    if frame.empty:
        return
    column = st.column_config
    hidden = ["variant", "baseline", *(() if frame["interval"].any() else ("interval",))]
    shown = frame.drop(columns=hidden)
    config = {
        "label": column.TextColumn("Variant", pinned=True, help=glossary.HELP["variant"]),
        "value": column.NumberColumn(metric.title, format="%.4g"),
        "interval": column.TextColumn("95 % interval", help=glossary.HELP["own_metric"]),
        "against": column.TextColumn("Against the original", width="large"),
    }
    st.dataframe(shown, hide_index=True, column_config=config, key="quality.own", placeholder="")
    st.caption(_told(study, metric))


def pair(desk: Desk, study: Study, ids: tuple[str, str], names: tuple[str, str]) -> None:
    """What may be said of the second variant against the first by the user's metric; nothing without one."""
    scored = [variant.metric for id in ids if (variant := study.variant(id)) and variant.metric]
    if study.metric is None or len(scored) < 2:
        return
    each = [desk.outbox.own_scores(study, id) for id in ids]
    found = own_pair(scored[0], scored[1], each[0], each[1])
    if found:
        st.markdown(f"**{notices.plain(own_sentence(study.metric, found, *names, sample_noun(study)))}**")


def _told(study: Study, metric: Metric) -> str:
    scored = [v.metric.score for v in study.variants if v.metric and v.metric.score]
    on = words.counted(max(score.n for score in scored), sample_noun(study))
    direction = "Higher" if metric.higher_is_better else "Lower"
    return f"{direction} is better. By {notices.plain(metric.name)}, on {on}."
