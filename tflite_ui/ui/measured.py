"""Latency and quality: what was measured, how, and what really ran."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from tflite_ui.analysis.frames import distribution_frame, latency_frame, variants_frame
from tflite_ui.analysis.labels import variant_labels
from tflite_ui.analysis.qualities import metric
from tflite_ui.api import Desk
from tflite_ui.charts.distribution import distribution_chart
from tflite_ui.charts.latency import latency_chart
from tflite_ui.charts.quality import quality_chart
from tflite_ui.core.study import Study
from tflite_ui.ui import figures, glossary, notices, own_metric, paired, picks

MORE = {
    "top5": ("Top 5, %", 100, "%.1f"),
    "macro_f1": ("Macro F1, %", 100, "%.1f"),
    "mae": ("MAE", 1, "%.4g"),
    "rmse": ("RMSE", 1, "%.4g"),
    "r2": ("R2", 1, "%.4f"),
    "auc": ("AUC", 1, "%.4f"),
}
"""Further measures: their titles, factors and formats."""


def latency(_: Desk, study: Study) -> None:
    """Latency by target, its distribution, and what really ran."""
    frame = picks.only(study, latency_frame(study))
    if frame.empty:
        st.write("Nothing was timed in this study: no target was chosen.")
        return
    frame = _timed(frame)
    specs = dict(zip(frame["spec"], frame["target_label"], strict=True))
    chosen = _targets(specs)
    shown = frame[frame["spec"].isin(chosen)]
    _noise(shown)
    figures.draw(
        study,
        "latency.chart",
        "Median latency by target and variant",
        lambda dark: latency_chart(shown, dark),
        *picks.of(study),
        *chosen,
    )
    st.caption(f"{glossary.HELP['latency']} {glossary.HELP['first']}")
    _distribution(study, chosen)
    st.subheader("What really ran", anchor=False, help=glossary.HELP["delegated"])
    st.dataframe(ran(shown), hide_index=True, key="latency.ran", alt="What really ran for each measurement")


def _timed(frame: pd.DataFrame) -> pd.DataFrame:
    """Without the targets on which nothing was timed and nothing will be; says which those are."""
    open_ = frame["p50"].notna() | frame["status"].isin(["queued", "running"])
    kept = set(frame.loc[open_, "spec"])
    left = dict.fromkeys(frame.loc[~frame["spec"].isin(kept), "target_label"])
    if not kept:
        return frame
    if left:
        st.caption(f"Nothing was timed on {notices.plain(', '.join(left))}: see Targets for what they tell.")
    return frame[frame["spec"].isin(kept)]


def _distribution(study: Study, specs: list[str]) -> None:
    folded = st.expander("How the single runs spread", key="latency.runs", on_change="rerun")
    if not folded.open:
        return
    bins = picks.only(study, distribution_frame(study))
    bins = bins[bins["spec"].isin(specs)]
    with folded:
        figures.draw(
            study,
            "latency.distribution",
            "Distribution of the timed runs",
            lambda dark: distribution_chart(bins, dark),
            *picks.of(study),
            *specs,
        )
        st.caption(glossary.HELP["spread"])


def _targets(specs: dict[str, str]) -> list[str]:
    if len(specs) == 1:
        return list(specs)
    chosen = st.pills(
        "Targets",
        list(specs),
        selection_mode="multi",
        default=list(specs),
        format_func=lambda spec: specs.get(spec, spec),
        key="latency.targets",
        persist_state="session",
    )
    return chosen or list(specs)


def _noise(frame: pd.DataFrame) -> None:
    noisy = frame[frame["noisy"]]
    if len(noisy):
        where = ", ".join(sorted(set(noisy["target_label"])))
        text = f"The machine was busy or hot while measuring: {notices.plain(where)}. Take these with care."
        st.warning(text, icon=":material/warning:")


def ran(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per measurement: what was asked for, what ran, over how many runs."""
    delegated = [
        "" if pd.isna(total) else f"{int(part or 0)} of {int(total)} nodes"
        for part, total in zip(frame["nodes_delegated"].fillna(0), frame["nodes_total"], strict=True)
    ]
    return pd.DataFrame(
        {
            "Variant": frame["label"],
            "Target": frame["target_label"],
            "Asked for": frame["requested"],
            "Ran on": frame["used"],
            "Delegated": delegated,
            "Partitions": frame["partitions"].astype("Int64"),
            "Timed runs": frame["n"].astype("Int64"),
            "Warm-up": frame["warmup"].astype("Int64"),
            "First, ms": frame["first"].round(3),
            "Peak memory, MB": (frame["peak_memory_bytes"] / 1e6).round(1),
            "Spread of rounds": [f"{value:.0%}" if pd.notna(value) else "" for value in frame["noise"]],
            "Why not": frame["error"],
        }
    )


def quality(desk: Desk, study: Study) -> None:
    """Quality with intervals, two variants against each other, and what changed class by class."""
    frame = picks.only(study, variants_frame(study))
    if not frame["quality"].notna().any():
        st.write("Quality wasn't measured: this study ran without data.")
        return
    figures.draw(
        study,
        "quality.chart",
        "Quality with its 95 % interval",
        lambda dark: quality_chart(frame, dark),
        *picks.of(study),
    )
    of = next((v.quality.output for v in study.variants if v.quality and v.quality.output), "")
    st.caption(
        " ".join(filter(None, (f"Of the output `{of}`." if of else "", glossary.HELP.get(metric(frame), ""))))
    )
    _more(study, frame)
    own_metric.results(study)
    paired.draw(desk, study)
    classes = per_class(study, set(frame["variant"]))
    if len(classes):
        st.subheader(
            "By class",
            anchor=False,
            help="How many more (or fewer) samples of each class are right than with the baseline.",
        )
        st.dataframe(
            classes,
            hide_index=True,
            key="quality.classes",
            alt="Change in right answers by class and variant",
        )


def _more(study: Study, frame: pd.DataFrame) -> None:
    """What else was measured: of classes, of values, of reconstructions, of each output."""
    kept = [name for name in MORE if frame[name].notna().any()]
    outputs = output_frame(study, set(frame["variant"]))
    if not kept and outputs.empty:
        return
    with st.expander("More measures", type="compact"):
        if kept:
            shown = pd.DataFrame(
                {"Variant": frame["label"], **{MORE[n][0]: MORE[n][1] * frame[n] for n in kept}}
            )
            st.dataframe(shown, hide_index=True, column_config=_numbers(kept), placeholder="")
        if not outputs.empty:
            st.dataframe(outputs, hide_index=True, placeholder="")


def _numbers(kept: list[str]) -> dict[str, Any]:
    column = st.column_config.NumberColumn
    return {MORE[name][0]: column(format=MORE[name][2], help=glossary.HELP[name]) for name in kept}


def output_frame(study: Study, shown: set[str]) -> pd.DataFrame:
    """Each output of each variant against the original's and its labels, where there are several, or masks.

    The baseline is there for what labels tell of it.
    """
    labels = variant_labels(study)
    rows = [
        {
            "Variant": labels[variant.id],
            "Output": output.name,
            "SQNR, dB": round(output.sqnr_db, 1),
            "Cosine": round(output.cosine, 5),
            "Mask IoU": output.mask_iou,
            "Accuracy, %": None if output.accuracy is None else round(100 * output.accuracy, 2),
            "MAE": output.mae,
            "R2": output.r2,
        }
        for variant in study.variants
        if variant.id in shown and variant.quality
        for output in variant.quality.per_output
        if variant is not study.baseline or output.accuracy is not None or output.mae is not None
        if len(variant.quality.per_output) > 1 or output.mask_iou is not None
    ]
    return pd.DataFrame(rows).dropna(axis=1, how="all")


def per_class(study: Study, shown: set[str]) -> pd.DataFrame:
    """One row per class: its samples, the baseline's right answers, and each variant's change."""
    labels = variant_labels(study)
    table: dict[str, dict[str, object]] = {}
    for variant in study.variants:
        for row in variant.quality.per_class if variant.quality and variant.id in shown else ():
            line = table.setdefault(
                row.label, {"Class": row.label, "Samples": row.n, "Baseline right": row.baseline_correct}
            )
            if variant is not study.baseline:
                line[labels[variant.id]] = row.correct - row.baseline_correct
    return pd.DataFrame(list(table.values()))
