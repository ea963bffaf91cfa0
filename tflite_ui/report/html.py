"""Pages that need nothing but themselves: the report to share and the linked charts."""

from __future__ import annotations

import json
from functools import cache

import vl_convert
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tflite_ui import charts
from tflite_ui.analysis.frames import latency_frame
from tflite_ui.analysis.measures import comparison_frame
from tflite_ui.charts import theme
from tflite_ui.core.study import Study
from tflite_ui.report.facts import study_facts
from tflite_ui.report.pictures import axes, charts_of, inline, svg

OVERVIEW_WIDTH = 640


def html_report(study: Study) -> str:
    """The study as one page: recommendation, table, charts, versions; light or dark as the screen is."""
    pictures = [(title, svg(chart)) for _, title, chart in charts_of(study)]
    return report_page(study, pictures)


def report_page(study: Study, pictures: list[tuple[str, str]]) -> str:
    """``html_report`` from charts already rendered, as (title, SVG) pairs."""
    figures = [{"title": title, "svg": Markup(inline(text))} for title, text in pictures]
    return render("report.html.j2", figures=figures, **study_facts(study))


def overview_page(study: Study) -> str:
    """The linked charts as one page with Vega inside: it opens offline and can be clicked."""
    x, y = axes(study)
    chart = charts.overview(comparison_frame(study), latency_frame(study), x, y, width=OVERVIEW_WIDTH)
    configs = {"light": theme.config(False), "dark": theme.config(True)}
    return render(
        "charts.html.j2",
        title=study.title,
        width=OVERVIEW_WIDTH,
        script=Markup(_vega()),
        spec=script_json({key: value for key, value in chart.to_dict().items() if key != "config"}),
        configs=script_json(configs),
    )


def script_json(value: object) -> Markup:
    """``value`` as JSON that can't end the script element it stands in."""
    text = json.dumps(value, allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def render(template: str, **values: object) -> str:
    """One of ``templates/`` filled in; .html templates escape what they are given."""
    return _templates().get_template(template).render(**values)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("tflite_ui.report"),
        autoescape=lambda name: bool(name) and ".html" in str(name),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = _cell
    return environment


def _cell(text: str) -> str:
    """``text`` fit for one cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")


@cache
def _vega() -> str:
    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;").replace("</script", "<\\/script")
