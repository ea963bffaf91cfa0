"""One row per job: its stages, how far, its log, and a way to stop it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from tflite_ui.analysis import words
from tflite_ui.analysis.labels import target_labels, variant_labels
from tflite_ui.api import Desk
from tflite_ui.core.errors import ErrorInfo
from tflite_ui.core.study import JobProgress, Stage, Study
from tflite_ui.ui import curves, glossary, notices

STAGE_SIGNS = {"done": "ok", "failed": "failed", "skipped": "not run"}


def draw(desk: Desk, study: Study, job: JobProgress) -> None:
    """The row; its log is folded away."""
    with st.container(horizontal=True, vertical_alignment="top", gap="xxsmall"):
        with st.expander(
            label(job, title(study, job)),
            icon=glossary.STATUS_ICONS[job.status],
            type="step",
            key=f"job.{job.id}",
        ):
            curves.draw(job.curve, f"job.{job.id}.curve")
            if job.log or not job.curve:
                text = job.log or "Nothing in the log yet."
                st.code(text, language=None, wrap_lines=True, height=220 if job.log else "content")
        with st.container(width=40, height=40, border=False):
            if job.kind == "variant" and job.status in ("queued", "running"):
                _stop(desk, study, job)
    if trains(job):
        _skip(desk.finish_training, "Stop training, keep the best so far", study, job)
    if job.kind == "search" and job.status == "running":
        _skip(desk.cancel, "End the search, time the best so far", study, job)
    error = _error(study, job)
    if error:
        notices.problem(error)


def _stop(desk: Desk, study: Study, job: JobProgress) -> None:
    st.button(
        "",
        icon=":material/close:",
        key=f"job.{job.id}.cancel",
        type="tertiary",
        help=f"Cancel {title(study, job)}",
        on_click=desk.cancel,
        args=(study.id, job.id),
    )


def trains(job: JobProgress) -> bool:
    """Whether a job is training now and has an epoch to go on with."""
    return bool(job.curve) and any(s.name == "train" and s.state == "running" for s in job.stages)


def _skip(end: Callable[[str, str], None], label: str, study: Study, job: JobProgress) -> None:
    """The button that goes on with the best that a job has found so far."""
    st.button(
        label,
        icon=":material/skip_next:",
        key=f"job.{job.id}.finish",
        type="tertiary",
        on_click=end,
        args=(study.id, job.id),
    )


def title(study: Study, job: JobProgress) -> str:
    """What a job is called: its variant's or its target's name."""
    names = {**target_labels(study), **variant_labels(study)}
    return names.get(job.id, names.get(job.title, job.title))


def label(job: JobProgress, name: str) -> str:
    """The row's line: name, stages, seconds."""
    parts = [f"**{notices.plain(name)}**"]
    if job.status == "running":
        parts += [stage(s) for s in job.stages if s.state != "skipped"]
    elif job.status == "finished":
        parts.append("finished")
    else:
        parts.append(glossary.STATUS_WORDS[job.status])
    if job.seconds is not None:
        parts.append(words.seconds(job.seconds))
    return " · ".join(parts)


def stage(stage: Stage) -> str:
    """One stage in words: ``convert ok``, ``evaluate 62 %``."""
    if stage.state == "running":
        return f"{stage.name} {stage.fraction:.0%}".replace("%", " %") + (
            f" ({notices.plain(stage.note)})" if stage.note else ""
        )
    if stage.state == "waiting":
        return f":gray[{stage.name}]"
    return f"{stage.name} {STAGE_SIGNS[stage.state]}"


def _error(study: Study, job: JobProgress) -> ErrorInfo | None:
    variant = study.variant(job.id)
    if variant is not None:
        scored = variant.metric.error if variant.metric else None
        return variant.error or scored if variant.status != "cancelled" else None
    errors = [m.error for m in study.measurements if m.error and job.id in (m.spec, f"{m.variant}.{m.spec}")]
    return errors[0] if errors else None
