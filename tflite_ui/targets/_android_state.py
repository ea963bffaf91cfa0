"""What an Android device tells of itself: ``getprop``, ``dumpsys battery`` and ``dumpsys thermalservice``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

ASK = "getprop; echo; dumpsys battery 2>/dev/null; dumpsys thermalservice 2>/dev/null"
"""One command for all of it; what a device doesn't have stays away from the answer."""
PROPERTY = re.compile(r"^\[(?P<name>[^\]]+)\]: \[(?P<value>[^\]]*)\]\s*$", re.MULTILINE)
BATTERY = re.compile(r"^\s*level: (\d+)\s*$", re.MULTILINE)
THERMAL = re.compile(r"^\s*Thermal Status: (\d+)\s*$", re.MULTILINE)
LIGHT = 1
"""The thermal status up to which a device isn't slowed down."""


@dataclass(frozen=True)
class State:
    """A device at one moment; None for what it didn't tell."""

    model: str | None
    soc: str | None
    system: str | None
    abis: tuple[str, ...]
    emulator: bool
    battery: float | None
    thermal: int | None

    @property
    def hot(self) -> bool:
        """Whether the device says that it is slowed down by heat."""
        return self.thermal is not None and self.thermal > LIGHT

    @property
    def words(self) -> str:
        """The device in one line."""
        known = (self.model, self.soc, self.system, self.abis[0] if self.abis else None)
        return ", ".join(part for part in known if part) or "a device that tells nothing of itself"


def state(answer: str) -> State:
    """The answer to ``ASK``."""
    found = {match["name"]: match["value"].strip() for match in PROPERTY.finditer(answer)}
    battery, thermal = BATTERY.search(answer), THERMAL.search(answer)
    version = found.get("ro.build.version.release")
    return State(
        model=_joined(found, "ro.product.manufacturer", "ro.product.model"),
        soc=_joined(found, "ro.soc.manufacturer", "ro.soc.model") or found.get("ro.board.platform") or None,
        system=f"Android {version}" if version else None,
        abis=_abis(found),
        emulator="1" in (found.get("ro.kernel.qemu"), found.get("ro.boot.qemu")),
        battery=float(battery[1]) if battery else None,
        thermal=int(thermal[1]) if thermal else None,
    )


def _abis(found: Mapping[str, str]) -> tuple[str, ...]:
    """What it runs, its own first."""
    listed = [found.get("ro.product.cpu.abi", ""), *found.get("ro.product.cpu.abilist", "").split(",")]
    return tuple(dict.fromkeys(abi.strip() for abi in listed if abi.strip()))


def _joined(found: Mapping[str, str], maker: str, name: str) -> str | None:
    """Maker and name, the maker once."""
    first, second = found.get(maker, ""), found.get(name, "")
    parts = (second,) if second.lower().startswith(first.lower()) else (first, second)
    return " ".join(part for part in parts if part) or None
