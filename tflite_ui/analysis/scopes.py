"""Which layer a tensor of a .tflite is named after.

The converter names tensors by the scopes of the layers that they come from, e.g.
``model/stem_bn/batchnorm/mul``, joins the names of what it fuses with ``;``, and counts on where a name is
taken. Keras 3 calls every layer once more before it is converted, so that all its scopes end in a number
(``stem_bn_1``): which of the two it is is decided for the whole file, by how many layers are found.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable

from tflite_ui.core.model import Layer

Path = tuple[str, ...]
_COUNTED = re.compile(r"^(.+)_\d+$")


class Scopes:
    """The layers of a model, looked up by the names of tensors; ``names`` are those of a whole file."""

    def __init__(self, layers: Iterable[Layer], names: Iterable[str]) -> None:
        whole = [layer.name for layer in layers]
        self._whole = frozenset(whole)
        self._layers = {tuple(name.split("/")): name for name in whole}
        last = Counter(name.rpartition("/")[2] for name in whole)
        for name in whole:
            own = name.rpartition("/")[2]
            if last[own] == 1:
                self._layers.setdefault((own,), name)
        self._depths = sorted({len(path) for path in self._layers}, reverse=True)
        self._plain = self._convention(list(names))

    def layers_of(self, name: str) -> tuple[str, ...]:
        """The layers that a tensor's name tells of, in its order, each once."""
        if name in self._whole:
            return (name,)
        found = (self._find(path, self._plain) for path in _paths(name))
        return tuple(dict.fromkeys(layer for layer in found if layer))

    def _convention(self, names: list[str]) -> Callable[[str], str]:
        paths = [path for name in names for path in _paths(name)]

        def found(plain: Callable[[str], str]) -> int:
            return len({self._find(path, plain) for path in paths} - {""})

        return _uncounted if found(_uncounted) > found(str) else str

    def _find(self, path: Path, plain: Callable[[str], str]) -> str:
        """The layer of one path: the outermost scope that is a layer's, the model's name last."""
        scopes = tuple(plain(scope) for scope in path[:-1])
        for start in (*range(1, len(scopes)), 0):
            for depth in self._depths:
                layer = self._layers.get(scopes[start : start + depth])
                if layer and len(scopes) >= start + depth:
                    return layer
        return ""


def _paths(name: str) -> list[Path]:
    return [tuple(part.split("/")) for part in name.split(";")]


def _uncounted(scope: str) -> str:
    """A scope without the number that Keras 3's second call adds; "" for one without a number."""
    found = _COUNTED.match(scope)
    return found.group(1) if found else ""
