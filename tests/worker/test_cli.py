"""The command line end to end, with real workers: what it writes, prints and returns."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from tests.collapsing import outlier
from tests.worker.running import ROOT
from tflite_ui.cli.main import main
from tflite_ui.report.schema import STUDY
from tflite_ui.settings import SETTINGS_VARIABLE

pytestmark = [pytest.mark.worker, pytest.mark.usefixtures("shared_nurseries")]

Document = dict[str, Any]
DATA = ROOT / "tflite_ui" / "samples" / "fashion.npz"
WITHIN_A_POINT = ("dynamic_range", "float16", "full_integer", "full_integer:io=int8")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def _surroundings(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background begins deaf to it
    monkeypatch.setenv("TFLITE_UI_HOME", str(home))
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="module")
def demo(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's folder."""
    out = tmp_path_factory.mktemp("demo") / "out"
    assert main(["demo", "--home", str(home), "--out", str(out)]) == 0
    return out


def document_in(folder: Path) -> Document:
    """The study.json in ``folder``, which must keep the contract and tell the truth about its files."""
    document: Document = json.loads((folder / "study.json").read_text("utf-8"))
    jsonschema.validate(document, STUDY, jsonschema.Draft202012Validator)
    for variant in document["variants"]:
        if variant["status"] == "finished":
            content = (folder / variant["file"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == variant["sha256"]
            assert len(content) == variant["size_bytes"]
    assert (folder / "log.txt").exists()
    return document


def by_recipe(document: Document) -> dict[str, Document]:
    return {variant["recipe"]: variant for variant in document["variants"]}


def test_the_demo_keeps_its_promises(demo: Path) -> None:
    document = document_in(demo)
    variants = by_recipe(document)
    assert len(variants) >= 6
    assert {v["status"] for v in variants.values()} == {"finished"}
    measured = {m["target"] for m in document["measurements"] if m["latency_ms"]}
    assert measured == {"xnnpack", "builtin", "reference"}
    assert {m["status"] for m in document["measurements"]} == {"finished"}
    floats = variants["float32"]["quality"]
    assert floats["metric"] == "accuracy"
    assert floats["value"] >= 0.91
    for recipe in WITHIN_A_POINT:
        assert abs(variants[recipe]["quality"]["value"] - floats["value"]) <= 0.01, recipe
    assert document["recommendation"]["variant"] in {v["id"] for v in variants.values()}


def test_the_demos_files_are_what_they_are_called(demo: Path) -> None:
    variants = by_recipe(document_in(demo))
    for recipe, dtype in (("full_integer", "float32"), ("full_integer:io=int8", "int8")):
        assert variants[recipe]["input_dtypes"] == variants[recipe]["output_dtypes"] == [dtype]
        assert variants[recipe]["dtypes"]["int8"] > 20
    assert variants["float16"]["dtypes"]["float16"] > 5
    assert variants["int16x8"]["dtypes"]["int16"] > 10
    assert variants["float32"]["size_bytes"] > 3 * variants["full_integer"]["size_bytes"]


def test_the_demo_has_one_row_a_measurement(demo: Path) -> None:
    rows = (demo / "measurements.csv").read_text("utf-8").splitlines()
    assert len(rows) == 1 + len(document_in(demo)["measurements"])


def test_reproduce_makes_the_same_files_again(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", str(demo), "--json"]) == 0
    found = {row["recipe"]: row["result"] for row in json.loads(capsys.readouterr().out)}
    assert found == dict.fromkeys(by_recipe(document_in(demo)), "same")


def test_reproduce_tells_a_file_that_differs(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = document_in(demo)
    document["variants"] = [v for v in document["variants"] if v["recipe"] in ("float32", "float16")]
    document["measurements"], document["recommendation"] = [], None
    document["variants"][1]["sha256"] = "0" * 64
    (tmp_path / "study.json").write_text(json.dumps(document))
    assert main(["reproduce", str(tmp_path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in lines] == ["result", "same", "differs"]


def test_reproduce_without_the_files(demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    elsewhere = ["--home", str(tmp_path / "home")]
    assert main(["reproduce", str(demo), *elsewhere]) == 2
    assert "--model" in capsys.readouterr().err
    wrong = tmp_path / "wrong.keras"
    wrong.write_bytes(b"PK\x03\x04")
    with resources.as_file(resources.files("tflite_ui.samples") / "fashion.npz") as data:
        assert main(["reproduce", str(demo), *elsewhere, "--model", str(wrong), "--data", str(data)]) == 2
    assert "isn't the model of this study" in capsys.readouterr().err


def test_the_report_is_one_page(demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.html"
    assert main(["report", str(demo), "--html", str(page)]) == 0
    assert capsys.readouterr().out.strip() == str(page)
    text = page.read_text("utf-8")
    assert "<svg" in text
    assert "fashion.keras" in text


ACCEPTANCE = [
    "--recipe", "float32", "--recipe", "full_integer:io=int8", "--recipe", "int16x8",
    "--target", "xnnpack:threads=1,runs=5", "--target", "reference:runs=3",
]  # fmt: skip


@pytest.mark.parametrize("kind", ["keras3", "h5_keras2", "h5_keras3", "saved_model", "tflite"])
def test_every_input_format_goes_through(
    kind: str,
    model_files: dict[str, Path],
    small_data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    command = ["optimize", str(model_files[kind]), "--data", str(small_data), *ACCEPTANCE, "--out", str(out)]
    assert main([*command, "--json"]) == 0
    document = document_in(out)
    assert json.loads(capsys.readouterr().out) == document
    variants = by_recipe(document)
    assert list(variants) == ["float32", "full_integer:io=int8", "int16x8"]
    assert variants["full_integer:io=int8"]["input_dtypes"] == ["int8"]
    assert len(document["measurements"]) == 6
    for measurement in document["measurements"]:
        assert measurement["latency_ms"]["n"] == measurement["options"]["runs"]
        assert measurement["used"]
    reference = [m for m in document["measurements"] if m["target"] == "reference"]
    assert {m["nodes_delegated"] for m in reference} == {0}
    assert sorted(p.name for p in out.glob("*.tflite")) == sorted(v["file"] for v in variants.values())


def test_inspect_says_what_a_file_is(
    model_files: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect", str(model_files["tflite"]), "--json"]) == 0
    source = json.loads(capsys.readouterr().out)
    assert source["format"] == "tflite"
    assert source["inputs"][0]["shape"][1:] == [12, 12, 1]
    assert source["layers"]
    assert main(["inspect", str(model_files["tflite"])]) == 0
    text = capsys.readouterr().out
    assert "12, 12, 1] float32" in text
    assert "CONV_2D" in text


def test_advise_ranks_with_reasons_and_runs_nothing(
    model_files: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["advise", str(model_files["tflite"]), "--hardware", "android_gpu"]
    assert main([*arguments, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found[0]["recipe"] == "float16"
    assert found[0]["reasons"][0]["source"]["url"].startswith("https://")
    assert not any("+" in suggestion["recipe"] for suggestion in found)
    assert main([*arguments, "--goal", "max_bytes=1"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("1. float16")
    assert "your limit asks for" in text
    assert main([*arguments, "--goal", "max_bytes"]) == 2


def test_diagnose_names_the_layer_that_loses_and_what_may_mend_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["diagnose", str(outlier(tmp_path / "outlier.keras")), "--data", str(DATA)]
    assert main([*arguments, "--recipe", "float16"]) == 2
    assert "'float16' makes no file with 8-bit numbers. Diagnose" in capsys.readouterr().err
    arguments += ["--recipe", "full_integer:per_channel=false"]
    assert main(arguments) == 0
    text = capsys.readouterr().out
    assert text.startswith("expand_1 (operator 6) adds the most error: the weights of its 96 channels differ")
    assert "--recipe full_integer\n      Weights of one channel no longer decide" in text
    assert main([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["worst"][0] == 6


def test_targets_tell_whether_they_can_be_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["targets", "--json"]) == 0
    found = {t["key"]: t for t in json.loads(capsys.readouterr().out)}
    for key in ("reference", "builtin", "xnnpack"):
        assert found[key]["availability"]["available"] is True
        assert "threads" in found[key]["parameters"]["properties"]


def test_a_failed_variant_leaves_the_others_and_exit_code_1(
    trained: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A model without weights has nothing that weight-only quantisation could quantise."""
    import keras

    image = keras.layers.Input((12, 12, 1))
    model, out = tmp_path / "weightless.keras", tmp_path / "out"
    keras.Model(image, keras.layers.Softmax()(keras.layers.Flatten()(image))).save(model)
    command = ["optimize", str(model), "--recipe", "weight_only", "--target", "xnnpack:runs=5"]
    assert main([*command, "--out", str(out)]) == 1
    variants = by_recipe(document_in(out))
    assert variants["float32"]["status"] == "finished"
    assert variants["weight_only"]["status"] == "failed"
    assert variants["weight_only"]["error"]["type"] == "ConversionFailed"
    assert f"weight_only failed: {variants['weight_only']['error']['message']}" in capsys.readouterr().out
    assert [p.name for p in out.glob("*.tflite")] == ["float32.tflite"]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_bad_values_in_the_data_are_refused_with_a_fix(
    value: float,
    model_files: dict[str, Path],
    small_data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with np.load(small_data) as good:
        x, y = good["x"].copy(), good["y"]
    x[3, 0, 0, 0] = value
    bad, out = tmp_path / "bad.npz", tmp_path / "out"
    np.savez(bad, x=x, y=y)
    command = ["optimize", str(model_files["tflite"]), "--data", str(bad), "--recipe", "full_integer"]
    assert main([*command, "--out", str(out)]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert "bad.npz" in error
    assert "--fix drop_bad" in error
    assert not out.exists()
    assert main([*command, "--fix", "drop_bad", "--target", "xnnpack:runs=2", "--out", str(out)]) == 0
    assert document_in(out)["data"]["samples"] == len(x) - 1


@pytest.mark.parametrize(
    ("array", "says"),
    [
        (np.zeros((60, 9, 9, 1), "float32"), "9"),
        (np.array([{"a": 1}] * 60, dtype=object), "pickle"),
    ],
)
def test_data_that_does_not_fit_is_refused(
    array: Any, says: str, model_files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(tmp_path / "x.npy", array)
    command = ["optimize", str(model_files["tflite"]), "--data", str(tmp_path / "x.npy")]
    assert main([*command, "--out", str(tmp_path / "out")]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert says in lines[-1]


def test_a_technique_that_needs_data_is_refused_without(
    model_files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["optimize", str(model_files["tflite"]), "--recipe", "full_integer"]
    assert main([*command, "--out", str(tmp_path / "out")]) == 2
    assert "needs calibration data" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("target", "says"),
    [
        (
            "external_delegate",
            "The target external_delegate can't be used here: No delegate library is listed",
        ),
        ("android:serial=X1,backend=delegate", "The target android can't be used here: "),
    ],
)
def test_a_target_that_cannot_be_used_here_is_refused(
    target: str,
    says: str,
    model_files: dict[str, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(SETTINGS_VARIABLE, str(tmp_path / "none.toml"))
    command = ["optimize", str(model_files["tflite"]), "--recipe", "float16", "--target", "xnnpack"]
    assert main([*command, "--target", target, "--out", str(tmp_path / "out")]) == 2
    assert says in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_keeps_what_has_finished(number: int, tmp_path: Path) -> None:
    out = tmp_path / "out"
    sample = resources.files("tflite_ui.samples")
    command = [
        sys.executable, "-m", "tflite_ui", "optimize", str(sample / "fashion.keras"),
        "--data", str(sample / "fashion.npz"), "--recipe", "float16", "--recipe", "int16x8:bias=int64",
        "--seed", str(int(number)), "--out", str(out),
    ]  # fmt: skip
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        watchdog = threading.Timer(100, process.kill)
        watchdog.start()
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            said.append(line)
            landed = sum(text.startswith(("float16: finished", "float32: finished")) for text in said)
            if landed == 2 and line.startswith("float"):
                os.kill(process.pid, number)
        process.wait()
        watchdog.cancel()
    assert process.returncode == 130, said
    assert "Traceback" not in "".join(said)
    document = document_in(out)
    variants = by_recipe(document)
    assert document["state"] == "cancelled"
    assert variants["float32"]["status"] == variants["float16"]["status"] == "finished"
    assert variants["int16x8:bias=int64"]["status"] == "cancelled"
