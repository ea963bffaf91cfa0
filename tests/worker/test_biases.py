"""Narrow biases: only where no sum can overflow, and the answers stay the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.worker.making import made_from, variant_of
from tflite_ui.litert.biases import _fits
from tflite_ui.litert.flatbuffer import read
from tflite_ui.litert.interpreter import run_all

pytestmark = pytest.mark.worker


def bias_dtypes(path: str) -> set[str]:
    graph = read(Path(path))
    return {
        operator.inputs[2].dtype
        for operator in graph.operators
        if operator.name in ("CONV_2D", "FULLY_CONNECTED") and operator.inputs[2] is not None
    }


def test_int32_biases_give_the_same_answers(
    model_files: dict[str, Path], small_data: Path, tmp_path: Path
) -> None:
    made = made_from(model_files["keras3"], small_data, tmp_path)
    narrow, _ = variant_of(made, "int16x8", _folder(tmp_path / "narrow"))
    wide, _ = variant_of(made, "int16x8:bias=int64", _folder(tmp_path / "wide"))
    assert bias_dtypes(narrow.file) == {"int32"}
    assert bias_dtypes(wide.file) == {"int64"}
    with np.load(small_data) as data:
        inputs = {made.source.inputs[0].name: data["x"][:64]}
    outputs = [run_all(Path(result.file), inputs) for result in (narrow, wide)]
    name = made.source.outputs[0].name
    np.testing.assert_allclose(outputs[0][name], outputs[1][name], atol=1e-3)


@pytest.mark.parametrize(
    ("weight", "count", "bias", "fits"),
    [(127, 500, 0, True), (127, 520, 0, False), (1, 65535, 32767, True), (1, 65535, 32768, False)],
)
def test_a_sum_that_may_overflow_stays_wide(weight: int, count: int, bias: int, fits: bool) -> None:
    weights = np.full((2, count), weight, np.int8)
    assert _fits(weights, np.array([0, bias], np.int64)) is fits


def _folder(path: Path) -> Path:
    path.mkdir()
    return path
