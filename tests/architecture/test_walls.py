"""What a process of this app must not have imported, and what no file may be."""

from __future__ import annotations

import ast
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import tflite_ui.worker

ROOT = Path(__file__).parents[2]
HEAVY = (
    "tensorflow",
    "keras",
    "tf_keras",
    "tensorflow_model_optimization",
    "ai_edge_litert",
    "litert_quantizer",
)
FILES = sorted(path for path in (ROOT / "tflite_ui").rglob("*.py"))


def imported(modules: str) -> set[str]:
    """What is in ``sys.modules`` of a fresh process that imports ``modules``."""
    script = f"import {modules}, sys; print('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_the_web_process_imports_no_runtime() -> None:
    found = imported("tflite_ui.api, tflite_ui.ui.shell, tflite_ui.ui.results, tflite_ui.cli.main")
    assert "streamlit" in found
    assert found.isdisjoint(HEAVY)


def test_a_worker_imports_neither_the_web_nor_the_database() -> None:
    names = [m.name for m in pkgutil.iter_modules(tflite_ui.worker.__path__) if m.name != "__main__"]
    assert {"run", "variant", "benchmark"} < set(names)
    found = imported(", ".join(f"tflite_ui.worker.{name}" for name in names))
    assert found.isdisjoint({"streamlit", "altair", "sqlite3", "pandas"})


def test_core_imports_core_alone() -> None:
    files = [path for path in FILES if path.parent.name == "core"]
    ours = {name for path in files for name in imports(path) if name.startswith("tflite_ui")}
    assert ours
    assert [name for name in ours if not name.startswith("tflite_ui.core.")] == []


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_every_chart_has_an_accepted_specification() -> None:
    charts = [path for path in FILES if path.parent.name == "charts" and path.stem != "theme"]
    public = {f.name for path in charts for f in functions(path) if not f.name.startswith("_")}
    themed = {f.name for path in charts for f in functions(path) if "dark" in {a.arg for a in f.args.args}}
    golden = ast.parse((ROOT / "tests/golden/test_chart_specs.py").read_text("utf-8"))
    calls = [node.func for node in ast.walk(golden) if isinstance(node, ast.Call)]
    drawn = {f.attr if isinstance(f, ast.Attribute) else getattr(f, "id", "") for f in calls}
    assert len(public & themed) > 12
    assert public & themed <= drawn


def functions(path: Path) -> list[ast.FunctionDef]:
    """The functions that a file defines at its top level."""
    return [node for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_is_not_crowded(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 300
    assert path.name not in ("utils.py", "helpers.py")
