"""A study: one source, one data file, many variants, all their measurements. The `study.json` contract."""

from __future__ import annotations

from typing import Any, Literal

from tflite_ui.core.data import DataSummary
from tflite_ui.core.frozen import Frozen
from tflite_ui.core.goal import Goal, Recommendation
from tflite_ui.core.measurement import Measurement
from tflite_ui.core.metric import Metric
from tflite_ui.core.model import ModelSource
from tflite_ui.core.plan import StudyRequest
from tflite_ui.core.training import CurvePoint
from tflite_ui.core.variant import Variant

SCHEMA = 1
State = Literal["queued", "running", "finished", "cancelled"]
StageState = Literal["waiting", "running", "done", "failed", "skipped"]


class Environment(Frozen):
    """The machine and the versions a study ran with; ``isolation`` says how jobs were confined."""

    cpu: str
    cores: int
    os: str
    python: str
    packages: dict[str, str]
    fingerprint: str = ""
    isolation: str = ""


class Study(Frozen):
    """All that is known of a study; frozen: a page re-reads it."""

    id: str
    title: str
    created: str
    """UTC, ISO 8601."""
    state: State
    request: StudyRequest
    environment: Environment
    source: ModelSource
    data: DataSummary | None = None
    training: DataSummary | None = None
    student: ModelSource | None = None
    metric: Metric | None = None
    variants: tuple[Variant, ...]
    measurements: tuple[Measurement, ...] = ()
    goals: tuple[Goal, ...] = ()
    recommendation: Recommendation | None = None
    warnings: tuple[str, ...] = ()

    @property
    def baseline(self) -> Variant:
        """The float32 variant, always the first."""
        return self.variants[0]

    def variant(self, id: str) -> Variant | None:
        """The variant called ``id``."""
        return next((v for v in self.variants if v.id == id), None)

    def document(self) -> dict[str, Any]:
        """The study as the `study.json` document, schema 1."""
        environment = self.environment.model_dump(mode="json")
        return {
            "schema": SCHEMA,
            "id": self.id,
            "created": self.created,
            "environment": environment,
            "source": _source(self.source),
            "data": _data(self.data),
            "training": _data(self.training),
            "student": _source(self.student) if self.student else None,
            "metric": self.metric.model_dump(mode="json") if self.metric else None,
            "variants": [_variant(v) for v in self.variants],
            "measurements": [_measurement(m) for m in self.measurements],
            "goals": {goal.name: goal.value for goal in self.goals},
            "recommendation": self.recommendation.model_dump(mode="json") if self.recommendation else None,
            "title": self.title,
            "state": self.state,
            "seed": self.request.seed,
            "hardware": self.request.hardware,
            "search": self.request.search.model_dump(mode="json") if self.request.search else None,
            "warnings": list(self.warnings),
        }


class Stage(Frozen):
    """One stage of a job, e.g. convert: its state and, while it runs, how far it is (0 to 1)."""

    name: str
    state: StageState = "waiting"
    fraction: float = 0.0
    note: str = ""


class JobProgress(Frozen):
    """How far one variant or one target's benchmarks are."""

    id: str
    kind: Literal["prepare", "variant", "benchmark", "search"]
    title: str
    status: Literal["queued", "running", "finished", "failed", "cancelled", "timed_out", "lost"]
    stages: tuple[Stage, ...] = ()
    seconds: float | None = None
    log: str = ""
    """The last lines of the job's log."""
    curve: tuple[CurvePoint, ...] = ()
    """The epochs so far, where something trains."""


class Progress(Frozen):
    """How far a study is, for the run page."""

    study: str
    state: State
    done: int
    total: int
    elapsed_seconds: float
    remaining_seconds: float | None
    jobs: tuple[JobProgress, ...]
    note: str = ""
    """What is being waited for, when it isn't obvious (e.g. another study's benchmark)."""


def _source(source: ModelSource) -> dict[str, Any]:
    wanted = (
        "name",
        "format",
        "sha256",
        "size_bytes",
        "inputs",
        "outputs",
        "parameters",
        "macs",
        "keras_version",
    )
    return source.model_dump(mode="json", include=set(wanted))


def _data(data: DataSummary | None) -> dict[str, Any] | None:
    if data is None:
        return None
    wanted = {"name", "sha256", "samples", "calibration_samples", "evaluation_samples"}
    return {**data.model_dump(mode="json", include=wanted), "labels": data.labelled}


FACTS = ("sha256", "size_bytes", "gzip_bytes", "parameters", "macs", "sparsity", "unique_weights")


def _variant(variant: Variant) -> dict[str, Any]:
    plain = variant.model_dump(mode="json")
    facts = plain.pop("facts") or {}
    facts_or_null = {name: facts.get(name) for name in FACTS}
    rest = {name: facts.get(name, {}) for name in ("dtypes", "operators")}
    io = {name: facts.get(name, []) for name in ("input_dtypes", "output_dtypes")}
    return {**plain, **facts_or_null, **rest, **io, "scheme": facts.get("scheme") or None}


EVIDENCE = (
    "requested",
    "used",
    "nodes_delegated",
    "nodes_total",
    "partitions",
    "adapter",
    "fallback",
    "kind",
)
RUNS = ("histogram", "round_p50_ms", "noise", "noisy", "session", "baseline_p50_ms")
EXTRA = (*RUNS, "estimate_ms", "figures", "ops", "artefact", "device")


def _measurement(measurement: Measurement) -> dict[str, Any]:
    plain = measurement.model_dump(mode="json")
    evidence, latency = plain.pop("evidence") or {}, plain.pop("latency")
    extra = {name: plain.pop(name) for name in EXTRA}
    return {**plain, "latency_ms": latency, **{name: evidence.get(name) for name in EVIDENCE}, "extra": extra}
