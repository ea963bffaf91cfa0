"""The two how-to pages, followed to the letter in a copy of the package: one file is enough."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.worker


def code_of(page: str) -> str:
    """The one block of Python in a page of the docs."""
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / page).read_text("utf-8"), re.DOTALL)
    return str(block)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with the two files added."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "tflite_ui", folder / "tflite_ui", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "tflite_ui/techniques/dense_only.py").write_text(code_of("adding-a-technique.md"), "utf-8")
    (folder / "tflite_ui/targets/again.py").write_text(code_of("adding-a-target.md"), "utf-8")
    return folder


def command(copy: Path, *arguments: str) -> str:
    environment = {**os.environ, "TFLITE_UI_HOME": str(copy / "home"), "PYTHONPATH": str(copy)}
    done = subprocess.run(
        [sys.executable, "-m", "tflite_ui", *arguments],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_both_are_registered(copy: Path) -> None:
    assert '"dense_only"' in command(copy, "techniques", "--json")
    assert '"again"' in command(copy, "targets", "--json")


def test_both_run(copy: Path) -> None:
    model, data = (copy / f"tflite_ui/samples/fashion.{end}" for end in ("keras", "npz"))
    command(
        copy,
        *("optimize", str(model), "--data", str(data), "--recipe", "dense_only"),
        *("--target", "again:runs=5", "--out", str(copy / "out")),
    )
    study = json.loads((copy / "out/study.json").read_text("utf-8"))
    assert [v["status"] for v in study["variants"]] == ["finished", "finished"]
    assert study["variants"][1]["dtypes"]["int8"] > 0
    assert {(m["status"], m["used"]) for m in study["measurements"]} == {
        ("finished", "CPU, built-in kernels")
    }
