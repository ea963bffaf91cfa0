"""Choose: what shall we try?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import streamlit as st

from tflite_ui.advice.planning import Suggestion
from tflite_ui.api import Desk, Inspection
from tflite_ui.core.data import DataSummary, Fit, Problem
from tflite_ui.core.errors import InvalidInput, NotFound
from tflite_ui.core.metric import Metric
from tflite_ui.core.model import ModelSource
from tflite_ui.core.plan import BASELINE, StudyRequest
from tflite_ui.ui import (
    address,
    advice_section,
    catalogue,
    combine,
    data_section,
    glossary,
    goal_section,
    model_section,
    notices,
    offer_cards,
    offers,
    own_metric,
    plan_bar,
    predictions,
    presets,
    student_section,
)
from tflite_ui.ui.goal_section import Wishes
from tflite_ui.ui.offers import Offer

FILES: tuple[address.Name, ...] = ("model", "data", "training", "student")
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
        can_learn = source is not None and bool(source.fitness)
        lessons, lessons_fit = data_section.training(desk, source) if can_learn else (None, None)
        metric = own_metric.choose(desk, source.outputs[0].name) if source else None
        student, misfit = student_section.draw(desk, source) if source and can_learn else (None, "")
    looking = data is not None and data.state == "working"
    techniques = catalogue.technique_offers(
        desk.techniques(), None if looking else source, data.value if data else None, student is not None
    )
    cards = catalogue.target_offers(desk.targets(), desk.availability())
    targets = predictions.with_predictions(desk, source, cards)
    _begin(techniques, targets)
    wishes = goal_section.draw(targets)
    if source is not None:
        given = Given(
            data.value if data else None,
            lessons.value if lessons else None,
            student.value if student else None,
            metric,
        )
        advice_section.draw(_advice(desk, source, given, wishes), techniques)
    alone = data.value if data and lessons is None else None
    recipes = _techniques(desk, techniques, desk.lessons(source, alone) if source and alone else ())
    _targets(targets, known=bool(desk.availability()))
    obstacle = _obstacle(model, data, fit) or _obstacle_of_training(lessons, lessons_fit) or misfit
    if obstacle or model is None or model.value is None:
        plan_bar.waiting(obstacle)
    else:
        _plan(desk, model.value, given, Wish(recipes, offers.chosen(targets), wishes))
    _watch(desk, (model, data, lessons, student))


def _begin(techniques: list[Offer], targets: list[Offer]) -> None:
    if st.session_state.setdefault("choose.begun", False):
        return
    st.session_state["choose.begun"] = True
    st.session_state["choose.preset"] = presets.QUICK
    offers.seed(techniques, presets.recipes(presets.QUICK, ()))
    offers.seed(targets, presets.FIRST_TARGETS)


def _techniques(desk: Desk, cards: list[Offer], notes: tuple[Problem, ...]) -> tuple[str, ...]:
    """The cards in their two groups and what combines them; returns the recipes chosen.

    ``notes`` are on what there is to train on.
    """
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
    steps = [card for card in cards if card.trains]
    if steps:
        st.markdown("**After training** · seconds each")
    offer_cards.draw([card for card in cards if not card.trains])
    if not steps:
        return offers.chosen(cards)
    st.markdown("**With training** · minutes each", help=glossary.HELP["training"])
    for note in notes:
        st.caption(f":material/info: {notices.plain(note.said)}")
    offer_cards.draw(steps)
    endings = combine.endings(cards)
    return (*offers.chosen(cards, endings), *combine.draw(desk, cards))


def _apply_preset(cards: list[Offer]) -> None:
    name = st.session_state.get("choose.preset")
    if name:
        offers.seed(cards, presets.recipes(name, [card.key for card in cards]))


def _targets(cards: list[Offer], known: bool) -> None:
    st.subheader("5 · Targets", anchor=False, help=glossary.HELP["target"])
    if not known:
        st.caption(":material/progress_activity: Finding out what this machine can run.")
    offer_cards.draw(cards)


class Given(NamedTuple):
    """What there is beside the model."""

    data: DataSummary | None
    lessons: DataSummary | None
    student: ModelSource | None
    metric: Metric | None


class Wish(NamedTuple):
    """What is chosen: recipes and targets as texts, and what is wanted of them."""

    recipes: tuple[str, ...]
    targets: tuple[str, ...]
    wishes: Wishes


def _advice(desk: Desk, source: ModelSource, given: Given, wishes: Wishes) -> tuple[Suggestion, ...]:
    try:
        return desk.advise(_request(source, given, Wish((), (), wishes)), wishes.minutes)
    except InvalidInput:
        return ()


def _plan(desk: Desk, source: ModelSource, given: Given, wish: Wish) -> None:
    request = _request(source, given, wish)
    desk.prepare(request.model, request.data)
    plan_bar.draw(desk, request, source, given.data, given.lessons)


def _request(source: ModelSource, given: Given, wish: Wish) -> StudyRequest:
    data, lessons, student, metric = given
    return StudyRequest(
        model=source.sha256,
        data=data.sha256 if data else None,
        training=lessons.sha256 if lessons else None,
        student=student.sha256 if student else None,
        metric=metric.sha256 if metric else None,
        recipes=wish.recipes or (BASELINE,),
        targets=wish.targets,
        goals=wish.wishes.goals,
        hardware=wish.wishes.hardware,
        search=wish.wishes.search,
    )


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


def _obstacle_of_training(lessons: DataSeen, fit: Fit | None) -> str:
    if lessons is None:
        return ""
    if lessons.state == "working":
        return "Looking at the training data: the plan appears here in a moment."
    if lessons.state == "failed":
        return "This training file can't be used: choose another one, or go on without it."
    if fit and not fit.ready:
        return "The training data doesn't fit the model yet: see step 2."
    return ""


def _watch(desk: Desk, seen: tuple[Inspection[Any] | None, ...]) -> None:
    """Draw the page again when what is being found out is known; watches nothing else."""
    pending = [one for one in seen if one and one.state == "working"]
    targets_known = bool(desk.availability())
    if not pending and targets_known:
        return

    @st.fragment(run_every=0.5)
    def look() -> None:
        if _states(desk) != (*(one and one.state for one in seen), targets_known):
            st.rerun()

    look()


def _states(desk: Desk) -> tuple[str | bool | None, ...]:
    model, data, training, student = map(address.get, FILES)
    try:
        return (
            *(_state(desk.model, model), _state(desk.data, data), _state(desk.data, training)),
            _state(desk.model, student),
            bool(desk.availability()),
        )
    except NotFound:
        return None, None, None, None, bool(desk.availability())


def _state(look: Callable[[str], Inspection[Any]], digest: str | None) -> str | None:
    return look(digest).state if digest else None
