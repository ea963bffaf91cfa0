"""Who may use which machine at the same time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tflite_ui.jobs.machine import GaveUp, Machine


def yes() -> bool:
    return True


def test_a_phone_is_used_beside_this_machine_and_by_one_at_a_time(tmp_path: Path) -> None:
    mine, another_apps = Machine(2, tmp_path), Machine(2, tmp_path)
    with mine.alone(), another_apps.alone(yes, hardware="android"):
        with pytest.raises(GaveUp), mine.alone(yes, hardware="android"):
            pass
        with pytest.raises(GaveUp), another_apps.alone(yes):
            pass
    with mine.share(), mine.alone(yes, hardware="android"):
        pass
    with mine.alone(yes), mine.alone(yes, hardware="android"):
        pass
