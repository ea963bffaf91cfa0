"""On a net that collapses, the layer at fault is named first, and one recipe wins the loss back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.collapsing import mobile, unequal
from tests.worker.desks import Counting
from tflite_ui.analysis.claims import claim, paired_difference
from tflite_ui.analysis.diagnosis import finding, promise, proposals, remedied
from tflite_ui.analysis.paired import pair, sentence
from tflite_ui.api import SAMPLE_DATA, Desk
from tflite_ui.core.plan import StudyRequest

pytestmark = [pytest.mark.worker, pytest.mark.usefixtures("shared_nurseries")]
SAMPLES = Path(__file__).parent.parent.parent / "tflite_ui" / "samples"


@pytest.mark.parametrize(
    ("make", "named", "kept"),
    [
        (unequal, "expand_1 (operator 6) adds the most error: the values of its 96 channels differ", "6;7"),
        (mobile, "block_1_expand_1 (operator 5) adds the most error: the values of its 60 channels", "5;6"),
    ],
)
def test_the_layer_at_fault_is_named_and_mended(
    tmp_path: Path, make: Callable[[Path], Path], named: str, kept: str
) -> None:
    executor = Counting()
    desk = Desk(tmp_path / "home", executor=executor, warm=False)
    try:
        model = desk.add_model("unequal.keras", make(tmp_path / "unequal.keras"))
        data = desk.add_data(SAMPLE_DATA, SAMPLES / SAMPLE_DATA)
        id = desk.start(StudyRequest(model=model, data=data, recipes=("full_integer",)))
        study = desk.wait(id)
        lost = study.variants[1]
        assert desk.diagnoses.get(study, lost).state == "none"
        desk.diagnoses.begin(study, lost)
        sight = desk.diagnoses.wait(study, lost)
        assert sight.error is None
        assert sight.diagnosis is not None
        assert finding(sight.diagnosis).startswith(named)
        assert "layers in float" in promise(sight.diagnosis)
        found = proposals(study, lost, sight.diagnosis)
        assert found[0].spec == f"mixed_precision:keep={kept},worst=0"
        assert found[1].spec == "full_integer:equalise=true"
        mended, equal = (desk.what_if(id, proposal.spec) for proposal in found[:2])
        study = desk.wait(id)
        desk.diagnoses.begin(study, lost)
        assert executor.kinds.count("diagnose") == 1
        assert {shown.id for shown in remedied(study, lost, sight.diagnosis)} == {mended, equal}
        desk.diagnoses.begin(study, study.variant(equal))
        again = desk.diagnoses.wait(study, study.variant(equal)).diagnosis
        assert again is not None
        assert finding(again).startswith("No layer loses much")
        assert all(layer.here_db is None or layer.here_db > 15 for layer in again.layers)
        sides = desk.outbox.answers(study, lost.id), desk.outbox.answers(study, mended)
        assert sides[0] is not None
        assert sides[1] is not None
        said = sentence(pair(*sides), "Full integer", "Mixed precision", "image")
        assert said.startswith("Mixed precision is better than Full integer by ")
        assert said.endswith("on 2,000 images, p < 0.001.")
    finally:
        desk.close()
    before, after = lost.quality, next(v for v in study.variants if v.id == mended).quality
    assert before is not None
    assert after is not None
    whole = study.baseline.quality
    assert whole is not None
    assert after.value - before.value > 0.9 * (whole.value - before.value)
    difference = paired_difference(before)
    assert difference is not None
    assert difference.worse
    assert claim(after) == "no real difference on 2,000 samples"
