"""The top of results: the answer in a sentence, its file, and what is best in each measure."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from tflite_ui.analysis import qualities, words
from tflite_ui.analysis.frames import latency_frame, variants_frame
from tflite_ui.analysis.labels import sample_noun, variant_labels
from tflite_ui.api import Desk
from tflite_ui.core.study import Study
from tflite_ui.ui import downloads, glossary, grid, notices


@dataclass(frozen=True)
class Best:
    """One metric: its label and value, the ``ratio`` to the baseline, ``whose`` it is, ``where`` it holds."""

    label: str
    value: str
    ratio: str
    whose: str
    where: str
    help: str


def draw(desk: Desk, study: Study) -> None:
    """The sentence, then the numbers."""
    _sentence(desk, study)
    found = [best for best in (smallest(study), fastest(study), truest(study), tally(study)) if best]
    for column, best in zip(grid.fours(len(found)), found, strict=True):
        with column, st.container(border=True, height="stretch"):
            st.metric(
                best.label,
                best.value,
                delta=best.ratio or None,
                delta_color="off",
                delta_arrow="off",
                help=best.help,
            )
            st.caption("  \n".join(notices.plain(line) for line in (best.whose, best.where) if line))


def _sentence(desk: Desk, study: Study) -> None:
    advice = study.recommendation
    with st.container(
        border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        if advice is None:
            st.markdown(_no_advice(study), width="content")
            return
        kept = study.variant(advice.variant) is study.baseline
        text = notices.plain(
            advice.reason if kept else f"Take {advice.reason[:1].lower()}{advice.reason[1:]}"
        )
        st.markdown(f"### {text}", anchors=False, width="stretch")
        variant = study.variant(advice.variant)
        if variant and variant.file:
            downloads.file_button(desk, study, variant, "Download it", primary=True)
    for miss in advice.unmet:
        st.warning(notices.plain(miss), icon=":material/flag:")
    if advice.tested:
        st.caption(notices.plain(advice.tested), help=glossary.HELP["tested"])


def _no_advice(study: Study) -> str:
    if study.state in ("queued", "running"):
        return "The recommendation comes when all has been measured."
    return "There is no recommendation: compare the variants below."


def smallest(study: Study) -> Best | None:
    """The smallest file."""
    frame = variants_frame(study)
    known = frame[frame["size_bytes"].notna()]
    if known.empty:
        return None
    row = known.iloc[int(known["size_bytes"].argmin())]
    ratio = "" if pd.isna(row["size_ratio"]) or row["baseline"] else words.smaller(row["size_ratio"])
    gzip = f"{words.size(row['gzip_bytes'])} under gzip"
    return Best(
        "Smallest", words.size(row["size_bytes"]), ratio, str(row["label"]), gzip, glossary.HELP["size"]
    )


def fastest(study: Study) -> Best | None:
    """The lowest median latency on the first target."""
    frame = latency_frame(study)
    known = frame[frame["p50"].notna()]
    if known.empty:
        return None
    known = known[known["spec"] == known["spec"].iloc[0]]
    row = known.iloc[int(known["p50"].argmin())]
    ratio = "" if pd.isna(row["ratio"]) or row["baseline"] else words.faster(row["ratio"], row["noise"])
    value, where = words.milliseconds(row["p50"], row["noise"]), str(row["target_label"])
    return Best("Fastest", value, ratio or "baseline", str(row["label"]), where, glossary.HELP["latency"])


def truest(study: Study) -> Best | None:
    """The best quality besides the baseline's."""
    frame = variants_frame(study)
    known = frame[frame["quality"].notna() & ~frame["baseline"]]
    if known.empty:
        return None
    metric, shown = qualities.metric(known), qualities.look(known)
    places = known["quality"].argmin() if shown.minimise else known["quality"].argmax()
    row = known.iloc[int(places)]
    n = int(row["quality_n"])
    value, on = qualities.said(metric, row["quality"], n), f"on {words.counted(n, sample_noun(study))}"
    change = qualities.change_said(row)
    return Best(shown.best, value, change, str(row["label"]), on, glossary.HELP.get(metric, ""))


def tally(study: Study) -> Best:
    """How many variants finished."""
    finished = sum(v.status == "finished" for v in study.variants)
    labels = variant_labels(study)
    failed = [labels[v.id] for v in study.variants if v.status in ("failed", "timed_out", "lost")]
    names = ", ".join(failed[:2]) + (f" and {len(failed) - 2} more" if len(failed) > 2 else "")
    bad = f"{len(failed)} failed" if failed else "none failed"
    timed = sum(m.status == "finished" for m in study.measurements)
    runs = f"{timed} of {words.counted(len(study.measurements), 'benchmark')}"
    value = f"{finished} of {len(study.variants)}"
    return Best("Finished", value, bad, names or "All variants", runs, glossary.HELP["variant"])
