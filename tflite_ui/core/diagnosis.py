"""Where a variant's error comes from, layer by layer."""

from __future__ import annotations

from tflite_ui.core.frozen import Frozen


class Histogram(Frozen):
    """Counts in even bins from ``low`` to ``high``, of the float file's values and of the variant's."""

    low: float
    high: float
    before: tuple[int, ...]
    after: tuple[int, ...] = ()


class Layer(Frozen):
    """One operator of the float file; fields are None where they can't be told.

    ``tensor`` is its first output's name in the files; empty in what earlier versions found.
    ``numbers`` is what its output is in the variant, e.g. ``int8``; empty where no such tensor is left.
    ``here_db`` is the SQNR of its output in the variant, with all errors made before it; ``alone_db``
    that of the model's outputs when it alone is quantised, and ``agreement`` the share of samples that
    then keep their answer; ``share`` its part of the noise power of all operators alone.
    ``weight_spread`` and ``value_spread`` are its output channels' largest range over their smallest,
    of its weights and of the values it gives; ``channels`` is how many there are.
    """

    operator: int
    kind: str
    name: str
    tensor: str = ""
    numbers: str = ""
    quantised: bool = False
    per_channel: bool | None = None
    here_db: float | None = None
    alone_db: float | None = None
    agreement: float | None = None
    share: float | None = None
    channels: int | None = None
    weight_spread: float | None = None
    value_spread: float | None = None
    weights: Histogram | None = None
    values: Histogram | None = None


class Kept(Frozen):
    """The model's outputs with the first ``count`` of the worst operators kept in float."""

    count: int
    sqnr_db: float
    agreement: float | None


class BlockLoss(Frozen):
    """A block of layers, all of it quantised and all else in float: the outputs' SQNR and equal answers."""

    name: str
    operators: tuple[int, ...]
    alone_db: float
    agreement: float | None


class Pruned(Frozen):
    """The outputs when ``share`` of one layer's weights, the least, are zero: SQNR and equal answers."""

    share: float
    sqnr_db: float
    agreement: float | None


class PrunedLayer(Frozen):
    """One operator with ``weights`` weights of its own, and what it loses without the least of them."""

    operator: int
    name: str
    weights: int
    losses: tuple[Pruned, ...]


class Diagnosis(Frozen):
    """A variant's layers in graph order, and ``worst``, the places of those tried alone, the worst first.

    Measured on ``samples`` evaluation samples; ``tried`` of ``triable`` operators were tried alone before
    the time was up. ``kept`` begins with nothing kept. ``blocks`` are those of a larger net, tried before
    its layers, the worst first. ``pruned`` are the layers of the float file whose weights were tried, of
    ``prunable`` that have some. ``equalisable`` are the places of those whose channels can be equalised with
    the layers that read them.
    """

    layers: tuple[Layer, ...]
    worst: tuple[int, ...]
    kept: tuple[Kept, ...]
    samples: int
    tried: int
    triable: int
    seconds: float
    blocks: tuple[BlockLoss, ...] = ()
    pruned: tuple[PrunedLayer, ...] = ()
    prunable: int = 0
    equalisable: tuple[int, ...] = ()
