"""The app as a person meets it: a real server and home folder, a real browser, the real sample."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests import studies
from tflite_ui.store.database import Database
from tflite_ui.store.paths import open_home
from tflite_ui.store.studies import Studies

pytestmark = [pytest.mark.e2e, pytest.mark.worker, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 120_000
"""Milliseconds that a job of the sample may take on a busy machine."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the app keeps its data and the server its log."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    """The app, served; yields its address and ends it afterwards."""
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    log = (home / "server.log").open("wb")
    server = subprocess.Popen(
        [*command, "--server.headless", "true"],
        cwd=ROOT,
        env={**os.environ, "TFLITE_UI_HOME": str(home / "data")},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        _until_served(f"http://127.0.0.1:{port}/_stcore/health", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)
        log.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("chromium isn't installed")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield opened
        opened.close()


class Ran(NamedTuple):
    """A study's id, and the query of the page it was chosen on."""

    id: str
    choice: str


@pytest.fixture(scope="module")
def finished(address: str, browser: Browser) -> Ran:
    """The id of the sample's study, run by clicks: sample, Run, with a reload and a second tab on the way."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{address}/studies")
    page.get_by_role("link", name="Choose what to try").click()
    page.get_by_role("button", name="Use the sample").click()
    run = page.get_by_role("button", name="Run", exact=True)
    expect(run).to_be_enabled(timeout=PATIENCE)
    expect(page.get_by_text("fashion.npz")).to_be_visible()
    choice = page.url.partition("?")[2]
    run.click()
    page.wait_for_url("**/run?study=*", timeout=PATIENCE)
    id = page.url.partition("study=")[2]
    page.reload()
    expect(page.get_by_text("Prepare the model").or_(page.get_by_text("variants finished"))).to_be_visible(
        timeout=PATIENCE
    )
    second = context.new_page()
    second.goto(page.url)
    expect(second.get_by_text("All 4 variants finished")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("All 4 variants finished")).to_be_visible(timeout=10_000)
    page.get_by_role("button", name="See results").click()
    page.wait_for_url(f"**/results?study={id}", timeout=PATIENCE)
    context.close()
    return Ran(id, choice)


def test_results_answer_first_and_the_bundle_holds_everything(
    address: str, browser: Browser, finished: Ran, tmp_path: Path
) -> None:
    page = _open(browser, f"{address}/results?study={finished.id}")
    expect(page.get_by_role("button", name="Download it")).to_be_visible(timeout=30_000)
    page.get_by_role("tab", name="Download").click()
    with page.expect_download(timeout=PATIENCE) as download:
        page.get_by_role("button", name="Everything as a zip").click()
    bundle = tmp_path / "bundle.zip"
    download.value.save_as(bundle)
    with zipfile.ZipFile(bundle) as archive:
        names = set(archive.namelist())
        study = json.loads(archive.read("study.json"))
        sizes = {v["file"]: v["size_bytes"] for v in study["variants"]}
        inside = {name: archive.getinfo(f"models/{name}").file_size for name in sizes}
    assert {"README.md", "study.json", "measurements.csv", "log.txt", "report.html"} <= names
    assert set(sizes) == {"float32.tflite", "dynamic_range.tflite", "float16.tflite", "full_integer.tflite"}
    assert inside == sizes
    assert study["id"] == finished.id
    assert {m["status"] for m in study["measurements"]} == {"finished"}
    page.context.close()


def test_one_file_downloads_by_its_recipes_name(
    address: str, browser: Browser, finished: Ran, tmp_path: Path
) -> None:
    page = _open(browser, f"{address}/results?study={finished.id}")
    with page.expect_download(timeout=PATIENCE) as download:
        page.get_by_role("button", name="Download it").click()
    assert download.value.suggested_filename.endswith(".tflite")
    download.value.save_as(tmp_path / "it.tflite")
    assert (tmp_path / "it.tflite").read_bytes()[4:8] == b"TFL3"
    page.context.close()


def test_a_box_dragged_on_the_scatter_filters_the_table(
    address: str, browser: Browser, finished: Ran
) -> None:
    page = _open(browser, f"{address}/results?study={finished.id}")
    chart = page.locator("[data-testid=stVegaLiteChart]").first
    expect(chart.locator("svg, canvas").first).to_be_visible(timeout=30_000)
    page.set_viewport_size({"width": 1440, "height": 1600})
    page.wait_for_timeout(1000)
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 35, box["y"] + 35)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.6 * box["height"], steps=10)
    page.mouse.up()
    expect(page.get_by_text("and the baseline")).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="Show all").click()
    expect(page.get_by_text("and the baseline")).to_be_hidden(timeout=20_000)
    page.context.close()


def test_three_goals_lead_to_a_plan_a_run_and_a_recommendation(
    address: str, browser: Browser, finished: Ran
) -> None:
    page = _open(browser, f"{address}/?{finished.choice}")
    page.get_by_text("Limits, hardware, a search").click()
    for label, value in (
        ("At most, KB", "130"),
        ("At most, ms per run", "50"),
        ("Lose at most, points", "2"),
    ):
        page.get_by_label(label, exact=True).fill(value)
        page.keyboard.press("Tab")
    expect(page.get_by_text("What we would try")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("It usually meets your limit on the size").first).to_be_visible()
    expect(page.get_by_text("4 variants × 3 targets")).to_be_visible()
    run = page.get_by_role("button", name="Run", exact=True)
    expect(run).to_be_enabled(timeout=PATIENCE)
    run.click()
    expect(page.get_by_text("All 4 variants finished")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="See results").click()
    expect(page.get_by_text("Take dynamic range").or_(page.get_by_text("Take full integer"))).to_be_visible(
        timeout=30_000
    )
    expect(page.get_by_text("over the limit")).to_have_count(0)
    page.get_by_role("tab", name="Decide").click()
    expect(page.get_by_text("Move a limit")).to_be_visible(timeout=30_000)
    page.context.close()


def test_what_if_joins_the_results_in_place(address: str, browser: Browser, finished: Ran) -> None:
    page = _open(browser, f"{address}/results?study={finished.id}")
    page.get_by_role("tab", name="What if").click()
    page.get_by_text("uint8", exact=True).click()
    go = page.get_by_role("button", name="Try it")
    expect(go).to_be_enabled(timeout=20_000)
    go.click()
    expect(page.get_by_text("See Compare")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("5 of 5")).to_be_visible(timeout=PATIENCE)
    page.context.close()


def test_a_run_is_cancelled_and_says_so(address: str, browser: Browser, finished: Ran) -> None:
    page = _open(browser, f"{address}/?{finished.choice}")
    page.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_url("**/run?study=*", timeout=PATIENCE)
    page.get_by_role("button", name="Cancel all").click()
    page.get_by_role("button", name="Yes, cancel all").click()
    expect(page.get_by_text(re.compile("^Cancelled:"))).to_be_visible(timeout=20_000)
    expect(page.get_by_role("link", name="Try more")).to_be_visible()
    page.reload()
    expect(page.get_by_text(re.compile("^Cancelled:"))).to_be_visible(timeout=20_000)
    page.context.close()


def test_the_sample_is_chosen_and_run_by_keyboard_alone(
    address: str, browser: Browser, finished: Ran
) -> None:
    page = _open(browser, address)
    _press(page, "Use the sample")
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_enabled(timeout=PATIENCE)
    _press(page, "Run")
    page.wait_for_url("**/run?study=*", timeout=PATIENCE)
    expect(page.get_by_text("All 4 variants finished")).to_be_visible(timeout=PATIENCE)
    _press(page, "See results")
    page.wait_for_url("**/results?study=*", timeout=PATIENCE)
    page.context.close()


def test_a_drawing_is_answered_by_every_variant(address: str, browser: Browser, finished: Ran) -> None:
    page = _open(browser, f"{address}/results?study={finished.id}")
    page.get_by_role("tab", name="Try it").click()
    page.get_by_role("radio", name="A drawing").or_(page.get_by_role("button", name="A drawing")).click()
    go = page.get_by_role("button", name="Try the drawing")
    expect(go).to_be_disabled(timeout=20_000)
    canvas = page.get_by_label("Draw here")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.7 * box["height"], steps=8)
    page.mouse.up()
    go.click()
    expect(page.get_by_text("a single run in one thread")).to_be_visible(timeout=PATIENCE)
    seen = page.locator("[data-testid=stImage] img").first
    expect(seen).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="Undo").click()
    expect(go).to_be_disabled()
    page.context.close()


def test_history_leads_back(address: str, browser: Browser, finished: Ran) -> None:
    page = _open(browser, f"{address}/studies")
    page.get_by_role("link", name=re.compile("See results|Watch")).last.click()
    page.wait_for_url(f"**/*?study={finished.id}", timeout=20_000)
    expect(page.get_by_role("heading", name="fashion.keras with fashion.npz")).to_be_visible(timeout=20_000)
    page.context.close()


@pytest.fixture(scope="module")
def everywhere(home: Path, finished: Ran) -> str:
    """The id of a study on eight targets."""
    kept = studies.everywhere().model_copy(update={"id": "everywhere"})
    database = Database(open_home(home / "data").database)
    Studies(database).save_study(kept)
    database.close()
    return kept.id


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_every_page_fits_the_screen(
    address: str,
    browser: Browser,
    finished: Ran,
    everywhere: str,
    tmp_path: Path,
    theme: str,
    width: int,
    height: int,
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
    )
    page = context.new_page()
    shots = Path(os.environ.get("TFLITE_UI_SHOTS", str(tmp_path)))
    query = {"choose": "", "ready": f"?{finished.choice}", "studies": "studies"}
    query |= {name: f"{name}?study={finished.id}" for name in ("run", "results")}
    query |= {"targets": f"results?study={everywhere}"} if width < 1000 else {}
    for name, rest in query.items():
        page.goto(f"{address}/{rest}")
        expect(page.get_by_role("heading").first).to_be_visible(timeout=30_000)
        if name == "targets":
            page.get_by_role("tab", name="Targets").click()
            expect(page.get_by_text("Built-in kernels")).to_be_visible(timeout=30_000)
        page.wait_for_timeout(1500)
        assert page.locator("[data-testid=stException]").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.get_by_test_id("stMain").evaluate("main => main.scrollWidth") <= width
        page.screenshot(path=shots / f"{name}-{width}-{theme}.png")
        assert (shots / f"{name}-{width}-{theme}.png").stat().st_size > 5_000
    context.close()


def _open(browser: Browser, url: str) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(url)
    expect(page.get_by_role("heading").first).to_be_visible(timeout=30_000)
    return page


def _press(page: Page, button: str) -> None:
    """Go to a button, once it is drawn, by the tab key and press it by Enter."""
    expect(page.get_by_role("button", name=button).first).to_be_visible(timeout=PATIENCE)
    for _ in range(400):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText.trim()").endswith(button):
            page.keyboard.press("Enter")
            return
    pytest.fail(f"the tab key never reaches {button}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until_served(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert server.poll() is None, "the server ended before it served"
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.3)
    pytest.fail("the app didn't answer in 90 seconds")
