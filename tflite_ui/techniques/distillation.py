"""A smaller student taught by the original: a narrower copy of it, or a model that the user brings."""

from __future__ import annotations

from operator import not_
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field
from typing_extensions import override

from tflite_ui.core.errors import ConversionFailed
from tflite_ui.core.facts import Check, FileFacts
from tflite_ui.core.model import Fitness, ModelSource
from tflite_ui.core.params import Params as Settings
from tflite_ui.core.technique import Family, ModelStep, Need
from tflite_ui.core.training import (
    Array,
    TrainingContext,
    TrainingParams,
    TrainingSet,
    divisor,
    epochs,
    learning_rate,
)
from tflite_ui.keras_graph.logits import with_heads, without_heads
from tflite_ui.keras_graph.narrow import groups, locked, narrowed
from tflite_ui.keras_graph.rebuild import Changes, rebuild
from tflite_ui.keras_graph.strides import with_strides
from tflite_ui.training.batch_norm import reestimate
from tflite_ui.training.features import with_features
from tflite_ui.training.fit import Task, fit, outputs
from tflite_ui.training.heads import answered, heads
from tflite_ui.training.moved import is_picture, with_moved
from tflite_ui.training.teaching import teaching

ENDINGS = {"softmax": "a softmax", "sigmoid": "a sigmoid", "linear": "plain numbers"}


class DistillationParams(TrainingParams):
    """Settings of distillation."""

    epochs: int = epochs(12, least=1)
    learning_rate: float = learning_rate(3e-3)
    student: Literal["narrower", "uploaded"] = Field(
        "narrower",
        title="Student",
        description="A narrower copy of your model, or a smaller model of your own (add it as the student).",
    )
    width: float = Field(
        0.5,
        ge=0.05,
        lt=1.0,
        title="Width",
        description="A narrower student's share of each layer's channels; weights fall by its square.",
        json_schema_extra={"search": [0.75, 0.6, 0.5, 0.35, 0.25]},
    )
    dense_width: float | None = Field(
        None,
        gt=0.0,
        le=1.0,
        title="Dense width",
        description="The share of hidden dense layers' units, where it is to be another one: "
        "behind a flatten they hold most weights and do least of the work.",
        json_schema_extra={"advanced": True},
    )
    divisor: int = divisor()
    temperature: float = Field(
        3.0,
        gt=0.0,
        le=50.0,
        title="Temperature",
        description="How much the teacher's answers are softened: above 1 the lesser classes count more.",
    )
    alpha: float = Field(
        0.9,
        ge=0.0,
        le=1.0,
        title="Alpha",
        description="How much the teacher counts; the rest is the labels', where there are any.",
    )
    start: Literal["teacher", "random"] = Field(
        "teacher",
        title="Start from",
        description="The weights the student comes with (a narrower one: the teacher's most important "
        "channels), or random ones.",
        json_schema_extra={"advanced": True},
    )
    strided: bool = Field(
        False,
        title="Strides for pooling",
        description="A narrower student's convolutions take the steps of the pooling after them, which goes: "
        "a part of the work, and room for more channels at the same speed.",
        json_schema_extra={"advanced": True},
        exclude_if=not_,
    )
    moved: int = Field(
        0,
        ge=0,
        le=20,
        title="Moved copies",
        description="How often each picture comes again, moved by some pixels and answered by the teacher: "
        "what few pictures teach is soon known by heart.",
        json_schema_extra={"advanced": True},
        exclude_if=not_,
    )
    mirror: bool = Field(
        False,
        title="Mirror moved copies",
        description="Turns half of the moved copies from left to right: not for letters, digits or signs.",
        json_schema_extra={"advanced": True},
        exclude_if=not_,
    )
    feature_weight: float = Field(
        0.0,
        ge=0.0,
        le=100.0,
        title="Feature weight",
        description="How much it counts that the same samples are alike inside the student as inside the "
        "teacher: 0 for not at all, 1 to begin with.",
        json_schema_extra={"advanced": True},
        exclude_if=not_,
    )


class Distillation(ModelStep):
    """Learns the teacher's logits at a temperature (Hinton et al., 2015, https://arxiv.org/abs/1503.02531).

    With ``feature_weight`` its features, too (see ``training.features``).
    """

    key: ClassVar[str] = "distillation"
    title: ClassVar[str] = "Distillation"
    summary: ClassVar[str] = "A narrow student learns from your model: several times smaller and faster."
    price: ClassVar[str] = "Trains longest of all, and needs many samples to do well."
    family: ClassVar[Family] = "distillation"
    order: ClassVar[int] = 10
    needs: ClassVar[frozenset[Need]] = frozenset({"keras_graph", "teacher"})
    Params: ClassVar[type[Settings]] = DistillationParams

    @override
    def fitness(self, model: Any) -> Fitness:
        """Whether a narrower student can be made; one of the user's own can be taught by any model."""
        if not groups(model):
            reason = next(iter(locked(model).values()), "no layer makes channels")
            text = f"only a student of your own can be taught, since no layer can be made narrower: {reason}."
            return Fitness(verdict="part", reason=text, only={"student": "uploaded"})
        return Fitness(verdict="works")

    @override
    def wants(self, params: Settings) -> frozenset[Need]:
        """The student as well, when it is an uploaded one."""
        assert isinstance(params, DistillationParams)
        return self.needs | ({"student"} if params.student == "uploaded" else frozenset[Need]())

    @override
    def apply(self, model: Any, params: Settings, context: TrainingContext) -> Any:
        """The student, trained; raises ConversionFailed or DataMismatch.

        Its first half isn't judged: a student made narrow has to find its feet, and while the rate is high
        its averages lag behind.
        """
        import tf_keras

        assert isinstance(params, DistillationParams)
        inputs = context.training_set().inputs
        tf_keras.utils.set_random_seed(context.seed)
        student = _student(model, params, context)
        student.trainable = True
        if params.start == "teacher":
            reestimate(student, inputs)
        teacher, bare = without_heads(model), without_heads(student)
        weight = params.feature_weight
        pupil = with_features(bare, teacher, weight) if weight else bare
        data, lessons = _lessons(model, teacher, params, context)
        aim = teaching(student, data, lessons, params.targets, params.temperature, params.alpha)
        settle = params.epochs // 2
        fit(Task(self.key, pupil, aim, data, params, settle), context)
        reestimate(bare, inputs)
        return with_heads(bare, student)

    @override
    def refuses(self, source: ModelSource, params: Settings) -> str:
        """What can't be moved, mirrored or strided: a student of one's own is taken as it is."""
        assert isinstance(params, DistillationParams)
        if params.strided and params.student == "uploaded":
            return "A student of your own keeps its pooling: choose strided=false."
        if params.mirror and not params.moved:
            return "Only moved copies are mirrored: set moved=2, or choose mirror=false."
        if params.moved and not _pictures(source):
            return "No input of the model is a picture that could be moved: choose moved=0."
        return ""

    @override
    def claims(self, params: Settings, before: FileFacts, after: FileFacts) -> tuple[Check, ...]:
        """A student smaller than its teacher."""
        if not before.parameters or not after.parameters:
            return ()
        detail = f"{after.parameters:,} weights, the teacher {before.parameters:,}"
        return (Check(name="Smaller student", passed=after.parameters < before.parameters, detail=detail),)


def _lessons(
    model: Any, teacher: Any, params: DistillationParams, context: TrainingContext
) -> tuple[TrainingSet, list[Array]]:
    """The samples, with those that were moved, and the logits of ``teacher``, ``model`` without its heads."""
    data = context.training_set()
    if not params.moved:
        return data, _logits(teacher, data.inputs)
    moved = with_moved(data, _pictures(context.source), params.moved, params.mirror, context.seed)
    lessons = _logits(teacher, moved.inputs)
    answers = map(answered, heads(model), lessons)
    originals = dict(zip(data.originals, answers, strict=True))
    return TrainingSet(moved.inputs, moved.labels, originals, moved.training, data.losses), lessons


def _logits(teacher: Any, inputs: dict[str, Array]) -> list[Array]:
    return [np.asarray(values, np.float32) for values in outputs(teacher, inputs)]


def _pictures(source: ModelSource) -> frozenset[str]:
    return frozenset(spec.name for spec in source.inputs if is_picture(spec))


def _student(model: Any, params: DistillationParams, context: TrainingContext) -> Any:
    """The student before it has learnt anything; raises ConversionFailed and UnsupportedModel."""
    fresh = params.start == "random"
    if params.student == "narrower":
        narrow = without_dropout(narrowed(model, _shares(model, params), fresh, params.divisor))
        return with_strides(narrow) if params.strided else narrow
    student = context.student()
    for own, other in zip(heads(student), heads(model), strict=True):
        if own != other:
            raise ConversionFailed(
                f"The student ends in {ENDINGS[own]}, the model in {ENDINGS[other]}.", "Let both end alike."
            )
    if fresh:
        names = frozenset(layer.name for layer in student.layers)
        student = rebuild(student, Changes(fresh=names))
    return student


def without_dropout(model: Any) -> Any:
    """``model`` with its dropout layers idle.

    A narrow layer has no units to spare, and a teacher's soft answers keep it from learning by heart.
    """
    idle = {layer.name: {"rate": 0.0} for layer in model.layers if "Dropout" in type(layer).__name__}
    return rebuild(model, Changes(settings=idle))


def _shares(model: Any, params: DistillationParams) -> dict[tuple[str, ...], float]:
    """The share of channels that each group loses."""
    dense = params.width if params.dense_width is None else params.dense_width
    kinds = {layer.name: type(layer).__name__ for layer in model.layers}
    return {
        group.layers: 1.0 - (dense if {kinds[name] for name in group.layers} == {"Dense"} else params.width)
        for group in groups(model)
    }
