"""Whole channels removed: fewer filters, fewer weights, less arithmetic."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field
from typing_extensions import override

from tflite_ui.core.facts import Check, FileFacts
from tflite_ui.core.model import Fitness, ModelSource
from tflite_ui.core.params import Params as Settings
from tflite_ui.core.technique import Family, ModelStep, Need
from tflite_ui.core.training import FineTuningParams, TrainingContext, divisor
from tflite_ui.keras_graph.narrow import Shares, groups, locked, narrowed
from tflite_ui.keras_graph.sensitivity import sensitivities, shares
from tflite_ui.training.batch_norm import reestimate
from tflite_ui.training.fit import Task, fit, outputs
from tflite_ui.training.objective import objective

MEASURED = 256
"""Samples that sensitivity is measured on: the last ones, which validate."""


class StructuredPruningParams(FineTuningParams):
    """Settings of structured pruning."""

    ratio: float = Field(
        0.3,
        gt=0.0,
        lt=0.95,
        title="Ratio",
        description="The share of channels removed from the layers that can spare some.",
        json_schema_extra={"search": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]},
    )
    allocation: Literal["uniform", "sensitivity"] = Field(
        "uniform",
        title="Per layer",
        description="Uniform takes the same from each layer; sensitivity measures which can spare more.",
    )
    divisor: int = divisor()
    rounds: int = Field(
        1,
        ge=1,
        le=10,
        title="Rounds",
        description="Remove in so many rounds, training after each for its share of the epochs.",
        json_schema_extra={"advanced": True},
    )


class StructuredPruning(ModelStep):
    """Removes the filters with the least norm, with all that depends on them (Li et al., 2017)."""

    key: ClassVar[str] = "structured_pruning"
    title: ClassVar[str] = "Structured pruning"
    summary: ClassVar[str] = "Removes whole channels: a smaller file with less arithmetic in it."
    price: ClassVar[str] = "Trains for minutes to win back what it loses."
    family: ClassVar[Family] = "pruning"
    order: ClassVar[int] = 20
    needs: ClassVar[frozenset[Need]] = frozenset({"keras_graph"})
    Params: ClassVar[type[Settings]] = StructuredPruningParams

    @override
    def refuses(self, source: ModelSource, params: Settings) -> str:
        """Rounding in every round: the few channels of one round would be rounded back."""
        assert isinstance(params, StructuredPruningParams)
        if params.divisor == 1 or params.rounds == 1:
            return ""
        return "divisor rounds what is removed at once: set rounds=1, or divisor=1."

    @override
    def fitness(self, model: Any) -> Fitness:
        """In part when some layers' channels are locked."""
        found, kept = groups(model), locked(model)
        inner = {name: why for name, why in kept.items() if why != "it is an output"}
        if not found:
            return Fitness(verdict="cannot", reason=_reason(kept), layers=tuple(kept))
        if inner:
            return Fitness(verdict="part", reason=_reason(inner), layers=tuple(inner))
        return Fitness(verdict="works")

    @override
    def apply(self, model: Any, params: Settings, context: TrainingContext) -> Any:
        """Remove and train, round by round; raises ConversionFailed or DataMismatch."""
        assert isinstance(params, StructuredPruningParams)
        data = context.training_set()
        for number in range(params.rounds):
            model = narrowed(model, _shares(model, params, number, context), divisor=params.divisor)
            reestimate(model, data.inputs)
            epochs = params.epochs // params.rounds + (number < params.epochs % params.rounds)
            now = params.model_copy(update={"epochs": epochs})
            name = self.key if params.rounds == 1 else f"{self.key} {number + 1}"
            fit(Task(name, model, objective(model, data, params), data, now), context)
        if params.epochs:
            reestimate(model, data.inputs)
        return model

    @override
    def claims(self, params: Settings, before: FileFacts, after: FileFacts) -> tuple[Check, ...]:
        """Fewer weights and less arithmetic in the file."""
        return tuple(
            _shrunk(name, old, new)
            for name, old, new in (
                ("Fewer weights", before.parameters, after.parameters),
                ("Less arithmetic", before.macs, after.macs),
            )
            if old and new
        )


def _shares(
    model: Any, params: StructuredPruningParams, number: int, context: TrainingContext
) -> float | Shares:
    """What goes in round ``number``: one share for all groups, or one for each, as measured."""
    ratio = _share(params, number)
    if params.allocation == "uniform":
        return ratio
    data = context.training_set()
    few = {name: values[-MEASURED:] for name, values in data.inputs.items()}
    measured = sensitivities(
        model,
        lambda changed: outputs(changed, few),
        lambda part: context.progress(0.0, f"measuring the layers, {part:.0%}"),
    )
    return shares(measured, ratio)


def _share(params: StructuredPruningParams, number: int) -> float:
    """What round ``number`` removes of what is left, so that all of them together remove the ratio."""
    left = 1.0 - params.ratio * np.arange(params.rounds + 1) / params.rounds
    return float(1.0 - left[number + 1] / left[number])


def _shrunk(name: str, old: int, new: int) -> Check:
    return Check(name=name, passed=new < old, detail=f"{new:,} of {old:,}, {old / new:.1f}x fewer")


def _reason(kept: dict[str, str]) -> str:
    name, why = next(iter(kept.items()), ("the model", "no layer makes channels"))
    more = f", and {len(kept) - 1} more layers" if len(kept) > 1 else ""
    return f"'{name}'{more} keep all channels: {why}."
