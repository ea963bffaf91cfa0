"""The linked composite: a scatter whose selection filters the charts under it."""

from __future__ import annotations

import altair as alt
import pandas as pd

from tflite_ui.analysis.measures import Measure
from tflite_ui.charts import latency, pareto, quality, rows, size, theme

PICKED = "picked"
HEADING = alt.datum.variant == ""


def overview(
    comparison: pd.DataFrame,
    latencies: pd.DataFrame,
    x: Measure,
    y: Measure,
    dark: bool = False,
    width: int = 640,
) -> alt.VConcatChart:
    """Scatter, sizes, quality and latencies under each other; clicking or dragging in the scatter filters.

    ``comparison`` is a ``comparison_frame`` and ``latencies`` a ``latency_frame`` of the same study.
    """
    picked = alt.selection_point(name=PICKED, fields=["variant"])
    parts = [
        _titled(_scatter(comparison, x, y, width, picked), "Choose: click points, shift-click adds"),
        _titled(_filtered(size.sizes(comparison, width), picked), "Size"),
        _titled(_filtered(quality.qualities(comparison, width), picked), "Quality"),
        _titled(_filtered(latency.latencies(latencies, width), picked), "Latency"),
    ]
    chart = alt.vconcat(*parts, spacing=36).resolve_scale(
        color="independent", shape="independent", fill="independent"
    )
    dressed: alt.VConcatChart = chart.configure(**theme.config(dark))
    return dressed


def _scatter(frame: pd.DataFrame, x: Measure, y: Measure, width: int, picked: alt.Parameter) -> theme.Drawing:
    if not frame[[x.column, y.column]].notna().all(axis=1).any():
        return rows.nothing("No variant has both measures.", width).add_params(picked)
    return pareto.scatter(frame, x, y, width, (picked,))


def _titled(chart: theme.Drawing, title: str) -> theme.Drawing:
    return chart.properties(title=title)


def _filtered(chart: theme.Drawing, picked: alt.Parameter) -> theme.Drawing:
    """Keep what is picked, and headings, which belong to no variant."""
    if isinstance(chart, alt.Chart):
        return chart
    return chart.transform_filter(picked | HEADING)
