"""What a target is: a place where a .tflite can run, and what really ran there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from tflite_ui.core.device import Device
from tflite_ui.core.frozen import Frozen
from tflite_ui.core.latency import Latency
from tflite_ui.core.params import Params

Kind = Literal["measured", "emulated", "estimated"]
Accelerator = Literal["CPU", "GPU", "NPU", "any"]
"""``any``: what a library drives that only the operator knows."""
Where = Literal["CPU", "GPU", "NPU", "delegate"]
"""Where an operator runs; ``delegate``: in one that doesn't tell on what."""
Figure = Literal["latency", "arena"]
"""What a goal may limit on a target: times that count as measured, and the memory for activations."""
Tensors = Mapping[str, npt.NDArray[np.generic]]


class Availability(Frozen):
    """Whether a target can be used here, and if not why and how to get it."""

    available: bool
    reason: str = ""
    install: str = ""
    note: str = ""
    """What is worth knowing before it is used, e.g. that the GPU here is only emulated."""


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
    """What ran, as the runtime itself tells it: None where it doesn't tell.

    ``fallback`` names the operators that were left to the CPU, or that made the target refuse the file.
    """

    requested: str
    used: str
    nodes_delegated: int | None = None
    nodes_total: int | None = None
    partitions: int | None = None
    adapter: str | None = None
    fallback: tuple[str, ...] = ()
    kind: Kind = "measured"


class OpCost(Frozen):
    """What one operator costs: ``cost`` in ``unit``, ``share`` of all (0 to 1), and where it runs."""

    operator: str
    name: str
    where: Where
    cost: float
    unit: Literal["ms", "cycles"]
    share: float


class Report(Frozen):
    """What a target tells of a file: estimates, memory, a compiled file, or times that it took itself.

    ``latency_ms`` is an estimate for one run; ``measured`` what a ``device`` of its own took, and
    ``round_p50_ms`` the median of each of its rounds, which count only where the evidence's kind is
    ``measured``. ``arena_bytes`` is the memory for activations;
    ``figures`` are other numbers by name (``cycles``); ``artefact`` is the path of a compiled file in the
    job's folder. ``answers`` is the path of an .npz there: what it answered to the first k of the inputs
    it was given, float32 [k, ...] by output; without them ``unanswered`` says why.
    """

    evidence: Evidence
    latency_ms: float | None = None
    arena_bytes: int | None = None
    figures: dict[str, float] = {}
    ops: tuple[OpCost, ...] = ()
    artefact: str | None = None
    measured: Latency | None = None
    round_p50_ms: tuple[float, ...] = ()
    device: Device | None = None
    answers: str | None = None
    unanswered: str = ""


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
    def arena_bytes(self) -> int | None:
        """The memory for activations, where the runtime tells of it."""

    @abstractmethod
    def outputs(self) -> dict[str, npt.NDArray[np.generic]]:
        """The outputs of the last run by name, dequantised to float where they are quantised."""


class Visit(ABC):
    """One .tflite on another machine, which times it by itself, a few runs at a time."""

    @abstractmethod
    def report(self) -> Report:
        """What it has told by now: before the first round all but the times."""

    @abstractmethod
    def round(self, runs: int) -> None:
        """Let it time ``runs`` runs, or as many as their share of the time cap allows, at least one.

        Raises BenchmarkFailed, also when the machine goes away.
        """


class Target(ABC):
    """One file in ``targets/`` holds one final class of it.

    ``hardware`` names the kind of machine it occupies, ``machine`` which one: two benchmarks of the same
    machine never run side by side. ``gives`` names the figures that it may ever tell of. ``delegates`` says
    that something is asked to take over operators: one that it doesn't take is left to the CPU. ``proof``
    says what a result proves, ``untested`` where its authors never ran it. ``packages`` are the distributions
    that alone decide whether it can be used: a yes holds as long as their versions do; without any (drivers,
    devices or files decide, too) it is asked at each start. The class that gives ``availability`` names them.
    A final class derives from RunTarget, AwayTarget or ReportTarget.
    """

    key: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    accelerator: ClassVar[Accelerator]
    hardware: ClassVar[str] = "host"
    gives: ClassVar[frozenset[Figure]] = frozenset(("latency", "arena"))
    delegates: ClassVar[bool] = True
    proof: ClassVar[str]
    untested: ClassVar[str]
    packages: ClassVar[tuple[str, ...]] = ()
    Options: ClassVar[type[Params]] = HostOptions

    @abstractmethod
    def availability(self) -> Availability:
        """Asked in a child process, since it may load native code."""

    def refuses(self, options: Params) -> str:
        """Why it can't be done with these options, as far as they alone tell; empty when it can."""
        return ""

    def machine(self, options: Params) -> str:
        """The machine that is occupied with these options; a plain name, which begins with ``hardware``."""
        return self.hardware

    def devices(self) -> tuple[str, ...]:
        """The device files and folders that its drivers use."""
        return ()

    def reads(self) -> tuple[str, ...]:
        """The files and folders that it reads beside the system's and Python's own."""
        return ()

    def ports(self) -> tuple[int, ...]:
        """The TCP ports it connects to; without any, its jobs have no network."""
        return ()


class RunTarget(Target):
    """A target that runs files here. Only what is ``measured`` is timed."""

    @abstractmethod
    def open(self, tflite: Path, options: BenchmarkOptions) -> Runner:
        """The file ready to run; raises BenchmarkFailed when the target refuses it."""


class AwayTarget(Target):
    """A target that runs files on another machine, which times them by itself. Its files take turns, too."""

    Options: ClassVar[type[Params]] = BenchmarkOptions

    @abstractmethod
    def visit(
        self, tflite: Path, options: BenchmarkOptions, folder: Path, inputs: Tensors
    ) -> AbstractContextManager[Visit]:
        """The file there, ready to be timed, and ``inputs`` answered ([n, ...] by name, in the dtypes of the
        original model), or as many of them as it has time for; ``folder`` is for files here.

        Raises BenchmarkFailed when the target refuses the file. Leaving it clears up there.
        """


class ReportTarget(Target):
    """A target that tells of a file without running it to be timed."""

    @abstractmethod
    def report(self, tflite: Path, options: Params, folder: Path) -> Report:
        """What it tells, made in ``folder``; raises BenchmarkFailed when it refuses the file."""
