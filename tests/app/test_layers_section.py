"""Results, Layers: what was found in a variant, and the recipes that may mend it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests import studies
from tests.app.conftest import Open, words
from tflite_ui.api import Desk
from tflite_ui.core.diagnosis import BlockLoss, Diagnosis, Histogram, Kept, Layer, Pruned, PrunedLayer
from tflite_ui.core.study import Study
from tflite_ui.datasets.answers import Answers
from tflite_ui.jobs.diagnoses import Diagnoses, Sight
from tflite_ui.jobs.outbox import Outbox

SEEN = Histogram(low=0.0, high=1.0, before=(3, 1), after=(2, 2))
FOUND = Diagnosis(
    layers=(
        Layer(
            operator=0, kind="CONV_2D", name="stem", numbers="int8", quantised=True, alone_db=38, share=0.02
        ),
        Layer(
            operator=1,
            kind="CONV_2D",
            name="mix",
            numbers="int8",
            quantised=True,
            alone_db=5,
            share=0.98,
            channels=12,
            value_spread=812.0,
            weights=SEEN,
            values=SEEN,
        ),
    ),
    worst=(1, 0),
    kept=(Kept(count=0, sqnr_db=5, agreement=0.7), Kept(count=1, sqnr_db=37, agreement=1.0)),
    samples=32,
    tried=2,
    triable=2,
    seconds=1.0,
    blocks=(BlockLoss(name="block_1", operators=(0, 1), alone_db=4.0, agreement=0.6),),
    pruned=(
        PrunedLayer(
            operator=0, name="stem", weights=100, losses=(Pruned(share=0.8, sqnr_db=9, agreement=1),)
        ),
        PrunedLayer(
            operator=1, name="mix", weights=300, losses=(Pruned(share=0.8, sqnr_db=31, agreement=1),)
        ),
    ),
    prunable=2,
)


def test_the_worst_layer_is_named(
    open_page: Open, keep: Callable[[Study, str], str], desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page("results", study=keep(studies.finished(), "reslayers"))
    app.session_state["results.section"] = "Layers"
    assert [b.label for b in app.run().button if b.key == "layers.go"] == ["Which layer loses?"]
    monkeypatch.setattr(Diagnoses, "get", lambda *_: Sight(state="ready", diagnosis=FOUND))
    app.run()
    assert not app.exception
    assert "mix (operator 1) adds the most error: the values of its 12 channels differ 810-fold" in words(app)
    assert "1 block tried first, the worst: block_1 (4 dB)." in words(app)
    assert "1 layer of 2 tried, with 75% of their weights, bears losing 80% of them untrained." in words(app)
    whole = next(v.id for v in studies.finished().variants if v.steps[-1].technique == "full_integer")
    app.selectbox(key="layers.variant").set_value(whole).run()
    assert any((b.key or "").startswith("layers.try.") for b in app.button)


def test_what_mends_it_stands_beside_it_with_a_paired_test(
    open_page: Open, keep: Callable[[Study, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    study = studies.finished()
    lost = next(v for v in study.variants if v.steps[-1].technique == "full_integer")
    step = lost.steps[-1].model_copy(update={"technique": "mixed_precision", "params": {"keep": "1"}})
    mended = lost.model_copy(update={"id": "mended", "recipe": "mixed_precision:keep=1", "steps": (step,)})
    id = keep(study.model_copy(update={"variants": (*study.variants, mended)}), "resmended")
    monkeypatch.setattr(Diagnoses, "get", lambda *_: Sight(state="ready", diagnosis=FOUND))
    monkeypatch.setattr(Outbox, "answers", lambda _, __, variant: _answers(40 if variant == lost.id else 95))
    app = open_page("results", study=id)
    app.session_state["results.section"] = "Layers"
    app.run().selectbox(key="layers.variant").set_value(lost.id).run()
    assert not app.exception
    assert "is better than Full integer (int8) by 55.0 points on 100 images, p < 0.001." in words(app)


def _answers(right: int) -> Answers:
    rows, wanted = np.arange(100, dtype=np.int32), np.zeros(100, np.int32)
    first = (rows >= right).astype(np.int32)
    return Answers(rows, first, np.ones(100, np.float32), wanted, np.zeros(100, bool))
