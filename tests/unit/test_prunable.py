"""Which layers bear pruning: the words and the recipe."""

from __future__ import annotations

from tests import studies
from tflite_ui.analysis.prunable import bearing, borne, prune_words, pruned_frame, pruning_proposal
from tflite_ui.core.diagnosis import Diagnosis, Pruned, PrunedLayer
from tflite_ui.core.model import Fitness
from tflite_ui.core.model import Layer as ModelLayer
from tflite_ui.core.study import Study
from tflite_ui.evaluation.pruned import SHARES


def layer(place: int, name: str, weights: int, *db: float) -> PrunedLayer:
    pairs = zip(SHARES, db, strict=True)
    return PrunedLayer(
        operator=place,
        name=name,
        weights=weights,
        losses=tuple(Pruned(share=share, sqnr_db=value, agreement=1.0) for share, value in pairs),
    )


STEM, MIX, LABEL = (
    layer(0, "stem", 100, 12.0, 3.0),
    layer(1, "mix_1", 800, 40, 21),
    layer(2, "label", 100, 30, 9),
)


def found(*layers: PrunedLayer) -> Diagnosis:
    return Diagnosis(
        layers=(), worst=(), kept=(), samples=8, tried=0, triable=0, seconds=1, pruned=layers, prunable=3
    )


def study(verdict: str, *names: str) -> Study:
    known = studies.finished()
    fitness = {"pruning": Fitness.model_validate({"verdict": verdict})}
    layers = tuple(ModelLayer(name=name, kind="Conv2D") for name in names)
    return known.model_copy(
        update={"source": known.source.model_copy(update={"layers": layers, "fitness": fitness})}
    )


def test_what_layers_bear_in_words() -> None:
    assert [borne(one) for one in (STEM, MIX, LABEL)] == [0.0, 0.8, 0.5]
    assert bearing(found(STEM, MIX, LABEL)) == (MIX,)
    said = "1 layer of 3 tried, with 80% of their weights, bears losing 80% of them untrained."
    assert prune_words(found(STEM, MIX, LABEL)) == f"{said} Least bears stem."
    assert prune_words(found()) == "No layer's weights could be tried."
    assert list(pruned_frame(found(STEM, MIX))["sqnr_db"]) == [12.0, 3.0, 40.0, 21.0]


def test_those_that_bear_it_are_proposed_by_their_own_names() -> None:
    able = study("works", "stem", "mix", "label")
    whole = next(v for v in able.variants if v.recipe == "full_integer")
    proposal = pruning_proposal(able, whole, found(STEM, MIX, LABEL))
    assert proposal is not None
    assert proposal.spec == "pruning:layers=mix+full_integer"
    assert pruning_proposal(able, whole, found(MIX)) is None
    assert pruning_proposal(able, whole, found(STEM)) is None
    assert pruning_proposal(study("works", "stem"), whole, found(STEM, MIX)) is None
    assert pruning_proposal(study("cannot", "stem", "mix"), whole, found(STEM, MIX)) is None
