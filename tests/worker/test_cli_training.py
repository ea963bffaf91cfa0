"""Steps that train, from the command line: the contract kept, the files made again bit for bit."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from tests.pupil import write_pupil
from tests.worker.running import ROOT
from tflite_ui.cli.main import main
from tflite_ui.report.schema import STUDY

pytestmark = [pytest.mark.worker, pytest.mark.usefixtures("shared_nurseries")]

SAMPLES = ROOT / "tflite_ui" / "samples"
CHAIN = "pruning:epochs=1+qat:epochs=1+full_integer:io=int8"


def test_a_recipe_that_trains_runs_and_can_be_reproduced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lessons = tmp_path / "lessons.npz"
    with np.load(SAMPLES / "fashion_train.npz") as kept:
        np.savez(lessons, x=kept["x"][:300], y=kept["y"][:300])
    model, data = str(SAMPLES / "fashion.keras"), str(SAMPLES / "fashion.npz")
    home, out = ["--home", str(tmp_path / "home")], tmp_path / "out"
    asked = ["optimize", model, "--data", data, "--training", str(lessons), "--recipe", CHAIN, *home]
    assert main([*asked, "--out", str(out)]) == 2
    assert "--fix scale" in capsys.readouterr().err
    assert main([*asked, "--fix", "scale", "--target", "xnnpack:runs=5", "--out", str(out)]) == 0
    study = json.loads((out / "study.json").read_text())
    jsonschema.validate(study, STUDY, jsonschema.Draft202012Validator)
    assert study["training"]["samples"] == 300
    made = study["variants"][1]
    assert made["recipe"] == CHAIN
    assert made["seconds"]["train"] > 0
    assert made["sparsity"] > 0.7
    assert made["input_dtypes"] == made["output_dtypes"] == ["int8"]
    assert [point["technique"] for point in made["curve"]] == ["pruning", "qat"]
    capsys.readouterr()
    assert main(["reproduce", str(out), "--json", *home]) == 0
    assert {row["result"] for row in json.loads(capsys.readouterr().out)} == {"same"}


def test_a_student_is_taught_and_kept_for_making_it_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, data = str(SAMPLES / "fashion.keras"), str(SAMPLES / "fashion.npz")
    student = write_pupil(tmp_path / "pupil.keras")
    home, out = ["--home", str(tmp_path / "home")], tmp_path / "out"
    recipe = "distillation:epochs=2,student=uploaded,feature_weight=1+full_integer"
    asked = ["optimize", model, "--data", data, "--recipe", recipe, "--target", "xnnpack:runs=5", *home]
    assert main([*asked, "--out", str(out)]) == 2
    assert "student=narrower" in capsys.readouterr().err
    assert main([*asked, "--student", str(student), "--out", str(out)]) == 0
    study = json.loads((out / "study.json").read_text())
    jsonschema.validate(study, STUDY, jsonschema.Draft202012Validator)
    assert study["student"]["name"] == "pupil.keras"
    assert study["variants"][1]["parameters"] < 2000 < study["variants"][0]["parameters"]
    capsys.readouterr()
    assert main(["reproduce", str(out), "--json", *home]) == 0
    assert {row["result"] for row in json.loads(capsys.readouterr().out)} == {"same"}


def test_what_a_model_can_take_is_in_its_inspection(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    home = ["--home", str(tmp_path / "home")]
    assert main(["inspect", str(SAMPLES / "fashion.keras"), "--json", *home]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["fitness"]["pruning"]["verdict"] == "part"
    assert found["fitness"]["pruning"]["layers"] == ["down", "mix"]
    assert found["fitness"]["distillation"] == {"verdict": "works", "reason": "", "layers": [], "only": {}}
