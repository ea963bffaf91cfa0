"""One benchmark: a variant's file on a target."""

from __future__ import annotations

from typing import Any

from tflite_ui.core.device import Device
from tflite_ui.core.errors import ErrorInfo
from tflite_ui.core.frozen import Frozen
from tflite_ui.core.latency import Latency
from tflite_ui.core.target import Evidence, OpCost
from tflite_ui.core.variant import Status


class Parity(Frozen):
    """Outputs on this target against the same file's outputs on the reference kernels."""

    max_abs: float
    cosine: float
    top1_agreement: float | None = None


class Measurement(Frozen):
    """What was asked, what ran, and how long it took.

    ``unanswered`` says why there is no ``parity``, where that isn't plain.
    ``histogram`` holds (lower edge in ms, count) pairs; ``round_p50_ms`` the median of each round;
    ``noise`` the spread of the rounds' medians, (max - min) / median; ``session`` names the group of
    benchmarks interleaved with this one, and ``baseline_p50_ms`` is the baseline's p50 in that group.
    ``estimate_ms`` is a model's word, never a measurement; ``figures`` are other numbers by name; ``ops``
    what each operator costs; ``artefact`` the digest of a file compiled for the target; ``device`` what it
    was timed on, where that isn't this machine.
    """

    variant: str
    target: str
    spec: str
    options: dict[str, Any]
    status: Status = "queued"
    error: ErrorInfo | None = None
    evidence: Evidence | None = None
    latency: Latency | None = None
    peak_memory_bytes: int | None = None
    arena_bytes: int | None = None
    parity: Parity | None = None
    unanswered: str = ""
    histogram: tuple[tuple[float, int], ...] = ()
    round_p50_ms: tuple[float, ...] = ()
    noise: float | None = None
    noisy: bool = False
    session: str = ""
    baseline_p50_ms: float | None = None
    estimate_ms: float | None = None
    figures: dict[str, float] = {}
    ops: tuple[OpCost, ...] = ()
    artefact: str | None = None
    device: Device | None = None
