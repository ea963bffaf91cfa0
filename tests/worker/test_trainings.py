"""Recipes that train, through the front desk with real processes: shared, stopped, resumed, refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.worker.desks import Counting, endings, of
from tests.worker.running import ROOT, soon
from tflite_ui.api import SAMPLE_DATA, SAMPLE_MODEL, Desk
from tflite_ui.core.errors import InvalidRecipe
from tflite_ui.core.plan import StudyRequest
from tflite_ui.core.study import JobProgress
from tflite_ui.jobs.variants import SHARED

pytestmark = [pytest.mark.worker, pytest.mark.usefixtures("shared_nurseries")]

SAMPLES = ROOT / "tflite_ui" / "samples"
LONG = "pruning:epochs=400,batch_size=16"


@pytest.fixture(scope="module")
def executor() -> Counting:
    return Counting()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def desk(home: Path, executor: Counting) -> Iterator[Desk]:
    opened = Desk(home, executor=executor, warm=False)
    opened.warm()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def lessons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """600 labelled training images in the model's form."""
    file = tmp_path_factory.mktemp("lessons") / "lessons.npz"
    with np.load(SAMPLES / "fashion_train.npz") as kept:
        np.savez(file, x=(kept["x"][:600] / 255).astype(np.float32), y=kept["y"][:600])
    return file


def asked(desk: Desk, *recipes: str, training: Path | None = None, seed: int = 0) -> StudyRequest:
    model, data = desk.add_sample()
    lessons = desk.add_data(training.name, training) if training else None
    return StudyRequest(model=model, data=data, training=lessons, recipes=recipes, seed=seed)


def job(desk: Desk, id: str, recipe: str) -> JobProgress:
    return next(j for j in desk.progress(id).jobs if j.title == recipe)


def test_recipes_that_begin_alike_train_once(desk: Desk, executor: Counting, lessons: Path) -> None:
    recipes = ("pruning:epochs=1+full_integer", "pruning:epochs=1+clustering:epochs=1+float32")
    study = desk.wait(desk.start(asked(desk, *recipes, "pruning:epochs=1+float32", training=lessons)))
    assert set(endings(study).values()) == {"finished"}
    assert executor.kinds.count("train") == 2
    pruned, chained = (of(study, recipe) for recipe in recipes)
    assert [point.technique for point in pruned.curve] == ["pruning"]
    assert [point.technique for point in chained.curve] == ["pruning", "clustering"]
    assert pruned.seconds.train
    assert chained.seconds.train
    assert chained.seconds.train > pruned.seconds.train
    names = [check.name for check in chained.checks if check.passed]
    assert names.count("Equals the trained model") == 2
    assert {"Sparsity", "Clusters", "Equals the float file"} <= set(names)
    assert pruned.facts
    assert chained.facts
    assert (pruned.facts.sparsity or 0) > 0.7
    assert (chained.facts.unique_weights or 99) <= 16
    again = desk.wait(desk.start(asked(desk, "pruning:epochs=1+float16", training=lessons)))
    assert set(endings(again).values()) == {"finished"}
    assert executor.kinds.count("train") == 2


def test_without_a_training_file_the_calibration_samples_teach(desk: Desk) -> None:
    study = desk.wait(desk.start(asked(desk, "structured_pruning:epochs=1,ratio=0.5+full_integer")))
    made = of(study, "structured_pruning:epochs=1,ratio=0.5+full_integer")
    assert made.status == "finished", made.error
    assert made.facts
    assert study.baseline.facts
    assert made.facts.size_bytes < study.baseline.facts.size_bytes / 8


def test_a_variant_that_waits_for_the_same_training_says_so(desk: Desk, lessons: Path) -> None:
    recipes = (f"{LONG}+float32", f"{LONG}+float16")
    id = desk.start(asked(desk, *recipes, training=lessons, seed=3))
    assert soon(lambda: any(SHARED in notes(desk, id, r) for r in recipes), 120), desk.progress(id)
    assert soon(lambda: any(job(desk, id, r).curve for r in recipes), 120)
    busy = next(r for r in recipes if job(desk, id, r).curve)
    desk.finish_training(id, of(desk.study(id), busy).id)
    assert set(endings(desk.wait(id)).values()) == {"finished"}


def notes(desk: Desk, id: str, recipe: str) -> str:
    return " ".join(stage.note for stage in job(desk, id, recipe).stages)


def test_training_is_stopped_and_the_best_so_far_is_kept(desk: Desk, lessons: Path) -> None:
    recipe = f"{LONG}+float32"
    id = desk.start(asked(desk, recipe, training=lessons, seed=1))
    assert soon(lambda: len(job(desk, id, recipe).curve) >= 2, 120), desk.progress(id)
    assert any(s.name == "train" and s.state == "running" for s in job(desk, id, recipe).stages)
    desk.finish_training(id, of(desk.study(id), recipe).id)
    study = desk.wait(id)
    assert endings(study)[recipe] == "finished"
    assert 2 <= len(of(study, recipe).curve) < 400


APP = f"""
import sys, time
from pathlib import Path
from tflite_ui.api import Desk
from tflite_ui.core.plan import StudyRequest
desk = Desk(Path(sys.argv[1]))
model, data = desk.add_sample()
lessons = desk.add_data("lessons.npz", Path(sys.argv[2]))
request = StudyRequest(model=model, data=data, training=lessons, recipes=("{LONG}+float32",))
print(desk.start(request), flush=True)
time.sleep(600)
"""


def test_a_training_goes_on_where_a_killed_app_left_it(tmp_path: Path, lessons: Path) -> None:
    recipe = f"{LONG}+float32"
    command = [sys.executable, "-c", APP, str(tmp_path), str(lessons)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as app:
        assert app.stdout is not None
        id = app.stdout.readline().strip()
        assert soon(lambda: epochs(tmp_path) >= 3, 180)
        os.kill(app.pid, signal.SIGKILL)
    before = epochs(tmp_path)
    again = Desk(tmp_path)
    try:
        assert soon(lambda: epochs(tmp_path) > before, 120)
        assert soon(lambda: bool(job(again, id, recipe).curve), 60)
        assert job(again, id, recipe).curve[0].epoch >= before
        again.finish_training(id, of(again.study(id), recipe).id)
        study = again.wait(id)
    finally:
        again.close()
    made = of(study, recipe)
    assert made.status == "finished"
    numbers = [point.epoch for point in made.curve]
    assert numbers[0] == 1
    assert numbers == sorted(numbers)
    assert list((tmp_path / "jobs").iterdir()) == []


def epochs(home: Path) -> int:
    """How many epochs a training has written down."""
    files = list((home / "jobs").glob("train-*/curve.jsonl"))
    return len(files[0].read_text().splitlines()) if files else 0


def test_what_cannot_be_trained_is_refused_before_anything_runs(desk: Desk, tmp_path: Path) -> None:
    model, data = desk.add_sample()
    with pytest.raises(InvalidRecipe, match="nothing to train on"):
        desk.start(StudyRequest(model=model, recipes=("qat+dynamic_range",)))
    study = desk.wait(desk.start(StudyRequest(model=model, data=data, recipes=("float32",))))
    float_file = desk.add_model("plain.tflite", desk.outbox.file(study, study.baseline.id))
    with pytest.raises(InvalidRecipe, match="isn't a Keras model"):
        desk.start(StudyRequest(model=float_file, data=data, recipes=("qat+full_integer",)))


def test_labels_out_of_range_fail_one_variant_in_words(desk: Desk, tmp_path: Path) -> None:
    with np.load(SAMPLES / SAMPLE_DATA) as kept:
        wrong = tmp_path / "one_class.npz"
        np.savez(wrong, x=kept["x"][:100], y=np.full(100, 3))
    study = desk.wait(desk.start(asked(desk, "qat:epochs=1+full_integer", "float16", training=wrong)))
    failed = of(study, "qat:epochs=1+full_integer")
    assert failed.status == "failed"
    assert failed.error
    assert failed.error.message == "All labels are 3: there is nothing to tell apart."
    assert of(study, "float16").status == "finished"


def test_the_inspection_says_what_can_be_trained(desk: Desk) -> None:
    model, _ = desk.add_sample()
    source = desk.model(model, wait=True).value
    assert source
    assert source.name == SAMPLE_MODEL
    verdicts = {key: fitness.verdict for key, fitness in source.fitness.items()}
    assert verdicts == {
        "clustering": "part",
        "distillation": "works",
        "pruning": "part",
        "qat": "works",
        "structured_pruning": "works",
    }


def test_the_samples_training_file_fits_its_model(desk: Desk) -> None:
    digest = desk.add_sample_training()
    model, _ = desk.add_sample()
    source, training = desk.model(model, wait=True).value, desk.data(digest, wait=True).value
    assert source
    assert training
    assert training.samples == 10_000
    assert training.labels
    assert desk.fit(source, training).ready
