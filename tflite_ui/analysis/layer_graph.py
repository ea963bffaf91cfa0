"""How a model's layers are wired, once those that do nothing in inference are left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from tflite_ui.core.model import Layer

INPUT = "InputLayer"
IDLE = frozenset(
    {
        "Dropout",
        "SpatialDropout1D",
        "SpatialDropout2D",
        "SpatialDropout3D",
        "AlphaDropout",
        "GaussianDropout",
        "GaussianNoise",
        "ActivityRegularization",
        "Identity",
    }
)
"""They pass their input on in inference; the converter leaves them out."""


def is_idle(layer: Layer) -> bool:
    """Whether a layer passes its input on in inference."""
    return layer.kind in IDLE or (layer.kind == "Activation" and not layer.activation)


class LayerGraph:
    """The layers by name, a layer called twice standing once, without inputs."""

    def __init__(self, layers: Iterable[Layer]) -> None:
        self._all: dict[str, Layer] = {}
        for layer in layers:
            known = self._all.get(layer.name)
            inputs = dict.fromkeys((*(known.inputs if known else ()), *layer.inputs))
            self._all[layer.name] = (known or layer).model_copy(update={"inputs": tuple(inputs)})
        self.layers = {name: layer for name, layer in self._all.items() if layer.kind != INPUT}
        self.wired = any(layer.inputs for layer in self.layers.values())
        self._readers: dict[str, list[str]] = defaultdict(list)
        for name in self.layers:
            for source in self.sources(name):
                self._readers[source].append(name)

    def sources(self, name: str) -> tuple[str, ...]:
        """The working layers that a layer takes from; idle ones are looked through, inputs left out."""
        found: dict[str, None] = {}
        todo, seen = list(self._all[name].inputs), set()
        while todo:
            source = todo.pop(0)
            layer = self._all.get(source)
            if layer is None or layer.kind == INPUT or source in seen:
                continue
            seen.add(source)
            if is_idle(layer):
                todo = [*layer.inputs, *todo]
            else:
                found[source] = None
        return tuple(found)

    def readers(self, name: str) -> tuple[str, ...]:
        """The working layers that take what a layer gives, in order."""
        return tuple(name for name in self._readers[name] if not is_idle(self.layers[name]))

    def firsts(self) -> list[str]:
        """The working layers that take the model's inputs alone."""
        return [n for n, layer in self.layers.items() if not is_idle(layer) and not self.sources(n)]

    def together(self, names: tuple[str, ...], bridges: frozenset[str]) -> tuple[str, ...]:
        """Those of ``names`` that hang together with the first, over ``bridges`` too; all without wiring."""
        if not self.wired or len(names) < 2:
            return names
        reached, todo, ways = {names[0]}, [names[0]], set(names) | bridges
        while todo:
            here = todo.pop()
            near = {*self.sources(here), *self.readers(here)} & ways - reached
            reached |= near
            todo.extend(near)
        return tuple(name for name in names if name in reached)
