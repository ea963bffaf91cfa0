"""Step 1 of choose: the model, and what it is."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from tflite_ui.analysis import words
from tflite_ui.api import Desk, Inspection
from tflite_ui.core.errors import NotFound
from tflite_ui.core.model import ModelSource, TensorSpec
from tflite_ui.loaders import accepted_suffixes, loaders
from tflite_ui.ui import address, amounts, glossary, notices, uploads


def draw(desk: Desk) -> Inspection[ModelSource] | None:
    """The uploader, the sample's button and the card; returns what is known of the model chosen."""
    st.subheader("1 · Model", anchor=False, help=glossary.HELP["model"])
    seen = _look(desk)
    if seen is None:
        _empty(desk)
    else:
        card(seen)
        with st.expander("Use another model", type="compact", key="model.other"):
            _takers(desk)
    return seen


def card(seen: Inspection[ModelSource], key: str = "model") -> None:
    """What is known of a model so far; ``key`` tells one card of a page from another."""
    with st.container(border=True):
        if seen.state == "working":
            st.markdown(f"**{notices.plain(seen.name)}** · {words.size(seen.size_bytes)}")
            st.caption(":material/progress_activity: Looking at the file: a few seconds.")
        elif seen.value is None:
            st.markdown(f"**{notices.plain(seen.name)}** · {words.size(seen.size_bytes)}")
            if seen.error:
                notices.problem(seen.error)
        else:
            _known(seen.value, key)


def _known(source: ModelSource, key: str) -> None:
    st.markdown(
        f"**{notices.plain(source.name)}**  \n{notices.plain(kind(source))}, {words.size(source.size_bytes)}"
    )
    facts = st.columns(2, wrap=False)
    facts[0].metric("Parameters", amounts.large(source.parameters), help=glossary.HELP["parameters"])
    facts[1].metric("MACs", amounts.large(source.macs), help=glossary.HELP["macs"])
    st.markdown(f"**In**: {_tensors(source.inputs)}  \n**Out**: {_tensors(source.outputs)}")
    for note in source.notes:
        st.caption(f":material/info: {notices.plain(note)}")
    if source.layers:
        with st.expander(words.counted(len(source.layers), "layer"), type="compact", key=f"{key}.layers"):
            st.dataframe(_layers(source), hide_index=True, height=min(400, 38 + 35 * len(source.layers)))


def promise() -> str:
    """What may be uploaded, from the loaders there are."""
    return ", ".join(f"{loader.title} ({', '.join(loader.suffixes)})" for loader in loaders().values())


def kind(source: ModelSource) -> str:
    """The file's format in words, e.g. ``Keras file, Keras 3.15.1``."""
    loader = loaders().get(source.format)
    title = loader.title.removeprefix("an ").removeprefix("a ") if loader else source.format
    return f"{title}, Keras {source.keras_version}" if source.keras_version else title


def _layers(source: ModelSource) -> pd.DataFrame:
    rows = [
        {
            "Layer": layer.name,
            "Kind": layer.kind,
            "Output": "×".join("?" if d is None else str(d) for d in layer.output_shape or ()),
            "Parameters": layer.parameters,
        }
        for layer in source.layers
    ]
    return pd.DataFrame(rows).astype({"Parameters": "Int64"})


def _tensors(specs: tuple[TensorSpec, ...]) -> str:
    return ", ".join(f"{notices.plain(spec.name)} {spec}" for spec in specs)


def _empty(desk: Desk) -> None:
    _uploader(desk)
    st.markdown(
        "**No model at hand?** A small image classifier with 2,500 pictures of clothes shows everything."
    )
    _sample_button(desk, primary=True)


def _takers(desk: Desk) -> None:
    _uploader(desk)
    _sample_button(desk, primary=False)


def _uploader(desk: Desk) -> None:
    uploads.uploader("model", "Drop your model here", promise(), list(accepted_suffixes()), desk.add_model)


def _sample_button(desk: Desk, primary: bool) -> None:
    st.button(
        "Use the sample",
        icon=":material/image:",
        type="primary" if primary else "secondary",
        key="model.sample",
        on_click=_take_sample,
        args=(desk,),
    )


def _take_sample(desk: Desk) -> None:
    model, data = desk.add_sample()
    uploads.keep("model", model)
    uploads.keep("data", data)


def _look(desk: Desk) -> Inspection[ModelSource] | None:
    digest = address.get("model")
    if not digest:
        return None
    try:
        return desk.model(digest)
    except NotFound as gone:
        address.put("model", None)
        notices.problem(gone)
        return None
