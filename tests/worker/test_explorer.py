"""Model Explorer on a file: node data as it reads it, and its server, really started and confined."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tflite_ui.core.diagnosis import Diagnosis, Layer
from tflite_ui.core.errors import JobError
from tflite_ui.jobs.explorer import INSTALL, Explorer
from tflite_ui.litert.tiny import tiny
from tflite_ui.report.node_data import is_known, node_data
from tflite_ui.settings import SETTINGS_VARIABLE

pytestmark = pytest.mark.worker
ROOT = Path(__file__).parents[2]
INSTALLED = find_spec("model_explorer") is not None
FOUND = Diagnosis(
    layers=(
        Layer(operator=0, kind="RELU", name="y", tensor="y", share=0.75, alone_db=12.0),
        Layer(operator=1, kind="RELU", name="z", tensor="z"),
    ),
    worst=(0,),
    kept=(),
    samples=1,
    tried=1,
    triable=1,
    seconds=1.0,
)


@pytest.fixture
def explorer() -> Iterator[Explorer]:
    opened = Explorer()
    yield opened
    opened.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "content.tflite"
    made.write_bytes(tiny())
    return made


def test_node_data_names_tensors_and_leaves_unknown_values_out() -> None:
    share, alone = (json.loads(node_data(FOUND, measure)) for measure in ("share", "alone"))
    assert share["results"] == {"y": {"value": 75.0}}
    assert alone["results"] == {"y": {"value": 12.0}}
    assert [stop["bgColor"] for stop in share["gradient"]] == ["#ffffff", "#d55e00"]
    assert [stop["bgColor"] for stop in alone["gradient"]] == ["#d55e00", "#ffffff"]
    assert is_known(FOUND)
    assert not is_known(FOUND.model_copy(update={"layers": (Layer(operator=0, kind="RELU", name="y"),)}))


@pytest.mark.skipif(INSTALLED, reason="ai-edge-model-explorer is installed")
def test_where_it_is_absent_it_says_how_to_get_it(explorer: Explorer, file: Path) -> None:
    with pytest.raises(JobError) as refused:
        explorer.open(file, "it.tflite", FOUND)
    assert INSTALL in refused.value.hint
    assert (ROOT / INSTALL.rpartition(" ")[2]).exists()
    assert explorer.address == ""


def test_the_operator_can_switch_it_off(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "settings.toml").write_text("[model_explorer]\nenabled = false\n")
    monkeypatch.setenv(SETTINGS_VARIABLE, str(tmp_path / "settings.toml"))
    assert "switched it off" in explorer.why_not()


@pytest.mark.skipif(not INSTALLED, reason="ai-edge-model-explorer isn't installed")
def test_it_serves_that_file_and_no_other_and_is_ended(explorer: Explorer, file: Path) -> None:
    from model_explorer.config import ModelExplorerConfig

    address = explorer.open(file, "it.tflite", FOUND)
    server, _, query = address.partition("/?data=")
    shown = json.loads(urllib.parse.unquote(query))
    model = shown["models"][0]["url"]
    wanted = ModelExplorerConfig().add_model_from_path(model, "builtin_tflite_flatbuffer")
    for path in shown["nodeData"]:
        wanted.add_node_data_from_path(path)
    assert wanted.to_url_param_value() == query

    command = {
        "cmdId": "convert",
        "extensionId": "builtin_tflite_flatbuffer",
        "modelPath": model,
        "settings": {},
        "deleteAfterConversion": False,
    }
    told = _asked(f"{server}/api/v1/send_command?json={urllib.parse.quote(json.dumps(command))}")
    nodes = told["graphCollections"][0]["graphs"][0]["nodes"]
    names = {a["value"] for n in nodes for o in n["outputsMetadata"] for a in o["attrs"]}
    assert "y" in names
    assert json.loads(_text(server, shown["nodeData"][-1])["content"])["results"] == {"y": {"value": 75.0}}
    for outside in (file, ROOT / "README.md"):
        assert "Permission denied" in _text(server, str(outside))["error"]
    explorer.close()
    assert explorer.address == ""
    assert not Path(model).exists()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{server}/check_health", timeout=5)


def _text(server: str, path: str) -> dict[str, str]:
    return _asked(f"{server}/api/v1/read_text_file?path={urllib.parse.quote(path)}")


def _asked(address: str) -> dict:  # type: ignore[type-arg]
    with urllib.request.urlopen(address, timeout=20) as answer:
        return dict(json.loads(answer.read()))
