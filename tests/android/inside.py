"""What happens on a phone, tried over a real adb. ``test_over_adb.py`` runs this in namespaces of its own."""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.android.house import PIXEL, SERIAL, TWIN, House, compiled
from tests.unit.test_flatbuffer import T, dense
from tests.worker.running import soon
from tflite_ui.analysis.truth import verdict
from tflite_ui.api import Desk
from tflite_ui.core.errors import InvalidTarget
from tflite_ui.core.measurement import Measurement
from tflite_ui.core.plan import StudyRequest, parse_target
from tflite_ui.core.study import Study
from tflite_ui.jobs.executor import OnEvent, RunningJob
from tflite_ui.jobs.local import LocalExecutor
from tflite_ui.litert.interpreter import Session
from tflite_ui.settings import SETTINGS_VARIABLE
from tflite_ui.targets import targets
from tflite_ui.worker.protocol import Event, JobSpec
from tflite_ui.worker.samples import inputs_for

WEIGHTS = np.random.default_rng(0).normal(size=(64, 256)).astype(np.float32)
MODEL = dense(T("weights", [64, 256], "FLOAT32", data=WEIGHTS.tobytes()))
ON = f"android:serial={SERIAL},runs=9,warmup=2"
ONCE = f"android:serial={SERIAL},runs=1,warmup=2"
"""One round alone."""
DOZES, NAPS, SLEEPS, CRASHES = "threads=61", "threads=62", "threads=63", "threads=64"
BOTH = ("float32", "dynamic_range")


class Listening(LocalExecutor):
    """Remembers how the jobs that time were confined."""

    def __init__(self) -> None:
        super().__init__()
        self.isolations: set[str] = set()

    def start(self, job: JobSpec, on_event: OnEvent) -> RunningJob:
        def heard(event: Event) -> None:
            if event.isolation and job.kind == "benchmark":
                self.isolations.add(event.isolation)
            on_event(event)

        return super().start(job, heard)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    opened = House(tmp_path_factory.mktemp("house"))
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def as_it_was(house: House) -> Iterator[None]:
    yield
    house.tells(PIXEL)
    house.room("100m")


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    place = tmp_path_factory.mktemp("tools")
    return {"benchmark_model": compiled(place), "compiled_model": compiled(place, "-DCOMPILED")}


@pytest.fixture(scope="module")
def settings(tools: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    file = tmp_path_factory.mktemp("settings") / "settings.toml"
    write(file, tools)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SETTINGS_VARIABLE, str(file))
        yield file


def write(file: Path, tools: dict[str, Path], abi: str = "x86_64", digest: str = "") -> None:
    entry = '[android.{}.{}]\npath = "{}"\nsha256 = "{}"\n'
    listed = [
        entry.format(name, abi, tool, digest or hashlib.sha256(tool.read_bytes()).hexdigest())
        for name, tool in tools.items()
    ]
    delegate = '[android.delegates.own]\npath = "/data/local/tmp/lib.so"\noptions = { device = "npu" }\n'
    file.write_text("".join([*listed, delegate]))


@pytest.fixture(scope="module")
def executor() -> Listening:
    return Listening()


@pytest.fixture(scope="module")
def desk(
    house: House, settings: Path, executor: Listening, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    opened = Desk(tmp_path_factory.mktemp("home"), executor=executor, warm=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "tflite_ui.jobs.availabilities.FRESH_SECONDS", 3600.0
        )  # as long as no test says otherwise
        yield opened
    opened.close()


def started(desk: Desk, *specs: str, recipes: tuple[str, ...] = ("float32",)) -> str:
    model = desk.add_model("dense.tflite", io.BytesIO(MODEL))
    return desk.start(StudyRequest(model=model, recipes=recipes, targets=specs))


def ended(desk: Desk, *specs: str, recipes: tuple[str, ...] = ("float32",)) -> Study:
    return desk.wait(started(desk, *specs, recipes=recipes))


def on(study: Study, spec: str, recipe: str = "float32") -> Measurement:
    variant, spec = next(v for v in study.variants if v.recipe == recipe), parse_target(spec, targets()).spec
    return next(m for m in study.measurements if m.variant == variant.id and m.spec == spec)


def reason(study: Study) -> str:
    error = study.measurements[0].error
    assert error
    return error.sentence


def test_a_phone_times_by_itself(desk: Desk, house: House, executor: Listening) -> None:
    (house.root / "data/local/tmp/tflite-ui-of-a-phone-switched-off").mkdir()
    study = ended(desk, ON, "xnnpack:runs=5", recipes=BOTH)
    full, small = on(study, ON), on(study, ON, "dynamic_range")
    for found in (full, small):
        assert found.status == "finished", found.error
        assert found.latency
        assert (found.latency.n, found.latency.warmup) == (9, 2)
        assert found.latency.first == pytest.approx(3 * found.latency.p50)
        assert found.baseline_p50_ms == pytest.approx(full.latency.p50 if full.latency else 0)
        assert found.session == full.session
        assert len(found.round_p50_ms) == 5
        assert found.noise == pytest.approx(0, abs=1e-6)
        assert found.latency.p90 is found.latency.p99 is None
        assert found.figures["p95_at_most_ms"] == pytest.approx(1.2 * found.latency.p50)
        assert found.figures["peak_memory_bytes"] == 24 * 2**20
        assert found.figures["footprint_bytes"] == 2048 * 1024
    assert full.latency
    assert small.latency
    assert full.latency.p50 > 2 * small.latency.p50
    assert full.evidence
    assert full.evidence.used == "CPU, XNNPACK"
    assert (full.evidence.nodes_delegated, full.evidence.nodes_total, full.evidence.partitions) == (4, 4, 1)
    assert full.evidence.adapter == "Google Pixel 9, Google Tensor G4, Android 16, x86_64"
    assert full.device
    assert (full.device.battery_before, full.device.thermal_after) == (85, 0)
    assert [(op.operator, op.share) for op in full.ops] == [
        ("CONV_2D", pytest.approx(0.75)),
        ("SOFTMAX", pytest.approx(0.25)),
    ]
    assert on(study, "xnnpack:runs=5").latency
    ways = {found.partition(", ")[2].partition(", landlock")[0] for found in executor.isolations}
    assert ways == {"netns", "TCP port 5037 left open"}
    assert house.left == []


def test_files_take_turns_so_heat_hits_all_alike(desk: Desk, house: House) -> None:
    house.turns()
    with house.says("heat"):
        study = ended(desk, f"{ON},answers=0,max_seconds=9", recipes=BOTH)
    turns = house.turns()
    folders = [folder for folder, *_ in turns]
    assert folders == folders[:2] * 5
    assert len(set(folders)) == 2
    assert [runs for _, _, runs, _ in turns] == [2, 2, 2, 2, 2, 2, 2, 2, 1, 1]
    assert [seconds for *_, seconds in turns] == [2, 2, 2, 2, 2, 2, 2, 2, 1, 1]
    for place, recipe in enumerate(BOTH):
        found = on(study, f"{ON},answers=0,max_seconds=9", recipe)
        cold = turns[place][1] / 2000
        expected = [cold * (1 + 0.1 * before) for before in range(place, 10, 2)]
        assert found.round_p50_ms == pytest.approx(expected)
        assert found.latency
        assert found.latency.p50 == pytest.approx(expected[2])
        assert found.noisy
    assert house.left == []


def test_a_file_that_breaks_in_a_later_round_costs_itself(desk: Desk, house: House) -> None:
    spec = f"{ON},answers=0,max_seconds=8.5"
    house.turns()
    small = ended(desk, recipes=BOTH).variants[1].facts
    assert small
    with house.says("breaks", str(small.size_bytes)):
        study = ended(desk, spec, recipes=BOTH)
    whole, broken = on(study, spec), on(study, spec, "dynamic_range")
    assert whole.latency
    assert whole.latency.n == 9
    assert broken.error
    assert "crashed on the device (SIGABRT)" in broken.error.message
    assert house.left == []


@pytest.mark.parametrize("cable", [True, False], ids=["out and in again", "called off"])
def test_between_two_turns_nothing_is_left_either(desk: Desk, house: House, cable: bool) -> None:
    house.turns()
    id = started(desk, f"{ON},{DOZES},answers=0,max_seconds={7 + cable}", recipes=BOTH)
    assert soon(lambda: len(house.left) == 2 and (house.root / "system/turns").exists(), 60)
    if cable:
        house.pull_out()
        house.plug_in()
    else:
        desk.cancel(id)
    found = desk.wait(id).measurements
    assert len(found) == 2
    for one in found:
        assert one.status == ("failed" if cable else "cancelled")
        assert not cable or (one.error and f"The device {SERIAL} went away" in one.error.message), one.error
    assert soon(lambda: house.left == [] and not house.running(), 10), house.left


def test_what_ran_is_what_the_files_tell(desk: Desk, house: House) -> None:
    wanted = {
        "backend=gpu": ("TfLiteGpuDelegateV2 and CPU, built-in kernels", 3),
        "backend=nnapi": ("CPU: NNAPI (deprecated since Android 15) took nothing", 0),
        "backend=cpu": ("CPU, built-in kernels", None),
        "backend=delegate": ("TestDelegate", 4),
        "backend=compiled_gpu,whole=true": ("CompiledModel on the GPU, as it was asked for alone", None),
    }
    refused = ("backend=gpu,whole=true", "backend=compiled_gpu", CRASHES)
    study = ended(desk, *(f"{ONCE},{more}" for more in (*wanted, *refused)))
    for more, (used, taken) in wanted.items():
        ran = on(study, f"{ONCE},{more}").evidence
        assert ran, on(study, f"{ONCE},{more}").error
        assert (ran.used, ran.nodes_delegated) == (used, taken)
    gpu = on(study, f"{ONCE},backend=gpu").evidence
    assert gpu
    assert (gpu.partitions, gpu.fallback) == (2, ("RFFT2D",))
    errors = [on(study, f"{ONCE},{more}").error for more in refused]
    told = [error.message if error else "" for error in errors]
    assert "left to the CPU" in told[0]
    assert "doesn't tell which operators" in told[1]
    assert "crashed on the device (SIGABRT)" in told[2]
    assert house.left == []


def prepare(house: House, desk: Desk, study: Study, off: float = 0.0) -> None:
    """Lay down what LiteRT answers to the very samples that the phone is given; with ``off`` not quite."""
    for variant in study.variants:
        assert variant.facts
        file = desk.outbox.file(study, variant.id)
        session = Session(file, "xnnpack")
        inputs = inputs_for(file, study.source, None, 16, study.request.seed)
        for row in range(8):
            sample = {name: values[row : row + 1] for name, values in inputs.items()}
            said = session.run(sample)["out"] + np.float32(off) * np.arange(64, dtype=np.float32)
            key = fnv(file.stat().st_size.to_bytes(8, "little") + sample["x"].tobytes())
            (house.root / "system/answers" / f"{key:016x}").write_bytes(said.astype(np.float32).tobytes())


def fnv(data: bytes) -> int:
    """FNV-1a, 64 bits."""
    found = 14695981039346656037
    for byte in data:
        found = (found ^ byte) * 1099511628211 % 2**64
    return found


def test_answers_are_compared_and_told_when_they_are_not(desk: Desk, house: House) -> None:
    study = ended(desk, f"{ONCE},answers=0", recipes=BOTH)
    assert on(study, f"{ONCE},answers=0").unanswered == "No answers were asked for."
    prepare(house, desk, study)
    right = ended(desk, f"{ONCE},answers=6", recipes=BOTH)
    for recipe in BOTH:
        found = on(right, f"{ONCE},answers=6", recipe)
        assert found.parity, found.unanswered
        assert found.parity.cosine == pytest.approx(1.0, abs=1e-3)
        assert found.parity.top1_agreement == 1.0
        assert found.unanswered == ""
    prepare(house, desk, study, off=3.0)
    wrong = on(ended(desk, f"{ONCE},answers=7"), f"{ONCE},answers=7")
    assert wrong.parity
    assert wrong.parity.max_abs == pytest.approx(3.0 * 63, rel=0.01)
    assert verdict(wrong) == "answers wrong"
    shutil.rmtree(house.root / "system/answers")
    missing = on(ended(desk, f"{ONCE},answers=5"), f"{ONCE},answers=5")
    assert missing.latency
    assert missing.parity is None
    assert "nobody prepared the answer" in missing.unanswered
    blind = ended(desk, f"{ONCE},backend=compiled_gpu,whole=true,answers=5").measurements[0]
    assert blind.latency
    assert "can't be given samples" in blind.unanswered
    assert house.left == []


def test_the_device_is_never_guessed(desk: Desk, house: House) -> None:
    desk.availability(wait=True)
    with pytest.raises(InvalidTarget, match="No device was chosen") as refused:
        started(desk, "android")
    assert f"{SERIAL} (Google Pixel 9" in refused.value.hint
    assert f"{TWIN} (Google Pixel 9" in refused.value.hint
    assert on(ended(desk, f"android:serial={TWIN}"), f"android:serial={TWIN}").latency
    house.unknown(TWIN)
    assert f"The device {TWIN} isn't connected." in reason(ended(desk, f"android:serial={TWIN},runs=3"))


def test_pulled_out_in_mid_run(desk: Desk, house: House) -> None:
    id = started(desk, f"{ON},{SLEEPS}")
    assert soon(house.running, 60)
    house.pull_out()
    assert f"The device {SERIAL} went away" in reason(desk.wait(id))
    assert soon(lambda: house.left == [] and not house.running(), 10), house.left
    house.plug_in()
    assert ended(desk, f"{ON},max_seconds=3").measurements[0].latency


def test_a_run_called_off_leaves_nothing(desk: Desk, house: House) -> None:
    id = started(desk, f"{ON},{SLEEPS},max_seconds=2")
    assert soon(house.running, 60)
    desk.cancel(id)
    assert desk.wait(id).measurements[0].status == "cancelled"
    assert soon(lambda: house.left == [] and not house.running(), 10), house.left


def test_a_full_phone(desk: Desk, house: House) -> None:
    house.room("20k")
    told = reason(ended(desk, f"{ON},max_seconds=4"))
    assert "storage is full" in told
    assert house.left == []


def test_a_phone_that_fills_up_meanwhile(desk: Desk, house: House) -> None:
    id = started(desk, f"{ON},{NAPS}")
    assert soon(house.running, 60)
    filler = house.fill()
    told = reason(desk.wait(id))
    filler.unlink()
    assert f"The storage of {SERIAL} is full" in told
    assert house.left == []


def test_a_phone_of_another_kind(desk: Desk, house: House, settings: Path, tools: dict[str, Path]) -> None:
    house.tells({**PIXEL, "ro.product.cpu.abi": "arm64-v8a", "ro.product.cpu.abilist": "arm64-v8a"})
    told = reason(ended(desk, f"{ON},max_seconds=5"))
    assert "no benchmark_model for this device (arm64-v8a); there is one for x86_64" in told
    write(settings, tools, abi="arm64-v8a")
    try:
        told = reason(ended(desk, f"{ON},max_seconds=6"))
    finally:
        write(settings, tools)
    assert "isn't a program for arm64-v8a" in told


def test_a_program_that_is_not_the_trusted_one(desk: Desk, settings: Path, tools: dict[str, Path]) -> None:
    write(settings, tools, digest="0" * 64)
    try:
        told = reason(ended(desk, f"{ON},max_seconds=7"))
    finally:
        write(settings, tools)
    assert "isn't the file that the settings trust" in told
    assert hashlib.sha256(tools["benchmark_model"].read_bytes()).hexdigest() in told


def test_an_emulator_is_marked_and_not_timed(desk: Desk, house: House) -> None:
    house.tells({**PIXEL, "ro.kernel.qemu": "1"}, battery="", thermal=None)
    found = ended(desk, f"{ON},max_seconds=8").measurements[0]
    assert found.evidence
    assert found.evidence.kind == "emulated"
    assert found.latency is None
    assert set(found.figures) == {"footprint_bytes", "peak_memory_bytes"}
    assert found.ops == ()
    assert found.device
    assert found.device.battery_before is found.device.thermal_before is None


def test_what_is_connected_is_told(desk: Desk, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    found = desk.availability(wait=True)["android"]
    assert found.available, found
    assert f"{SERIAL} (Google Pixel 9, Google Tensor G4, Android 16, x86_64)" in found.note
    house.pull_out()
    monkeypatch.setattr("tflite_ui.jobs.availabilities.FRESH_SECONDS", 0.0)
    assert soon(lambda: not desk.availability(wait=True)["android"].available, 10)
    assert f"{SERIAL} is offline" in desk.availability(wait=True)["android"].reason
    house.plug_in()
    assert soon(lambda: desk.availability(wait=True)["android"].available, 10)
