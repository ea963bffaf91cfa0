"""The program that times on a device: the operator's, checked, and what it is told.

benchmark_model has no version of its own to tell; its ``--help`` lists its flags, which tells the
interpreter's build from CompiledModel's and an old one from a new one. A flag that it doesn't know it would
pass over, so nothing is said to it that it doesn't list.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from tflite_ui.core.errors import BenchmarkFailed
from tflite_ui.core.target import HostOptions
from tflite_ui.settings.android import Android, PhoneDelegate, Tool
from tflite_ui.targets._android_options import AndroidOptions, Backend

FLAGS: dict[Backend, dict[str, str]] = {
    "xnnpack": {"use_xnnpack": "true"},
    "cpu": {"use_xnnpack": "false"},
    "gpu": {"use_gpu": "true", "use_xnnpack": "false"},
    "nnapi": {"use_nnapi": "true", "use_xnnpack": "false"},
    "delegate": {"use_xnnpack": "false"},
    "compiled_cpu": {"use_cpu": "true"},
    "compiled_gpu": {"use_gpu": "true"},
    "compiled_npu": {"use_npu": "true"},
}
MACHINES = {"arm64-v8a": 183, "armeabi-v7a": 40, "armeabi": 40, "x86_64": 62, "x86": 3, "riscv64": 243}
"""ELF's numbers (elf.h, e_machine) of what Android calls ABIs."""
RESULT, INFO, PROFILE, LOG = "result.pb", "info.pb", "profile.csv", "log.txt"
ANSWER = "answer.bin"
WRITTEN = (RESULT, INFO, PROFILE, ANSWER)
ANSWERING = frozenset({"input_layer", "input_layer_shape", "input_layer_value_files", "output_filepath"})
"""What a build must know to answer a sample; CompiledModel's doesn't."""
PROFILE_RUNS = 20
DOCS = "docs/targets.md says where to get one."
FLAG = re.compile(r"--([a-z0-9_]+)=")


def compiled(backend: Backend) -> bool:
    """Whether it wants CompiledModel's build."""
    return backend.startswith("compiled")


def listed(backend: Backend, android: Android) -> tuple[str, Mapping[str, Tool]]:
    """The settings' name for the programs that can time this, and those, by ABI."""
    if compiled(backend):
        return "compiled_model", android.compiled_model
    return "benchmark_model", android.benchmark_model


def fitting(backend: Backend, android: Android, abis: Sequence[str]) -> Tool:
    """The program for the first ABI that there is one for, checked; raises BenchmarkFailed."""
    section, known = listed(backend, android)
    abi = next((abi for abi in abis if abi in known), None)
    if abi is None:
        has = f"there is one for {', '.join(known)}" if known else "there is none at all"
        raise BenchmarkFailed(
            f"The settings name no {section} for this device ({', '.join(abis) or 'of unknown ABI'}); {has}.",
            f"Add [android.{section}.{abis[0] if abis else 'ABI'}]; {DOCS}",
        )
    _check(known[abi], abi)
    return known[abi]


def _check(tool: Tool, abi: str) -> None:
    try:
        content = Path(tool.path).read_bytes()
    except OSError as gone:
        text = f"'{tool.path}' of the settings can't be read: {gone.strerror}."
        raise BenchmarkFailed(text, "Correct the settings.") from gone
    found = hashlib.sha256(content).hexdigest()
    if found != tool.sha256:
        raise BenchmarkFailed(
            f"'{tool.path}' isn't the file that the settings trust: its SHA-256 is {found}.",
            "Look where it comes from; then correct the settings, or the file.",
        )
    machine = (
        struct.unpack_from("<H", content, 18)[0] if content[:4] == b"\x7fELF" and len(content) > 20 else None
    )
    if machine != MACHINES.get(abi, machine) or machine is None:
        raise BenchmarkFailed(f"'{tool.path}' isn't a program for {abi}.", f"Get the one for {abi}; {DOCS}")


def flags_in(help: str) -> set[str]:
    """What a program's ``--help`` lists."""
    return set(FLAG.findall(help))


def check_flags(known: set[str], backend: Backend, whole: bool) -> None:
    """Raise BenchmarkFailed unless the program can do it, and prove it."""
    if not {"graph", "num_runs", "warmup_runs"} <= known:
        raise BenchmarkFailed("The program named in the settings isn't a benchmark_model.", DOCS)
    if compiled(backend) != ("use_npu" in known and "use_xnnpack" not in known):
        section = "compiled_model" if compiled(backend) else "benchmark_model"
        raise BenchmarkFailed(f"The program named as {section} in the settings is the other build.", DOCS)
    if "result_file_path" not in known:
        raise BenchmarkFailed("This benchmark_model is too old: it writes no file of results.", DOCS)
    needed = {*FLAGS[backend], *(["external_delegate_path"] if backend == "delegate" else [])}
    if missing := sorted(needed - known):
        text = f"This benchmark_model can't do it: it has no {', '.join('--' + flag for flag in missing)}."
        raise BenchmarkFailed(text, "Choose another backend, or another build.")
    if not tells(known) and not (compiled(backend) and (whole or backend == "compiled_cpu")):
        raise BenchmarkFailed(
            "This benchmark_model doesn't tell which operators were taken over.",
            "Set whole=true with a compiled backend, or use a newer build.",
        )


def tells(known: set[str]) -> bool:
    """Whether it writes down who took which node."""
    return "model_runtime_info_output_file" in known


def timing(known: set[str], options: HostOptions, runs: int) -> dict[str, str]:
    """The flags of a round that is timed: nothing that slows it down. To the tool the first is a warm-up.

    A round has its share of the time cap.
    """
    wanted = {
        "num_runs": str(runs),
        "min_secs": "0",
        "max_secs": f"{options.max_seconds * runs / options.runs:g}",
        "warmup_runs": str(options.warmup + 1),
        "warmup_min_secs": "0",
        "result_file_path": RESULT,
        "export_model_runtime_info": "true",
        "model_runtime_info_output_file": INFO,
    }
    return {flag: value for flag, value in wanted.items() if flag in known}


def profiling(known: set[str], options: HostOptions) -> dict[str, str]:
    """The flags of a shorter run that looks into each operator and the memory."""
    wanted = {
        "num_runs": str(min(options.runs, PROFILE_RUNS)),
        "min_secs": "0",
        "max_secs": f"{options.max_seconds:g}",
        "warmup_runs": "1",
        "warmup_min_secs": "0",
        "result_file_path": RESULT,
        "report_peak_memory_footprint": "true",
        "enable_op_profiling": "true",
        "op_profiling_output_mode": "csv",
        "op_profiling_output_file": PROFILE,
        "export_model_runtime_info": "true",
        "model_runtime_info_output_file": INFO,
    }
    return {flag: value for flag, value in wanted.items() if flag in known}


def answering(known: set[str], shapes: Sequence[tuple[int, ...]], files: Sequence[str]) -> dict[str, str]:
    """The flags of one single run on the values in ``files``, its outputs written to ``ANSWER``.

    Inputs go by their place: the tool only warns of a name that isn't the tensor's, and real ones hold its
    separators.
    """
    names = [f"in{place}" for place in range(len(files))]
    wanted = {
        "num_runs": "1",
        "min_secs": "0",
        "warmup_runs": "0",
        "warmup_min_secs": "0",
        "input_layer": ",".join(names),
        "input_layer_shape": ":".join(",".join(map(str, shape)) for shape in shapes),
        "input_layer_value_files": ",".join(f"{n}:{f}" for n, f in zip(names, files, strict=True)),
        "output_filepath": ANSWER,
    }
    return {flag: value for flag, value in wanted.items() if flag in known}


def running(options: AndroidOptions, delegate: PhoneDelegate | None, android: Android) -> dict[str, str]:
    """The flags that say where it runs."""
    backend = options.backend
    flags = {"num_threads": str(options.threads), **FLAGS[backend]}
    if options.whole and backend not in ("cpu", "compiled_cpu"):
        flags |= {"require_full_delegation": "true"} | ({"use_cpu": "false"} if compiled(backend) else {})
    if delegate is not None:
        flags["external_delegate_path"] = delegate.path
        pairs = ";".join(f"{name}:{value}" for name, value in delegate.options.items())
        flags |= {"external_delegate_options": pairs} if pairs else {}
    return {**flags, **(dict(_npu(android)) if backend == "compiled_npu" else {})}


def _npu(android: Android) -> Iterator[tuple[str, str]]:
    for name in ("dispatch_library_path", "compiler_plugin_library_path"):
        value = getattr(android, name)
        if value:
            yield name, value


def library_folder(backend: Backend, delegate: PhoneDelegate | None, android: Android) -> str | None:
    """Where on the device its libraries lie."""
    if delegate is not None:
        return str(PurePosixPath(delegate.path).parent)
    return android.dispatch_library_path if backend == "compiled_npu" else None
