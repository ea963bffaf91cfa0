"""What decides whether a training is done already."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.studies import finished
from tflite_ui.core.recipe import Step
from tflite_ui.jobs.preparations import Preparation
from tflite_ui.jobs.trainings import Inputs, key_of
from tflite_ui.jobs.workshop import ignore
from tflite_ui.store.uploads import Upload

STEPS = (Step(technique="pruning", params={"epochs": 2}),)


def upload(digest: str) -> Upload:
    return Upload(digest=digest, kind="data", name="d.npz", size_bytes=1, state="ready")


def inputs(data: str = "d", training: str | None = "t", shaped: str = "f", student: str = "s") -> Inputs:
    return Inputs(
        study=finished(),
        model=upload("m"),
        data=upload(data),
        training=upload(training) if training else None,
        student=upload(student),
        preparation=Preparation(float_digest=shaped, outputs_digest=None, checks=(), seconds=0.0),
        on_event=ignore,
        on_start=ignore,
        on_wait=lambda: None,
        stopped=lambda: False,
    )


def key(**changed: Any) -> str:
    return key_of(inputs(**changed), STEPS)


def test_with_a_training_file_the_data_does_not_matter() -> None:
    assert key(data="other") == key()
    assert key(training="other") != key()
    assert key(training=None, data="other") != key(training=None)


def test_the_shapes_that_data_fixes_do() -> None:
    assert key(shaped="of other shapes") != key()


def test_seed_and_steps_do() -> None:
    study = inputs().study
    seeded = study.model_copy(update={"request": study.request.model_copy(update={"seed": 9})})
    assert key_of(replace(inputs(), study=seeded), STEPS) != key()
    assert key_of(inputs(), (STEPS[0].model_copy(update={"params": {"epochs": 3}}),)) != key()


def test_the_student_does_where_it_is_taught() -> None:
    taught = (Step(technique="distillation", params={"student": "uploaded"}),)
    assert key_of(inputs(student="other"), taught) != key_of(inputs(), taught)
    assert key(student="other") == key()
