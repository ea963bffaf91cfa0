"""The first process in a home sweeps up what killed ones left; nobody sweeps beside another."""

from __future__ import annotations

import os
from pathlib import Path

from tflite_ui.jobs.tenancy import Tenancy
from tflite_ui.store.paths import Home, open_home


def littered(root: Path) -> Home:
    home = open_home(root)
    (home.jobs / "old").mkdir()
    (home.jobs / "old" / "half.tflite").write_bytes(b"x")
    return home


def test_the_first_one_in_sweeps(tmp_path: Path) -> None:
    home = littered(tmp_path)
    Tenancy(home).close()
    assert list(home.jobs.iterdir()) == []


def test_a_second_one_leaves_the_first_ones_jobs_alone(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    first = Tenancy(home)
    littered(tmp_path)
    second = Tenancy(home)
    assert (home.jobs / "old").exists()
    first.close()
    second.close()


def test_a_home_is_free_again_when_all_have_left(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    first, second = Tenancy(home), Tenancy(home)
    first.close()
    second.close()
    littered(tmp_path)
    Tenancy(home).close()
    assert list(home.jobs.iterdir()) == []


def test_a_training_broken_off_is_kept_for_a_week(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    fresh, stale = home.jobs / "train-fresh", home.jobs / "train-stale"
    for folder in (fresh, stale):
        folder.mkdir()
    os.utime(stale, (0, 0))
    Tenancy(home).close()
    assert list(home.jobs.iterdir()) == [fresh]
