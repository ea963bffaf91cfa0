"""What a student aims at: its teacher's logits, softened, and the labels (Hinton et al., 2015)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tflite_ui.core.training import Array, Targets, TrainingSet
from tflite_ui.training.heads import Head, heads
from tflite_ui.training.objective import Objective, check_classes


def teaching(
    student: Any,
    data: TrainingSet,
    lessons: Sequence[Array],
    wanted: Targets,
    temperature: float,
    alpha: float,
) -> Objective:
    """The objective of a student without its heads, ``lessons`` being its teacher's logits by output.

    Softmax outputs: alpha T^2 KL(teacher || student) at temperature T, plus (1 - alpha) cross-entropy with
    the labels where they are classes and wanted. Other outputs: the squared error of the logits.
    """
    found = heads(student)
    classes = _classes(data, found, wanted)
    first = _softened(temperature, alpha if classes is not None else 1.0)
    losses = tuple(first if head == "softmax" else _squared() for head in found)
    targets = tuple(_joined(lesson, classes) for lesson in lessons)
    metric = _same_answer if found[0] == "softmax" else None
    return Objective(targets, losses, (metric, *(None for _ in found[1:])))


def _classes(data: TrainingSet, found: tuple[Head, ...], wanted: Targets) -> Array | None:
    """The labels that the student learns from as well; None where there are none of the right kind."""
    if data.labels is None or wanted == "original" or found != ("softmax",) or data.labels.dtype.kind == "f":
        return None
    check_classes(data.labels, next(iter(data.originals.values())).shape[-1])
    return data.labels


def _joined(lesson: Array, classes: Array | None) -> Array:
    """Logits [n, c] with the class as one more column, so that one array holds what a loss compares with."""
    column = np.full((len(lesson), 1), -1.0) if classes is None else np.reshape(classes, (-1, 1))
    flat = lesson.ndim == 2
    return np.concatenate([lesson, column], axis=-1).astype(np.float32) if flat else lesson


def _softened(temperature: float, alpha: float) -> Callable[[Any, Any], Any]:
    import tensorflow as tf

    def loss(joined: Any, logits: Any) -> Any:
        taught, label = joined[..., :-1], joined[..., -1]
        soft = tf.nn.softmax(taught / temperature)
        cross = tf.nn.softmax_cross_entropy_with_logits(soft, logits / temperature)
        own = tf.nn.softmax_cross_entropy_with_logits(soft, taught / temperature)
        told = alpha * temperature**2 * (cross - own)
        if alpha == 1.0:
            return told
        hard = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(label, tf.int32), logits)
        return told + (1.0 - alpha) * hard

    return loss


def _squared() -> Callable[[Any, Any], Any]:
    import tensorflow as tf

    def loss(joined: Any, logits: Any) -> Any:
        taught = joined[..., : logits.shape[-1]] if len(logits.shape) == 2 else joined
        return tf.reduce_mean(tf.square(taught - logits), axis=-1)

    return loss


def _same_answer(joined: Any, logits: Any) -> Any:
    """How often the student is right (where labels are known), or answers as its teacher."""
    import tensorflow as tf

    taught, label = joined[..., :-1], tf.cast(joined[..., -1], tf.int64)
    wanted = tf.where(label >= 0, label, tf.argmax(taught, axis=-1))
    return tf.cast(tf.equal(tf.argmax(logits, axis=-1), wanted), tf.float32)
