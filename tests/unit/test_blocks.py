"""Layers in blocks, and a sweep that tries blocks first: on real graphs' names, with made-up losses."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from types import SimpleNamespace

import pytest

from tflite_ui.litert import alone
from tflite_ui.litert.alone import Loss, sweep
from tflite_ui.litert.blocks import blocks
from tflite_ui.litert.graph import Graph, Operator, Tensor
from tflite_ui.litert.quantizer import Rule

MOBILE = ["stem", *(f"block_{b}_{part}" for b in range(4) for part in ("expand", "deep", "project")), "last"]


def graph(names: Iterable[str]) -> Graph:
    operators = tuple(
        Operator("CONV_2D", (), (Tensor(name, (1,), (1,), "float32"),))
        for name in (f"{name}/Conv2D" for name in names)
    )
    return Graph((), (), tuple(op.outputs[0] for op in operators), operators)


def named(names: Sequence[str]) -> list[tuple[str, int]]:
    found = blocks(graph(names), range(len(names)))
    assert [place for block in found for place in block.places] == list(range(len(names)))
    return [(block.name, len(block.places)) for block in found]


def test_numbered_prefixes_and_inner_models_are_blocks() -> None:
    net = [f"net/{name}" for name in MOBILE]
    assert named(net) == [("the first layers", 1), *((f"block_{b}", 3) for b in range(3)), ("block_3", 4)]
    inner = [f"net/{model}/layer_{i}" for model in ("encoder", "middle", "decoder") for i in range(4)]
    assert named(inner) == [("encoder", 4), ("middle", 4), ("decoder", 4)]


def test_other_names_make_equal_runs_and_a_large_block_is_cut() -> None:
    assert named(["a", "b", "c", "d", "e", "f", "g", "h", "i"]) == [
        ("a to c", 3),
        ("d to f", 3),
        ("g to i", 3),
    ]
    many = ["stem", *(f"conv2d_{i}" for i in range(20)), "block_1_a", "block_1_b", "block_2_a", "block_2_b"]
    assert max(size for _, size in named(many)) <= 9


class Files:
    """Stands for the quantizer and the judge: a layer loses its place's noise, a block its layers' sum."""

    def __init__(self, noises: dict[int, float]) -> None:
        self.noises, self.asked = noises, []  # type: ignore[var-annotated]
        self.graph = graph(f"net/{f'block_{i // 5}'}_{i}" for i in range(len(noises)))

    def quantised(self, rules: Iterable[Rule]) -> bytes | None:
        places = [int(rule.operator) for rule in rules]
        self.asked.append(places)
        return ",".join(map(str, places)).encode()

    def loss(self, content: bytes) -> Loss:
        return Loss(math.fsum(self.noises[int(place)] for place in content.decode().split(",")), None)


def swept(files: Files, **settings: float) -> alone.Swept:
    rules = {place: Rule(str(place), "static") for place in files.noises}
    return sweep(files, files, rules, **settings)  # type: ignore[arg-type]


def test_a_few_layers_are_tried_one_by_one() -> None:
    files = Files(dict.fromkeys(range(10), 1.0))
    assert swept(files).blocks == []
    assert files.asked == [[place] for place in range(10)]


def test_the_worst_blocks_layers_come_first_and_enough_is_enough() -> None:
    files = Files({place: 10.0 if place in (17, 18) else 0.1 for place in range(30)})
    found = swept(files, enough=2)
    assert found.blocks[0][0].name == "block_3"
    assert files.asked[:6] == [list(range(5 * b, 5 * b + 5)) for b in range(6)]
    assert files.asked[6:] == [[15], [16], [17], [18], [19]]
    assert sorted(swept(Files(files.noises)).losses) == list(range(30))


def test_the_time_is_kept_and_half_of_it_is_for_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(1000))
    monkeypatch.setattr(alone, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    files = Files(dict.fromkeys(range(30), 1.0))
    found = swept(files, seconds=8)
    assert 0 < len(found.blocks) < 6
    assert 0 < len(found.losses) < 30
    assert len(files.asked) <= 9
