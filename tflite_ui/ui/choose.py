"""Choose: what shall we try?"""

from __future__ import annotations

import streamlit as st

from tflite_ui.api import Desk, Inspection
from tflite_ui.core.data import DataSummary, Fit
from tflite_ui.core.errors import NotFound
from tflite_ui.core.model import ModelSource
from tflite_ui.core.plan import BASELINE, StudyRequest
from tflite_ui.ui import (
    address,
    catalogue,
    data_section,
    glossary,
    goal_section,
    model_section,
    offer_cards,
    offers,
    plan_bar,
    presets,
)
from tflite_ui.ui.offers import Offer

Seen = Inspection[ModelSource] | None
DataSeen = Inspection[DataSummary] | None


def show(desk: Desk) -> None:
    """Draw the page."""
    st.title("What shall we try?", anchor=False)
    left, right = st.columns(2, gap="medium")
    with left:
        model = model_section.draw(desk)
    source = model.value if model else None
    with right:
        data, fit = data_section.draw(desk, source)
    looking = data is not None and data.state == "working"
    techniques = catalogue.technique_offers(
        desk.techniques(), None if looking else source, data.value if data else None
    )
    targets = catalogue.target_offers(desk.targets(), desk.availability())
    _begin(techniques, targets)
    goals = goal_section.draw(targets)
    _techniques(techniques)
    _targets(targets, known=bool(desk.availability()))
    _plan(desk, model, data, fit, techniques, targets, goals)
    _watch(desk, model, data)


def _begin(techniques: list[Offer], targets: list[Offer]) -> None:
    if st.session_state.setdefault("choose.begun", False):
        return
    st.session_state["choose.begun"] = True
    st.session_state["choose.preset"] = presets.QUICK
    offers.seed(techniques, presets.recipes(presets.QUICK, ()))
    offers.seed(targets, presets.FIRST_TARGETS)


def _techniques(cards: list[Offer]) -> None:
    st.subheader("4 · Techniques", anchor=False, help=glossary.HELP["technique"])
    st.pills(
        "Start from",
        presets.names(),
        key="choose.preset",
        help=glossary.HELP["presets"],
        on_change=_apply_preset,
        args=(cards,),
        persist_state="session",
    )
    offer_cards.draw(cards)


def _apply_preset(cards: list[Offer]) -> None:
    name = st.session_state.get("choose.preset")
    if name:
        offers.seed(cards, presets.recipes(name, [card.key for card in cards]))


def _targets(cards: list[Offer], known: bool) -> None:
    st.subheader("5 · Targets", anchor=False, help=glossary.HELP["target"])
    if not known:
        st.caption(":material/progress_activity: Finding out what this machine can run.")
    offer_cards.draw(cards)


def _plan(
    desk: Desk,
    model: Seen,
    data: DataSeen,
    fit: Fit | None,
    techniques: list[Offer],
    targets: list[Offer],
    goals: tuple[str, ...],
) -> None:
    obstacle = _obstacle(model, data, fit)
    if obstacle or model is None or model.value is None:
        plan_bar.waiting(obstacle)
        return
    request = StudyRequest(
        model=model.value.sha256,
        data=data.value.sha256 if data and data.value else None,
        recipes=offers.chosen(techniques) or (BASELINE,),
        targets=offers.chosen(targets),
        goals=goals,
    )
    desk.prepare(request.model, request.data)
    plan_bar.draw(desk, request, model.value, data.value if data else None)


def _obstacle(model: Seen, data: DataSeen, fit: Fit | None) -> str:
    if model is None:
        return "Add a model, or take the sample, and the plan appears here."
    if model.state == "working" or (data and data.state == "working"):
        return "Looking at your files: the plan appears here in a moment."
    if model.state == "failed":
        return "This model can't be used: choose another one above."
    if data and data.state == "failed":
        return "This data file can't be used: choose another one, or go on without data."
    if fit and not fit.ready:
        return "The data doesn't fit the model yet: see step 2."
    return ""


def _watch(desk: Desk, model: Seen, data: DataSeen) -> None:
    """Draw the page again when what is being found out is known; watches nothing else."""
    pending = [seen for seen in (model, data) if seen and seen.state == "working"]
    targets_known = bool(desk.availability())
    if not pending and targets_known:
        return

    @st.fragment(run_every=0.5)
    def look() -> None:
        if _states(desk) != (model and model.state, data and data.state, targets_known):
            st.rerun()

    look()


def _states(desk: Desk) -> tuple[str | None, str | None, bool]:
    model, data = address.get("model"), address.get("data")
    try:
        return (
            desk.model(model).state if model else None,
            desk.data(data).state if data else None,
            bool(desk.availability()),
        )
    except NotFound:
        return None, None, bool(desk.availability())
