"""The baseline: nothing but the conversion."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import ClassVar

from typing_extensions import override

from tflite_ui.core.params import Params as Settings
from tflite_ui.core.technique import Context, Conversion, Family


class Float32(Conversion):
    """The float .tflite as it is."""

    key: ClassVar[str] = "float32"
    title: ClassVar[str] = "Float32"
    summary: ClassVar[str] = "The model as it is, only converted: what all others are compared with."
    price: ClassVar[str] = "Nothing gets smaller."
    family: ClassVar[Family] = "float"

    @override
    def scheme(self, params: Settings) -> str:
        """Float weights, float activations."""
        return "wfp32_afp32"

    @override
    def convert(self, model: Path, params: Settings, context: Context) -> Path:
        """A copy of ``model``."""
        target = context.folder / "float32.tflite"
        shutil.copyfile(model, target)
        return target
