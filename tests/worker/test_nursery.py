"""Nurseries: what they are made of, what a job gets, and what is left when one of the three is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from running import ROOT, SECRET, Listener, long_one, quick, running, soon

from tflite_ui.jobs.local import FRESH_WORKERS, LocalExecutor
from tflite_ui.worker.protocol import EVENTS_FILE, JOB_FILE, LOG_FILE, JobSpec

pytestmark = pytest.mark.worker

APP = """
import sys, time
from tflite_ui.jobs.local import LocalExecutor
from tflite_ui.worker.protocol import JobSpec
executor = LocalExecutor()
if sys.argv[1] == "warm":
    executor.warm()
    print("warming", flush=True)
else:
    executor.start(JobSpec.model_validate_json(sys.argv[1]), lambda event: print(event.pid, flush=True))
time.sleep(60)
"""


@pytest.fixture
def executor() -> Iterator[LocalExecutor]:
    local = LocalExecutor()
    yield local
    local.close()


def nursery_of(pid: int) -> psutil.Process:
    parent = psutil.Process(pid).parent()
    assert parent is not None
    assert "nursery" in parent.cmdline()
    return parent


def app(argument: str, **environment: str) -> subprocess.Popen[str]:
    """A program that stands for the app; its first word is on its stdout."""
    return subprocess.Popen(
        [sys.executable, "-c", APP, argument],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
        cwd=ROOT,
    )


def first_word(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_a_job_opens_confined_in_a_process_of_its_own(executor: LocalExecutor, tmp_path: Path) -> None:
    heard = Listener()
    job = executor.start(long_one(tmp_path / "job"), heard)
    opened = heard.opened()
    assert opened.event == "opened"
    assert opened.isolation.startswith("fork, netns, landlock ")
    assert opened.isolation.endswith(", seccomp")
    assert os.getpgid(heard.pid) == os.getsid(heard.pid) == heard.pid
    assert heard.pid != os.getpid()
    assert Path(f"/proc/{heard.pid}/cwd").resolve() == tmp_path / "job"
    job.cancel()
    job.wait()


def test_a_job_holds_no_descriptors_but_its_own(executor: LocalExecutor, tmp_path: Path) -> None:
    heard = Listener()
    job = executor.start(long_one(tmp_path / "job"), heard)
    folder = Path(f"/proc/{heard.opened().pid}/fd")
    held = {}
    for entry in folder.iterdir():
        with suppress(FileNotFoundError):  # the job closes what it has read
            held[int(entry.name)] = os.readlink(entry)
    log = str(tmp_path / "job" / LOG_FILE)
    assert [held.pop(number) for number in (0, 1, 2)] == ["/dev/null", log, log]
    others = {target.partition("[")[0] for target in held.values()}
    assert others <= {"pipe:", str(tmp_path / "job.npy")}
    assert list(held.values()).count(str(tmp_path / "job.npy")) == len(held) - 2
    job.cancel()
    job.wait()


def test_the_light_nursery_has_one_thread_and_no_tensorflow(executor: LocalExecutor, tmp_path: Path) -> None:
    heard = Listener()
    job = executor.start(long_one(tmp_path / "job"), heard)
    nursery = nursery_of(heard.pid)
    libraries = Path(f"/proc/{nursery.pid}/maps").read_text()
    assert nursery.num_threads() == 1
    assert "ai_edge_litert" in libraries
    assert "/tensorflow/" not in libraries
    job.cancel()
    job.wait()


def test_the_full_nursery_has_one_thread_and_tensorflow(executor: LocalExecutor, tmp_path: Path) -> None:
    heard = Listener()
    job = executor.start(long_one(tmp_path / "job", tensorflow=True), heard)
    nursery = nursery_of(heard.pid)
    assert nursery.num_threads() == 1
    assert "/tensorflow/" in Path(f"/proc/{nursery.pid}/maps").read_text()
    assert heard.opened().isolation.startswith("fork, netns, landlock ")
    job.cancel()
    job.wait()


def test_the_apps_secrets_do_not_reach_workers(
    executor: LocalExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SECRET, "swordfish")
    heard = Listener()
    job = executor.start(long_one(tmp_path / "job"), heard)
    for pid in (heard.pid, nursery_of(heard.pid).pid):
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        assert b"PATH=" in environment
        assert b"swordfish" not in environment
    job.cancel()
    job.wait()


def test_job_json_and_journal_are_left(executor: LocalExecutor, tmp_path: Path) -> None:
    heard, spec = Listener(), quick(tmp_path / "job")
    outcome = executor.start(spec, heard).wait()
    assert outcome.ending == "finished"
    assert JobSpec.model_validate_json((tmp_path / "job" / JOB_FILE).read_bytes()) == spec
    journal = [json.loads(line) for line in (tmp_path / "job" / EVENTS_FILE).read_text().splitlines()]
    assert [event.model_dump(mode="json") for event in heard.events] == journal
    assert heard.names == ["opened", "finished"]


def test_many_threads_may_start_jobs(executor: LocalExecutor, tmp_path: Path) -> None:
    heard = [Listener() for _ in range(12)]
    specs = [quick(tmp_path / f"job{number}") for number in range(12)]
    with ThreadPoolExecutor(6) as pool:
        jobs = list(pool.map(executor.start, specs, heard))
    assert [job.wait().ending for job in jobs] == ["finished"] * 12
    assert len({listener.pid for listener in heard}) == 12


def test_a_listener_that_raises_harms_nothing(executor: LocalExecutor, tmp_path: Path) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("not today")

    assert executor.start(quick(tmp_path / "job"), broken).wait().ending == "finished"


def test_a_dead_nursery_takes_its_jobs_along_and_is_replaced(executor: LocalExecutor, tmp_path: Path) -> None:
    heard = Listener()
    job = executor.start(long_one(tmp_path / "job"), heard)
    nursery_of(heard.pid).kill()
    outcome = job.wait()
    assert outcome.ending == "lost"
    assert outcome.error is not None
    assert outcome.error.type == "WorkerLost"
    assert soon(lambda: not running(heard.pid))
    assert executor.start(quick(tmp_path / "next"), Listener()).wait().ending == "finished"


def test_close_leaves_nothing_running(tmp_path: Path) -> None:
    local, heard = LocalExecutor(), Listener()
    job = local.start(long_one(tmp_path / "job"), heard)
    pids = [heard.pid, nursery_of(heard.pid).pid]
    local.close()
    assert job.wait().ending == "cancelled"
    assert not any(map(running, pids))
    assert local.start(quick(tmp_path / "late"), Listener()).wait().ending == "cancelled"


def test_a_killed_app_takes_nursery_and_job_along(tmp_path: Path) -> None:
    process = app(long_one(tmp_path / "job").model_dump_json())
    pid = int(first_word(process))
    pids = [pid, nursery_of(pid).pid]
    assert all(map(running, pids))
    kill(process)
    assert soon(lambda: not any(map(running, pids)))


def test_an_app_killed_during_imports_takes_the_nurseries_along() -> None:
    process = app("warm")
    assert first_word(process) == "warming"
    nurseries = psutil.Process(process.pid).children()
    assert len(nurseries) == 2
    kill(process)
    assert soon(lambda: not any(running(nursery.pid) for nursery in nurseries))


def test_without_forks_a_fresh_process_does_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FRESH_WORKERS, "1")
    local, heard = LocalExecutor(), Listener()
    local.warm()
    outcome = local.start(quick(tmp_path / "job"), heard).wait()
    assert outcome.ending == "finished"
    assert heard.opened().isolation.startswith("fresh process, netns, landlock ")
    stuck, listener = local.start(long_one(tmp_path / "stuck"), heard := Listener()), heard
    os.kill(listener.pid, signal.SIGSEGV)
    assert stuck.wait().ending == "lost"
    local.close()


def test_a_killed_app_takes_a_fresh_job_along(tmp_path: Path) -> None:
    process = app(long_one(tmp_path / "job").model_dump_json(), **{FRESH_WORKERS: "1"})
    pid = int(first_word(process))
    assert "nursery" not in psutil.Process(psutil.Process(pid).ppid()).cmdline()
    assert running(pid)
    kill(process)
    assert soon(lambda: not running(pid))
