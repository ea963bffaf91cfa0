"""The picture of a study that nobody works on: what its rows and logs say."""

from __future__ import annotations

from pathlib import Path

from tflite_ui.core.study import JobProgress, Study
from tflite_ui.core.variant import Variant

LINES = 40


def stills(study: Study, folder: Path) -> tuple[JobProgress, ...]:
    """One entry a variant, with the end of its log from ``folder``, then one a target."""
    made = tuple(_made(variant, log_path(folder, variant)) for variant in study.variants)
    return made + tuple(_measured(study, spec) for spec in dict.fromkeys(m.spec for m in study.measurements))


def log_path(folder: Path, variant: Variant) -> Path:
    """Where a study's ``folder`` keeps a variant's log."""
    return folder / f"{variant.id}.log"


def _made(variant: Variant, log: Path) -> JobProgress:
    seconds = [value for value in variant.seconds.model_dump().values() if value is not None]
    return JobProgress(
        id=variant.id,
        kind="variant",
        title=variant.recipe,
        status=variant.status,
        seconds=sum(seconds) if seconds else None,
        log=_end(log),
        curve=variant.curve,
    )


def _measured(study: Study, spec: str) -> JobProgress:
    """A target's benchmarks as one: finished when any is, else as the first ended."""
    statuses = [m.status for m in study.measurements if m.spec == spec]
    status = "finished" if "finished" in statuses else statuses[0]
    return JobProgress(id=spec, kind="benchmark", title=spec, status=status)


def _end(log: Path) -> str:
    try:
        return "\n".join(log.read_text("utf-8", errors="replace").splitlines()[-LINES:])
    except OSError:
        return ""
