"""The search's benchmark in several sittings: what is kept, what is still to do, and what is said of it."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from bench import search
from bench.parts import Part, elsewhere, keep, kept, path, place
from tests.unit.test_holdout import parted, searched
from tflite_ui.store.database import Database
from tflite_ui.store.paths import Home
from tflite_ui.store.studies import Studies


def part(contender: str, seed: int, size: int | None, where: str = "here") -> Part:
    return Part(contender=contender, seed=seed, minutes=20, place=where, size=size, recipe="qat+full_integer")


def test_a_part_is_kept_for_its_minutes(tmp_path: Path) -> None:
    found = part("grid", 1, 9000, place())
    keep(tmp_path / "new", found)
    assert kept(tmp_path / "new", "grid", 1, 20) == found
    assert kept(tmp_path / "new", "grid", 1, 5) is None
    path(tmp_path, "grid", 1, 20).write_text('{"contender": ')
    with pytest.raises(SystemExit, match="delete it, and it is measured anew"):
        kept(tmp_path, "grid", 1, 20)


def test_what_is_kept_is_not_measured_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[str] = []

    def measure(contender: str, seed: int, minutes: float, here: str) -> Part:
        measured.append(f"{contender}:{seed}")
        return part(contender, seed, 8000, here)

    monkeypatch.setattr(search, "_measured", measure)
    monkeypatch.setattr(search, "PAGE", tmp_path / "page.md")
    keep(tmp_path, part("search", 0, 7000, place()))
    keep(tmp_path, part("grid", 0, 9000, "an older machine"))

    def run(*more: str) -> list[str]:
        measured.clear()
        monkeypatch.setattr("sys.argv", ["search", "--keep", str(tmp_path), *more])
        search.main()
        return list(measured)

    assert run("--only", "chance:0", "--only", "grid:0") == ["chance:0"]
    assert not search.PAGE.exists()
    assert run("--only", "search:0", "--only", "grid:0", "--anew") == ["grid:0"]
    assert run() == [f"{way}:{seed}" for seed in (1, 2) for way in search.CONTENDERS]
    assert "| 0 | 7.0 KB | 8.0 KB | 8.0 KB |" in search.PAGE.read_text()
    assert run() == []


class NoDesk:
    """A desk at which nothing is done."""

    def __init__(self, home: Path, warm: bool) -> None:
        self.home = home

    def warm(self) -> None:
        """Nothing is made ready."""

    def close(self) -> None:
        """Nothing is at work."""


def test_a_search_is_judged_on_all_samples_like_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    lost, seen = parted("qat+full_integer", 9_000, 60, 1), parted("clustering+full_integer", 20_000, 4, 2)
    study = searched(lost, seen)

    def run(desk: NoDesk, contender: str, seed: int, minutes: float) -> str:
        Studies(Database(Home(desk.home).database)).save_study(study)
        return study.id

    monkeypatch.setattr(search, "Desk", NoDesk)
    monkeypatch.setattr(search, "_run", run)
    found = search._measured("search", 0, 20, "here")
    assert (found.size, found.recipe) == (20_000, "clustering+full_integer")
    assert found.tried == len(study.variants) > found.kept >= 2


def test_a_table_of_some_parts_and_its_ratios() -> None:
    found = [
        part("search", 0, 7000),
        part("grid", 0, 10000),
        part("chance", 0, None),
        part("search", 1, None),
    ]
    assert search.rows(found) == [("0", "7.0 KB", "10.0 KB", "none"), ("1", "none", "-", "-")]
    over_grid, over_chance = search.ratios(found)
    assert (over_grid.value, over_chance.value, over_grid.met) == (0.7, 0.0, True)
    assert over_grid.what == "search over grid, the worst of 1 seed"
    worst = search.ratios([*found, part("grid", 1, 9000)])[0]
    assert (worst.value, worst.met) == (math.inf, False)
    assert search.ratios(found[:1]) == []


def test_parts_from_elsewhere_are_named() -> None:
    found = [part("search", 0, 7000), part("grid", 0, 9000, "an older machine")]
    (said,) = elsewhere(found, "here")
    assert said == "grid with seed 0 was measured elsewhere: an older machine"
    assert said in search.page(found, "here")
