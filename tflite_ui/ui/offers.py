"""What can be chosen on a card: a technique or a target, any number of settings of each.

Each offer holds entries (0, 1, ...), one a setting. An entry is on or off and has a form made from
the offer's parameters. All of it lives in the session, so that pages and reruns keep it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from tflite_ui.core.errors import InvalidInput, TFLiteUIError
from tflite_ui.core.params import Params, format_spec, parse_params, parse_spec
from tflite_ui.ui import forms

Kind = Literal["technique", "target"]


@dataclass(frozen=True)
class Offer:
    """One card. ``refusal`` says why it can't be chosen (empty when it can), ``fixed`` that it always is.

    ``trains`` marks a step that needs a conversion after it; ``remark`` is worth knowing before choosing it.
    """

    kind: Kind
    key: str
    title: str
    summary: str
    price: str
    params: type[Params]
    refusal: str = ""
    fixed: bool = False
    trains: bool = False
    remark: str = ""

    @property
    def prefix(self) -> str:
        """The start of this offer's session keys."""
        return f"{self.kind}.{self.key}"


def entries(offer: Offer) -> list[int]:
    """The numbers of the offer's entries, at least one."""
    kept: list[int] = st.session_state.setdefault(f"{offer.prefix}.entries", [0])
    return kept


def is_on(offer: Offer, entry: int) -> bool:
    """Whether an entry is to be run."""
    return offer.fixed or (not offer.refusal and bool(st.session_state.get(on_key(offer, entry), False)))


def on_key(offer: Offer, entry: int) -> str:
    """The session key of an entry's checkbox."""
    return f"{form_prefix(offer, entry)}.on"


def form_prefix(offer: Offer, entry: int) -> str:
    """The session prefix of an entry's form."""
    return f"{offer.prefix}.{entry}"


def spec(offer: Offer, entry: int) -> str:
    """The entry as written on the command line."""
    return written(offer, forms.current(offer.params, form_prefix(offer, entry)))


def written(offer: Offer, params: Params) -> str:
    """A setting of an offer as written on the command line."""
    return format_spec(offer.key, params)


def chosen(offers: Iterable[Offer], endings: Iterable[str] = ()) -> tuple[str, ...]:
    """The specs of all entries that are on, a step that trains once with each of ``endings``."""
    kept = tuple(endings)
    on = [(offer, spec(offer, entry)) for offer in offers for entry in entries(offer) if is_on(offer, entry)]
    return tuple(
        whole
        for offer, text in on
        for whole in ((f"{text}+{ending}" for ending in kept) if offer.trains else (text,))
    )


def add_entry(offer: Offer) -> None:
    """Put one more entry on the card, switched on, set like the last."""
    kept = entries(offer)
    number = kept[-1] + 1
    last = forms.current(offer.params, form_prefix(offer, kept[-1]))
    st.session_state[f"{offer.prefix}.entries"] = [*kept, number]
    _fill(offer, number, True, last.model_dump())


def remove_entry(offer: Offer, entry: int) -> None:
    """Take an entry off the card."""
    st.session_state[f"{offer.prefix}.entries"] = [n for n in entries(offer) if n != entry]


def seed(offers: Iterable[Offer], specs: Iterable[str]) -> None:
    """Switch on exactly what ``specs`` name; specs that fit no offer are passed over."""
    wanted = [parts for parts in map(_parts, specs) if parts]
    for offer in offers:
        _seed_offer(offer, [values for key, values in wanted if key == offer.key])


def _seed_offer(offer: Offer, settings: list[dict[str, str]]) -> None:
    usable = [params for params in (_parsed(offer, values) for values in settings) if params is not None]
    st.session_state[f"{offer.prefix}.entries"] = list(range(max(1, len(usable))))
    if not usable:
        _fill(offer, 0, False, {})
    for number, params in enumerate(usable):
        _fill(offer, number, True, params.model_dump())


def _fill(offer: Offer, entry: int, on: bool, values: Mapping[str, Any]) -> None:
    st.session_state[on_key(offer, entry)] = on
    forms.seed(offer.params, form_prefix(offer, entry), values)


def _parsed(offer: Offer, values: dict[str, str]) -> Params | None:
    try:
        return parse_params(offer.params, values, offer.key, InvalidInput)
    except TFLiteUIError:
        return None


def _parts(text: str) -> tuple[str, dict[str, str]] | None:
    try:
        return parse_spec(text.split("+")[0], InvalidInput)
    except TFLiteUIError:
        return None
