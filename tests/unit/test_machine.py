"""Who may use which machine at the same time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tflite_ui.jobs.machine import GaveUp, Machine
from tflite_ui.targets import targets
from tflite_ui.targets._android_options import AndroidOptions


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


def test_two_phones_are_used_side_by_side(tmp_path: Path) -> None:
    machine, phone = Machine(2, tmp_path), targets()["android"]
    one, other = (phone.machine(AndroidOptions(serial=serial)) for serial in ("R5CT", "127.0.0.1:5555"))
    again = phone.machine(AndroidOptions(serial="R5CT", backend="gpu", runs=3))
    with machine.alone(yes, hardware=one):
        with machine.alone(yes, hardware=other):
            pass
        with pytest.raises(GaveUp), machine.alone(yes, hardware=again):
            pass
