"""What is claimed of a GPU, by what the runtime's log says."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tflite_ui.litert.compiled import Log, understood
from tflite_ui.targets.gpu import GpuOptions, GpuRunner

ADAPTER = "I0 environment.cc:532] Selected adapter: Radeon, arch=rdna, vendor=amd, adapterType=discrete GPU\n"
LEFT = """ERROR: Following operations are not supported by GPU delegate:
RFFT2D: Operation is not supported.
STRIDED_SLICE: Slice does not support shrink_axis_mask parameter.
4 operations will run on the GPU, and the remaining 4 operations will run on the CPU.
INFO: Created TensorFlow Lite XNNPACK delegate for CPU.
"""


def claimed(log: Log, fallback: bool) -> tuple[str, int | None, str]:
    runner = GpuRunner(SimpleNamespace(log=log, nodes=8), GpuOptions(fallback=fallback))  # type: ignore[arg-type]
    found = runner.evidence()
    return found.used, found.nodes_delegated, found.kind


def test_the_log_is_understood() -> None:
    found = understood(ADAPTER + LEFT)
    assert (found.adapter, found.software, found.nodes_left) == ("Radeon", False, 4)
    assert found.left == ("RFFT2D", "STRIDED_SLICE")


@pytest.mark.parametrize(
    ("text", "fallback", "expected"),
    [
        (ADAPTER, False, ("GPU, Radeon", 8, "measured")),
        (ADAPTER, True, ("GPU, Radeon", 8, "measured")),
        (ADAPTER + LEFT, True, ("GPU, Radeon and CPU", 4, "measured")),
        ("", True, ("CPU: the GPU took nothing", 0, "measured")),
    ],
)
def test_a_gpu_is_claimed_only_where_the_log_names_it(
    text: str, fallback: bool, expected: tuple[str, int, str]
) -> None:
    assert claimed(understood(text), fallback) == expected
