"""A relative energy index: a model of arithmetic and memory traffic, never a measurement.

Energies of one operation at 45 nm in picojoules, from Horowitz, "Computing's energy problem (and what we can
do about it)", ISSCC 2014, figure 1.1.9. A multiply-accumulate is a multiplication and an addition; each
weight is fetched once from DRAM a run. Activations, control and everything else are left out.
"""

from __future__ import annotations

from tflite_ui.core.facts import FileFacts
from tflite_ui.core.study import Study

MULTIPLY = {"fp32": 3.7, "int8": 0.2, "int32": 3.1}
ADD = {"fp32": 0.9, "int8": 0.03, "int32": 0.1}
DRAM_PER_BYTE = 1300.0 / 8
"""A 64-bit read costs 1.3 to 2.6 nJ; the lesser."""
SOURCE = "M. Horowitz, Computing's energy problem, ISSCC 2014 (45 nm)"


def energy_pj(facts: FileFacts) -> float | None:
    """Picojoules of one run in this model; None when the multiply-accumulates aren't known."""
    if facts.macs is None:
        return None
    kind = arithmetic(facts.scheme)
    return facts.macs * (MULTIPLY[kind] + ADD[kind]) + facts.size_bytes * DRAM_PER_BYTE


def arithmetic(scheme: str) -> str:
    """What numbers are multiplied, by the file's scheme: 8-bit with 8, 16-bit as wider ones, else floats."""
    weights, _, activations = scheme.partition("_")
    if activations == "ai8" and weights.startswith("wi"):
        return "int8"
    return "int32" if activations == "ai16" else "fp32"


def relative_energy(study: Study) -> dict[str, float]:
    """Each variant's energy over the baseline's, by its id, where both are known; below 1 is less."""
    base = energy_pj(study.baseline.facts) if study.baseline.facts else None
    found = {v.id: energy_pj(v.facts) for v in study.variants if v.facts}
    return {id: value / base for id, value in found.items() if value is not None and base}
