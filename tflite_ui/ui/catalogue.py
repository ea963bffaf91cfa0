"""Offers made from the registries, with the reasons for what can't be chosen now."""

from __future__ import annotations

from collections.abc import Mapping

from tflite_ui.core.data import DataSummary
from tflite_ui.core.model import Fitness, ModelSource
from tflite_ui.core.plan import BASELINE
from tflite_ui.core.target import Availability, Target
from tflite_ui.core.technique import Conversion, ModelStep, Need, Technique
from tflite_ui.ui.offers import Offer
from tflite_ui.ui.presets import FIRST_TARGETS

PRICES = {
    "CPU": "Runs on the CPU.",
    "GPU": "Runs on the GPU.",
    "NPU": "For an NPU.",
    "any": "Runs on what it drives: CPU, GPU or NPU.",
}


def technique_offers(
    techniques: Mapping[str, Technique],
    source: ModelSource | None,
    data: DataSummary | None,
    student: bool = False,
) -> list[Offer]:
    """A card for each technique: the conversions, the baseline first, then the steps in a recipe's order.

    ``student`` says whether there is one of the user's own.
    """
    ranked = sorted(
        techniques.values(),
        key=lambda t: (not isinstance(t, Conversion), t.key != BASELINE, t.order, t.title),
    )
    return [_technique_offer(technique, source, data, student) for technique in ranked]


def target_offers(targets: Mapping[str, Target], availability: Mapping[str, Availability]) -> list[Offer]:
    """A card for each target: those that can be used here first, of these the ones on from the start."""
    first = {text.partition(":")[0]: place for place, text in reversed(list(enumerate(FIRST_TARGETS)))}
    offers = [_target_offer(target, availability.get(target.key)) for target in targets.values()]
    rank = {
        offer.key: (bool(offer.refusal), first.get(offer.key, len(first)), offer.title) for offer in offers
    }
    return sorted(offers, key=lambda offer: rank[offer.key])


def _technique_offer(
    technique: Technique, source: ModelSource | None, data: DataSummary | None, student: bool
) -> Offer:
    return Offer(
        kind="technique",
        key=technique.key,
        title=technique.title,
        summary=technique.summary,
        price=technique.price,
        params=technique.Params,
        refusal=_refusal(technique, source, data, student),
        fixed=technique.key == BASELINE,
        trains=isinstance(technique, ModelStep),
        remark=_remark(technique, source),
    )


def _refusal(
    technique: Technique, source: ModelSource | None, data: DataSummary | None, student: bool
) -> str:
    if source is None:
        return ""
    missing = [words for need, words in _missing(source, data).items() if need in technique.needs]
    if not missing and isinstance(technique, ModelStep):
        found = source.fitness.get(technique.key)
        missing = [_obstacle(found, student)] if found and _obstacle(found, student) else []
    return missing[0] if missing else technique.refuses(source, technique.Params())


def _obstacle(found: Fitness, student: bool) -> str:
    """Why a step can't be done to this model, or not without a student."""
    if found.verdict == "cannot":
        return f"Can't: {found.reason}"
    return f"Can't yet: {found.reason} Add one in step 2." if found.only and not student else ""


def _remark(technique: Technique, source: ModelSource | None) -> str:
    """What a step leaves out in this model."""
    found = source.fitness.get(technique.key) if source else None
    return f"Works in part: {found.reason}" if found and found.verdict == "part" else ""


def _missing(source: ModelSource, data: DataSummary | None) -> dict[Need, str]:
    """What these uploads can't give, and what to do about it."""
    missing: dict[Need, str] = {}
    if not source.fitness:
        missing["keras_graph"] = "Needs a Keras model: this file's layers can't be trained."
    if data is None or data.calibration_samples == 0:
        missing["calibration_data"] = "Needs calibration data: add it in step 2."
    if data is None or not data.labelled:
        missing["labels"] = "Needs labels: add labelled data in step 2."
    return missing


def _target_offer(target: Target, known: Availability | None) -> Offer:
    refusal = ""
    if known is not None and not known.available:
        refusal = f"Not here: {known.reason}" + (f" To get it: {known.install}" if known.install else "")
    return Offer(
        kind="target",
        key=target.key,
        title=target.title,
        summary=target.summary,
        price=PRICES[target.accelerator],
        params=target.Options,
        refusal=refusal,
        remark=known.note if known else "",
    )
