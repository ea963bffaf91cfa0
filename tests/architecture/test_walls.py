"""What a process of this app must not have imported, and what no file may be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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
    found = imported("tflite_ui.worker.run, tflite_ui.worker.variant, tflite_ui.worker.benchmark")
    assert found.isdisjoint({"streamlit", "altair", "sqlite3", "pandas"})


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_is_not_crowded(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 300
    assert path.name not in ("utils.py", "helpers.py")
