"""Vendors' compilers, none of which can be had here: how they are looked for, and what is said of it."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from tflite_ui.core.errors import BenchmarkFailed
from tflite_ui.litert.tiny import tiny
from tflite_ui.targets import npu_aot
from tflite_ui.targets.npu_aot import NpuAot, NpuAotOptions, libraries, remaining


def install(monkeypatch: pytest.MonkeyPatch, sdk: str, folder: Path | None) -> None:
    """As if pip had installed the package ``sdk``, with its libraries in ``folder``."""
    module = ModuleType(sdk)
    module.path_to_sdk_libs = lambda: folder  # type: ignore[attr-defined]
    module.__spec__ = __import__("importlib.machinery").machinery.ModuleSpec(sdk, None)
    monkeypatch.setitem(sys.modules, sdk, module)


@pytest.fixture
def nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No vendor's package, whatever is installed here."""
    monkeypatch.setattr(npu_aot, "SDKS", {vendor: f"{sdk}_nowhere" for vendor, sdk in npu_aot.SDKS.items()})


@pytest.mark.usefixtures("nothing")
def test_without_a_package_it_is_not_available() -> None:
    found = NpuAot().availability()
    assert not found.available
    assert found.reason == "No vendor's NPU compiler is installed."
    assert "ai-edge-litert-sdk" in found.install


@pytest.mark.usefixtures("nothing")
@pytest.mark.parametrize("folder", [None, "empty"])
def test_a_package_without_its_library_is_found_out(
    folder: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    place = tmp_path / folder if folder else None
    if place:
        place.mkdir()
    install(monkeypatch, "ai_edge_litert_sdk_qualcomm_nowhere", place)
    found = NpuAot().availability()
    assert not found.available
    assert found.reason.startswith("The package of qualcomm is installed without")


@pytest.mark.usefixtures("nothing")
def test_a_package_with_its_library_is_available(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libQnnHtp.so").touch()
    install(monkeypatch, "ai_edge_litert_sdk_qualcomm_nowhere", tmp_path)
    assert [path.name for path in libraries("qualcomm")] == ["libQnnHtp.so"]
    found = NpuAot().availability()
    assert found.available
    assert "qualcomm" in found.note


@pytest.mark.usefixtures("nothing")
def test_a_compiler_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkFailed, match="compiler of samsung isn't installed"):
        NpuAot().report(tmp_path / "x.tflite", NpuAotOptions(vendor="samsung", soc="E9965"), tmp_path)


@pytest.mark.parametrize(
    ("vendor", "soc"),
    [("qualcomm", "sm8650"), ("google_tensor", "Tensor_G5"), ("samsung", "E9965"), ("intel_openvino", "PTL")],
)
def test_chips_are_litert_s_own(vendor: npu_aot.Vendor, soc: str) -> None:
    found = npu_aot._target(NpuAotOptions(vendor=vendor, soc=soc))
    assert found.soc_model.value.lower() == soc.lower()


def test_an_unknown_chip_is_refused_with_those_there_are() -> None:
    with pytest.raises(BenchmarkFailed, match="no chip 'SM1'") as refused:
        npu_aot._target(NpuAotOptions(soc="SM1"))
    assert "SM8650" in refused.value.hint


def test_what_is_still_in_the_file_was_not_taken(tmp_path: Path) -> None:
    file, compiled = tmp_path / "tiny.tflite", tmp_path / "compiled.tflite"
    file.write_bytes(tiny())
    compiled.write_bytes(tiny("TANH"))
    assert remaining(file, file) == (["RELU"], 1)
    assert remaining(file, compiled) == ([], 1)


def test_a_compiler_that_fails_is_refused_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """LiteRT's own plugin for Qualcomm, without the SDK it needs."""
    monkeypatch.setattr(npu_aot, "libraries", lambda vendor: (tmp_path,))
    file = tmp_path / "tiny.tflite"
    file.write_bytes(tiny())
    with pytest.raises(BenchmarkFailed, match="qualcomm's compiler refuses the file: apply_plugin"):
        NpuAot().report(file, NpuAotOptions(), tmp_path)
