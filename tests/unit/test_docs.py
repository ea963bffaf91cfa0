"""The README says what the code says."""

from __future__ import annotations

import re

import pytest

from docs import make_strategy, make_targets
from docs.make_tables import README, filled
from tflite_ui.cli.main import group

TEXT = README.read_text("utf-8")


def test_the_page_of_targets_is_what_the_registry_gives() -> None:
    assert make_targets.PAGE.read_text("utf-8") == make_targets.page(), "run: python -m docs.make_targets"


def test_the_page_of_strategy_is_what_the_rules_give() -> None:
    assert make_strategy.FILE.read_text("utf-8") == make_strategy.page(), "run: python -m docs.make_strategy"


def test_the_tables_are_what_the_registries_give() -> None:
    assert filled(TEXT) == TEXT, "run: python -m docs.make_tables"
    assert "| `full_integer` |" in TEXT


@pytest.mark.parametrize("command", sorted(group.commands))
def test_every_command_is_in_the_readme(command: str) -> None:
    assert f"-m tflite_ui {command}" in TEXT


def test_links_lead_somewhere() -> None:
    pages = [README, *(README.parent / "docs").glob("*.md")]
    links = [
        (page, link) for page in pages for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8"))
    ]
    assert len(links) > 5
    assert [link for page, link in links if not (page.parent / link).exists()] == []
