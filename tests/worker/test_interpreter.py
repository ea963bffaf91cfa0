"""The layer over the interpreter: batches, quantised ports, names, and what delegates took."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tflite_ui.core.errors import VerificationFailed
from tflite_ui.evaluation.shards import run_sharded
from tflite_ui.litert.interpreter import Session, rows_of, run_all, take

pytestmark = pytest.mark.worker


@pytest.fixture(scope="module")
def inputs(small_data: Path) -> dict[str, np.ndarray]:
    return {"image": np.load(small_data)["x"][:37]}


@pytest.fixture(scope="module")
def file(model_files: dict[str, Path]) -> Path:
    return model_files["tflite"]


def one_by_one(file: Path, inputs: dict[str, np.ndarray]) -> np.ndarray:
    session = Session(file, "reference")
    rows = [session.run(take(inputs, slice(i, i + 1)))["label"] for i in range(len(inputs["image"]))]
    return np.concatenate(rows)


@pytest.mark.parametrize("batch", [1, 5, 16, 64])
def test_batches_change_nothing(file: Path, inputs: dict[str, np.ndarray], batch: int) -> None:
    told: list[float] = []
    outputs = run_all(file, inputs, batch=batch, progress=told.append)
    assert outputs["label"].dtype == np.float32
    np.testing.assert_allclose(outputs["label"], one_by_one(file, inputs), atol=1e-5)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_a_file_of_a_fixed_batch_is_run_one_by_one(tmp_path: Path) -> None:
    import tensorflow as tf

    weights = tf.constant(np.arange(12, dtype="float32").reshape(4, 3))

    @tf.function(input_signature=[tf.TensorSpec([1, 2, 2], tf.float32, name="image")])
    def fixed(image):  # type: ignore[no-untyped-def]
        flat = tf.reshape(image, [1, 4]) @ weights
        return {"label": tf.concat([flat, tf.ones([1, 1])], axis=1)}

    converter = tf.lite.TFLiteConverter.from_concrete_functions([fixed.get_concrete_function()], tf.Module())
    file = tmp_path / "fixed.tflite"
    file.write_bytes(converter.convert())
    x = np.random.default_rng(0).random((21, 2, 2), np.float32)
    expected = np.concatenate([x.reshape(21, 4) @ weights.numpy(), np.ones((21, 1))], axis=1)
    (outputs,) = run_all(file, {Session(file).input_names[0]: x}).values()
    np.testing.assert_allclose(outputs, expected, rtol=1e-5)


def test_shards_give_what_one_process_gives(file: Path, inputs: dict[str, np.ndarray]) -> None:
    example = rows_of(Session(file).run(take(inputs, slice(0, 1))))
    told: list[float] = []
    outputs = run_sharded(file, inputs, example, 3, told.append)
    np.testing.assert_allclose(outputs["label"], one_by_one(file, inputs), atol=1e-5)
    assert told[-1] == 1.0


def test_a_shard_that_breaks_is_told_of(file: Path, inputs: dict[str, np.ndarray], tmp_path: Path) -> None:
    example = rows_of(Session(file).run(take(inputs, slice(0, 1))))
    with pytest.raises(VerificationFailed, match="failed"):
        run_sharded(tmp_path / "gone.tflite", inputs, example, 2)


def test_xnnpack_takes_the_float_graph_whole(file: Path) -> None:
    found = Session(file, "xnnpack").delegation()
    assert (found.taken, found.partitions) == (found.total, 1)
    for kernels in ("reference", "builtin"):
        plain = Session(file, kernels).delegation()  # type: ignore[arg-type]
        assert (plain.taken, plain.partitions, plain.total) == (0, 0, found.total)


def test_a_broken_file_is_refused_in_words(tmp_path: Path) -> None:
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(b"\x00\x00\x00\x00TFL3" + bytes(64))
    with pytest.raises(VerificationFailed, match=r"can't open broken\.tflite"):
        Session(broken)


def test_foreign_input_names_are_told_of(file: Path) -> None:
    with pytest.raises(VerificationFailed, match="'image'"):
        Session(file).run({"picture": np.zeros((1, 12, 12, 1), np.float32)})
