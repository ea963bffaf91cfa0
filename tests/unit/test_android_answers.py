"""The bytes that go to a phone and come back, for files with several inputs and outputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.unit.test_flatbuffer import T, build
from tflite_ui.targets._android_answers import Answers
from tflite_ui.targets._android_tool import ANSWERING, answering

HALF, QUARTER = [0.5], [0.25]


@pytest.fixture
def answers(tmp_path: Path) -> Answers:
    """Two inputs (int8 at a scale, float32) and two outputs (float32, int16 at a scale), crosswise."""
    tensors = [
        T("a:0", [1, 2], "INT8", scale=HALF),
        T("b,c", [1, 1, 3], "FLOAT32"),
        T("y", [1, 3], "FLOAT32"),
        T("z", [1, 2], "INT16", scale=QUARTER),
    ]
    file = tmp_path / "m.tflite"
    file.write_bytes(build(tensors, [("ADD", [0, 1], [2, 3])], [0, 1], [3, 2]))
    return Answers(file)


INPUTS = {
    "a": np.array([[1.0, -0.5], [100.0, 0.2]], np.float32),
    "b,c": np.arange(6, dtype=np.float32).reshape(2, 1, 3),
}


def test_each_tensor_as_it_lies_in_memory(answers: Answers) -> None:
    given: list[list[bytes]] = []

    def run(values: list[bytes]) -> bytes:
        given.append(values)
        row = len(given)
        return np.array([4 * row, -2], np.int16).tobytes() + np.array([row, 0.5, 7], np.float32).tobytes()

    told = answers.ask(run, INPUTS, 2)
    assert given[0] == [np.array([2, -1], np.int8).tobytes(), np.arange(3, dtype=np.float32).tobytes()]
    assert given[1][0] == np.array([127, 0], np.int8).tobytes()
    assert told["z"].tolist() == [[1.0, -0.5], [2.0, -0.5]]
    assert told["y"].tolist() == [[1.0, 0.5, 7.0], [2.0, 0.5, 7.0]]


def test_other_bytes_than_the_outputs_are_refused(answers: Answers) -> None:
    with pytest.raises(ValueError, match="15 bytes, not 16"):
        answers.ask(lambda _: bytes(15), INPUTS, 1)


def test_what_stands_in_the_way_is_told(answers: Answers) -> None:
    assert answers.obstacle(set(ANSWERING), INPUTS) == ""
    assert "can't be given samples" in answers.obstacle({"graph", "output_filepath"}, INPUTS)
    assert "input a" in answers.obstacle(set(ANSWERING), {"b,c": INPUTS["b,c"]})


def test_inputs_go_by_their_place(answers: Answers) -> None:
    flags = answering({*ANSWERING, "num_runs", "warmup_runs"}, answers.shapes, ["p.bin", "q.bin"])
    assert flags["input_layer"] == "in0,in1"
    assert flags["input_layer_shape"] == "1,2:1,1,3"
    assert flags["input_layer_value_files"] == "in0:p.bin,in1:q.bin"
    assert (flags["num_runs"], flags["warmup_runs"]) == ("1", "0")
    assert "output_proto_filepath" not in flags
