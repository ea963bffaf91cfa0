"""Studies that outlive the process that began them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.worker.desks import SLOW, TARGET, Counting, asked, endings, measured, of, under_way, worker_of
from tests.worker.running import ROOT, running, soon
from tflite_ui.api import Desk

pytestmark = [pytest.mark.worker, pytest.mark.usefixtures("shared_nurseries")]


def done(desk: Desk, id: str, *recipes: str) -> bool:
    return all(of(desk.study(id), recipe).status == "finished" for recipe in recipes)


APP = f"""
import sys, time
from pathlib import Path
from tflite_ui.api import Desk
from tflite_ui.core.plan import StudyRequest
desk = Desk(Path(sys.argv[1]))
model, data = desk.add_sample()
request = StudyRequest(model=model, data=data, recipes=("float16", "{SLOW}"), targets=("{TARGET}",))
print(desk.start(request), flush=True)
time.sleep(600)
"""


def test_the_app_is_killed_in_mid_run_and_nothing_is_lost(tmp_path: Path) -> None:
    command = [sys.executable, "-c", APP, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as app:
        assert app.stdout is not None
        id = app.stdout.readline().strip()
        watcher = Desk(tmp_path, warm=False)
        try:
            assert soon(lambda: done(watcher, id, "float32", "float16"), 60), watcher.study(id).variants
            assert soon(lambda: worker_of(tmp_path, SLOW) is not None, 60), watcher.study(id).variants
            worker = worker_of(tmp_path, SLOW)
        finally:
            app.kill()
    assert worker is not None
    assert soon(lambda: not running(worker), 10)
    assert watcher.study(id).state == "running"
    watcher.close()
    executor = Counting()
    desk = Desk(tmp_path, executor=executor)
    try:
        study = desk.wait(id)
    finally:
        desk.close()
    assert study.state == "finished"
    assert endings(study) == {"float32": "finished", "float16": "finished", SLOW: "finished"}
    assert measured(study) == endings(study)
    assert executor.kinds.count("variant") == 1
    assert "prepare" not in executor.kinds


def test_a_desk_that_closes_leaves_a_study_to_be_resumed(tmp_path: Path) -> None:
    desk = Desk(tmp_path, warm=False)
    desk.warm()
    id = desk.start(asked(desk, SLOW))
    under_way(desk, id, SLOW)
    desk.close()
    again = Desk(tmp_path)
    try:
        assert again.study(id).state in ("queued", "running")
        assert of(again.study(id), SLOW).status in ("queued", "running")
        study = again.wait(id)
    finally:
        again.close()
    assert endings(study) == {"float32": "finished", SLOW: "finished"}
