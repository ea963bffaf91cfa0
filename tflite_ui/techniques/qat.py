"""Quantisation-aware training: the weights learn to live on the grid of 8- or 4-bit integers."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field
from typing_extensions import override

from tflite_ui.core.errors import ConversionFailed
from tflite_ui.core.facts import Check, FileFacts
from tflite_ui.core.model import Fitness
from tflite_ui.core.params import Bits
from tflite_ui.core.params import Params as Settings
from tflite_ui.core.technique import Family, ModelStep, Need
from tflite_ui.core.training import TrainingContext, epochs, learning_rate
from tflite_ui.keras_graph.fold import fold_batch_norm
from tflite_ui.techniques._fake_quant import baked, can_quantise, has_operators, hold_zeros, wrapped
from tflite_ui.techniques._layers import SomeLayersParams, chosen, judged
from tflite_ui.training.batch_norm import reestimate
from tflite_ui.training.fit import Task, fit
from tflite_ui.training.objective import objective


class QatParams(SomeLayersParams):
    """Settings of quantisation-aware training."""

    epochs: int = epochs(2, least=1)
    learning_rate: float = learning_rate(5e-5)
    weight_bits: Bits = Field(
        8,
        title="Weight bits",
        description="8 for full integer files; 4 (first and last layer stay at 8) for weight_only:bits=4.",
        json_schema_extra={"search": [8, 4]},
    )


class Qat(ModelStep):
    """Trains with rounding in the forward pass (Jacob et al., 2018, https://arxiv.org/abs/1712.05877)."""

    key: ClassVar[str] = "qat"
    title: ClassVar[str] = "Quantisation-aware training"
    summary: ClassVar[str] = "Wins back what integers lose; keeps sparsity and clusters made before."
    price: ClassVar[str] = "Trains for minutes; where full integer alone loses nothing, it gains nothing."
    family: ClassVar[Family] = "training"
    order: ClassVar[int] = 50
    needs: ClassVar[frozenset[Need]] = frozenset({"keras_graph"})
    Params: ClassVar[type[Settings]] = QatParams

    @override
    def fitness(self, model: Any) -> Fitness:
        """In part when some layers with weights aren't among the toolkit's."""
        return judged(model, can_quantise, "no layer can be trained for integers.", "train in float")

    @override
    def apply(self, model: Any, params: Settings, context: TrainingContext) -> Any:
        """Train with fake quantisation, then put the weights on their grid in a plain model.

        Raises ConversionFailed when the toolkit refuses the model, and DataMismatch.
        """
        assert isinstance(params, QatParams)
        data = context.training_set()
        plain = fold_batch_norm(model) if params.weight_bits == 4 or has_operators(model) else model
        names = chosen(plain, params.layers, can_quantise)
        try:
            training = wrapped(plain, params.weight_bits, context.before, names)
        except (ValueError, RuntimeError, TypeError) as refused:
            raise ConversionFailed(
                f"The toolkit can't train this model for integers: {str(refused).splitlines()[0]}",
                "Leave qat out.",
            ) from refused
        if params.weight_bits == 4 and "pruning" in context.before:
            hold_zeros(training)
        fit(Task(self.key, training, objective(plain, data, params), data, params), context)
        clustered = params.weight_bits == 8 and "clustering" in context.before
        made = baked(training, plain, clustered)
        reestimate(made, data.inputs)
        return made

    @override
    def claims(self, params: Settings, before: FileFacts, after: FileFacts) -> tuple[Check, ...]:
        """Zeros made before are still there."""
        if not before.sparsity or before.sparsity < 0.2:
            return ()
        found = after.sparsity or 0.0
        detail = f"{found:.1%} of all weights are zero, {before.sparsity:.1%} before"
        return (Check(name="Sparsity kept", passed=found > before.sparsity - 0.02, detail=detail),)
