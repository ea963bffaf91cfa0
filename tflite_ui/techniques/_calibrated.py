"""Settings that conversions with calibration share."""

from __future__ import annotations

from operator import not_
from typing import Annotated, Any

from pydantic import Field

CalibrationSamples = Annotated[
    int,
    Field(
        ge=1,
        le=100_000,
        title="Calibration samples",
        description="How many samples show the quantizer which values occur; 100 to 500 usually do.",
    ),
]
PerChannel = Annotated[
    bool,
    Field(
        title="Per channel",
        description="A scale for each output channel of a weight, not one for all: more accurate.",
        json_schema_extra={"advanced": True},
    ),
]
Equalise = Annotated[
    bool,
    Field(
        title="Equalise channels",
        description="Scales channels between layers to like ranges first, so that a wide one no longer "
        "takes the others' steps; the float model's answers stay.",
        json_schema_extra={"advanced": True},
        exclude_if=not_,
    ),
]
SAMPLES = 200


def ports(integers: str) -> Any:
    """The field of what a file takes and gives: float32, or ``integers``."""
    return Field(
        "float32",
        title="Inputs and outputs",
        description=f"What the file takes and gives: float32, or {integers} for devices without floats.",
    )
