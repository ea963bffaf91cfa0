"""Features taught beside the answers: samples alike inside the teacher are to be alike inside the student.

Similarity-preserving distillation (Tung and Mori, 2019, https://arxiv.org/abs/1907.09682) compares samples
with samples: so layers may be of any width and kind, and nothing is trained that the student doesn't keep.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from tflite_ui.core.errors import ConversionFailed
from tflite_ui.keras_bridge.replay import Call, calls
from tflite_ui.keras_graph.neighbours import tensors

SCALE: Final = 3000 / 128
"""What the distance counts at a weight of 1: as much as with the paper's gamma of 3000 at batches of 128.

The paper divides by the square of a batch's size, this by the size: a weight holds for batches of any size.
"""
DISTANCE: Final = "feature_distance"
"""The metric's name: the distance itself, whatever its weight."""

Size = tuple[int | None, ...]


def with_features(student: Any, teacher: Any, weight: float) -> Any:
    """``student``, sharing its weights, with the distance of its features from the teacher's in its loss.

    Both are functional, without heads, and take the same inputs; each batch passes through the teacher as in
    inference, and only the batch's features are held. Raises ConversionFailed when none can be compared.
    """
    import tensorflow as tf
    import tf_keras

    theirs, own = features(teacher), features(student)
    sizes = [size for size in theirs if size in own]
    if not sizes:
        raise ConversionFailed(
            "No features can be taught: before their heads, the model and the student have none of one size.",
            "Set feature_weight=0.",
        )
    taught = _asleep(teacher, [_compared(theirs[size]) for size in sizes])(student.inputs)
    pairs = zip(taught, [_compared(own[size]) for size in sizes], strict=True)
    apart = tf.add_n([distance(a, b) for a, b in pairs]) / len(sizes)
    pupil = tf_keras.Model(student.inputs, student.outputs, name=student.name)
    pupil.add_loss(weight * SCALE * apart)
    pupil.add_metric(apart, name=DISTANCE)
    return pupil


def features(model: Any) -> dict[Size, Any]:
    """By size (height and width, length, or nothing), the last features of that size: where a stage ends.

    Features are what comes from a layer that learns and goes to another one, if not at once: a model's inputs
    are none, nor are its answers.
    """
    made = list(calls(model))
    inside = _learnt(made) & _used(made)
    found = [t for call in made for t in call.outputs if id(t) in inside and t.dtype.is_floating]
    return {tuple(tensor.shape[1:-1]): tensor for tensor in found}


def _learnt(made: Iterable[Call]) -> set[int]:
    found: set[int] = set()
    for call in made:
        if _learns(call.layer) or found & {id(tensor) for tensor in tensors(call)}:
            found |= {id(tensor) for tensor in call.outputs}
    return found


def _used(made: list[Call]) -> set[int]:
    found: set[int] = set()
    for call in reversed(made):
        if _learns(call.layer) or found & {id(tensor) for tensor in call.outputs}:
            found |= {id(tensor) for tensor in tensors(call)}
    return found


def _learns(layer: Any) -> bool:
    """Whether a layer has weights that training is meant to change, frozen or not."""
    return any(weight.trainable for weight in layer.weights)


def similarities(features: Any, mask: Any = None) -> Any:
    """How alike each sample is to each: features [b, ...] as the rows, of length 1, of F F^T [b, b].

    Steps that ``mask`` [b, steps] leaves out count as zeros. A sample without features has a row of zeros,
    and no steep gradient.
    """
    import tensorflow as tf

    if mask is not None:
        steps = tf.reshape(features, tf.concat([tf.shape(mask), [-1]], axis=0))
        features = steps * tf.cast(mask, features.dtype)[..., None]
    flat = tf.reshape(features, [tf.shape(features)[0], -1])
    gram = tf.matmul(flat, flat, transpose_b=True)
    squares = tf.reduce_sum(tf.square(gram), axis=1, keepdims=True)
    return gram * tf.math.rsqrt(tf.where(squares > 0, squares, tf.ones_like(squares)))


def distance(taught: Any, found: Any) -> Any:
    """The squared distance of two samples' rows of similarities, 0 to 4, in the mean over a batch."""
    import tensorflow as tf

    return tf.reduce_mean(tf.reduce_sum(tf.square(taught - found), axis=1))


def _compared(features: Any) -> Any:
    """The similarities of a model's features, with the mask that comes with them."""
    import tf_keras

    class Compared(tf_keras.layers.Layer):  # type: ignore[misc]
        def call(self, inputs: Any, mask: Any = None) -> Any:
            return similarities(inputs, mask)

        def compute_mask(self, inputs: Any, mask: Any = None) -> None:
            """None: samples are compared, not steps."""

    return Compared()(features)


def _asleep(teacher: Any, outputs: list[Any]) -> Any:
    """``teacher`` up to ``outputs`` as a layer without weights: none is trained, none is saved."""
    import tensorflow as tf
    import tf_keras

    inner = tf_keras.Model(teacher.inputs, outputs)

    class Asleep(tf_keras.layers.Layer):  # type: ignore[misc]
        def call(self, inputs: Any) -> Any:
            return [tf.stop_gradient(made) for made in tf.nest.flatten(inner(inputs, training=False))]

    return Asleep()
