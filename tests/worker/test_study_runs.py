"""Studies at the front desk with real workers: equal work once, cancel, kill, limits, resume."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.worker.desks import (
    SLOW,
    Counting,
    asked,
    endings,
    measured,
    of,
    timing_worker,
    under_way,
    worker_of,
)
from tests.worker.running import running, soon
from tflite_ui.api import Desk
from tflite_ui.core.plan import Limits

pytestmark = [pytest.mark.worker, pytest.mark.usefixtures("shared_nurseries")]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def executor() -> Counting:
    return Counting()


@pytest.fixture(scope="module")
def desk(home: Path, executor: Counting) -> Iterator[Desk]:
    desk = Desk(home, executor=executor, warm=False)
    desk.warm()
    yield desk
    desk.close()


def test_equal_work_is_never_done_twice(desk: Desk, executor: Counting) -> None:
    first = desk.wait(desk.start(asked(desk, "float16", "full_integer:io=int8")))
    assert endings(first) == dict.fromkeys(("float32", "float16", "full_integer:io=int8"), "finished")
    assert not any(v.cached for v in first.variants)
    made = executor.kinds.count("variant")
    second = desk.wait(desk.start(asked(desk, "full_integer:io=int8", "dynamic_range")))
    assert {v.recipe: v.cached for v in second.variants} == {
        "float32": True,
        "full_integer:io=int8": True,
        "dynamic_range": False,
    }
    assert executor.kinds.count("variant") == made + 1
    assert executor.kinds.count("prepare") == 1
    assert of(second, "float32").facts == of(first, "float32").facts
    assert of(second, "float32").quality == of(first, "float32").quality
    assert set(measured(second).values()) == {"finished"}


def test_runs_teach_what_targets_take(desk: Desk) -> None:
    study = desk.wait(desk.start(asked(desk, "float16")))
    measured = [m for m in study.measurements if m.target == "xnnpack"]
    evidence = [m.evidence for m in measured if m.evidence]
    assert evidence
    assert all(e.nodes_delegated == e.nodes_total for e in evidence)
    outline, of_source = (
        desk.knowledge.outline(study.baseline.id),
        desk.knowledge.float_outline(study.source.sha256),
    )
    assert outline
    assert of_source
    assert [op.kind for op in outline.operators] == [op.kind for op in of_source.operators]
    found = {p.place: p for p in desk.knowledge.predict(outline)}["xnnpack"]
    assert found.runs >= len(measured)
    assert (found.left, found.mixed, found.unknown) == ((), (), ())


def test_a_what_if_joins_an_ended_study(desk: Desk) -> None:
    id = desk.start(asked(desk, "float16"))
    desk.wait(id)
    variant = desk.what_if(id, "full_integer:samples=100")
    study = desk.wait(id)
    assert study.state == "finished"
    assert [v.recipe for v in study.variants] == ["float32", "float16", "full_integer:samples=100"]
    assert study.variants[-1].id == variant
    assert study.variants[-1].status == "finished"
    assert measured(study) == dict.fromkeys(("float32", "float16", "full_integer:samples=100"), "finished")
    late = study.measurements[-1]
    assert late.session != study.measurements[0].session
    assert late.baseline_p50_ms is not None
    assert desk.what_if(id, "full_integer:samples=100") == variant
    assert len(desk.wait(id).variants) == 3


def test_what_ifs_asked_while_it_runs_join_too(desk: Desk) -> None:
    id = desk.start(asked(desk, "float16"))
    for samples in (60, 70, 80):
        desk.what_if(id, f"full_integer:samples={samples}")
        time.sleep(0.4)
    study = desk.wait(id)
    assert len(study.variants) == 5
    assert set(endings(study).values()) == {"finished"}
    assert set(measured(study).values()) == {"finished"}


def test_a_killed_worker_loses_its_variant_alone(desk: Desk, home: Path) -> None:
    id = desk.start(asked(desk, "float16", SLOW, "dynamic_range", seed=1))
    under_way(desk, id, SLOW)
    pid = worker_of(home, SLOW)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    study = desk.wait(id)
    expected = {"float32": "finished", "float16": "finished", SLOW: "lost", "dynamic_range": "finished"}
    assert study.state == "finished"
    assert endings(study) == expected
    assert measured(study) == expected
    error = of(study, SLOW).error
    assert error is not None
    assert error.type == "WorkerLost"
    assert "SIGKILL" in error.message
    assert error.hint
    assert desk.what_if(id, SLOW) == of(study, SLOW).id
    again = desk.wait(id)
    assert set(endings(again).values()) == {"finished"}
    assert set(measured(again).values()) == {"finished"}
    assert of(again, SLOW).error is None


def test_one_variant_is_cancelled_and_the_others_finish(desk: Desk, home: Path) -> None:
    id = desk.start(asked(desk, SLOW, "float16", seed=2))
    under_way(desk, id, SLOW)
    pid = worker_of(home, SLOW)
    assert pid is not None
    desk.cancel(id, of(desk.study(id), SLOW).id)
    study = desk.wait(id)
    assert study.state == "finished"
    assert endings(study) == {"float32": "finished", SLOW: "cancelled", "float16": "finished"}
    assert measured(study) == endings(study)
    assert not running(pid)


def test_a_queued_variant_is_cancelled_before_it_starts(desk: Desk, executor: Counting) -> None:
    id = desk.start(asked(desk, SLOW, "float16", "dynamic_range", seed=3))
    desk.cancel(id, of(desk.study(id), "dynamic_range").id)
    desk.cancel(id, of(desk.study(id), SLOW).id)
    made = executor.kinds.count("variant")
    study = desk.wait(id)
    assert endings(study) == {
        "float32": "finished",
        SLOW: "cancelled",
        "float16": "finished",
        "dynamic_range": "cancelled",
    }
    assert measured(study) == endings(study)
    assert executor.kinds.count("variant") == made + 2


def test_a_cancelled_study_keeps_what_has_finished_and_can_be_asked_again(desk: Desk, home: Path) -> None:
    id = desk.start(asked(desk, SLOW, "float16", seed=4))
    under_way(desk, id, SLOW)
    assert soon(lambda: of(desk.study(id), "float32").status == "finished", 30)
    pid, before = worker_of(home, SLOW), time.monotonic()
    assert pid is not None
    desk.cancel(id)
    study = desk.wait(id)
    assert time.monotonic() - before < 5
    assert study.state == "cancelled"
    assert endings(study)["float32"] == "finished"
    assert endings(study)[SLOW] == "cancelled"
    assert set(measured(study).values()) == {"cancelled"}
    assert not running(pid)
    desk.what_if(id, "dynamic_range")
    again = desk.wait(id)
    assert again.state == "finished"
    assert endings(again)["dynamic_range"] == "finished"
    assert endings(again)[SLOW] == "cancelled"


LONG_BENCHMARK = "reference:runs=400"


def benchmarking(desk: Desk, seed: int) -> str:
    """A study whose two files are being timed."""
    request = asked(desk, "float16", seed=seed).model_copy(update={"targets": (LONG_BENCHMARK,)})
    id = desk.start(request)

    def timing() -> bool:
        stages = (s for j in desk.progress(id).jobs if j.title == LONG_BENCHMARK for s in j.stages)
        return any(s.name == "measure" and s.state == "running" and s.fraction >= 0.3 for s in stages)

    assert soon(timing, 60), desk.study(id).measurements
    return id


def test_a_killed_benchmark_is_lost_alone(desk: Desk, home: Path) -> None:
    id = benchmarking(desk, seed=8)
    os.kill(timing_worker(home, of(desk.study(id), "float16").id), signal.SIGKILL)
    study = desk.wait(id)
    assert endings(study) == {"float32": "finished", "float16": "finished"}
    assert measured(study) == {"float32": "finished", "float16": "lost"}


def test_a_variant_cancelled_while_it_is_timed_keeps_its_file(desk: Desk) -> None:
    id = benchmarking(desk, seed=9)
    desk.cancel(id, of(desk.study(id), "float16").id)
    study = desk.wait(id)
    assert endings(study) == {"float32": "finished", "float16": "finished"}
    assert measured(study) == {"float32": "finished", "float16": "cancelled"}


def test_a_time_limit_ends_a_variant_as_timed_out(desk: Desk) -> None:
    desk.wait(desk.start(asked(desk, "float32", seed=5)))
    limits = Limits(timeout_seconds=0.05)
    study = desk.wait(desk.start(asked(desk, "weight_only", seed=5, limits=limits)))
    variant = of(study, "weight_only")
    assert (variant.status, of(study, "float32").status) == ("timed_out", "finished")
    assert variant.error is not None
    assert variant.error.type == "JobTimedOut"


def test_a_memory_limit_ends_a_variant_as_failed(desk: Desk) -> None:
    desk.wait(desk.start(asked(desk, "float32", seed=5)))
    study = desk.wait(desk.start(asked(desk, "weight_only", seed=5, limits=Limits(memory_bytes=2**21))))
    variant = of(study, "weight_only")
    assert variant.status == "failed"
    assert variant.error is not None
    assert variant.error.type == "MemoryExceeded"


def test_a_limit_on_the_preparation_ends_everything_with_its_reason(desk: Desk) -> None:
    limits = Limits(timeout_seconds=0.05)
    study = desk.wait(desk.start(asked(desk, "float16", seed=6, limits=limits)))
    assert study.state == "finished"
    assert endings(study) == {"float32": "timed_out", "float16": "timed_out"}
    assert set(measured(study).values()) == {"timed_out"}


def test_two_desks_on_one_home_run_a_study_once(desk: Desk, executor: Counting, home: Path) -> None:
    id = desk.start(asked(desk, SLOW, seed=7))
    under_way(desk, id, SLOW)
    elsewhere = Counting()
    other = Desk(home, executor=elsewhere)
    try:
        seen = other.wait(id)
    finally:
        other.close()
    assert endings(seen) == {"float32": "finished", SLOW: "finished"}
    assert set(measured(desk.wait(id)).values()) == {"finished"}
    assert not {"variant", "benchmark", "prepare"} & set(elsewhere.kinds)
