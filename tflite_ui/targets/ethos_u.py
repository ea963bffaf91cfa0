"""Arm Ethos-U NPUs of microcontrollers, as Arm's compiler Vela foresees them (ethos-u-vela)."""

from __future__ import annotations

import csv
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from tflite_ui.core.errors import BenchmarkFailed
from tflite_ui.core.params import Params
from tflite_ui.core.target import Accelerator, Availability, Evidence, Figure, OpCost, Report, ReportTarget

INSTALL = "pip install -r requirements-ethos-u.txt"
KIB = 1024
Npu = Literal[
    "ethos-u55-32",
    "ethos-u55-64",
    "ethos-u55-128",
    "ethos-u55-256",
    "ethos-u65-256",
    "ethos-u65-512",
    "ethos-u85-128",
    "ethos-u85-256",
    "ethos-u85-512",
    "ethos-u85-1024",
    "ethos-u85-2048",
]


class EthosUOptions(Params):
    """Options of Ethos-U."""

    accelerator: Npu = Field(
        "ethos-u55-128",
        title="Accelerator",
        description="The NPU and how many multiply-accumulate units it has.",
    )


class EthosU(ReportTarget):
    """Vela's compilation and its model of the NPU: cycles, time, memory; never a measurement."""

    key: ClassVar[str] = "ethos_u"
    title: ClassVar[str] = "Arm Ethos-U"
    summary: ClassVar[str] = "Compiles for a microcontroller's NPU; time and memory as Arm's Vela estimates."
    proof: ClassVar[str] = (
        "Vela compiled the file, and counts what runs on the NPU and what is left to the CPU. "
        "Cycles, time and memory are its model's; the time holds nothing of what the CPU does."
    )
    untested: ClassVar[str] = "an Ethos-U. The compiler was."
    packages: ClassVar[tuple[str, ...]] = ("ethos-u-vela",)
    accelerator: ClassVar[Accelerator] = "NPU"
    gives: ClassVar[frozenset[Figure]] = frozenset(("arena",))
    Options: ClassVar[type[Params]] = EthosUOptions

    @override
    def availability(self) -> Availability:
        """Available where Vela is installed."""
        if find_spec("ethosu") is None:
            reason = "Arm's compiler Vela isn't installed."
            return Availability(available=False, reason=reason, install=INSTALL)
        return Availability(available=True, note="Estimated by Vela, not measured on a device.")

    @override
    def report(self, tflite: Path, options: Params, folder: Path) -> Report:
        """Vela's summary and its table of layers; raises BenchmarkFailed when nothing can run on the NPU."""
        assert isinstance(options, EthosUOptions)
        place = folder / "vela"
        _compile(tflite, options.accelerator, place)
        ops = tuple(_costs(place))
        on_npu = sum(op.where == "NPU" for op in ops)
        left = tuple(dict.fromkeys(op.operator for op in ops if op.where == "CPU"))
        if not on_npu:
            raise BenchmarkFailed(
                "No operator of this file can run on the Ethos-U, which takes integers alone.",
                "Choose full_integer:io=int8.",
            )
        summary = next(_rows(place, "_summary_*.csv"))
        return Report(
            evidence=Evidence(
                requested=options.accelerator,
                used=f"Vela's model of {summary['accelerator_configuration']}, {summary['system_config']}, "
                f"{summary['memory_mode']}, {float(summary['core_clock']) / 1e6:.0f} MHz",
                nodes_delegated=on_npu,
                nodes_total=len(ops),
                fallback=left,
                kind="estimated",
            ),
            latency_ms=1000 * float(summary["inference_time"]),
            arena_bytes=round(KIB * float(summary["sram_memory_used"])),
            figures=_figures(summary),
            ops=ops,
            artefact=str(next(place.glob("*_vela.tflite"))),
        )


def _compile(tflite: Path, accelerator: str, place: Path) -> None:
    command = [sys.executable, "-m", "ethosu.vela", str(tflite), "--accelerator-config", accelerator]
    command += ["--output-dir", str(place), "--verbose-performance"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    print(found.stdout[-20_000:], found.stderr[-20_000:], sep="\n", flush=True)
    if found.returncode < 0:
        name = signal.Signals(-found.returncode).name
        raise BenchmarkFailed(
            f"Vela crashed on this file ({name}).", "Choose full_integer:io=int8, which it is made for."
        )
    if found.returncode or not list(place.glob("*_vela.tflite")):
        lines = [line for line in (*found.stdout.splitlines(), *found.stderr.splitlines()) if "Error" in line]
        why = lines[-1].strip()[:300] if lines else "the job's log has its words"
        raise BenchmarkFailed(f"Vela refuses the file: {why}", "Choose full_integer:io=int8.")


def _rows(place: Path, pattern: str) -> Iterator[dict[str, str]]:
    for file in place.glob(f"*{pattern}"):
        with file.open(newline="") as stream:
            yield from csv.DictReader(stream)


def _costs(place: Path) -> Iterator[OpCost]:
    """The table of layers: what Vela fused into another costs nothing and is left out."""
    for row in _rows(place, "_per-layer.csv"):
        cycles, on_npu = float(row["Op Cycles"]), row["Target"] == "NPU"
        if cycles or not on_npu:
            yield OpCost(
                operator=row["NNG Operator" if on_npu else "Original Operator"],
                name=row["Name"].split(";")[0],
                where="NPU" if on_npu else "CPU",
                cost=cycles,
                unit="cycles",
                share=float(row["Network% (cycles)"]) / 100 if on_npu else 0.0,
            )


def _figures(summary: dict[str, str]) -> dict[str, float]:
    flash = sum(float(summary[f"{where}_flash_memory_used"]) for where in ("on_chip", "off_chip"))
    return {
        "cycles": float(summary["cycles_total"]),
        "npu_cycles": float(summary["cycles_npu"]),
        "sram_bytes": KIB * float(summary["sram_memory_used"]),
        "dram_bytes": KIB * float(summary["dram_memory_used"]),
        "flash_bytes": KIB * flash,
        "macs": float(summary["nn_macs"]),
    }
