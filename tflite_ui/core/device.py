"""A device that is not this machine, as it told of itself."""

from __future__ import annotations

from tflite_ui.core.frozen import Frozen


class Device(Frozen):
    """What a benchmark ran on; None where the device didn't tell.

    ``soc`` is its chip, ``system`` e.g. ``Android 15``, ``abi`` what its programs are compiled for.
    ``thermal`` is Android's status (0 none, 1 light, 2 moderate, up to 6 shutdown) and ``battery`` percent,
    each before the first run and after the last. ``tool`` is the SHA-256 of the program that timed.
    """

    model: str | None = None
    soc: str | None = None
    system: str | None = None
    abi: str | None = None
    thermal_before: int | None = None
    thermal_after: int | None = None
    battery_before: float | None = None
    battery_after: float | None = None
    tool: str
