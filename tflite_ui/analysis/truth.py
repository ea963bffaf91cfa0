"""What really ran where: a verdict for each variant on each target, with the numbers that bear it out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import pandas as pd

from tflite_ui.analysis import words
from tflite_ui.analysis.kept import once_a_study
from tflite_ui.analysis.labels import is_baseline, target_labels, variant_labels
from tflite_ui.core.measurement import Measurement, Parity
from tflite_ui.core.study import Study
from tflite_ui.core.target import Evidence
from tflite_ui.targets import targets

Verdict = Literal[
    "really ran", "partly", "took nothing", "answers wrong", "emulated", "estimated", "refused", "waiting"
]
VERDICTS: dict[Verdict, str] = {
    "really ran": "All of it ran on what was asked for, as the runtime tells.",
    "partly": "Some operators were left to the CPU's plain kernels.",
    "took nothing": "What was asked for took no operator: the CPU's plain kernels ran.",
    "answers wrong": "It ran, but doesn't answer as the reference kernels do.",
    "emulated": "It ran, but not on such a device: the answers count, the speed doesn't.",
    "estimated": "A compiler's model of the device; nothing ran.",
    "refused": "It couldn't be run there.",
    "waiting": "Not measured yet.",
}
ALIKE, SAME = 0.95, 0.9
"""Below this cosine, or this share of same answers, a target computes something else."""
COLUMNS = (
    *("variant", "label", "spec", "target_label", "verdict", "main", "more"),
    *("requested", "used", "share", "partitions", "fallback", "parity", "speed", "why"),
)


@once_a_study
def truth_frame(study: Study) -> pd.DataFrame:
    """One row per measurement, all texts: the verdict, a cell's two lines (``main``, ``more``), and why."""
    variants, places = variant_labels(study), target_labels(study)
    rows = (
        {
            "variant": variant.id,
            "label": variants[variant.id],
            "spec": m.spec,
            "target_label": places[m.spec],
            **_row(m, is_baseline(variant)),
        }
        for variant in study.variants
        for m in study.measurements
        if m.variant == variant.id
    )
    return pd.DataFrame(list(rows), columns=list(COLUMNS))


def verdict(m: Measurement) -> Verdict:
    """What a measurement came to."""
    if m.status in ("queued", "running"):
        return "waiting"
    if m.evidence is None:
        return "refused"
    if m.parity and _differs(m.parity):
        return "answers wrong"
    if m.evidence.kind != "measured":
        return m.evidence.kind
    taken, total = m.evidence.nodes_delegated, m.evidence.nodes_total
    if taken is None or taken == total or not _delegates(m):
        return "really ran"
    return "partly" if taken else "took nothing"


def _differs(parity: Parity) -> bool:
    same = parity.top1_agreement
    return parity.cosine < ALIKE or (same is not None and same < SAME)


def _delegates(m: Measurement) -> bool:
    known = targets().get(m.target)
    return known is None or known.delegates


def _row(m: Measurement, baseline: bool) -> dict[str, Any]:
    found, ran = verdict(m), m.evidence
    return {
        "verdict": found,
        "main": _main(m, found, baseline),
        "more": _taken(ran) if ran and _delegates(m) else "",
        "requested": ran.requested if ran else "",
        "used": ran.used if ran else "",
        "share": _taken(ran) if ran else "",
        "partitions": str(ran.partitions) if ran and ran.partitions is not None else "",
        "fallback": ", ".join(ran.fallback) if ran else "",
        "parity": _parity(m),
        "speed": _speed(m),
        "why": m.error.sentence if m.error else "",
    }


def _main(m: Measurement, found: Verdict, baseline: bool) -> str:
    if found in ("refused", "waiting"):
        return found
    if found == "answers wrong" and m.parity:
        return f"cos {m.parity.cosine:.4f}"
    if m.latency is not None:
        faster = m.baseline_p50_ms / m.latency.p50 if m.baseline_p50_ms and not baseline else None
        return f"{faster:.1f}x" if faster else words.milliseconds(m.latency.p50)
    if m.estimate_ms is not None:
        return f"about {words.milliseconds(m.estimate_ms)}"
    if m.arena_bytes is not None:
        return f"arena {words.size(m.arena_bytes)}"
    return f"cos {m.parity.cosine:.4f}" if m.parity else found


def _taken(ran: Evidence) -> str:
    if ran.nodes_delegated is None or not ran.nodes_total:
        return ""
    return f"{ran.nodes_delegated}/{ran.nodes_total} ops"


def _parity(m: Measurement) -> str:
    if m.parity is None:
        return m.unanswered
    same = m.parity.top1_agreement
    agreement = f", same answer on {same:.0%}" if same is not None else ""
    return f"cosine {m.parity.cosine:.5f}, off by at most {m.parity.max_abs:.2g}{agreement}"


def _speed(m: Measurement) -> str:
    if m.latency is not None:
        ratio = f", {m.baseline_p50_ms / m.latency.p50:.2f}x float's" if m.baseline_p50_ms else ""
        return f"{words.milliseconds(m.latency.p50)}{ratio}"
    return f"about {words.milliseconds(m.estimate_ms)}, estimated" if m.estimate_ms is not None else ""


def figures_of(m: Measurement) -> Iterator[tuple[str, str]]:
    """What a target told besides, as names and words: cycles, memory, times."""
    for name, value in m.figures.items():
        title, _, unit = name.rpartition("_")
        if unit not in UNITS:
            title, unit = name, ""
        title = title.replace("_", " ").capitalize().replace("Npu", "NPU")
        title = title.replace("Sram", "SRAM").replace("Dram", "DRAM").replace("Macs", "MACs")
        yield title, UNITS[unit](value)


UNITS: dict[str, Callable[[float], str]] = {
    "bytes": lambda value: words.size(int(value)),
    "ms": words.milliseconds,
    "": lambda value: f"{value:,.0f}",
}
"""By the end of a figure's name: how it is said."""
