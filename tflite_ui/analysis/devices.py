"""A device that timed by itself, in words."""

from __future__ import annotations

from tflite_ui.core.device import Device

HEAT = ("not hot", "slightly warm", "warm", "hot", "very hot", "too hot", "so hot that it shuts down")
"""Android's thermal status, 0 to 6."""


def device_words(device: Device) -> str:
    """What it is, and how its battery and its heat were before and after; what it didn't tell is left out."""
    is_ = (device.model, device.soc, device.system, device.abi)
    battery = _change(
        *(None if v is None else f"{v:.0f}%" for v in (device.battery_before, device.battery_after))
    )
    heat = _change(*(_heat(v) for v in (device.thermal_before, device.thermal_after)))
    parts = (", ".join(part for part in is_ if part), battery and f"battery {battery}", heat)
    return "; ".join(part for part in parts if part)


def _heat(status: int | None) -> str | None:
    return None if status is None else HEAT[min(max(status, 0), len(HEAT) - 1)]


def _change(before: str | None, after: str | None) -> str:
    if before is None or after is None or before == after:
        return before or after or ""
    return f"{before} before, {after} after"
