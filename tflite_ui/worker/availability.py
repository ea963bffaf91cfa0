"""Which targets can be used on this machine."""

from __future__ import annotations

from tflite_ui.core.target import Availability, Target
from tflite_ui.targets import targets
from tflite_ui.worker.payloads import Availabilities


def availability() -> Availabilities:
    """Every target's own answer; one that breaks while answering isn't available."""
    return Availabilities(targets={key: ask(target) for key, target in targets().items()})


def ask(target: Target) -> Availability:
    """One target's answer."""
    try:
        return target.availability()
    except Exception as broken:
        reason = f"It broke while being asked: {type(broken).__name__}: {broken}"
        return Availability(available=False, reason=reason)
