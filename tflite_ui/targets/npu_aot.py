"""Phone NPUs and Intel's, through LiteRT's ahead-of-time compilers (ai_edge_litert.aot)."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from tflite_ui.core.errors import BenchmarkFailed
from tflite_ui.core.params import Params
from tflite_ui.core.target import Accelerator, Availability, Evidence, Figure, Report, ReportTarget
from tflite_ui.litert.flatbuffer import read

Vendor = Literal["qualcomm", "mediatek", "google_tensor", "samsung", "intel_openvino"]
SDKS: dict[Vendor, str] = {
    "qualcomm": "ai_edge_litert_sdk_qualcomm",
    "mediatek": "ai_edge_litert_sdk_mediatek",
    "google_tensor": "ai_edge_litert_sdk_google_tensor",
    "samsung": "ai_edge_litert_sdk_samsung",
    "intel_openvino": "ai_edge_litert_sdk_intel",
}
INSTALL = "pip install the vendor's ai-edge-litert-sdk package where its download can be reached."


class NpuAotOptions(Params):
    """Options of an ahead-of-time compiler."""

    vendor: Vendor = Field("qualcomm", title="Vendor", description="Whose compiler is to be used.")
    soc: str = Field(
        "SM8650",
        pattern=r"^[A-Za-z0-9_]+$",
        title="SoC",
        description="The chip, as LiteRT calls it, e.g. SM8650, MT6989, Tensor_G5, E9965, PTL.",
    )


class NpuAot(ReportTarget):
    """Compiles the file for a chip's NPU: what it takes is known, how fast it is isn't."""

    key: ClassVar[str] = "npu_aot"
    title: ClassVar[str] = "NPU compiler"
    summary: ClassVar[str] = "Compiles for the NPU in a phone's chip, or Intel's, with the vendor's compiler."
    proof: ClassVar[str] = (
        "The vendor's compiler took the file; the operators it took over are those that the compiled file "
        "doesn't hold any more. How fast it runs, and whether it answers right, only a device can tell."
    )
    untested: ClassVar[str] = (
        "any vendor's compiler: none could be had. What is said when they are missing was."
    )
    accelerator: ClassVar[Accelerator] = "NPU"
    gives: ClassVar[frozenset[Figure]] = frozenset()
    Options: ClassVar[type[Params]] = NpuAotOptions

    @override
    def availability(self) -> Availability:
        """Available when a vendor's libraries are really there: its package may install without them."""
        there = [vendor for vendor in SDKS if libraries(vendor)]
        if there:
            return Availability(available=True, note=f"Compilers here: {', '.join(there)}. Nothing is run.")
        empty = [vendor for vendor, sdk in SDKS.items() if find_spec(sdk) is not None]
        reason = "No vendor's NPU compiler is installed."
        if empty:
            reason = f"The package of {', '.join(empty)} is installed without its compiler's library."
        return Availability(available=False, reason=reason, install=INSTALL)

    @override
    def report(self, tflite: Path, options: Params, folder: Path) -> Report:
        """The compiled file, and what the compiler took; raises BenchmarkFailed when it took nothing."""
        assert isinstance(options, NpuAotOptions)
        if not libraries(options.vendor):
            raise BenchmarkFailed(f"The compiler of {options.vendor} isn't installed.", INSTALL)
        compiled = _compiled(tflite, options, folder / "npu")
        left, total = remaining(tflite, compiled)
        return Report(
            evidence=Evidence(
                requested=f"{options.vendor} {options.soc}",
                used=f"compiled for {options.soc} by {options.vendor}'s compiler; nothing ran",
                nodes_delegated=max(0, total - len(left)),
                nodes_total=total,
                fallback=tuple(dict.fromkeys(left)),
                kind="estimated",
            ),
            figures={"compiled_bytes": float(compiled.stat().st_size)},
            artefact=str(compiled),
        )


def libraries(vendor: Vendor) -> tuple[Path, ...]:
    """The compiler's shared libraries that a vendor's package really brought."""
    if find_spec(SDKS[vendor]) is None:
        return ()
    try:
        found = importlib.import_module(SDKS[vendor]).path_to_sdk_libs()
    except (AttributeError, ImportError, OSError, TypeError, ValueError):
        return ()
    return tuple(_libraries_in(Path(found))) if found else ()


def remaining(original: Path, compiled: Path) -> tuple[list[str], int]:
    """The kinds of the original's operators that are still in the compiled file, and how many there were.

    What stands for the compiler's own work is of a kind that the original hasn't.
    """
    names = [op.name for op in read(original).operators]
    return [op.name for op in read(compiled).operators if op.name in names], len(names)


def _libraries_in(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        yield from (Path(place) / name for name in names if ".so" in name or name.endswith(".dll"))


def _compiled(tflite: Path, options: NpuAotOptions, folder: Path) -> Path:
    from ai_edge_litert.aot.aot_compile import aot_compile

    folder.mkdir()
    result = aot_compile(str(tflite), output_dir=str(folder), target=_target(options), keep_going=True)
    if not result.models:
        why = "; ".join(str(problem) for _, problem in result.failed_backends) or "it gave no reason"
        text = f"{options.vendor}'s compiler refuses the file: {why.splitlines()[0][:300]}"
        raise BenchmarkFailed(text, "Choose full_integer, or another chip; the job's log has more.")
    result.export(str(folder), model_name="compiled")
    return next(path for path in sorted(folder.rglob("*.tflite")))


def _target(options: NpuAotOptions) -> Any:
    """LiteRT's name for the chip; raises BenchmarkFailed with those there are."""
    module = importlib.import_module(f"ai_edge_litert.aot.vendors.{options.vendor}.target")
    known = {soc.value.lower(): soc for soc in module.SocModel if soc.value != "ALL"}
    if options.soc.lower() not in known:
        names = ", ".join(soc.value for soc in known.values())
        raise BenchmarkFailed(f"{options.vendor} has no chip '{options.soc}' here.", f"There are: {names}.")
    return module.Target(known[options.soc.lower()])
