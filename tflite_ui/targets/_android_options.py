"""What can be asked of an Android device."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tflite_ui.core.target import HostOptions

Backend = Literal[
    "xnnpack", "cpu", "gpu", "nnapi", "delegate", "compiled_cpu", "compiled_gpu", "compiled_npu"
]
ASKED: dict[Backend, str] = {
    "xnnpack": "XNNPACK",
    "cpu": "built-in kernels",
    "gpu": "GPU delegate (fp16 allowed)",
    "nnapi": "NNAPI (deprecated since Android 15)",
    "delegate": "delegate",
    "compiled_cpu": "CompiledModel on the CPU",
    "compiled_gpu": "CompiledModel on the GPU",
    "compiled_npu": "CompiledModel on the NPU",
}


class AndroidOptions(HostOptions):
    """Options of a device."""

    serial: str = Field(
        "",
        pattern=r"^[A-Za-z0-9._:-]*$",
        max_length=100,
        title="Device's serial",
        description="Which device, as adb devices names it; it is never guessed.",
    )
    backend: Backend = Field(
        "xnnpack",
        title="Backend",
        description="What runs it there; NNAPI is deprecated since Android 15, compiled uses CompiledModel.",
    )
    answers: int = Field(
        8,
        ge=0,
        le=16,
        title="Answers compared",
        description="Samples that are run there, each in a short run of its own, to compare the answers.",
        json_schema_extra={"advanced": True},
    )
    delegate: str = Field(
        "",
        pattern=r"^[A-Za-z0-9_-]*$",
        title="Delegate",
        description="With the backend delegate: its name in the settings, empty for the first one there.",
        json_schema_extra={"advanced": True},
    )
    whole: bool = Field(
        False,
        title="Whole model or nothing",
        description="Refuse a file of which anything would be left to the CPU.",
    )
