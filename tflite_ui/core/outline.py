"""A .tflite's operators as a page can hold them: what each is, what it takes, what it computes in."""

from __future__ import annotations

from tflite_ui.core.frozen import Frozen

MODEL_INPUT = -1
"""Among an operator's sources: an input of the model, or of the subgraph it stands in."""
BOUNDARIES = frozenset({"QUANTIZE", "DEQUANTIZE"})


class OperatorNode(Frozen):
    """One operator.

    ``name`` is its first output's tensor name, ``constants`` are the names of the constants it takes;
    ``sources`` the places of the operators it takes from (``MODEL_INPUT`` for an input), constants left
    out; ``activation`` the one it applies itself, e.g. ``RELU6``; ``takes`` and ``gives`` the dtypes of its
    first activation and its first output, ``weights`` that of its largest constant of real numbers, each
    empty without one; ``subgraph`` 0 is the main one; ``unpacks`` says that it only widens a constant.
    """

    kind: str
    name: str
    sources: tuple[int, ...] = ()
    constants: tuple[str, ...] = ()
    activation: str = ""
    takes: str = ""
    gives: str = ""
    weights: str = ""
    shape: tuple[int, ...] = ()
    subgraph: int = 0
    unpacks: bool = False

    @property
    def is_boundary(self) -> bool:
        """Whether it only changes how numbers are written between operators."""
        return self.kind in BOUNDARIES and not self.unpacks

    @property
    def title(self) -> str:
        """Its kind with its own activation, e.g. ``CONV_2D with RELU``."""
        return f"{self.kind} with {self.activation}" if self.activation else self.kind


class FileOutline(Frozen):
    """All operators in the file's order; ``ends`` are the places of those that make its outputs."""

    operators: tuple[OperatorNode, ...]
    ends: tuple[int, ...] = ()
