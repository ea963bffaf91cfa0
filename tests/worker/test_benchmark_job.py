"""Benchmarks driven by a real pipe, as the app drives them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from making import Made, made_from, measured, variant_of

from tflite_ui.core.errors import BenchmarkFailed, JobCancelled
from tflite_ui.targets import targets
from tflite_ui.worker.availability import ask
from tflite_ui.worker.benchmark import known, turns
from tflite_ui.worker.memory import PeakMemory

pytestmark = pytest.mark.worker
ROUNDS = "round 4\nround 4\nround 3\nend\n"


@pytest.fixture(scope="module")
def small(model_files: dict[str, Path], small_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made_from(model_files["tflite"], small_data, tmp_path_factory.mktemp("small"))


@pytest.mark.parametrize("target", ["reference", "builtin", "xnnpack:threads=2"])
def test_rounds_are_run_and_told(small: Made, tmp_path: Path, target: str) -> None:
    found, events = measured(small, small.prepared.float_file, f"{target}", ROUNDS, tmp_path)
    assert [event.stage for event in events] == ["open", "ready", "round", "round", "round"]
    assert found.latency is not None
    assert (found.latency.n, found.latency.warmup) == (11, 5)
    assert 0 < found.latency.min <= found.latency.p50 <= found.latency.p90 <= found.latency.p99
    assert found.latency.first > 0
    assert len(found.round_p50_ms) == 3
    assert sum(count for _, count in found.histogram) == 11
    assert found.noise is not None
    assert found.noisy == (found.noise > 0.15)
    assert found.peak_memory_bytes is not None
    assert found.evidence is not None
    assert found.evidence.nodes_total
    if target == "reference":
        assert found.parity is None
    else:
        assert found.parity is not None
        assert found.parity.max_abs < 1e-5
        assert found.parity.top1_agreement == 1.0


def test_what_really_ran_is_told(small: Made, tmp_path: Path) -> None:
    int16, _ = variant_of(small, "int16x8", tmp_path)
    files = {"float": small.prepared.float_file, "int16": int16.file}
    used = {}
    for name, file in files.items():
        evidence = measured(small, file, "xnnpack", "round 1\nend\n", tmp_path)[0].evidence
        assert evidence is not None
        used[name] = (evidence.requested, evidence.used, evidence.nodes_delegated)
    assert used["float"][:2] == ("XNNPACK", "CPU, XNNPACK")
    assert used["int16"] == ("XNNPACK", "CPU, built-in kernels: XNNPACK took nothing", 0)


def test_the_time_cap_holds_and_n_is_shown(small: Made, tmp_path: Path) -> None:
    spec = "reference:max_seconds=0.0001,warmup=0"
    found, events = measured(small, small.prepared.float_file, spec, "round 50\nround 50\nend\n", tmp_path)
    assert found.latency is not None
    assert 1 <= found.latency.n < 50
    assert [event.stage for event in events][-2:] == ["round", "round"]


def test_without_data_random_inputs_serve(small: Made, tmp_path: Path) -> None:
    bare = Made(small.source, small.path, None, small.prepared)
    found, _ = measured(bare, small.prepared.float_file, "xnnpack", "round 2\nend\n", tmp_path)
    assert found.parity is not None
    assert found.parity.max_abs < 1e-5


def test_an_app_that_goes_away_ends_it(small: Made, tmp_path: Path) -> None:
    with pytest.raises(JobCancelled):
        measured(small, small.prepared.float_file, "builtin", "round 2\n", tmp_path)


def test_a_file_that_the_runtime_refuses(small: Made, tmp_path: Path) -> None:
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(Path(small.prepared.float_file).read_bytes()[:600])
    with pytest.raises(BenchmarkFailed, match=r"broken\.tflite"):
        measured(small, str(broken), "builtin", ROUNDS, tmp_path)


def test_turns() -> None:
    assert list(turns(io.StringIO("round 3\nround 10\nend\nround 5\n"))) == [3, 10]
    with pytest.raises(BenchmarkFailed, match="'dance' isn't a turn"):
        list(turns(io.StringIO("dance\n")))


def test_peak_memory_sees_what_is_gone_again() -> None:
    memory = PeakMemory()
    block = bytearray(64 * 2**20)
    block[::4096] = b"x" * len(block[::4096])
    del block
    assert 60 * 2**20 < memory.bytes() < 90 * 2**20


def test_this_machines_cpu_is_available() -> None:
    assert all(ask(targets()[key]).available for key in ("reference", "builtin", "xnnpack"))


def test_a_target_that_is_gone_is_told_in_words() -> None:
    with pytest.raises(BenchmarkFailed, match="The target attic isn't here any more"):
        known("attic")
    assert known("reference") is targets()["reference"]
