"""What the command line refuses: one line that says what and what to do, exit code 2, nothing run."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tflite_ui.cli.main import main

HEAVY = (
    "tensorflow",
    "keras",
    "tf_keras",
    "ai_edge_litert",
    "litert_quantizer",
    "streamlit",
    "altair",
    "pandas",
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setenv("TFLITE_UI_HOME", str(tmp_path / "home"))
    yield tmp_path / "home"
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Not a model; only commands that look no further than its name get this far."""
    path = tmp_path / "small.keras"
    path.write_bytes(b"PK\x03\x04")
    return path


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one line on stderr of a command that must end with exit code 2 and an empty stdout."""
    assert main([str(a) for a in arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1, err
    return err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--recipe", "squeeze"], "no technique 'squeeze'"),
        (["--recipe", "full_integer:bits=3"], "no setting 'bits'"),
        (["--recipe", "full_integer:io=int4"], "io='int4' won't do"),
        (["--recipe", "full_integer:io"], "isn't name=value"),
        (["--recipe", "float16+full_integer"], "both write a file"),
        (["--recipe", ""], "names nothing"),
        (["--target", "toaster"], "no target 'toaster'"),
        (["--target", "xnnpack:threads=0"], "threads='0' won't do"),
        (["--target", "xnnpack:wheels=4"], "no setting 'wheels'"),
        (["--goal", "max_drop"], "isn't a goal"),
        (["--goal", "max_drop=little"], "isn't a number"),
        (["--goal", "max_latency_ms=2"], "names its target"),
        (["--goal", "min=beauty"], "can't minimise"),
        (["--seed", "-1"], "--seed"),
        (["--seed", "x"], "--seed"),
        (["--timeout", "0"], "--timeout"),
        (["--memory", "0"], "--memory"),
        (["--fix", "paint"], "--fix"),
        (["--colour", "red"], "No such option"),
        (["--data", "nowhere.npz"], "no file 'nowhere.npz'"),
    ],
)
def test_a_bad_option_is_refused_before_anything_runs(
    capsys: pytest.CaptureFixture[str], model: Path, home: Path, tmp_path: Path, options: list[str], says: str
) -> None:
    said = refused(capsys, "optimize", model, *options, "--out", tmp_path / "out")
    assert says in said
    assert not home.exists()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "arguments", [["optimize"], ["optimize", "a.keras"], ["inspect"], ["nonsense"], ["-x"]]
)
def test_a_usage_error_says_where_help_is(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert "--help" in refused(capsys, *arguments)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.keras", b"", "empty.keras is empty"),
        ("text.h5", b"hello", "isn't an HDF5 model"),
        ("text.tflite", b"hello", "text.tflite"),
        ("picture.keras", b"\x89PNG\r\n\x1a\n", "PNG"),
        ("net.onnx", b"\x08\x07", "onnx2tf"),
    ],
)
@pytest.mark.parametrize("command", ["inspect", "optimize"])
def test_a_file_that_is_not_what_it_says(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str, name: str, content: bytes, says: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    options = ["--out", str(tmp_path / "out")] if command == "optimize" else []
    assert main([command, str(path), *options]) == 2
    out, err = capsys.readouterr()
    lines = [line for line in err.splitlines() if line != "Looking at the files."]
    assert (out, len(lines)) == ("", 1)
    assert says in lines[0]


def test_a_missing_file_and_a_folder(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "no file" in refused(capsys, "inspect", tmp_path / "none.keras")
    assert "Zip it first" in refused(capsys, "inspect", tmp_path)


def test_techniques_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["techniques", "--json"]) == 0
    found = {t["key"]: t for t in json.loads(capsys.readouterr().out)}
    assert {"float32", "dynamic_range", "float16", "full_integer", "int16x8", "weight_only"} <= set(found)
    assert found["full_integer"]["needs"] == ["calibration_data"]
    assert found["full_integer"]["parameters"]["properties"]["io"]["enum"] == ["float32", "int8", "uint8"]


def test_techniques_as_text_name_every_parameter(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["techniques"]) == 0
    text = capsys.readouterr().out
    assert "full_integer: " in text
    assert "io=float32  [float32 | int8 | uint8]" in text


@pytest.mark.parametrize("command", ["report", "reproduce"])
def test_a_folder_without_a_study(capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str) -> None:
    assert "no study" in refused(capsys, command, tmp_path)
    (tmp_path / "study.json").write_text("{")
    assert "isn't JSON" in refused(capsys, command, tmp_path)
    (tmp_path / "study.json").write_text('{"schema": 2}')
    assert "schema 1" in refused(capsys, command, tmp_path)
    (tmp_path / "study.json").write_text('{"schema": 1}')
    assert "lacks 'source'" in refused(capsys, command, tmp_path)


def test_help_is_light_and_says_the_exit_codes() -> None:
    code = f"""
import sys
from tflite_ui.cli.main import main
assert main(["optimize", "--help"]) == 0
print([m for m in {HEAVY!r} if m in sys.modules])
import tflite_ui.api
print([m for m in {HEAVY!r} if m in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n[]\n")
    assert "130" in done.stdout
    assert "must be empty" in " ".join(done.stdout.split())


def test_the_reader_may_hang_up() -> None:
    """``... | head`` ends without a traceback."""
    command = [sys.executable, "-m", "tflite_ui", "techniques", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


def test_a_home_that_cannot_be_made(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    np.save(tmp_path / "file.npy", np.zeros(1))
    model = tmp_path / "m.tflite"
    model.write_bytes(b"\x00\x00\x00\x00TFL3")
    said = refused(capsys, "inspect", model, "--home", tmp_path / "file.npy" / "home")
    assert "file.npy" in said
