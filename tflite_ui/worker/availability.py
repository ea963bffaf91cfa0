"""Whether a target can be used on this machine."""

from __future__ import annotations

from tflite_ui.core.target import Availability, Target


def ask(target: Target) -> Availability:
    """A target's own answer; one that breaks while answering isn't available."""
    try:
        return target.availability()
    except Exception as broken:
        reason = f"It broke while being asked: {type(broken).__name__}: {broken}"
        return Availability(available=False, reason=reason)
