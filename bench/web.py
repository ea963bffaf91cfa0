"""The served app: how soon it can be used, how long a rerun takes, how much memory it holds.

``python -m bench.web [--quick]``: ``streamlit run app.py`` with a home that holds one study of 50 variants
on 5 targets, and the sample.

- First interactive page: Chromium, each visit in a fresh profile, from the request to the first page with its
  script done and its button enabled; the first visitor after the start apart.
- Reruns: over the app's websocket as a browser asks for them, without a browser beside it; from the
  request sent to the server's word that the script has finished, so queueing, serialisation and
  sending on the loopback count as well. Each page, and each of the sections of results.
- Memory: resident, of the web process alone after all of this, and of the nurseries apart.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.served import Served, Session, served, session
from bench.tables import Aim, aims, heading, percentile, table
from tests.studies import many
from tflite_ui.api import Desk
from tflite_ui.store.database import Database
from tflite_ui.store.paths import open_home
from tflite_ui.store.studies import Studies
from tflite_ui.ui.results import SECTIONS

VARIANTS, TARGETS = 50, 5
RERUNS, VISITS = 40, 5
QUICK_RERUNS, QUICK_VISITS = 5, 1
RERUN_MS, MEGABYTES = 300, 250
CHROMIUM = "/usr/bin/chromium"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DONE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
Milliseconds = dict[str, list[float]]


def main() -> None:
    """Serve, visit, rerun, weigh; print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few visits and reruns: does it work?")
    quick = parser.parse_args().quick
    heading(f"The served app, {VARIANTS} variants x {TARGETS} targets", quick)
    with tempfile.TemporaryDirectory() as name:
        home, log = Path(name) / "home", Path(name) / "log.txt"
        study, query = furnish(home)
        with served(home, log) as app:
            at_start = app.megabytes()
            visits = visit(app, QUICK_VISITS if quick else VISITS)
            app.settle()
            reruns = rerun_all(app, study, query, QUICK_RERUNS if quick else RERUNS)
            _report(app, visits, reruns, at_start)


def furnish(home: Path) -> tuple[str, str]:
    """Fill the home with the study and the inspected sample; the study's id, and choose's query."""
    study = many(VARIANTS, TARGETS)
    database = Database(open_home(home).database)
    Studies(database).save_study(study)
    database.close()
    desk = Desk(home, warm=False)
    try:
        model, data = desk.add_sample()
        for seen in (desk.model(model, wait=True), desk.data(data, wait=True)):
            if seen.state != "ready":
                raise SystemExit(f"the sample can't be used: {seen.error}")
    finally:
        desk.close()
    return study.id, f"model={model}&data={data}"


def visit(app: Served, count: int) -> list[float]:
    """Seconds from the request to the first page being usable, the first visitor's first."""
    with _chromium() as browser:
        return [_visit(browser, app.url) for _ in range(count + 1)]


def _visit(browser: Any, url: str) -> float:
    context = browser.new_context()
    page = context.new_page()
    begin = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.locator(DONE).wait_for(state="attached")
    page.get_by_role("button", name="Use the sample").click(trial=True)
    seconds = time.perf_counter() - begin
    context.close()
    return seconds


@contextmanager
def _chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        try:
            yield browser
        finally:
            browser.close()


def rerun_all(app: Served, study: str, query: str, count: int) -> Milliseconds:
    """Each page's reruns in milliseconds, its first run in the session not counted."""
    found: Milliseconds = {}
    at = f"study={study}"
    with session(app) as visitor:
        found["choose, empty"] = _repeat(lambda: visitor.rerun(""), count)
    with session(app) as visitor:
        visitor.rerun("", query)
        app.settle()
        found["choose, sample"] = _repeat(lambda: visitor.rerun("", query), count)
    for page, words in (("run", at), ("studies", "")):
        with session(app) as visitor:
            found[page] = _repeat(lambda p=page, w=words, v=visitor: v.rerun(p, w), count)  # type: ignore[misc]
    with session(app) as visitor:
        found |= _sections(visitor, at, count)
    return found


def _sections(visitor: Session, query: str, count: int) -> Milliseconds:
    visitor.rerun("results", query)
    return {
        f"results, {name}": _repeat(lambda n=name: visitor.rerun("results", query, tab=n), count)  # type: ignore[misc]
        for name in SECTIONS
    }


def _repeat(act: Callable[[], float], count: int) -> list[float]:
    act()
    return [act() * 1000 for _ in range(count)]


def _report(app: Served, visits: list[float], reruns: Milliseconds, at_start: tuple[float, float]) -> None:
    first, *later = visits
    rows = [
        ("server answers", f"{app.ready_seconds:.2f}"),
        ("first visitor's page", f"{first:.2f}"),
        (f"later visitors' page, median of {len(later)}", f"{percentile(later, 50):.2f}"),
    ]
    table("Seconds to the first interactive page", ("", "s"), rows)
    columns = ("page", "reruns", "p50 ms", "p95 ms", "max")
    cells = [
        (n, str(len(t)), *(f"{percentile(t, p):.0f}" for p in (50, 95)), f"{max(t):.0f}")
        for n, t in reruns.items()
    ]
    table("Reruns on the server", columns, cells)
    now = app.megabytes()
    weights = [("at the start", *at_start), ("after all of this", *now)]
    memory = [(name, f"{web:.0f}", f"{rest:.0f}") for name, web, rest in weights]
    table("Resident memory in MB", ("", "web process", "nurseries and workers"), memory)
    rerun = [Aim(f"{name}: rerun p95", percentile(t, 95), RERUN_MS, "ms", 0) for name, t in reruns.items()]
    web = Aim("web process, resident", max(at_start[0], now[0]), MEGABYTES, "MB", 0)
    aims([*rerun, web, Aim("tensorflow mapped in the web process", float(app.maps("tensorflow")), 0, "", 0)])


if __name__ == "__main__":
    main()
