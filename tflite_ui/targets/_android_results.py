"""What benchmark_model leaves in its files: times and memory, who took which nodes, each operator's time.

Sources, all in github.com/google-ai-edge/LiteRT under tflite/: tools/benchmark/proto/benchmark_result.proto
(``--result_file_path``), profiling/proto/model_runtime_info.proto (``--model_runtime_info_output_file``), and
TensorFlow's core/util/stats_calculator.cc for the CSV (``--op_profiling_output_file``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from tflite_ui.core.latency import Latency, joined
from tflite_ui.core.target import OpCost, Where
from tflite_ui.targets import _protobuf as proto

LATENCY, MEMORY, MISC = 2, 3, 4
AVG, MIN, STD, MEDIAN, P5, P95, INIT, FIRST = 1, 2, 4, 5, 6, 7, 8, 9
OVERALL_KB, PEAK_MB = 2, 3
RUNS, WARMUP_RUNS = 2, 3
SUBGRAPHS, NODES, NODE_ID, NODE_NAME, DETAILS, DELEGATED_TO = 2, 3, 1, 2, 8, 9
DELEGATE_NAME = 1
MIB = 2**20
NUMBER = r", *([-+.\deE]+)%?"
REGULAR, RUN_ORDER, INSIDE = "for Regular Benchmark Runs", "= Run Order =", "Delegate internal"


@dataclass(frozen=True)
class Timed:
    """``--result_file_path``: milliseconds and bytes."""

    latency: Latency
    figures: dict[str, float]


@dataclass(frozen=True)
class Taken:
    """Each node's operator with the delegate that took it (None: nobody), and each delegate's parts."""

    nodes: tuple[tuple[str, str | None], ...]
    parts: dict[str, int]

    def by(self, xnnpack: bool) -> tuple[str, ...]:
        """The names of the delegates that are, or aren't, XNNPACK."""
        return tuple(name for name in self.parts if is_xnnpack(name) == xnnpack)


def timed(content: bytes) -> Timed:
    """The times; raises ValueError when the file holds none."""
    times = proto.floats(proto.message(content, LATENCY))
    memory, misc = proto.message(content, MEMORY), proto.integers(proto.message(content, MISC))
    if not {AVG, MIN, STD, MEDIAN, FIRST} <= set(times) or not misc.get(RUNS):
        raise ValueError("it holds no times")
    latency = Latency(
        first=times[FIRST],
        p50=times[MEDIAN],
        mean=times[AVG],
        std=times[STD],
        min=times[MIN],
        n=misc[RUNS],
        warmup=max(0, misc.get(WARMUP_RUNS, 1) - 1),
    )
    peak, overall = proto.floats(memory).get(PEAK_MB), proto.integers(memory).get(OVERALL_KB)
    known = {"p5_ms": times.get(P5), "p95_ms": times.get(P95), "loading_ms": times.get(INIT)}
    known["footprint_bytes"] = 1024.0 * overall if overall else None
    known["peak_memory_bytes"] = MIB * peak if peak else None
    return Timed(latency, {name: value for name, value in known.items() if value is not None})


def together(rounds: Sequence[Timed]) -> Timed:
    """One or more rounds as one: the tool writes summaries alone, so percentiles come as bounds.

    5 % of all runs can't end below the least of the rounds' p5, nor above the greatest p95.
    """
    figures = dict(rounds[0].figures)
    if len(rounds) > 1:
        low, high = (
            [one.figures[key] for one in rounds if key in one.figures] for key in ("p5_ms", "p95_ms")
        )
        figures = {name: value for name, value in figures.items() if name not in ("p5_ms", "p95_ms")}
        figures |= {"p5_at_least_ms": min(low), "p95_at_most_ms": max(high)} if low and high else {}
    return Timed(joined([one.latency for one in rounds]), figures)


def taken(content: bytes) -> Taken:
    """Who took the nodes of the first subgraph; raises ValueError when the file tells of none."""
    graph = (proto.messages(content, SUBGRAPHS) or [b""])[0]
    nodes = proto.messages(graph, NODES)
    delegates = {proto.integers(node).get(NODE_ID, 0): _delegate(node) for node in nodes}
    names = {id: name for id, name in delegates.items() if name}
    if len(names) == len(nodes):
        raise ValueError("it tells of no nodes")
    return Taken(
        tuple(
            (_text(node, NODE_NAME), names.get(proto.integers(node).get(DELEGATED_TO, -1)))
            for node in nodes
            if not _delegate(node)
        ),
        dict(Counter(names.values())),
    )


def is_xnnpack(name: str) -> bool:
    """Whether a delegate is XNNPACK, which runs on the CPU."""
    return "xnnpack" in name.lower()


def _delegate(node: bytes) -> str:
    """The name of the delegate that a node is; empty for a plain one."""
    details = proto.message(node, DETAILS)
    return (_text(details, DELEGATE_NAME) or "a delegate without a name") if details else ""


def _text(whole: bytes, number: int) -> str:
    return proto.message(whole, number).decode(errors="replace")


def costs(text: str) -> tuple[OpCost, ...]:
    """Each operator's mean time in run order; a delegate's inside stands for its node where that is told."""
    regular = text.partition(REGULAR)[2] or text
    outside, _, within = regular.partition(INSIDE)
    graph, inside = tuple(_rows(outside)), tuple(_rows(within))
    delegate = next((kind for kind, _, _ in graph if where(kind) != "CPU" or "Delegate" in kind), "")
    rows = [(row, where(row[0])) for row in graph if not (inside and row[0] == delegate)]
    rows += [(row, where(delegate)) for row in inside]
    whole = sum(cost for (_, cost, _), _ in rows)
    return tuple(
        OpCost(operator=kind, name=name, where=place, cost=cost, unit="ms", share=cost / whole)
        for (kind, cost, name), place in (rows if whole > 0 else ())
    )


def where(kind: str) -> Where:
    """Where a node of this type runs, as far as its name proves it."""
    if "Delegate" not in kind or is_xnnpack(kind):
        return "CPU"
    return "GPU" if "gpu" in kind.lower() else "delegate"


def _rows(text: str) -> Iterator[tuple[str, float, str]]:
    """Type, mean milliseconds and name (its first part) of each row of the first table in run order.

    Types and names hold commas of their own, unquoted; between them are numbers alone.
    """
    lines = iter(text.partition(RUN_ORDER)[2].splitlines()[1:])
    titles = [title.strip() for title in next(lines, "").split(",")]
    if "avg_ms" not in titles[1:-1]:
        return
    row = re.compile("(.*?)" + NUMBER * (len(titles) - 2) + ", *(.*)")
    for match in takewhile(bool, map(row.fullmatch, lines)):
        cells = match.groups() if match else ()
        name = cells[-1].lstrip("[").partition("]")[0].partition(", ")[0].partition(";")[0]
        yield cells[0], float(cells[titles.index("avg_ms")]), name
