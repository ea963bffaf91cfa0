"""Which layers bear pruning: a diagnosis in words, as a table, and as a recipe."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from tflite_ui.analysis import words
from tflite_ui.analysis.diagnosis import Proposal
from tflite_ui.core.diagnosis import Diagnosis, PrunedLayer
from tflite_ui.core.study import Study
from tflite_ui.core.variant import Variant

BORNE_DB = 20.0
"""A layer bears what leaves the outputs this far above their noise: a tenth of their size."""
_NAMESAKE = re.compile(r"_\d+$")


def borne(layer: PrunedLayer) -> float:
    """The largest share tried that a layer bears; 0 for none."""
    return max((loss.share for loss in layer.losses if loss.sqnr_db >= BORNE_DB), default=0.0)


def bearing(diagnosis: Diagnosis) -> tuple[PrunedLayer, ...]:
    """The layers that bear the largest share tried."""
    most = max((loss.share for layer in diagnosis.pruned for loss in layer.losses), default=1.0)
    return tuple(layer for layer in diagnosis.pruned if borne(layer) >= most)


def prune_words(diagnosis: Diagnosis) -> str:
    """What the layers bear, one at a time and without training, in a sentence or two."""
    if not diagnosis.pruned:
        return "No layer's weights could be tried."
    found, total = bearing(diagnosis), sum(layer.weights for layer in diagnosis.pruned)
    tender = [layer for layer in diagnosis.pruned if not borne(layer)]
    text = f"{words.counted(len(found), 'layer')} of {len(diagnosis.pruned)} tried"
    if found:
        share = sum(layer.weights for layer in found) / total
        text += f", with {share:.0%} of their weights,"
    text += f" {'bears' if len(found) == 1 else 'bear'} losing {_most(diagnosis):.0%} of them untrained."
    return f"{text} Least bears {tender[0].name}." if len(tender) == 1 else f"{text}{_tender(tender)}"


def pruned_frame(diagnosis: Diagnosis) -> pd.DataFrame:
    """One row a layer and share tried: operator, name, weights, share, sqnr_db, agreement."""
    columns = ["operator", "name", "weights", "share", "sqnr_db", "agreement"]
    rows = [
        (layer.operator, layer.name, layer.weights, loss.share, loss.sqnr_db, loss.agreement)
        for layer in diagnosis.pruned
        for loss in layer.losses
    ]
    return pd.DataFrame(rows, columns=columns).astype({"sqnr_db": float, "agreement": float})


def pruning_proposal(study: Study, variant: Variant, diagnosis: Diagnosis) -> Proposal | None:
    """Pruning of the layers that bear it, then the variant's conversion; None where that can't be."""
    fit = study.source.fitness.get("pruning")
    found = bearing(diagnosis)
    names = _own_names(study, found)
    if fit is None or fit.verdict == "cannot" or len(variant.steps) > 1 or not names:
        return None
    if len(found) == len(diagnosis.pruned):
        return None
    spec = f"pruning:layers={'|'.join(names)}+{variant.recipe}"
    if any(v.recipe == spec for v in study.variants):
        return None
    return Proposal(
        spec=spec,
        label=f"Prune {words.counted(len(names), 'layer')}",
        reason=f"Only those that bear it untrained: {_listed(names, 6)}.",
    )


def _own_names(study: Study, layers: Iterable[PrunedLayer]) -> list[str]:
    """The layers' names in the model; none when one isn't found there: a converter renames namesakes."""
    known = {layer.name for layer in study.source.layers}
    names = [n if n in known else _NAMESAKE.sub("", n) for n in (layer.name for layer in layers)]
    return list(dict.fromkeys(names)) if set(names) <= known else []


def _most(diagnosis: Diagnosis) -> float:
    return max(loss.share for layer in diagnosis.pruned for loss in layer.losses)


def _tender(layers: list[PrunedLayer]) -> str:
    if not layers:
        return ""
    return f" These bear none of it: {_listed([layer.name for layer in layers], 4)}."


def _listed(names: list[str], most: int) -> str:
    return f"{', '.join(names[:most])}{' and more' if names[most:] else ''}"
