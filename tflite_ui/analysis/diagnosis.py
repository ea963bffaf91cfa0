"""A diagnosis in words, as a table, and as recipes that may mend what it found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from tflite_ui.analysis import words
from tflite_ui.core.diagnosis import Diagnosis, Kept, Layer
from tflite_ui.core.frozen import Frozen
from tflite_ui.core.recipe import Step
from tflite_ui.core.study import Study
from tflite_ui.core.variant import Variant
from tflite_ui.techniques import techniques

CLEAN_DB = 30.0
"""Outputs this far above their noise have nothing that a single layer could win back."""
WIN_DB = 10.0
"""Keeping layers counts as a remedy when it takes nine tenths of the noise power away: 10 dB."""
WIDE = 30.0
"""Channels whose ranges differ so many fold are named as a cause."""
MIXABLE = ("full_integer", "mixed_precision")
SHARED = ("samples", "per_channel", "equalise")
"""Settings that stay when one of these takes the other's place."""


class Proposal(Frozen):
    """A recipe to try: what the button says, and why."""

    spec: str
    label: str
    reason: str


def remedy(diagnosis: Diagnosis) -> Kept | None:
    """The fewest layers whose keeping takes nine tenths of the noise away; None where there is no need."""
    whole = next((k for k in diagnosis.kept if not k.count), None)
    if whole is None or whole.sqnr_db >= CLEAN_DB:
        return None
    most = max(3, diagnosis.triable // 3)
    enough = (k for k in diagnosis.kept if 0 < k.count <= most and k.sqnr_db >= whole.sqnr_db + WIN_DB)
    return next(enough, None)


def finding(diagnosis: Diagnosis) -> str:
    """Which layer loses most, how much, and what is odd about it, in a sentence or two."""
    worst = culprits(diagnosis)
    if not worst:
        return "No layer could be tried alone."
    whole = next((k for k in diagnosis.kept if not k.count), None)
    if whole is not None and whole.sqnr_db >= CLEAN_DB:
        return (
            f"No layer loses much: the outputs stand {words.decibels(whole.sqnr_db)} above their noise. "
            f"{worst[0].name} (operator {worst[0].operator}) adds the most."
        )
    if remedy(diagnosis) is None:
        return f"The error is spread over many layers; {_blame(worst[0])}"
    if len(worst) == 1:
        return _blame(worst[0])
    names = " and ".join(f"{layer.name} (operator {layer.operator})" for layer in worst[:3])
    share = sum(layer.share or 0.0 for layer in worst)
    return f"{_blame(worst[0])} Together, {names} make {share:.0%} of all layers' error."


def culprits(diagnosis: Diagnosis) -> tuple[Layer, ...]:
    """The layers whose keeping is the remedy, or the worst one alone."""
    by_place = {layer.operator: layer for layer in diagnosis.layers}
    found = remedy(diagnosis)
    return tuple(by_place[place] for place in diagnosis.worst[: found.count if found else 1])


def promise(diagnosis: Diagnosis) -> str:
    """What keeping the culprits gave on trial; empty when there is no remedy."""
    found, whole = remedy(diagnosis), next((k for k in diagnosis.kept if not k.count), None)
    if found is None or whole is None:
        return ""
    before, after = words.decibels(whole.sqnr_db), words.decibels(found.sqnr_db)
    text = f"On trial, keeping {words.counted(found.count, 'layer')} in float took the outputs from {before}"
    return f"{text} to {after} above their noise ({diagnosis.samples} samples)."


def tried_words(diagnosis: Diagnosis) -> str:
    """How many layers were tried alone, and which blocks before them."""
    text = f"{diagnosis.tried} of {diagnosis.triable} layers tried alone on {diagnosis.samples} samples."
    if not diagnosis.blocks:
        return text
    worst = ", ".join(f"{block.name} ({words.decibels(block.alone_db)})" for block in diagnosis.blocks[:3])
    return f"{text} {words.counted(len(diagnosis.blocks), 'block')} tried first, the worst: {worst}."


def cause(layer: Layer) -> str:
    """What is odd about a layer's ranges, e.g. ``its 96 channels' weights differ 5,333-fold in range``."""
    count = words.count(layer.channels or 0)
    if (layer.value_spread or 0.0) >= WIDE:
        return f"the values of its {count} channels differ {_fold(layer.value_spread)} in range"
    if (layer.weight_spread or 0.0) >= WIDE:
        scale = " under a single scale" if layer.per_channel is False else ""
        return f"the weights of its {count} channels differ {_fold(layer.weight_spread)} in range{scale}"
    return ""


def layer_frame(diagnosis: Diagnosis) -> pd.DataFrame:
    """One row a layer in graph order: operator, name, kind, numbers, the errors, and ``worst`` (a bool)."""
    blamed = {layer.operator for layer in culprits(diagnosis)}
    columns = [
        "operator",
        "name",
        "kind",
        "numbers",
        "quantised",
        "alone_db",
        "here_db",
        "share",
        "agreement",
        "weight_spread",
        "value_spread",
    ]
    rows = [
        {**layer.model_dump(include=set(columns)), "worst": layer.operator in blamed}
        for layer in diagnosis.layers
    ]
    frame = pd.DataFrame(rows, columns=[*columns, "worst"])
    numbers = ["alone_db", "here_db", "share", "agreement", "weight_spread", "value_spread"]
    return frame.astype(dict.fromkeys(numbers, float))


def proposals(study: Study, variant: Variant, diagnosis: Diagnosis) -> tuple[Proposal, ...]:
    """Recipes that may win back what the variant loses, the likeliest first; none that the study has."""
    known = {v.recipe for v in study.variants if v.status in ("finished", "queued", "running")}
    return tuple(p for p in _remedies(study, variant, diagnosis) if p.spec not in known)


def remedied(study: Study, variant: Variant, diagnosis: Diagnosis) -> tuple[Variant, ...]:
    """The study's other variants that try to mend this one: what is proposed, and any mixed precision."""
    proposed = {proposal.spec for proposal in _remedies(study, variant, diagnosis)}
    return tuple(
        other
        for other in study.variants
        if other.id != variant.id
        and (other.recipe in proposed or other.steps[-1].technique == "mixed_precision")
    )


def _remedies(study: Study, variant: Variant, diagnosis: Diagnosis) -> list[Proposal]:
    step = variant.steps[-1]
    return [
        *_mixed(variant, step, diagnosis),
        *_equalised(variant, step, diagnosis),
        *_per_channel(variant, step, diagnosis),
        *_more_samples(study, variant, step),
        *_trained(study, variant, step),
    ]


def _mixed(variant: Variant, step: Step, diagnosis: Diagnosis) -> list[Proposal]:
    if step.technique not in MIXABLE or remedy(diagnosis) is None:
        return []
    worst = culprits(diagnosis)
    places = {layer.operator for layer in worst}
    if step.technique == "mixed_precision":
        places |= {layer.operator for layer in diagnosis.layers if not layer.quantised}
    settings = {"keep": ";".join(str(place) for place in sorted(places)), "worst": 0}
    settings |= {k: step.params[k] for k in SHARED if k in step.params}
    names = ", ".join(layer.name for layer in worst)
    return [
        Proposal(
            spec=_spec(variant, "mixed_precision", settings, _defaults("mixed_precision")),
            label=f"Keep {words.counted(len(worst), 'layer')} in float",
            reason=f"{names} stay float, everything else as it is.",
        )
    ]


def _equalised(variant: Variant, step: Step, diagnosis: Diagnosis) -> list[Proposal]:
    if step.technique not in MIXABLE or step.params.get("equalise"):
        return []
    wide = [layer for layer in diagnosis.layers if layer.operator in diagnosis.equalisable and cause(layer)]
    if not wide:
        return []
    changed = {**step.params, "equalise": True}
    names = ", ".join(layer.name for layer in wide[:3])
    return [
        Proposal(
            spec=_spec(variant, step.technique, changed, _defaults(step.technique)),
            label="Equalise the channels",
            reason=f"Those of {names}: scaled alike, and undone by the layers that read them. "
            "Same size, same speed.",
        )
    ]


def _per_channel(variant: Variant, step: Step, diagnosis: Diagnosis) -> list[Proposal]:
    if step.params.get("per_channel") is not False:
        return []
    changed = {**step.params, "per_channel": True}
    return [
        Proposal(
            spec=_spec(variant, step.technique, changed, _defaults(step.technique)),
            label="A scale for each channel",
            reason="Weights of one channel no longer decide for the others; the file grows a little.",
        )
    ]


def _more_samples(study: Study, variant: Variant, step: Step) -> list[Proposal]:
    now = step.params.get("samples")
    there = study.data.calibration_samples if study.data else None
    if not isinstance(now, int) or there is None or there < 2 * now:
        return []
    changed = {**step.params, "samples": min(there, 5 * now)}
    return [
        Proposal(
            spec=_spec(variant, step.technique, changed, _defaults(step.technique)),
            label=f"Calibrate on {words.count(changed['samples'])} samples",
            reason=f"{words.count(now)} may miss values that occur.",
        )
    ]


def _trained(study: Study, variant: Variant, step: Step) -> list[Proposal]:
    fit = study.source.fitness.get("qat")
    if step.technique != "full_integer" or fit is None or fit.verdict == "cannot" or len(variant.steps) > 1:
        return []
    return [
        Proposal(
            spec=f"qat+{variant.recipe}",
            label="Train with quantisation",
            reason="The weights learn to live with 8 bits; takes minutes.",
        )
    ]


def _spec(variant: Variant, technique: str, settings: Mapping[str, Any], defaults: Mapping[str, Any]) -> str:
    """The variant's recipe with another last step."""
    before = variant.recipe.split("+")[:-1]
    pairs = [f"{k}={_plain(v)}" for k, v in settings.items() if k not in defaults or defaults[k] != v]
    return "+".join([*before, f"{technique}:{','.join(pairs)}" if pairs else technique])


def _defaults(technique: str) -> dict[str, Any]:
    return techniques()[technique].Params.defaults()


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _blame(layer: Layer) -> str:
    why = cause(layer)
    text = f"{layer.name} (operator {layer.operator}) adds the most error"
    return f"{text}: {why}." if why else f"{text}, {layer.share or 0.0:.0%} of all layers'."


def _fold(spread: float | None) -> str:
    return f"{words.significant(spread or 1.0, 2)}-fold"
