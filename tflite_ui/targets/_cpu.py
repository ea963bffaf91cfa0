"""What the targets on this machine's CPU share: the LiteRT interpreter with one kind of kernels."""

from __future__ import annotations

import importlib
from abc import abstractmethod
from pathlib import Path
from typing import ClassVar

from tflite_ui.core.errors import BenchmarkFailed, VerificationFailed
from tflite_ui.core.target import (
    Accelerator,
    Availability,
    BenchmarkOptions,
    Evidence,
    Figure,
    HostOptions,
    Runner,
    RunTarget,
)
from tflite_ui.litert.interpreter import Delegation, Kernels, Session
from tflite_ui.targets._runner import HeldRunner

RUNTIME = "ai_edge_litert.interpreter"
INSTALL = "pip install ai-edge-litert"


class CpuTarget(RunTarget):
    """A target that is the interpreter with ``kernels``."""

    accelerator: ClassVar[Accelerator] = "CPU"
    gives: ClassVar[frozenset[Figure]] = frozenset(("latency",))
    packages: ClassVar[tuple[str, ...]] = ("ai-edge-litert",)
    kernels: ClassVar[Kernels]

    @abstractmethod
    def used(self, delegation: Delegation) -> str:
        """What really runs, in words, given what delegates took."""

    def availability(self) -> Availability:
        """Available wherever the runtime can be imported."""
        try:
            importlib.import_module(RUNTIME)
        except (ImportError, OSError) as missing:
            reason = f"The LiteRT runtime can't be loaded: {missing}"
            return Availability(available=False, reason=reason, install=INSTALL)
        return Availability(available=True)

    def open(self, tflite: Path, options: BenchmarkOptions) -> Runner:
        """The file in an interpreter of its own; raises BenchmarkFailed when it is refused."""
        assert isinstance(options, HostOptions)
        try:
            session = Session(tflite, self.kernels, options.threads)
        except VerificationFailed as refused:
            raise BenchmarkFailed(refused.message, "Measure it on another target.") from refused
        return CpuRunner(session, self)


class CpuRunner(HeldRunner[Session]):
    """A session and the target it belongs to."""

    def __init__(self, session: Session, target: CpuTarget) -> None:
        super().__init__(session)
        self._target = target

    def evidence(self) -> Evidence:
        """As the interpreter's own list of nodes shows it."""
        found = self._held.delegation()
        return Evidence(
            requested=self._target.title,
            used=self._target.used(found),
            nodes_delegated=found.taken,
            nodes_total=found.total,
            partitions=found.partitions,
            fallback=found.left if found.taken else (),
        )
