"""Graph: what became of each layer, with the outlines of files in the store and without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streamlit.testing.v1 import AppTest

from tests import studies
from tests.app.conftest import Open, words
from tflite_ui.api import Desk
from tflite_ui.core.lesson import Lesson
from tflite_ui.core.model import Layer
from tflite_ui.core.outline import MODEL_INPUT, FileOutline, OperatorNode
from tflite_ui.core.study import Study
from tflite_ui.core.variant import Variant
from tflite_ui.jobs.knowledge import runtime_of
from tflite_ui.store.database import Database
from tflite_ui.store.lessons import Lessons
from tflite_ui.store.paths import open_home
from tflite_ui.store.uploads import Results
from tflite_ui.ui.catalogue import target_offers
from tflite_ui.ui.predictions import with_predictions
from tflite_ui.worker.payloads import VariantResult

Keep = Callable[[Study, str], str]
BLOCKS = 20


def layers() -> tuple[Layer, ...]:
    """A chain of convolutions, each with a batch-norm and a ReLU."""
    made, before = [Layer(name="image", kind="InputLayer")], "image"
    for i in range(BLOCKS):
        made.append(Layer(name=f"c{i}", kind="Conv2D", inputs=(before,), parameters=9))
        made.append(Layer(name=f"b{i}", kind="BatchNormalization", inputs=(f"c{i}",)))
        made.append(Layer(name=f"r{i}", kind="LeakyReLU", inputs=(f"b{i}",), activation="leaky_relu"))
        before = f"r{i}"
    return tuple(made)


def file(dtype: str) -> FileOutline:
    """Its file: a convolution and a LeakyReLU for each three layers, computing in ``dtype``."""

    def op(kind: str, name: str, source: int, **more: Any) -> OperatorNode:
        return OperatorNode(kind=kind, name=name, sources=(source,), takes=dtype, gives=dtype, **more)

    ops = []
    for i in range(BLOCKS):
        ops.append(op("CONV_2D", f"m/b{i}/FusedBatchNormV3;m/c{i}/Conv2D", 2 * i - 1 if i else MODEL_INPUT))
        ops.append(op("LEAKY_RELU", f"m/r{i}/LeakyRelu", 2 * i))
    return FileOutline(operators=tuple(ops), ends=(len(ops) - 1,))


def put(variant: Variant, outline: FileOutline) -> None:
    """The variant's result as a job leaves it in the store."""
    assert variant.facts
    result = VariantResult(
        file="x", facts=variant.facts, checks=(), seconds=variant.seconds, quality=None, outline=outline
    )
    Results(Database(open_home().database)).put(f"variant:{variant.id}", result.model_dump(mode="json"))


def opened(open_page: Open, keep: Keep, id: str) -> AppTest:
    study = studies.finished()
    source = study.source.model_copy(update={"layers": layers()})
    study = study.model_copy(update={"source": source})
    app = open_page("results", study=keep(study, id))
    app.session_state["results.section"] = "Graph"
    return app.run()


def test_one_file_then_two_side_by_side(open_page: Open, keep: Keep) -> None:
    made = studies.finished().variants
    put(made[0], file("float32"))
    put(made[3], file("int8"))
    app = opened(open_page, keep, "graphone")
    assert not app.exception
    assert "60 layers became 40 operators: 20 batch-norms folded into weights." in words(app)
    assert "Not fused: r0 (leaky relu)" in words(app)
    table = app.dataframe[0].value
    assert list(table["Before"][:2]) == ["Conv2D + BatchNormalization", "LeakyReLU"]
    assert list(table["How"][:2]) == ["fused", "kept"]
    assert app.select_slider(key="graph.piece").value == 0
    app.selectbox(key="graph.beside").select(made[3].id).run()
    assert not app.exception
    assert "40 of 40 rows differ: all 40 in their numbers alone" in words(app)
    assert set(app.dataframe[0].value["Difference"]) == {"other numbers"}


def learnt(operator: str, **counted: int) -> Lesson:
    """What one place did with an operator under the runtime installed here."""
    row = {"taken": 0, "refused": 0, **counted}
    return Lesson(place="gpu:precision=fp32", runtime=runtime_of("gpu"), operator=operator, dtype="", **row)


def test_targets_tell_what_earlier_runs_foretell(open_page: Open, keep: Keep) -> None:
    study = studies.finished()
    put(study.variants[0], FileOutline(operators=(OperatorNode(kind="RFFT2D", name="x"),)))
    Lessons(Database(open_home().database)).add((learnt("", taken=12), learnt("RFFT2D", refused=3)))
    app = open_page("results", study=keep(study, "graphlessons"))
    app.session_state["results.section"] = "Targets"
    app.run()
    assert not app.exception
    table = next(t.value for t in app.dataframe if "Prediction" in t.value)
    row = table[table["Variant"] == "Float32"].iloc[0]
    assert row["Target"] == "GPU, precision fp32"
    assert row["Prediction"].startswith(
        "Predicted from 12 earlier runs: GPU, precision fp32 won't take RFFT2D"
    )


def test_cards_of_targets_tell_what_is_foretold_of_the_float_file(desk: Desk) -> None:
    source = studies.finished().source
    cards = target_offers(desk.targets(), {})
    assert with_predictions(desk, source, cards) == cards
    outline = FileOutline(operators=(OperatorNode(kind="ABS", name="x"),))
    Results(Database(open_home().database)).put(f"outline:{source.sha256}", outline.model_dump(mode="json"))
    Lessons(Database(open_home().database)).add((learnt("", taken=2), learnt("ABS", refused=2)))
    remarks = {card.key: card.remark for card in with_predictions(desk, source, cards)}
    assert "GPU won't take ABS" in remarks["gpu"]
    assert remarks["gpu"].startswith("Predicted from")
    assert remarks["xnnpack"] == ""


def test_a_file_of_an_earlier_version_says_so(open_page: Open, keep: Keep) -> None:
    app = opened(open_page, keep, "graphold")
    app.selectbox(key="graph.variant").select(studies.finished().variants[2].id).run()
    assert not app.exception
    assert "The operators of this file weren't kept" in words(app)
