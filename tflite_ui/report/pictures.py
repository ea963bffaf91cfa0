"""A study's charts as SVG, PNG and one page that opens offline; each chart is rendered once."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import vl_convert

from tflite_ui import charts
from tflite_ui.analysis.frames import distribution_frame, latency_frame, variants_frame
from tflite_ui.analysis.labels import target_labels
from tflite_ui.analysis.measures import SIZE, Measure, comparison_frame, measures
from tflite_ui.charts import theme
from tflite_ui.core.study import Study

WIDTH = 680
PNG_SCALE = 2.0
MOST_ROWS = 40


def charts_of(study: Study) -> Iterator[tuple[str, str, theme.Drawing]]:
    """Name, title and chart, light: what there are numbers for, 680 px wide.

    Latencies and their spread are one chart per target when together they have over 40 rows.
    """
    variants, latency, spread = variants_frame(study), latency_frame(study), distribution_frame(study)
    yield "size", "File size", charts.size_chart(variants, width=WIDTH)
    if variants["quality"].notna().any():
        yield "quality", "Quality", charts.quality_chart(variants, width=WIDTH)
        x, y = axes(study)
        yield (
            "pareto",
            f"{y.title} against {x.title}",
            charts.pareto_chart(comparison_frame(study), x, y, width=WIDTH),
        )
    if latency["p50"].notna().any():
        yield from _by_target(study, "latency", "Latency", latency)
        yield from _by_target(study, "distribution", "Spread of single runs", spread)


def axes(study: Study) -> tuple[Measure, Measure]:
    """What the scatter of a report shows: file size against quality, or else the next measure there is."""
    found = [measure for measure in measures(study) if measure != SIZE]
    chosen = [m for m in found if m.column == "quality_shown"] or [m for m in found if m.low] or [SIZE]
    return SIZE, chosen[0]


def svg(chart: theme.Drawing) -> str:
    """The chart as SVG text."""
    text: str = vl_convert.vegalite_to_svg(chart.to_dict())
    return text


def png(svg_text: str) -> bytes:
    """An SVG as PNG at twice its size, on white."""
    return vl_convert.svg_to_png(_on_white(svg_text), scale=PNG_SCALE)


def inline(svg_text: str) -> str:
    """An SVG for a page that is light or dark: its neutral colour follows the page's text."""
    return svg_text.replace(theme.INK_LIGHT, "currentColor")


def _on_white(svg_text: str) -> str:
    head, end, rest = svg_text.partition(">")
    return f'{head}{end}<rect width="100%" height="100%" fill="white"/>{rest}'


def _by_target(
    study: Study, name: str, title: str, frame: pd.DataFrame
) -> Iterator[tuple[str, str, theme.Drawing]]:
    draw = charts.latency_chart if name == "latency" else charts.distribution_chart
    if frame.groupby(["spec", "variant"]).ngroups <= MOST_ROWS:
        yield name, title, draw(frame, width=WIDTH)
        return
    for place, (spec, label) in enumerate(target_labels(study).items(), start=1):
        rows = frame[frame["spec"] == spec]
        yield f"{name}-{place}", f"{title}, {label}", draw(rows, width=WIDTH)
