"""What a target is: a place where a .tflite can run, and what really ran there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from tflite_ui.core.frozen import Frozen
from tflite_ui.core.params import Params

Kind = Literal["measured", "emulated", "estimated"]
Tensors = Mapping[str, npt.NDArray[np.generic]]


class Availability(Frozen):
    """Whether a target can be used here, and if not why and how to get it."""

    available: bool
    reason: str = ""
    install: str = ""


class BenchmarkOptions(Params):
    """How a benchmark is run; every target's options begin with these."""

    runs: int = Field(
        50,
        ge=1,
        le=100_000,
        title="Timed runs",
        description="Timed runs of each file, spread over the rounds.",
    )
    warmup: int = Field(
        5, ge=0, le=10_000, title="Warm-up runs", description="Untimed runs before the first timed one."
    )
    max_seconds: float = Field(
        10.0,
        gt=0,
        le=3600,
        title="Time cap, seconds",
        description="Stop early after this many seconds of runs; the number of runs made is shown.",
    )


class HostOptions(BenchmarkOptions):
    """Options of a target that runs on this machine's CPU."""

    threads: int = Field(1, ge=1, le=256, title="Threads", description="CPU threads the runtime may use.")


class Evidence(Frozen):
    """What ran, as the runtime itself tells it: None where it doesn't tell."""

    requested: str
    used: str
    nodes_delegated: int | None = None
    nodes_total: int | None = None
    partitions: int | None = None
    adapter: str | None = None
    kind: Kind = "measured"


class Runner(ABC):
    """One .tflite opened on one target."""

    @abstractmethod
    def evidence(self) -> Evidence:
        """What really runs."""

    @abstractmethod
    def set_inputs(self, inputs: Tensors) -> None:
        """Place one batch, by input name, in the dtypes of the original model (float for quantised I/O)."""

    @abstractmethod
    def invoke(self) -> None:
        """Run once on the inputs placed: this call is what is timed."""

    @abstractmethod
    def outputs(self) -> dict[str, npt.NDArray[np.generic]]:
        """The outputs of the last run by name, dequantised to float where they are quantised."""


class Target(ABC):
    """One file in ``targets/`` holds one final class of it.

    ``hardware`` names the machine it occupies: two benchmarks of the same hardware never
    run side by side.
    """

    key: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    accelerator: ClassVar[Literal["CPU", "GPU", "NPU"]]
    hardware: ClassVar[str] = "host"
    Options: ClassVar[type[BenchmarkOptions]] = HostOptions

    @abstractmethod
    def availability(self) -> Availability:
        """Asked in a child process, since it may load native code."""

    @abstractmethod
    def open(self, tflite: Path, options: BenchmarkOptions) -> Runner:
        """The file ready to run; raises BenchmarkFailed when the target refuses it."""
