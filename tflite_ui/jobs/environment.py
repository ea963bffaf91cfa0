"""The machine and the versions, read without importing any of the packages."""

from __future__ import annotations

import os
import platform
from functools import cache
from importlib import metadata
from pathlib import Path

from tflite_ui import __version__
from tflite_ui.core.frozen import digest_of
from tflite_ui.core.study import Environment

PACKAGES = (
    "tensorflow",
    "keras",
    "tf-keras",
    "tensorflow-model-optimization",
    "ai-edge-litert",
    "litert-quantizer",
    "numpy",
    "streamlit",
    "altair",
    "pandas",
)
DECIDING = (
    "tensorflow",
    "keras",
    "tf-keras",
    "tensorflow-model-optimization",
    "ai-edge-litert",
    "litert-quantizer",
    "numpy",
)
"""Packages whose version changes what a conversion gives."""


@cache
def environment() -> Environment:
    """This machine and this installation."""
    versions = {"tflite-ui": __version__} | {name: v for name in PACKAGES if (v := version(name))}
    cpu, cores = (
        _cpu(),
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
    )
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    return Environment(
        cpu=cpu,
        cores=cores,
        os=system,
        python=platform.python_version(),
        packages=versions,
        fingerprint=digest_of([cpu, cores, system, version("ai-edge-litert")]),
    )


def deciding_versions() -> dict[str, str]:
    """The versions that belong in the content address of a result."""
    packages = environment().packages
    return {"tflite-ui": __version__} | {name: packages[name] for name in DECIDING if name in packages}


def version(name: str) -> str | None:
    """The version of an installed package; None without it."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.lower().startswith(("model name", "hardware")):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine() or "unknown"
