"""Every job ends in exactly one way, and nothing of it is left: real processes, really ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from running import ROOT, Listener, large, long_one, looking_at, quick, running, soon

from tflite_ui.core.plan import Limits, TargetSpec
from tflite_ui.jobs.executor import Outcome
from tflite_ui.jobs.local import LocalExecutor
from tflite_ui.jobs.local_job import LocalJob
from tflite_ui.loaders import find_loader
from tflite_ui.worker.payloads import Benchmark
from tflite_ui.worker.process import kill_group
from tflite_ui.worker.protocol import EVENTS_FILE, JobSpec

pytestmark = pytest.mark.worker


@pytest.fixture(scope="module")
def executor() -> Iterator[LocalExecutor]:
    local = LocalExecutor()
    yield local
    local.close()


def error_of(outcome: Outcome) -> tuple[str, str, str]:
    assert outcome.result is None
    assert outcome.error is not None
    return outcome.error.type, outcome.error.message, outcome.error.hint


def test_finished(executor: LocalExecutor, tmp_path: Path) -> None:
    heard = Listener()
    outcome = executor.start(quick(tmp_path / "job"), heard).wait()
    assert outcome.ending == "finished"
    assert outcome.error is None
    assert outcome.result is not None
    assert outcome.result["samples"] == 3
    assert 0 < outcome.seconds < 30
    assert heard.names == ["opened", "finished"]
    assert soon(lambda: not running(heard.pid))


def test_failed_with_the_reason(executor: LocalExecutor, tmp_path: Path) -> None:
    nonsense = tmp_path / "nonsense.npy"
    nonsense.write_bytes(b"no array at all")
    heard = Listener()
    outcome = executor.start(looking_at(tmp_path / "job", nonsense), heard).wait()
    kind, message, hint = error_of(outcome)
    assert (outcome.ending, kind) == ("failed", "UnreadableData")
    assert "nonsense.npy" in message
    assert hint
    assert heard.names == ["opened", "failed"]


def test_failed_on_what_nobody_foresaw(executor: LocalExecutor, tmp_path: Path) -> None:
    spec = quick(tmp_path / "job").model_copy(update={"payload": {"path": "/nowhere"}})
    outcome = executor.start(spec, Listener()).wait()
    kind, message, hint = error_of(outcome)
    assert (outcome.ending, kind) == ("failed", "UnreadableData")
    assert message.startswith("The data file can't be read: ValidationError")
    assert "\n" not in message
    assert "log" in hint
    assert "Traceback" in (tmp_path / "job" / "log.txt").read_text()


def test_cancelled(executor: LocalExecutor, tmp_path: Path) -> None:
    heard = Listener()
    job = executor.start(long_one(tmp_path / "job"), heard)
    pid = heard.pid
    threading.Thread(target=job.cancel).start()
    assert error_of(job.wait())[0] == "JobCancelled"
    assert job.wait().ending == "cancelled"
    assert soon(lambda: not running(pid))
    job.cancel()
    job.tell("round 1")
    assert job.wait().ending == "cancelled"


def test_cancelled_while_the_nursery_still_imports(tmp_path: Path) -> None:
    local, heard = LocalExecutor(), Listener()
    job = local.start(quick(tmp_path / "job", tensorflow=True), heard)
    since = time.monotonic()
    job.cancel()
    assert job.wait().ending == "cancelled"
    assert time.monotonic() - since < 1.0
    assert local.start(quick(tmp_path / "next", tensorflow=True), Listener()).wait().ending == "finished"
    assert heard.names == []
    local.close()


def test_timed_out(executor: LocalExecutor, tmp_path: Path) -> None:
    heard = Listener()
    outcome = executor.start(long_one(tmp_path / "job", Limits(timeout_seconds=0.5)), heard).wait()
    kind, message, hint = error_of(outcome)
    assert (outcome.ending, kind) == ("timed_out", "JobTimedOut")
    assert "0.5 seconds" in message
    assert "time limit" in hint
    assert 0.5 <= outcome.seconds < 2
    assert soon(lambda: not running(heard.pid))


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (signal.SIGKILL, "was killed (SIGKILL), perhaps because the machine ran out of memory"),
        (signal.SIGSEGV, "crashed in native code (SIGSEGV)"),
        (signal.SIGUSR1, "was killed (SIGUSR1)"),
    ],
)
def test_lost_says_what_killed_it(
    executor: LocalExecutor, tmp_path: Path, number: signal.Signals, words: str
) -> None:
    heard = Listener()
    job = executor.start(long_one(tmp_path / "job"), heard)
    os.kill(heard.pid, number)
    kind, message, hint = error_of(job.wait())
    assert (job.wait().ending, kind) == ("lost", "WorkerLost")
    assert message == f"The worker process {words}."
    assert hint
    assert heard.names == ["opened"]


def test_too_much_memory(executor: LocalExecutor, tmp_path: Path) -> None:
    heard = Listener()
    spec = large(tmp_path / "job", Limits(memory_bytes=20 * 2**20))
    outcome = executor.start(spec, heard).wait()
    kind, message, hint = error_of(outcome)
    assert (outcome.ending, kind) == ("failed", "MemoryExceeded")
    assert "20 MB are allowed" in message
    assert "memory limit" in hint
    assert outcome.peak_memory_bytes is not None
    assert outcome.peak_memory_bytes > 20 * 2**20
    assert soon(lambda: not running(heard.pid))


def test_inherited_memory_is_not_the_jobs_own(executor: LocalExecutor, tmp_path: Path) -> None:
    heard = Listener()
    limits = Limits(timeout_seconds=1.5, memory_bytes=120 * 2**20)
    job = executor.start(long_one(tmp_path / "job", limits, tensorflow=True), heard)
    resident = psutil.Process(heard.pid).memory_info().rss
    os.kill(heard.pid, signal.SIGSTOP)
    outcome = job.wait()
    assert resident > limits.memory_bytes
    assert outcome.ending == "timed_out"
    assert outcome.peak_memory_bytes is not None
    assert 0 < outcome.peak_memory_bytes < limits.memory_bytes


def test_one_ending_though_all_come_at_once(executor: LocalExecutor, tmp_path: Path) -> None:
    limits = Limits(timeout_seconds=0.3)
    for number in range(5):
        heard = Listener()
        job = executor.start(long_one(tmp_path / f"job{number}", limits), heard)
        pid = heard.pid
        time.sleep(0.28)
        os.kill(pid, signal.SIGKILL)
        job.cancel()
        outcomes = {job.wait().ending for _ in range(3)}
        assert len(outcomes) == 1
        assert outcomes <= {"cancelled", "timed_out", "lost"}


def benchmark(folder: Path, file: Path, data: Path, silence: float | None = None) -> JobSpec:
    source = find_loader(file, file.name).describe(file, file.name)
    target = TargetSpec(target="xnnpack", options={}, spec="xnnpack")
    payload = Benchmark(variant="v", file=str(file), target=target, source=source, data=str(data))
    return JobSpec(
        id="bench",
        kind="benchmark",
        folder=str(folder),
        payload=payload.model_dump(mode="json"),
        reads=(str(file), str(data)),
        silence_seconds=silence,
    )


def test_a_benchmark_waits_for_its_turns(
    executor: LocalExecutor, tmp_path: Path, model_files: dict[str, Path], small_data: Path
) -> None:
    heard = Listener()
    job = executor.start(benchmark(tmp_path / "job", model_files["tflite"], small_data), heard)
    assert soon(lambda: "ready" in heard.stages, 20)
    time.sleep(0.3)
    assert "round" not in heard.stages
    job.tell("round 5")
    assert soon(lambda: "round" in heard.stages, 20)
    job.tell("round 7")
    job.tell("end")
    outcome = job.wait()
    assert outcome.ending == "finished"
    assert outcome.result is not None
    assert outcome.result["latency"]["n"] == 12


def test_a_waiting_benchmark_can_be_cancelled(
    executor: LocalExecutor, tmp_path: Path, model_files: dict[str, Path], small_data: Path
) -> None:
    heard = Listener()
    job = executor.start(benchmark(tmp_path / "job", model_files["tflite"], small_data), heard)
    assert soon(lambda: "ready" in heard.stages, 20)
    job.cancel()
    assert job.wait().ending == "cancelled"
    assert soon(lambda: not running(heard.pid))


def test_others_turns_do_not_count_as_its_time(
    executor: LocalExecutor, tmp_path: Path, model_files: dict[str, Path], small_data: Path
) -> None:
    heard = Listener()
    job = executor.start(benchmark(tmp_path / "job", model_files["tflite"], small_data), heard)
    assert isinstance(job, LocalJob)
    assert soon(lambda: "ready" in heard.stages, 20)
    after_limit = time.monotonic() + 2 * Limits().timeout_seconds
    job.check(after_limit)
    job.tell("round 5")
    assert soon(lambda: "round" in heard.stages, 20)
    job.check(after_limit)
    os.kill(heard.pid, signal.SIGSTOP)
    job.tell("round 5")
    job.check(after_limit)
    assert job.wait().ending == "timed_out"


def test_a_benchmark_that_hangs_in_a_run_is_ended_long_before_its_time(
    executor: LocalExecutor, tmp_path: Path, model_files: dict[str, Path], small_data: Path
) -> None:
    heard = Listener()
    job = executor.start(benchmark(tmp_path / "job", model_files["tflite"], small_data, silence=5.0), heard)
    assert soon(lambda: "ready" in heard.stages, 20)
    assert isinstance(job, LocalJob)
    job.check(time.monotonic() + 100)
    os.kill(heard.pid, signal.SIGSTOP)
    job.tell("round 5")
    job.check(time.monotonic() + 4)
    job.check(time.monotonic() + 6)
    outcome = job.wait()
    kind, message, hint = error_of(outcome)
    assert (outcome.ending, kind) == ("timed_out", "JobTimedOut")
    assert "said nothing for 5 seconds" in message
    assert "another target" in hint
    assert outcome.seconds < 20


def test_the_whole_group_goes() -> None:
    shell = subprocess.Popen(["sh", "-c", "sleep 60 & sleep 60 & wait"], start_new_session=True)
    process = psutil.Process(shell.pid)
    assert soon(lambda: len(process.children()) == 2)
    pids = [shell.pid, *(child.pid for child in process.children())]
    kill_group(shell.pid)
    shell.wait()
    assert soon(lambda: not any(map(running, pids)))
    kill_group(shell.pid)


FULL_DISK = """
import sys
sys.path.insert(0, "tests/worker")
from pathlib import Path
from running import Listener, looking_at
from tflite_ui.core.model import ModelSource, TensorSpec
from tflite_ui.jobs.local import LocalExecutor
from tflite_ui.worker.payloads import FixData

how, disk = sys.argv[1], Path(sys.argv[2])
data = Path("tflite_ui/samples/fashion.npz").resolve()

def fill(_=None):
    with open(disk / "filler", "wb", buffering=0) as filler:
        try:
            while filler.write(bytes(512)):
                pass
        except OSError:
            pass

def fixing():
    image = TensorSpec(name="x", shape=(None, 28, 28, 1), dtype="float32")
    source = ModelSource(name="m", format="keras", sha256="0", size_bytes=1, inputs=(image,), outputs=())
    payload = FixData(path=str(data), name="fashion.npz", source=source, fixes=("cast",))
    spec = looking_at(disk / "job", data)
    return spec.model_copy(update={"kind": "fix_data", "payload": payload.model_dump(mode="json")})

executor = LocalExecutor()
if how == "before":
    fill()
spec = fixing() if how == "by the worker" else looking_at(disk / "job", data)
job = executor.start(spec, fill if how == "meanwhile" else Listener())
print(job.wait().model_dump_json())
executor.close()
"""


@pytest.mark.parametrize("how", ["before", "meanwhile", "by the worker"])
def test_disk_full(tmp_path: Path, how: str) -> None:
    mounted = 'mount -t tmpfs -o size=256k tmpfs "$5" && exec "$@"'
    own_mounts = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mounted, "sh")
    done = subprocess.run(
        [*own_mounts, sys.executable, "-c", FULL_DISK, how, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    outcome = Outcome.model_validate(json.loads(done.stdout))
    kind, message, hint = error_of(outcome)
    assert (outcome.ending, kind, message) == ("failed", "DiskFull", "The disk is full.")
    assert "space" in hint


def test_a_folder_that_cannot_be_made_is_an_ending_too(executor: LocalExecutor, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    spec = quick(tmp_path / "job").model_copy(update={"folder": str(tmp_path / "file" / "job")})
    outcome = executor.start(spec, Listener()).wait()
    assert outcome.ending == "failed"
    assert error_of(outcome)[0] == "JobError"


def test_the_journal_ends_at_the_last_whole_event(executor: LocalExecutor, tmp_path: Path) -> None:
    heard = Listener()
    job = executor.start(long_one(tmp_path / "job"), heard)
    os.kill(heard.pid, signal.SIGKILL)
    job.wait()
    lines = (tmp_path / "job" / EVENTS_FILE).read_text().splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["opened"]
