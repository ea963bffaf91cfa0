"""A search at the front desk with real workers: it tries, ends, times the best, and can be called off."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.worker.desks import asked, of
from tests.worker.running import soon
from tflite_ui.api import Desk
from tflite_ui.core.errors import InvalidInput
from tflite_ui.core.plan import StudyRequest
from tflite_ui.core.search import Search
from tflite_ui.jobs.search import CLOCK_FILE, SEARCH
from tflite_ui.store.database import Database
from tflite_ui.store.paths import Home
from tflite_ui.store.uploads import Results

pytestmark = [pytest.mark.worker, pytest.mark.usefixtures("shared_nurseries")]
GIVEN = ("dynamic_range", "float16", "full_integer", "int16x8")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def desk(home: Path) -> Iterator[Desk]:
    desk = Desk(home, warm=False)
    desk.warm()
    yield desk
    desk.close()


def searched(desk: Desk, search: Search, *goals: str) -> StudyRequest:
    return asked(desk, *GIVEN).model_copy(update={"search": search, "goals": goals})


def test_a_search_tries_more_than_was_given_and_times_the_best(desk: Desk, home: Path) -> None:
    goals = ("max_drop=0.02", "min=gzip_bytes")
    study = desk.wait(desk.start(searched(desk, Search(minutes=3, trials=4), *goals)))
    assert study.state == "finished"
    found = [v.recipe for v in study.variants if v.recipe not in ("float32", *GIVEN)]
    assert found[:3] == ["full_integer:per_channel=false", "mixed_precision", "weight_only"]
    assert len(found) in (4, 5)  # two cores may each begin one
    assert study.recommendation is not None
    timed = {m.variant for m in study.measurements if m.latency}
    assert study.recommendation.variant in timed
    assert json.loads((home / "studies" / study.id / CLOCK_FILE).read_text())["seconds"] == 180.0
    assert study.document()["search"] == {"minutes": 3.0, "trials": 4}
    again = desk.what_if(study.id, "full_integer:io=int8")
    whole = desk.wait(study.id)
    assert len(whole.variants) == len(study.variants) + 1
    assert whole.variant(again) is not None


def test_a_search_that_is_called_off_leaves_a_finished_study(desk: Desk) -> None:
    id = desk.start(searched(desk, Search(minutes=60)))
    assert soon(
        lambda: any(job.kind == "search" and job.status == "running" for job in desk.progress(id).jobs), 60
    )
    desk.cancel(id, SEARCH)
    study = desk.wait(id)
    assert study.state == "finished"
    assert study.recommendation is not None
    assert all(v.status == "finished" for v in study.variants if len(v.steps) == 1)


def test_without_samples_to_judge_by_a_search_is_refused(desk: Desk) -> None:
    request = searched(desk, Search(minutes=1)).model_copy(update={"data": None, "recipes": ("float16",)})
    with pytest.raises(InvalidInput, match="no samples to evaluate on"):
        desk.start(request)


def test_a_result_from_when_other_samples_chose_is_made_again(desk: Desk, home: Path) -> None:
    plain = desk.wait(desk.start(asked(desk, "float16")))
    results, key = Results(Database(Home(home).database)), f"variant:{of(plain, 'float16').id}"
    kept = results.get(key)
    assert kept is not None
    results.put(key, {name: value for name, value in kept.items() if name != "choosing"})
    assert of(desk.wait(desk.start(asked(desk, "float16"))), "float16").cached
    again = searched(desk, Search(minutes=3, trials=1)).model_copy(update={"recipes": ("float16",)})
    made = of(desk.wait(desk.start(again)), "float16")
    assert not made.cached
    now = results.get(key)
    assert now is not None
    assert {name: now[name] for name in ("choosing", "quality")} == {
        name: kept[name] for name in ("choosing", "quality")
    }
