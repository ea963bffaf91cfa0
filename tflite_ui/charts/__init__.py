"""Frames to charts: pure functions in one look, no data of their own."""

from tflite_ui.charts.curves import curve_chart
from tflite_ui.charts.distribution import distribution_chart
from tflite_ui.charts.latency import latency_chart
from tflite_ui.charts.operators import operators_chart
from tflite_ui.charts.overview import overview
from tflite_ui.charts.pareto import pareto_chart
from tflite_ui.charts.quality import quality_chart
from tflite_ui.charts.size import size_chart
from tflite_ui.charts.truth import truth_chart

__all__ = [
    "curve_chart",
    "distribution_chart",
    "latency_chart",
    "operators_chart",
    "overview",
    "pareto_chart",
    "quality_chart",
    "size_chart",
    "truth_chart",
]
