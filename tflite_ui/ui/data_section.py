"""Step 2 of choose: the data, whether it fits the model, and fixes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import altair as alt
import pandas as pd
import streamlit as st

from tflite_ui.analysis import words
from tflite_ui.api import SAMPLE_MODEL, Desk, Inspection
from tflite_ui.core.data import LABELS, LABELS_OF, ArraySummary, DataSummary, Fit, FixKey, Problem
from tflite_ui.core.errors import NotFound, TFLiteUIError
from tflite_ui.core.model import ModelSource
from tflite_ui.ui import address, glossary, notices, uploads

KINDS = ["npz", "npy"]
UNTRAINED = "Without it they learn from the samples that calibrate; with labels, from those."
Which = Literal["data", "training"]


def draw(desk: Desk, source: ModelSource | None) -> tuple[Inspection[DataSummary] | None, Fit | None]:
    """The uploader and the card; returns what is known of the data and whether it fits."""
    st.subheader("2 · Data", anchor=False, help=glossary.HELP["data"])
    seen = _look(desk, "data")
    if seen is None:
        _uploader(desk, source)
        st.caption(
            "Optional: without data there is no integer quantisation and no accuracy, only size and speed."
        )
        return None, None
    fit = desk.fit(source, seen.value) if source and seen.value else None
    card(seen)
    if fit and source:
        problems(desk, fit, source, "data")
    with st.expander("Use other data, or none", type="compact", key="data.other"):
        _uploader(desk, source)
        st.button("Go on without data", key="data.none", on_click=uploads.keep, args=("data", None))
    return seen, fit


def training(desk: Desk, source: ModelSource | None) -> tuple[Inspection[DataSummary] | None, Fit | None]:
    """The same for the samples that steps with training learn from; folded away until there are some."""
    seen = _look(desk, "training")
    fit = desk.fit(source, seen.value, "training") if source and seen and seen.value else None
    folded = st.expander(
        "Training data", expanded=seen is not None, icon=":material/school:", key="training.fold"
    )
    with folded:
        st.caption(f"For techniques that train. {UNTRAINED} {wanted(source)}")
        if seen:
            card(seen, evaluates=False)
        if fit and source:
            problems(desk, fit, source, "training")
        uploads.uploader("training", "Drop training data here", wanted(source), KINDS, desk.add_data)
        _training_buttons(desk, source, seen is not None)
    return seen, fit


def _training_buttons(desk: Desk, source: ModelSource | None, there: bool) -> None:
    if there:
        st.button("Go on without it", key="training.none", on_click=uploads.keep, args=("training", None))
    elif source and source.name == SAMPLE_MODEL:
        st.button(
            "Use the sample's 10,000 training images",
            key="training.sample",
            on_click=lambda: uploads.keep("training", desk.add_sample_training()),
        )


def wanted(source: ModelSource | None) -> str:
    """What a data file for ``source`` holds, said before it is asked for."""
    if source is None:
        return "An .npz with x (samples) and, if you have them, y (labels), or an .npy with samples alone."
    parts = []
    for index, spec in enumerate(source.inputs):
        name = "x" if index == 0 and len(source.inputs) == 1 else spec.name
        shape = ", ".join(["samples", *("any" if d is None else str(d) for d in spec.sample_shape)])
        parts.append(f"`{name}` of shape [{shape}], {spec.dtype}")
    several = " and ".join(f"`{LABELS_OF}{output.name}`" for output in source.outputs)
    labels = several if len(source.outputs) > 1 else f"`{LABELS}`"
    also = f"{labels} with labels if you have them. A single .npy holds samples alone."
    return f"An .npz with {' and '.join(parts)}; {also}"


def card(seen: Inspection[DataSummary], evaluates: bool = True) -> None:
    """What is known of a data file so far."""
    with st.container(border=True):
        if seen.state == "working":
            st.markdown(f"**{notices.plain(seen.name)}** · {words.size(seen.size_bytes)}")
            st.caption(":material/progress_activity: Looking at the samples: a few seconds.")
        elif seen.value is None:
            st.markdown(f"**{notices.plain(seen.name)}** · {words.size(seen.size_bytes)}")
            if seen.error:
                notices.problem(seen.error)
        else:
            _known(seen.value, evaluates)


def _known(data: DataSummary, evaluates: bool) -> None:
    facts = (
        words.counted(data.samples, "sample"),
        _labelled(data),
        words.size(data.size_bytes),
    )
    st.markdown(f"**{notices.plain(data.name)}**  \n{', '.join(facts)}")
    left, right = st.columns([3, 2])
    with left:
        for array in data.arrays:
            st.markdown(_array(array))
        if evaluates:
            shared = "the same samples do both, since there are few" if data.shared else "kept apart"
            st.caption(
                f"{data.calibration_samples:,} calibrate, {data.evaluation_samples:,} evaluate ({shared}).",
                help=glossary.HELP["calibration"],
            )
    with right:
        for name, labels in data.label_arrays.items():
            if labels.counts:
                of = f" of {name}" if data.output_labels else ""
                st.caption(f"Samples per class{notices.plain(of)}, {len(labels.counts)} classes")
                st.altair_chart(balance(labels.counts))
    with st.container(horizontal=True, gap="xxsmall"):
        for picture in data.thumbnails:
            st.image(picture, width=40)


def _labelled(data: DataSummary) -> str:
    named = ", ".join(f"`{name}`" for name in data.label_arrays) if data.output_labels else ""
    return f"labelled by {named}" if named else "labelled" if data.labelled else "no labels"


def balance(counts: dict[str, int]) -> alt.Chart:
    """Samples per class as small bars; the first 50 classes."""
    frame = pd.DataFrame({"class": list(counts)[:50], "samples": list(counts.values())[:50]})
    chart: alt.Chart = (
        alt.Chart(frame, height=110)
        .mark_bar(color="#7a8794")
        .encode(
            x=alt.X("class:N", sort=None, title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True)),
            y=alt.Y("samples:Q", title=None, axis=alt.Axis(tickCount=3)),
            tooltip=["class", "samples"],
        )
    )
    return chart


def _array(array: ArraySummary) -> str:
    shape = "×".join(str(d) for d in array.shape[1:]) or "scalar"
    text = f"`{array.name}` {shape} {array.dtype}"
    if array.low is not None and array.high is not None:
        text += f", values {array.low:.3g} to {array.high:.3g}"
    return text


def problems(desk: Desk, fit: Fit, source: ModelSource, which: Which) -> None:
    """Each problem in words, with its fixes as buttons; one button for all when there are several."""
    for problem in fit.problems:
        _problem(desk, problem, source, which)
    every = tuple(dict.fromkeys(fix for problem in fit.problems for fix in problem.fixes))
    if len(every) > 1:
        _fix_button(desk, every, "Fix all of it", source, "all", which)
    failure = st.session_state.get(f"{which}.fix.error")
    if failure:
        notices.problem(failure)


def _problem(desk: Desk, problem: Problem, source: ModelSource, which: Which) -> None:
    text = "  \n".join(notices.plain(part) for part in (problem.message, problem.hint) if part)
    if problem.blocking:
        st.error(text, icon=":material/error:")
    elif problem.fixes:
        st.warning(text, icon=":material/warning:")
    else:
        st.caption(f":material/info: {text}")
    with st.container(horizontal=True):
        for fix in problem.fixes:
            label = glossary.FIX_LABELS[fix]
            _fix_button(desk, (fix,), label, source, f"{problem.code}.{fix}", which)


def _fix_button(
    desk: Desk, fixes: Sequence[FixKey], label: str, source: ModelSource, key: str, which: Which
) -> None:
    st.button(
        label,
        icon=":material/build:",
        key=f"{which}.fix.{key}",
        on_click=_fix,
        args=(desk, source, tuple(fixes), which),
    )


def _fix(desk: Desk, source: ModelSource, fixes: tuple[FixKey, ...], which: Which) -> None:
    digest = address.get(which)
    st.session_state[f"{which}.fix.error"] = None
    try:
        uploads.keep(which, desk.fix_data(digest, source, fixes) if digest else None)
    except TFLiteUIError as error:
        st.session_state[f"{which}.fix.error"] = error.info()


def _uploader(desk: Desk, source: ModelSource | None) -> None:
    uploads.uploader("data", "Drop calibration and test data here", wanted(source), KINDS, desk.add_data)
    st.caption(wanted(source))


def _look(desk: Desk, which: Which) -> Inspection[DataSummary] | None:
    digest = address.get(which)
    if not digest:
        return None
    try:
        return desk.data(digest)
    except NotFound as gone:
        address.put(which, None)
        notices.problem(gone)
        return None
