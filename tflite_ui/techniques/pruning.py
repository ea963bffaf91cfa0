"""Unstructured, 2:4 and block pruning by magnitude, with the toolkit's schedules."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from tflite_ui.core.facts import Check, FileFacts
from tflite_ui.core.model import Fitness, ModelSource
from tflite_ui.core.params import Params as Settings
from tflite_ui.core.technique import Family, ModelStep, Need
from tflite_ui.core.training import TrainingContext
from tflite_ui.techniques._layers import SomeLayersParams, chosen, judged
from tflite_ui.techniques._sparsity import Plan, can_prune, layer_sparsities, prune_at_once
from tflite_ui.training.batch_norm import reestimate
from tflite_ui.training.fit import Task, fit
from tflite_ui.training.objective import objective

END = 0.6
"""The share of the training after which the schedule has reached its end."""
HALF = 0.5
"""What 2:4 makes zero."""


class PruningParams(SomeLayersParams):
    """Settings of pruning."""

    final_sparsity: float = Field(
        0.8,
        gt=0.0,
        lt=1.0,
        title="Final sparsity",
        description="The share of weights that are zero in the end, over all layers that can be pruned.",
        json_schema_extra={"search": [0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95]},
    )
    pattern: Literal["unstructured", "2:4", "block"] = Field(
        "unstructured",
        title="Pattern",
        description="Any weight; two of every four (hardware can skip them); blocks of four in dense layers.",
    )
    allocation: Literal["adaptive", "uniform"] = Field(
        "adaptive",
        title="Per layer",
        description="Adaptive takes more from layers that bear it (LAMP); uniform the same from each.",
    )
    schedule: Literal["polynomial", "constant"] = Field(
        "polynomial",
        title="Schedule",
        description="Polynomial raises the sparsity slowly; constant prunes all of it at the beginning.",
        json_schema_extra={"advanced": True},
    )
    initial_sparsity: float = Field(
        0.0,
        ge=0.0,
        lt=1.0,
        title="Initial sparsity",
        description="Where a polynomial schedule begins.",
        json_schema_extra={"advanced": True},
    )
    begin: float = Field(
        0.0,
        ge=0.0,
        le=0.5,
        title="Begin",
        description="The share of the training before the first weights are set to zero.",
        json_schema_extra={"advanced": True},
    )
    frequency: int = Field(
        10,
        ge=1,
        le=10_000,
        title="Frequency",
        description="Steps of the optimiser between two prunings.",
        json_schema_extra={"advanced": True},
    )


class Pruning(ModelStep):
    """Sets the least weights to zero while the others learn to do without (Zhu and Gupta, 2017)."""

    key: ClassVar[str] = "pruning"
    title: ClassVar[str] = "Pruning"
    summary: ClassVar[str] = "Most weights become zero: the file compresses far better."
    price: ClassVar[str] = "Trains for minutes; the file shrinks only under gzip, and rarely gets faster."
    family: ClassVar[Family] = "pruning"
    order: ClassVar[int] = 30
    needs: ClassVar[frozenset[Need]] = frozenset({"keras_graph"})
    Params: ClassVar[type[Settings]] = PruningParams

    @override
    def refuses(self, source: ModelSource, params: Settings) -> str:
        """Patterns without training: the toolkit makes them while it trains."""
        assert isinstance(params, PruningParams)
        if params.epochs == 0 and params.pattern != "unstructured":
            return f"pattern={params.pattern} is made while training: choose epochs=1 or more."
        return ""

    @override
    def fitness(self, model: Any) -> Fitness:
        """In part when some layers with weights can't be pruned."""
        return judged(model, can_prune, "no layer has weights that can be pruned.", "stay dense")

    @override
    def apply(self, model: Any, params: Settings, context: TrainingContext) -> Any:
        """Prune while training, or at once with epochs=0; raises ConversionFailed or DataMismatch."""
        assert isinstance(params, PruningParams)
        data = context.training_set()
        share = HALF if params.pattern == "2:4" else params.final_sparsity
        adaptive = params.allocation == "adaptive" and params.pattern == "unstructured"
        sparsities = layer_sparsities(model, share, adaptive, chosen(model, params.layers, can_prune))
        if params.epochs == 0:
            prune_at_once(model, sparsities)
            reestimate(model, data.inputs)
            return model
        steps = params.epochs * -(-data.training // params.batch_size)
        plan = Plan(
            pattern=params.pattern,
            initial=params.initial_sparsity,
            constant=params.schedule == "constant",
            frequency=params.frequency,
            begin=int(params.begin * steps),
            end=int(END * steps),
        )
        wrapped = plan.wrapped(model, sparsities)
        aim = objective(model, data, params)
        settle = min(params.epochs - 1, int(END * params.epochs + 0.999))
        fit(Task(self.key, wrapped, aim, data, params, settle), context, plan.callbacks())
        bare = plan.stripped(wrapped)
        reestimate(bare, data.inputs)
        return bare

    @override
    def claims(self, params: Settings, before: FileFacts, after: FileFacts) -> tuple[Check, ...]:
        """The share of zeros among all weights of the file."""
        assert isinstance(params, PruningParams)
        asked = HALF if params.pattern == "2:4" else params.final_sparsity
        found = after.sparsity or 0.0
        whom = f"'{params.layers}'" if params.layers else "the layers that can be pruned"
        detail = f"{found:.1%} of all weights are zero; {asked:.0%} asked of {whom}"
        least = (before.sparsity or 0.0) + 1e-6 if params.layers else 0.8 * asked
        return (Check(name="Sparsity", passed=found >= least, detail=detail),)
