"""Run: how far is it?"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from tflite_ui.analysis import words
from tflite_ui.analysis.labels import sample_noun, variant_labels
from tflite_ui.analysis.score_words import value_words
from tflite_ui.api import Desk
from tflite_ui.core.errors import NotFound
from tflite_ui.core.study import JobProgress, Progress, Study
from tflite_ui.core.variant import Variant
from tflite_ui.ui import address, amounts, glossary, grid, job_rows, notices, shell

MOST_ROWS = 24
"""Finished jobs and files that are shown; a search makes hundreds."""


def show(desk: Desk) -> None:
    """Draw the page."""
    id = address.get("study")
    if not id:
        st.title("How far is it?", anchor=False)
        notices.nothing(
            "Nothing is running", "Choose a model and techniques first.", shell.CHOOSE, "Choose what to try"
        )
        return
    try:
        live = is_live(desk.progress(id))
    except NotFound as gone:
        st.title("How far is it?", anchor=False)
        notices.problem(gone)
        st.page_link(shell.STUDIES, label="See all studies", icon=":material/history:")
        return
    st.title(notices.plain(desk.study(id).title), anchor=False)
    _follow(desk, id, live)


def is_live(progress: Progress) -> bool:
    """Whether anything can still change."""
    return progress.state in ("queued", "running")


def _follow(desk: Desk, id: str, live: bool) -> None:
    """Draw now, and every second for as long as the study runs."""

    @st.fragment(run_every=1.0 if live else None)
    def body() -> None:
        progress, study = desk.progress(id), desk.study(id)
        if live and not is_live(progress):
            st.rerun()
        draw(desk, study, progress)

    body()


def draw(desk: Desk, study: Study, progress: Progress) -> None:
    """The page's body for one moment: headline, jobs, what has landed."""
    head, ways = st.columns([3, 2], vertical_alignment="center")
    with head:
        st.subheader(headline(study, progress), anchor=False)
        st.caption(clock_line(progress))
    with ways, st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        _ways_on(desk, study, progress)
    st.progress(share_done(progress))
    notices.remarks(study.warnings)
    jobs, there = st.columns([3, 2], gap="large")
    with jobs:
        shown, folded = rows_shown(progress.jobs)
        for job in shown:
            job_rows.draw(desk, study, job)
        if folded:
            st.caption(f"{words.counted(folded, 'more job')} finished earlier: see Results.")
    with there:
        landed(study)


def rows_shown(jobs: Sequence[JobProgress]) -> tuple[list[JobProgress], int]:
    """The jobs that get a row, and how many that finished earlier don't."""
    finished = [job.id for job in jobs if job.status == "finished"]
    folded = set(finished[:-MOST_ROWS]) if len(finished) > MOST_ROWS else set()
    return [job for job in jobs if job.id not in folded], len(folded)


def share_done(progress: Progress) -> float:
    """How much of the work is behind us, 0 to 1: by time where that is known, else by count."""
    if not is_live(progress):
        return 1.0
    if progress.remaining_seconds is not None:
        whole = progress.elapsed_seconds + progress.remaining_seconds
        return progress.elapsed_seconds / whole if whole else 0.0
    return progress.done / progress.total if progress.total else 0.0


def headline(study: Study, progress: Progress) -> str:
    """How far the study is, in one line."""
    failed = sum(v.status in ("failed", "timed_out", "lost") for v in study.variants)
    finished = sum(v.status == "finished" for v in study.variants)
    bad = f", {failed} failed" if failed else ""
    if progress.state == "queued":
        return "Waiting to start"
    if progress.state == "running":
        measuring = ", measuring" if progress.done == progress.total else ""
        return f"{progress.done} of {progress.total} finished{bad}{measuring}"
    if progress.state == "cancelled":
        return f"Cancelled: {finished} of {words.counted(len(study.variants), 'variant')} finished{bad}"
    if not finished:
        return "No variant finished: each says why below"
    if failed:
        return f"{finished} of {words.counted(len(study.variants), 'variant')} finished{bad}"
    return f"All {words.counted(len(study.variants), 'variant')} finished"


def clock_line(progress: Progress) -> str:
    """Elapsed and remaining time, and what is being waited for."""
    parts = [f"{amounts.clock(progress.elapsed_seconds)} elapsed"] if progress.elapsed_seconds >= 1 else []
    if is_live(progress) and progress.remaining_seconds is not None:
        parts.append(f"about {amounts.clock(progress.remaining_seconds)} left")
    if progress.note:
        parts.append(notices.plain(progress.note))
    return " · ".join(parts)


def _ways_on(desk: Desk, study: Study, progress: Progress) -> None:
    live, any_landed = is_live(progress), any(v.status == "finished" for v in study.variants)
    if live:
        with st.popover("Cancel all", icon=":material/cancel:", key="run.cancel", width="content"):
            st.write("Stop everything that hasn't finished? What has landed stays.")
            st.button("Yes, cancel all", key="run.cancel.yes", on_click=desk.cancel, args=(study.id,))
    else:
        st.page_link(shell.CHOOSE, label="Try more", icon=":material/tune:", query_params=_again(study))
    if any_landed and st.button(
        "See results", type="secondary" if live else "primary", icon=":material/analytics:", key="run.results"
    ):
        st.switch_page(shell.RESULTS, query_params={"study": study.id})


def _again(study: Study) -> dict[str, str]:
    asked = study.request
    found = {"model": asked.model, "data": asked.data, "metric": asked.metric}
    return {name: digest for name, digest in found.items() if digest}


def landed(study: Study) -> None:
    """A small card for each variant that has a file: size, ratio, quality."""
    everything = [v for v in study.variants if v.facts]
    there = everything[-MOST_ROWS:]
    more = f" · the last {MOST_ROWS} of {len(everything)}" if len(everything) > MOST_ROWS else ""
    st.markdown(f"**Landed**{more}" if there else ":gray[Results appear here as they land.]")
    labels = variant_labels(study)
    for column, variant in zip(grid.pairs(len(there)), there, strict=True):
        with column:
            _landed_card(study, variant, labels[variant.id])


def _landed_card(study: Study, variant: Variant, label: str) -> None:
    facts = variant.facts
    if facts is None:
        return
    said = [_ratio(study, variant), _quality(study, variant), _own_metric(study, variant)]
    with st.container(border=True, height="stretch"):
        st.markdown(f"**{notices.plain(label)}**", help=glossary.HELP["size"])
        st.metric("Size", words.size(facts.size_bytes), label_visibility="collapsed")
        st.caption(" · ".join(filter(None, said)))


def _ratio(study: Study, variant: Variant) -> str:
    facts, base = variant.facts, study.baseline.facts
    if variant is study.baseline:
        return "baseline"
    return words.smaller(base.size_bytes / facts.size_bytes) if base and facts else ""


def _own_metric(study: Study, variant: Variant) -> str:
    if study.metric is None or variant.metric is None or variant.metric.score is None:
        return ""
    value = words.significant(variant.metric.score.value, 3)
    return f"{notices.plain(study.metric.title)}: {value}"


def _quality(study: Study, variant: Variant) -> str:
    quality = variant.quality
    if quality is None:
        return ""
    samples = words.counted(quality.n, sample_noun(study))
    if quality.score and quality.score.against != "original":
        return f"{value_words(quality.score)} on {samples}"
    if quality.metric == "sqnr_db":
        return f"{words.decibels(quality.value)} SQNR"
    shown = words.percent(quality.value, quality.n).replace(" ", "\N{NO-BREAK SPACE}")
    of = f" of {notices.plain(quality.output)}" if quality.output else ""
    return f"{quality.metric}{of} {shown} on {samples}"
