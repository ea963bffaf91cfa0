"""What --out may overwrite."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tflite_ui.cli.out_folder import claim, clear_former
from tflite_ui.core.errors import InvalidInput


def _former(folder: Path, *files: object) -> None:
    folder.mkdir()
    (folder / "study.json").write_text(json.dumps({"variants": [{"file": f} for f in files]}))


def test_a_new_and_an_empty_folder_are_taken(tmp_path: Path) -> None:
    claim(tmp_path / "new" / "er")
    claim(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_else_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("important")
    with pytest.raises(InvalidInput, match="isn't empty"):
        claim(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"variants": 3}', '{"variants": [1]}'])
def test_a_study_json_of_something_else_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "study.json").write_text(text)
    with pytest.raises(InvalidInput):
        claim(tmp_path)


def test_a_former_study_is_overwritten_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "out"
    _former(out, "old.tflite", None, "../outside.tflite", "notes.txt")
    for path in (out / "old.tflite", tmp_path / "outside.tflite", out / "notes.txt", out / "mine.tflite"):
        path.write_bytes(b"x")
    claim(out)
    assert (out / "old.tflite").exists()
    clear_former(out)
    assert sorted(p.name for p in out.iterdir()) == ["mine.tflite", "notes.txt", "study.json"]
    assert (tmp_path / "outside.tflite").exists()


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    with pytest.raises(InvalidInput, match="isn't a folder"):
        claim(tmp_path / "out")
    with pytest.raises(InvalidInput, match="isn't a folder"):
        claim(tmp_path / "out" / "deeper")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InvalidInput, match="may write to"):
        claim(tmp_path / "out")
