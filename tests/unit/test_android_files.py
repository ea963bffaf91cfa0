"""What benchmark_model and an Android device tell, read from what they write."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tflite_ui.core.errors import BenchmarkFailed
from tflite_ui.settings.android import Android, Tool
from tflite_ui.targets._adb import Found
from tflite_ui.targets._android_results import costs, taken, timed
from tflite_ui.targets._android_state import state
from tflite_ui.targets._android_tool import check_flags, fitting, flags_in
from tflite_ui.targets.android import chosen, offered

WRITER = Path(__file__).parents[1] / "android" / "runtime_info.py"
PIXEL = """[ro.product.manufacturer]: [Google]
[ro.product.model]: [Pixel 9]
[ro.soc.manufacturer]: [Google]
[ro.soc.model]: [Tensor G4]
[ro.build.version.release]: [16]
[ro.product.cpu.abi]: [arm64-v8a]
[ro.product.cpu.abilist]: [arm64-v8a,armeabi-v7a]

Current Battery Service state:
  level: 85
  scale: 100
IsStatusOverride: false
Thermal Status: 2
"""
HEAD = "============================== Run Order ==============================\n"
PROFILE = f"""Profiling Info for Benchmark Initialization:
{HEAD}node type, first, avg_ms, %, cdf%, mem KB, times called, name
ModifyGraphWithDelegate, 9, 9, 100%, 100%, 0, 1, ModifyGraphWithDelegate/0

Operator-wise Profiling Info for Regular Benchmark Runs:
{HEAD}node type, start, first, avg_ms, %, cdf%, mem KB, times called, name
TfLiteXNNPackDelegate, 0, 3, 2.5, 62.5%, 62.5%, 0, 1, [a/Relu, b]:7
RFFT2D, 2.5, 2, 1.5, 37.5%, 100%, 0, 1, [fft]:3

============================== Top by Computation Time ==============================
node type, start, first, avg_ms, %, cdf%, mem KB, times called, name
TfLiteXNNPackDelegate, 0, 3, 2.5, 62.5%, 62.5%, 0, 1, [a/Relu, b]:7

"""
INSIDE = f"""Delegate internal:
{HEAD}node type, start, first, avg_ms, %, cdf%, mem KB, times called, name
Convolution (NHWC, F32) IGEMM, 0, 2, 2, 80%, 80%, 0, 1, Delegate/Convolution:0
Softmax, 2, 0.5, 0.5, 20%, 100%, 0, 1, Delegate/Softmax:1
"""
HELP = "usage: ./benchmark_model <flags>\nFlags:\n\t--graph=\tstring\n\t--num_runs=50\n\t--warmup_runs=1\n"
NEW = "\t--result_file_path=\tstring\n\t--model_runtime_info_output_file=\tstring\n"
INTERPRETER = HELP + "\t--use_xnnpack=false\tbool\n\t--use_gpu=false\tbool\n"
COMPILED = HELP + "\t--use_cpu=true\tbool\n\t--use_gpu=false\tbool\n\t--use_npu=false\tbool\n"


def info(names: dict[str, int | None], delegates: dict[int, str]) -> bytes:
    """The file as LiteRT's own class writes it: nodes with the delegate node that took them."""
    asked = json.dumps([list(names.items()), list(delegates.items())])
    made = subprocess.run([sys.executable, WRITER], input=asked.encode(), capture_output=True, check=True)
    return made.stdout


def test_who_took_which_node_is_read() -> None:
    delegates = {9: "TfLiteGpuDelegateV2", 300: "TfLiteGpuDelegateV2", 12: "TfLiteXNNPackDelegate"}
    found = taken(info({"CONV_2D": 9, "RFFT2D": None, "ADD": 300, "MUL": 12}, delegates))
    gpu = "TfLiteGpuDelegateV2"
    assert found.nodes == (("CONV_2D", gpu), ("RFFT2D", None), ("ADD", gpu), ("MUL", "TfLiteXNNPackDelegate"))
    assert found.parts == {gpu: 2, "TfLiteXNNPackDelegate": 1}
    assert found.by(xnnpack=False) == (gpu,)


@pytest.mark.parametrize("content", [b"", b"\x12\xff", b"\x0f", b"\xff" * 12, info({}, {9: "x"})])
def test_a_damaged_file_is_told(content: bytes) -> None:
    with pytest.raises(ValueError, match="it "):
        taken(content)
    with pytest.raises(ValueError, match="it "):
        timed(content)


def test_each_operators_time_is_read() -> None:
    found = costs(PROFILE)
    assert [(op.operator, op.name, op.where, op.cost) for op in found] == [
        ("TfLiteXNNPackDelegate", "a/Relu", "CPU", 2.5),
        ("RFFT2D", "fft", "CPU", 1.5),
    ]
    assert sum(op.share for op in found) == pytest.approx(1)


def test_a_delegates_inside_stands_for_its_node() -> None:
    found = costs((PROFILE + INSIDE).replace("XNNPackDelegate", "GpuDelegateV2"))
    assert [(op.operator, op.where) for op in found] == [
        ("RFFT2D", "CPU"),
        ("Convolution (NHWC, F32) IGEMM", "GPU"),
        ("Softmax", "GPU"),
    ]
    assert costs("") == costs("nothing of the kind") == ()
    assert {op.where for op in costs(PROFILE.replace("XNNPackDelegate", "NnapiDelegate"))} == {
        "delegate",
        "CPU",
    }


def test_a_device_tells_of_itself() -> None:
    found = state(PIXEL)
    assert found.words == "Google Pixel 9, Google Tensor G4, Android 16, arm64-v8a"
    assert (found.battery, found.thermal, found.hot, found.emulator) == (85, 2, True, False)
    assert found.abis == ("arm64-v8a", "armeabi-v7a")
    silent = state("sh: dumpsys: not found")
    assert (silent.model, silent.soc, silent.battery, silent.thermal, silent.hot) == (None,) * 4 + (False,)
    assert state("[ro.product.manufacturer]: [samsung]\n[ro.product.model]: [Samsung X]").model == "Samsung X"
    assert state("[ro.kernel.qemu]: [1]").emulator


def test_a_program_is_known_by_its_flags() -> None:
    check_flags(flags_in(INTERPRETER + NEW), "gpu", False)
    check_flags(flags_in(COMPILED + NEW), "compiled_npu", False)
    check_flags(flags_in(COMPILED + "--result_file_path="), "compiled_npu", True)
    for help, backend, why in (
        ("bash: usage", "cpu", "isn't a benchmark_model"),
        (COMPILED + NEW, "gpu", "the other build"),
        (INTERPRETER + NEW, "compiled_gpu", "the other build"),
        (INTERPRETER, "gpu", "too old"),
        (INTERPRETER + NEW, "nnapi", "no --use_nnapi"),
        (COMPILED + "--result_file_path=", "compiled_gpu", "doesn't tell"),
    ):
        with pytest.raises(BenchmarkFailed, match=why):
            check_flags(flags_in(help), backend, False)  # type: ignore[arg-type]


def test_a_program_that_is_gone_is_told() -> None:
    android = Android(benchmark_model={"x86": Tool(path="/nowhere/b", sha256="0" * 64)})
    with pytest.raises(BenchmarkFailed, match="'/nowhere/b' of the settings can't be read"):
        fitting("cpu", android, ("x86",))
    with pytest.raises(BenchmarkFailed, match=r"no compiled_model for this device \(x86\); there is none"):
        fitting("compiled_gpu", android, ("x86",))


def test_a_device_that_does_not_allow_it_is_told() -> None:
    found = [Found("A1", "unauthorized"), Found("B2", "offline")]
    with pytest.raises(BenchmarkFailed, match="A1 can't be used: it is unauthorized") as refused:
        chosen("A1", found)
    assert "allow USB debugging" in refused.value.hint
    with pytest.raises(BenchmarkFailed, match="connected: none"):
        chosen("", [])
    nothing = offered(found, [])
    assert nothing.reason == "No connected device can be used: A1 is unauthorized, B2 is offline."
    assert "Developer" in offered([], []).install or "developer" in offered([], []).install
    assert offered([*found, Found("C3", "device")], ["C3 (Pixel)"]).note == (
        "Connected: C3 (Pixel). A1 is unauthorized, B2 is offline."
    )
