"""What targets would take of a file, foretold from earlier runs and always said to be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd
import streamlit as st

from tflite_ui.analysis.kept import Kept
from tflite_ui.analysis.labels import variant_labels
from tflite_ui.analysis.lessons import Prediction, sentence
from tflite_ui.api import Desk
from tflite_ui.core.lesson import place_of
from tflite_ui.core.model import ModelSource
from tflite_ui.core.study import Study
from tflite_ui.ui import glossary, picks
from tflite_ui.ui.offers import Offer

_ROWS: Kept[list[tuple[str, str, str]]] = Kept()


def with_predictions(desk: Desk, source: ModelSource | None, cards: list[Offer]) -> list[Offer]:
    """Target cards whose remark tells what would be left of the model's float file, where that is known."""
    outline = desk.knowledge.float_outline(source.sha256) if source else None
    if outline is None:
        return cards
    found = {p.place: p for p in desk.knowledge.predict(outline) if p.left or p.mixed}
    places = {card.key: place_of(card.key, card.params().model_dump(mode="json")) for card in cards}
    return [_told(card, found[places[card.key]]) if places[card.key] in found else card for card in cards]


def draw(desk: Desk, study: Study) -> None:
    """For each variant, the places with earlier runs on which this study hasn't measured it."""
    rows = _ROWS.get(study, tuple(picks.of(study)), lambda: list(_rows(desk, study)))
    if not rows:
        return
    folded = st.expander("Predicted, not measured: other targets", type="compact", key="targets.predicted")
    with folded:
        st.caption(glossary.HELP["prediction"])
        st.dataframe(
            pd.DataFrame(rows, columns=["Variant", "Target", "Prediction"]),
            hide_index=True,
            key="targets.predictions",
            column_config={"Prediction": st.column_config.TextColumn(width="large")},
            alt="What earlier runs foretell",
        )


def _told(card: Offer, found: Prediction) -> Offer:
    told = f"{sentence(found, card.title)} (The float file.)"
    return replace(card, remark=f"{card.remark} {told}".strip())


def _rows(desk: Desk, study: Study) -> Iterator[tuple[str, str, str]]:
    labels, picked = variant_labels(study), picks.of(study)
    done = {
        (m.variant, place_of(m.target, m.options))
        for m in study.measurements
        if m.status not in ("queued", "running")
    }
    for variant in study.variants:
        outline = desk.knowledge.outline(variant.id) if not picked or variant.id in picked else None
        for found in desk.knowledge.predict(outline) if outline else ():
            if (variant.id, found.place) not in done:
                title = _title(desk, found.place)
                yield labels[variant.id], title, sentence(found, title)


def _title(desk: Desk, place: str) -> str:
    key, _, options = place.partition(":")
    known = desk.targets().get(key)
    title = known.title if known else key
    plain = options.replace(",", ", ").replace("=", " ").replace("_", " ")
    return f"{title}, {plain}" if options else title
