"""Targets beside plain kernels, each for real: a GPU in software, OpenVINO, Vela, TFLM, a delegate."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from ctypes.util import find_library
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.rfft import write_rfft
from tests.worker.running import ROOT
from tflite_ui.api import Desk
from tflite_ui.core.measurement import Measurement
from tflite_ui.core.plan import Limits, StudyRequest
from tflite_ui.core.study import Study
from tflite_ui.core.target import Evidence
from tflite_ui.jobs.executor import OnEvent, RunningJob
from tflite_ui.jobs.local import LocalExecutor
from tflite_ui.settings import SETTINGS_VARIABLE
from tflite_ui.targets import targets
from tflite_ui.targets._probe import probed
from tflite_ui.worker.protocol import JobSpec

pytestmark = [pytest.mark.worker, pytest.mark.timeout(600)]

SWIFTSHADER = Path("/usr/lib/chromium/vk_swiftshader_icd.json")
ICD = "VK_ICD_FILENAMES"
DELEGATE = ROOT / "tests" / "delegate" / "delegate.c"
RECIPES = ("float32", "full_integer:io=int8", "dynamic_range")
SHORT = Limits(timeout_seconds=5.0)
OWN = """
import os, time
from tflite_ui.core.target import Availability, Params, Report, ReportTarget

class Odd(ReportTarget):
    key, title, summary, accelerator, Options = "NAME", "Odd", "An odd one.", "any", Params

    def availability(self):
        ACT
        return Availability(available=True)

    def report(self, tflite, options, folder):
        raise NotImplementedError
"""
EARLY = """
from tflite_ui.targets.builtin import Builtin

class Early(Builtin):
    key = "early"

    def devices(self):
        raise OSError("no bus")
"""


class Asking(LocalExecutor):
    """Remembers which targets were asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def start(self, job: JobSpec, on_event: OnEvent) -> RunningJob:
        if job.kind == "availability":
            self.asked.add(job.payload["target"])
        return super().start(job, on_event)


GPU = SWIFTSHADER.exists() and find_library("vulkan") is not None
has_gpu = pytest.mark.skipif(not GPU, reason="SwiftShader (chromium-common) or libvulkan1 isn't installed")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The test's own delegate, compiled."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler")
    file = tmp_path_factory.mktemp("delegate") / "libtest_delegate.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", file, DELEGATE, "-lm"], check=True)
    return file


@pytest.fixture(scope="module")
def desk(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk whose workers know SwiftShader and the delegates of a settings file."""
    file = tmp_path_factory.mktemp("settings") / "settings.toml"
    kinds = {"good": "", "wrong": 'off = "0.2"', "crash": 'crash = "1"', "refuse": 'refuse = "1"'}
    kinds["dies"] = 'crash = "load"'
    entry = '[delegates.{}]\npath = "{}"\noptions = {{ {} }}\n'
    listed = [entry.format(name, library, option) for name, option in kinds.items()]
    file.write_text("".join([*listed, '[delegates.gone]\npath = "/nowhere/lib.so"\n']))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SETTINGS_VARIABLE, str(file))
        patch.setenv(ICD, str(SWIFTSHADER))
        opened = Desk(tmp_path_factory.mktemp("home"))
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def study(desk: Desk) -> Study:
    """The sample on every target."""
    model, data = desk.add_sample()
    specs = ["xnnpack:runs=5", "tflite_micro", "tflite_micro:arena=20000", "openvino:runs=5", "ethos_u"]
    specs += ["ethos_u:accelerator=ethos-u85-256"]
    specs += ["gpu", "gpu:precision=fp16"] if GPU else []
    specs += [f"external_delegate:runs=5,delegate={name}" for name in ("good", "wrong", "crash", "refuse")]
    request = StudyRequest(model=model, data=data, recipes=RECIPES, targets=tuple(specs))
    return desk.wait(desk.start(request))


def on(study: Study, spec: str, recipe: str = "float32") -> Measurement:
    variant = next(v for v in study.variants if v.recipe == recipe)
    return next(m for m in study.measurements if m.variant == variant.id and m.spec == spec)


def evidence(found: Measurement) -> Evidence:
    assert found.status == "finished", found.error
    assert found.evidence
    return found.evidence


@has_gpu
def test_a_gpu_played_in_software_answers_right_and_is_never_timed(study: Study) -> None:
    found = on(study, "gpu")
    ran = evidence(found)
    assert ran.kind == "emulated"
    assert ran.requested == "GPU alone, fp32"
    assert "SwiftShader" in (ran.adapter or "")
    assert ran.nodes_delegated == ran.nodes_total == 13
    assert found.latency is None
    assert found.parity
    assert found.parity.max_abs < 1e-4
    half = on(study, "gpu:precision=fp16")
    assert evidence(half).requested == "GPU alone, fp16"
    assert evidence(on(study, "gpu", "full_integer:io=int8")).nodes_delegated == 13


@has_gpu
def test_what_a_gpu_cannot_run_is_named(desk: Desk, tmp_path: Path) -> None:
    model = desk.add_model("rfft.tflite", write_rfft(tmp_path / "rfft.tflite"))
    specs = ("gpu", "gpu:fallback=true")
    done = desk.wait(desk.start(StudyRequest(model=model, recipes=("float32",), targets=specs)))
    alone = on(done, "gpu")
    assert alone.status == "failed"
    assert alone.error
    assert "RFFT2D" in alone.error.message
    assert "fallback=true" in alone.error.hint
    partly = evidence(on(done, "gpu:fallback=true"))
    assert (partly.nodes_delegated, partly.nodes_total) == (4, 8)
    assert "RFFT2D" in partly.fallback
    assert partly.used.endswith("and CPU")


def test_openvino_runs_and_tells_its_partitions(study: Study) -> None:
    found = on(study, "openvino:runs=5")
    ran = evidence(found)
    assert ran.used == "OpenVINO on CPU"
    assert (ran.nodes_delegated, ran.nodes_total, ran.partitions) == (13, 13, 1)
    assert ran.kind == "measured"
    assert found.latency
    assert found.parity
    assert found.parity.cosine > 0.99


def test_vela_estimates_and_compiles(desk: Desk, study: Study) -> None:
    found = on(study, "ethos_u", "full_integer:io=int8")
    ran = evidence(found)
    assert ran.kind == "estimated"
    assert ran.used.startswith("Vela's model of Ethos_U55_128")
    assert ran.nodes_delegated == ran.nodes_total
    assert found.latency is None
    assert found.estimate_ms == pytest.approx(1000 * found.figures["cycles"] / 500e6)
    assert found.arena_bytes == found.figures["sram_bytes"]
    assert sum(op.share for op in found.ops) == pytest.approx(1.0, abs=0.01)
    assert {op.where for op in found.ops} == {"NPU"}
    compiled = desk.outbox.artefact(study, found.variant, found.spec)
    assert b"TFL3" in compiled.read_bytes()[:16]
    faster = on(study, "ethos_u:accelerator=ethos-u85-256", "full_integer:io=int8")
    assert (faster.estimate_ms or 9) < found.estimate_ms


@pytest.fixture(scope="module")
def mobile(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A MobileNetV2 of 96 pixels with weights of chance, in float and int8, on what isn't a plain CPU."""
    folder = tmp_path_factory.mktemp("mobile")
    shape = (96, 96, 3)
    net = keras.applications.MobileNetV2(input_shape=shape, alpha=0.35, weights=None, classes=10)
    net.save(folder / "mobile.keras")
    x = np.random.default_rng(0).uniform(-1, 1, (60, *shape)).astype(np.float32)
    np.savez(folder / "x.npz", x=x)
    model, data = (
        desk.add_model("mobile.keras", folder / "mobile.keras"),
        desk.add_data("x.npz", folder / "x.npz"),
    )
    specs = ("tflite_micro", "openvino:runs=5", "ethos_u", *(("gpu",) if GPU else ()))
    recipes = ("float32", "full_integer:io=int8,samples=20")
    return desk.wait(desk.start(StudyRequest(model=model, data=data, recipes=recipes, targets=specs)))


def test_a_mobilenet_runs_or_is_told_of_everywhere(mobile: Study) -> None:
    int8 = mobile.variants[1].recipe
    vino, arena = on(mobile, "openvino:runs=5"), on(mobile, "tflite_micro")
    assert evidence(vino).nodes_delegated == evidence(vino).nodes_total
    assert vino.parity
    assert vino.parity.cosine > 0.999
    assert evidence(arena).kind == "emulated"
    assert arena.arena_bytes
    vela = on(mobile, "ethos_u", int8)
    assert evidence(vela).nodes_delegated == evidence(vela).nodes_total
    assert vela.estimate_ms


@has_gpu
def test_a_mobilenet_on_a_gpu_agrees_with_the_cpu(mobile: Study) -> None:
    found = on(mobile, "gpu")
    ran = evidence(found)
    assert ran.kind == "emulated"
    assert ran.nodes_delegated == ran.nodes_total
    assert found.latency is None
    assert found.parity
    assert found.parity.max_abs < 1e-4


@pytest.mark.parametrize("recipe", ["float32", "dynamic_range"])
def test_a_file_with_nothing_for_the_npu_is_refused(study: Study, recipe: str) -> None:
    found = on(study, "ethos_u", recipe)
    assert found.error
    assert "integers alone" in found.error.message


def test_a_microcontroller_runtime_tells_its_arena(study: Study) -> None:
    small, large = (on(study, "tflite_micro", recipe) for recipe in ("full_integer:io=int8", "float32"))
    assert evidence(small).kind == "emulated"
    assert small.latency is None
    assert small.arena_bytes
    assert large.arena_bytes
    assert 20_000 < small.arena_bytes < large.arena_bytes
    assert small.parity
    assert small.parity.max_abs < 0.01
    refused = on(study, "tflite_micro", "dynamic_range").error
    assert refused
    assert "Hybrid models" in refused.message
    too_small = on(study, "tflite_micro:arena=20000", "full_integer:io=int8").error
    assert too_small
    assert "more than 20,000 bytes" in too_small.message


def test_a_delegate_library_is_loaded_and_counted(study: Study) -> None:
    found = on(study, "external_delegate:runs=5,delegate=good")
    ran = evidence(found)
    assert ran.requested == "delegate good"
    assert ran.used == "delegate good and CPU, built-in kernels"
    assert ran.adapter == "libtest_delegate.so"
    assert (ran.nodes_delegated, ran.nodes_total, ran.partitions) == (2, 13, 2)
    assert "CONV_2D" in ran.fallback
    assert not {"ADD", "SOFTMAX"} & set(ran.fallback)
    assert found.latency
    assert found.parity
    assert found.parity.max_abs < 1e-5
    nothing = evidence(on(study, "external_delegate:runs=5,delegate=good", "full_integer:io=int8"))
    assert nothing.used == "CPU, built-in kernels: good took nothing"


def test_a_delegate_that_answers_wrong_is_found_out(study: Study) -> None:
    found = on(study, "external_delegate:runs=5,delegate=wrong").parity
    assert found
    assert found.max_abs > 0.1


def test_a_delegate_that_crashes_costs_its_own_job_alone(study: Study) -> None:
    lost = on(study, "external_delegate:runs=5,delegate=crash")
    assert lost.status == "lost"
    assert lost.error
    assert "SIGABRT" in lost.error.message
    assert on(study, lost.spec, "full_integer:io=int8").status == "finished"
    assert on(study, "external_delegate:runs=5,delegate=good", "dynamic_range").status == "finished"


def test_a_delegate_that_refuses_gives_its_own_words(study: Study) -> None:
    refused = on(study, "external_delegate:runs=5,delegate=refuse").error
    assert refused
    assert "the licence has run out" in refused.message


def test_what_can_be_used_here_is_told(desk: Desk) -> None:
    found = desk.availability(wait=True)
    for key in ("openvino", "ethos_u", "tflite_micro", "external_delegate"):
        assert found[key].available, found[key]
        assert found[key].note
    note = found["external_delegate"].note
    assert "good, wrong, crash" in note
    assert "refuse can't be loaded" in note
    assert "dies can't be loaded: it crashes (SIGABRT)." in note
    assert "gone can't be loaded: there is no file '/nowhere/lib.so'" in note
    if GPU:
        assert "in software" in found["gpu"].note


def test_what_breaks_or_hangs_while_it_is_asked_is_told() -> None:
    assert probed(lambda: "all well", 30) == "all well"
    assert probed(lambda: str(time.sleep(60)), 0.2) == "it doesn't answer within 0.2 seconds."
    assert probed(lambda: os._exit(3), 30) == "it ends its process with 3."


def test_without_a_driver_or_a_library_the_reason_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(ICD, str(tmp_path / "none.json"))
    monkeypatch.setenv(SETTINGS_VARIABLE, str(tmp_path / "none.toml"))
    first = Asking()
    opened = Desk(tmp_path / "home", executor=first)
    try:
        found = opened.availability(wait=True)
        assert first.asked == set(targets())
        first.asked.clear()
        assert opened.availability(anew=True) == found
        assert first.asked == set(targets())
    finally:
        opened.close()
    second = Asking()
    opened = Desk(tmp_path / "home", executor=second)
    try:
        assert opened.availability(wait=True) == found
    finally:
        opened.close()
    kept = {"reference", "builtin", "xnnpack", "openvino", "ethos_u", "tflite_micro"}
    assert second.asked == set(targets()) - kept
    assert found["gpu"].reason == "LiteRT finds no GPU adapter on this machine."
    assert "libvulkan1" in found["gpu"].install
    assert found["external_delegate"].reason == "No delegate library is listed in the settings."


def test_settings_that_cannot_be_understood_stop_nothing_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("[delegates")
    monkeypatch.setenv(SETTINGS_VARIABLE, str(file))
    opened = Desk(tmp_path / "home")
    try:
        found = opened.availability(wait=True)
    finally:
        opened.close()
    assert f"'{file}' aren't TOML" in found["external_delegate"].reason
    assert found["xnnpack"].available


def test_a_target_that_breaks_while_asked_is_not_available(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    acts = {"hang": "time.sleep(60)", "crash": "os.abort()", "broken": "raise RuntimeError('no')"}
    (folder / "early.py").write_text(EARLY)
    for name, act in acts.items():
        (folder / f"{name}.py").write_text(OWN.replace("ACT", act).replace("NAME", name))
    file = tmp_path / "settings.toml"
    file.write_text(f'[targets]\nfolder = "{folder}"\n')
    monkeypatch.setenv(SETTINGS_VARIABLE, str(file))
    monkeypatch.setattr("tflite_ui.jobs.availabilities.LIMITS", SHORT)
    targets.cache_clear()
    opened = Desk(tmp_path / "home")
    try:
        found = opened.availability(wait=True)
    finally:
        opened.close()
        monkeypatch.undo()
        targets.cache_clear()
    told = {"hang": "time", "crash": "SIGABRT", "broken": "RuntimeError: no", "early": "before it was asked"}
    for name, words in told.items():
        assert not found[name].available
        assert words in found[name].reason
    assert found["xnnpack"].available


def test_an_own_target_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    page = (ROOT / "docs" / "adding-a-target.md").read_text("utf-8")
    (folder / "again.py").write_text(page.partition("```python\n")[2].partition("```")[0])
    (folder / "broken.py").write_text("import nothing_of_that_name\n")
    file = tmp_path / "settings.toml"
    file.write_text(f'[targets]\nfolder = "{folder}"\n')
    monkeypatch.setenv(SETTINGS_VARIABLE, str(file))
    targets.cache_clear()
    opened = Desk(tmp_path / "home")
    try:
        model, _ = opened.add_sample()
        request = StudyRequest(model=model, recipes=("float32",), targets=("again:runs=5",))
        done = opened.wait(opened.start(request))
    finally:
        opened.close()
        monkeypatch.undo()
        targets.cache_clear()
    assert evidence(on(done, "again:runs=5")).used == "CPU, built-in kernels"
