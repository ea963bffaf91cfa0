"""Moved copies of pictures: where they lie, what becomes of labels, and what a teacher says of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.small_net import SAMPLES, TRAINING, accuracy, images, lessons, trained
from tests.training_context import Workplace
from tflite_ui.core.errors import ConversionFailed
from tflite_ui.core.model import TensorSpec
from tflite_ui.core.training import TrainingSet
from tflite_ui.keras_graph.logits import without_heads
from tflite_ui.techniques.distillation import Distillation, DistillationParams, _lessons
from tflite_ui.training import moved as moving
from tflite_ui.training.moved import SHARE, is_picture, moved, with_moved


@given(
    height=st.integers(8, 40), width=st.integers(8, 40), channels=st.integers(1, 3), seed=st.integers(0, 99)
)
def test_each_picture_is_its_own_moved_a_little_with_the_edge_repeated(
    height: int, width: int, channels: int, seed: int
) -> None:
    before = np.random.default_rng(seed).random((3, height, width, channels), np.float32)
    after = moved(before, np.random.default_rng(seed))
    assert (after.shape, after.dtype) == (before.shape, before.dtype)
    tops, lefts = (max(1, side // SHARE) for side in (height, width))
    for one, other in zip(before, after, strict=True):
        ways = (
            one[np.clip(np.arange(height) + y, 0, height - 1)][:, np.clip(np.arange(width) + x, 0, width - 1)]
            for y in range(-tops, tops + 1)
            for x in range(-lefts, lefts + 1)
        )
        assert any(np.array_equal(other, way) for way in ways)


def test_copies_train_and_what_validates_stays_as_it_is() -> None:
    x, y = images()[0][:12], images()[1][:12]
    masks = np.zeros((12, 28, 28), np.int64)
    rows = np.arange(24.0).reshape(12, 2)
    data = TrainingSet({"image": x, "row": rows}, {"label": y, "mask": masks}, {}, 9)
    found = with_moved(data, frozenset({"image"}), 2, True, 0)
    assert found.training == 27
    assert {name: len(values) for name, values in found.inputs.items()} == {"image": 30, "row": 30}
    assert np.array_equal(found.inputs["image"][:9], x[:9])
    assert np.array_equal(found.inputs["image"][27:], x[9:])
    assert not np.array_equal(found.inputs["image"][9:18], found.inputs["image"][18:27])
    assert np.array_equal(found.inputs["row"], np.concatenate([rows[:9]] * 3 + [rows[9:]]))
    assert list(found.labels) == ["label"]
    assert np.array_equal(found.labels["label"], np.concatenate([y[:9]] * 3 + [y[9:]]))


def test_half_are_mirrored_where_that_is_asked_for() -> None:
    slope = np.tile(np.arange(28, dtype=np.float32)[None, None, :, None], (200, 28, 1, 1))
    data = TrainingSet({"image": slope}, {}, {}, 200)
    rising = {
        mirror: np.mean(
            with_moved(data, frozenset({"image"}), 1, mirror, 0).inputs["image"][200:, 0, -1, 0] > 14
        )
        for mirror in (False, True)
    }
    assert rising[False] == 1.0
    assert 0.35 < rising[True] < 0.65


@pytest.mark.parametrize(
    ("shape", "is_one"),
    [
        ((None, 28, 28, 1), True),
        ((1, 96, 96, 3), True),
        ((None, None, None, 3), False),
        ((None, 28, 28), False),
        ((None, 7, 28, 1), False),
        ((None, 28, 28, 64), False),
    ],
)
def test_what_a_picture_is(shape: tuple[int | None, ...], is_one: bool) -> None:
    assert is_picture(TensorSpec(name="x", shape=shape, dtype="float32")) == is_one


def test_where_no_input_is_a_picture_it_is_refused_before_anything_runs(tmp_path: Path) -> None:
    source = Workplace(tmp_path, None, lessons()).source
    row = source.model_copy(update={"inputs": (TensorSpec(name="x", shape=(None, 4), dtype="float32"),)})
    technique = Distillation()
    assert technique.refuses(source, DistillationParams(moved=2)) == ""
    assert technique.refuses(row, DistillationParams()) == ""
    assert "choose mirror=false" in technique.refuses(source, DistillationParams(mirror=True))
    assert technique.refuses(source, DistillationParams(mirror=True, moved=1)) == ""
    assert "choose moved=0" in technique.refuses(row, DistillationParams(moved=2))


def test_more_than_memory_bears_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "MOST_BYTES", 28 * 28 * 4 * TRAINING)
    with_moved(lessons(), frozenset({"image"}), 1, False, 0)
    with pytest.raises(ConversionFailed, match="2 moved copies of the pictures would take"):
        with_moved(lessons(), frozenset({"image"}), 2, False, 0)


def test_the_teacher_answers_what_was_moved_and_a_student_learns_it(tmp_path: Path) -> None:
    params = DistillationParams(moved=2, epochs=3, width=0.75)
    place, teacher = Workplace(tmp_path, trained(), lessons()), trained()
    data, logits = _lessons(teacher, without_heads(teacher), params, place)
    assert data.training == 3 * TRAINING
    assert len(logits[0]) == data.samples == 3 * TRAINING + SAMPLES - TRAINING
    answers = teacher.predict(data.inputs["image"], verbose=0, batch_size=256)
    np.testing.assert_allclose(data.originals["label"], answers, atol=1e-5)
    assert not np.array_equal(answers[:TRAINING], answers[TRAINING : 2 * TRAINING])
    made = Distillation().apply(teacher, params, place)
    assert accuracy(made) > 0.6
