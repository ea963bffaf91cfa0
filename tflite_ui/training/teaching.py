"""What a student aims at: its teacher's logits, softened, and the labels (Hinton et al., 2015)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tflite_ui.core.training import Array, Targets, TrainingSet
from tflite_ui.training.heads import Head, heads
from tflite_ui.training.objective import Aim, Objective, check_classes


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
    the output's labels where they are classes and wanted. Other outputs: the squared error of the logits.
    """
    aims = [
        _aim(head, lesson, _classes(data, name, wanted), temperature, alpha)
        for name, head, lesson in zip(data.originals, heads(student), lessons, strict=True)
    ]
    return Objective(*zip(*aims, strict=True))


def _aim(head: Head, lesson: Array, classes: Array | None, temperature: float, alpha: float) -> Aim:
    if head != "softmax":
        return Aim(lesson, _squared(), None)
    loss = _softened(temperature, 1.0 if classes is None else alpha)
    return Aim(_joined(lesson, classes), loss, _same_answer)


def _classes(data: TrainingSet, output: str, wanted: Targets) -> Array | None:
    """The labels of a softmax output; None where there are none of the right kind."""
    labels = data.labels.get(output)
    original = data.originals[output]
    if labels is None or wanted == "original" or labels.dtype.kind == "f":
        return None
    if labels.shape != original.shape[:-1]:
        return None
    check_classes(labels, original.shape[-1])
    return labels


def _joined(lesson: Array, classes: Array | None) -> Array:
    """Logits [n, ..., c] with the class as one more column: one array holds what a loss compares with."""
    form = (*lesson.shape[:-1], 1)
    column = np.full(form, -1.0) if classes is None else np.reshape(classes, form)
    return np.concatenate([lesson, column], axis=-1).astype(np.float32)


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

    def loss(taught: Any, logits: Any) -> Any:
        return tf.reduce_mean(tf.square(taught - logits), axis=-1)

    return loss


def _same_answer(joined: Any, logits: Any) -> Any:
    """How often the student is right (where labels are known), or answers as its teacher."""
    import tensorflow as tf

    taught, label = joined[..., :-1], tf.cast(joined[..., -1], tf.int64)
    wanted = tf.where(label >= 0, label, tf.argmax(taught, axis=-1))
    return tf.cast(tf.equal(tf.argmax(logits, axis=-1), wanted), tf.float32)
