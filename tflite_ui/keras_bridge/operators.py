"""Operators of Keras 3 (``x * 2 + y``, ``keras.ops``) and of tf_keras, as calls that tf_keras records.

Where a layer does the same, the layer is taken: what rewrites graphs later knows layers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tflite_ui.core.errors import UnsupportedModel

Operator = Callable[..., Any]


def is_operator(layer: Any) -> bool:
    """Whether ``layer`` is an operator and not a layer with settings and weights."""
    kinds = {kind.__name__ for kind in type(layer).__mro__}
    return "TFOpLambda" in kinds or "SlicingOpLambda" in kinds or "Layer" not in kinds


def call(operator: Any, label: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What the operator gives on symbolic tensors; raises UnsupportedModel for one not known.

    A layer that takes its place is called ``label``.
    """
    if any(kind.__name__ in ("TFOpLambda", "SlicingOpLambda") for kind in type(operator).__mro__):
        return operator.function(*args, **kwargs)
    name = type(operator).__name__
    scaled = _scaling(name, args)
    if scaled is not None:
        return _rescaling(label, *scaled)(args[0] if _symbolic(args[:1]) else args[1])
    if name in _pairs() and _are_alike(args):
        return _pairs()[name](name=label)(list(args))
    if name in _layers():
        return _layers()[name](operator, label)(*args)
    known = _table().get(name)
    if known is None:
        raise UnsupportedModel(
            f"The operator '{operator.name}' ({name}) can't be trained here: Keras 2 has none like it.",
            "Use a layer in its place, or choose conversions without training.",
        )
    return known(operator, *args, **kwargs)


def activated(x: Any, name: str, label: str) -> Any:
    """``x`` through an activation that tf_keras lacks (or has with other numbers), as Keras 3 defines it."""
    import tf_keras

    layers = tf_keras.layers
    gate = layers.ReLU(max_value=6.0, name=f"{label}_gate")(
        layers.Rescaling(1.0, 3.0, name=f"{label}_shift")(x)
    )
    if name == "hard_sigmoid":
        return layers.Rescaling(1.0 / 6.0, name=label)(gate)
    return layers.Multiply(name=label)([x, layers.Rescaling(1.0 / 6.0, name=f"{label}_scale")(gate)])


def _scaling(name: str, args: tuple[Any, ...]) -> tuple[float, float] | None:
    """Factor and offset of an operator between a float tensor and a plain number; None for any other."""
    if len(args) != 2 or sum(isinstance(arg, int | float) for arg in args) != 1:
        return None
    first = _symbolic(args[:1])
    tensor, number = args if first else args[::-1]
    if "float" not in str(getattr(tensor, "dtype", "")):
        return None
    known = {"Add": (1.0, number), "Multiply": (number, 0.0)}
    known |= {"Subtract": (1.0, -number) if first else (-1.0, number)}
    known |= {"TrueDivide": (1.0 / number, 0.0), "Divide": (1.0 / number, 0.0)} if first and number else {}
    return known.get(name)


def _rescaling(label: str, factor: float, offset: float) -> Any:
    from tf_keras import layers

    return layers.Rescaling(factor, offset, name=label)


def _are_alike(args: tuple[Any, ...]) -> bool:
    """Whether there are two symbolic tensors of one rank, as merging layers take."""
    return len(args) == 2 and len({len(getattr(arg, "shape", ())) for arg in args}) == 1 and _symbolic(args)


def _symbolic(args: tuple[Any, ...]) -> bool:
    return all("KerasTensor" in type(arg).__name__ for arg in args)


def _pairs() -> dict[str, Any]:
    from tf_keras import layers

    return {
        "Add": layers.Add,
        "Subtract": layers.Subtract,
        "Multiply": layers.Multiply,
        "Maximum": layers.Maximum,
        "Minimum": layers.Minimum,
    }


def _layers() -> dict[str, Callable[[Any, str], Any]]:
    """Operators that a layer does as well: from the operator and a name, the layer."""
    from tf_keras import layers

    named = {"Sigmoid": "sigmoid", "Tanh": "tanh", "Silu": "swish", "Softplus": "softplus", "Elu": "elu"}
    return {
        **{key: _activation(name) for key, name in named.items()},
        "Relu": lambda _, label: layers.ReLU(name=label),
        "Relu6": lambda _, label: layers.ReLU(max_value=6.0, name=label),
        "Softmax": lambda op, label: layers.Softmax(axis=op.axis, name=label),
        "Concatenate": lambda op, label: layers.Concatenate(axis=op.axis, name=label),
        "HardSilu": lambda _, label: lambda x: activated(x, "hard_silu", label),
        "HardSigmoid": lambda _, label: lambda x: activated(x, "hard_sigmoid", label),
        "Reshape": _reshape,
        "Transpose": _transpose,
    }


def _activation(name: str) -> Callable[[Any, str], Any]:
    from tf_keras import layers

    return lambda _, label: layers.Activation(name, name=label)


def _reshape(op: Any, label: str) -> Any:
    import tensorflow as tf
    from tf_keras import layers

    shape = tuple(op.newshape)
    free = shape and shape[0] in (-1, None) and -1 not in shape[1:]
    return layers.Reshape(shape[1:], name=label) if free else lambda x: tf.reshape(x, shape)


def _transpose(op: Any, label: str) -> Any:
    import tensorflow as tf
    from tf_keras import layers

    whole = op.axes and op.axes[0] == 0
    return layers.Permute(op.axes[1:], name=label) if whole else lambda x: tf.transpose(x, op.axes)


def _table() -> dict[str, Operator]:
    return {**_elementwise(), **_shapes(), **_reductions()}


def _elementwise() -> dict[str, Operator]:
    import tensorflow as tf

    plain = {
        "Add": tf.add,
        "Subtract": tf.subtract,
        "Multiply": tf.multiply,
        "Divide": tf.divide,
        "TrueDivide": tf.divide,
        "Maximum": tf.maximum,
        "Minimum": tf.minimum,
        "Power": tf.pow,
        "Negative": tf.negative,
        "Abs": tf.abs,
        "Absolute": tf.abs,
        "Exp": tf.exp,
        "Log": tf.math.log,
        "Sqrt": tf.sqrt,
        "Rsqrt": tf.math.rsqrt,
        "Square": tf.square,
        "Matmul": tf.matmul,
        "Where": tf.where,
        "Equal": tf.equal,
        "NotEqual": tf.not_equal,
        "LogicalAnd": tf.logical_and,
    }
    found: dict[str, Operator] = {name: _ignoring_itself(function) for name, function in plain.items()}
    found["Clip"] = lambda op, x, *_, **__: tf.clip_by_value(x, op.x_min, op.x_max)
    found["Cast"] = lambda op, x, *_, **__: tf.cast(x, op.dtype)
    found["Gelu"] = lambda op, x: tf.nn.gelu(x, approximate=op.approximate)
    found["Einsum"] = lambda op, *x, **__: tf.einsum(op.subscripts, *x)
    return found


def _ignoring_itself(function: Operator) -> Operator:
    return lambda _, *args, **kwargs: function(*args, **kwargs)


def _shapes() -> dict[str, Operator]:
    import tensorflow as tf

    return {
        "GetItem": lambda _, x, key: x[key],
        "Stack": lambda op, x: tf.stack(list(x), axis=op.axis),
        "ExpandDims": lambda op, x: tf.expand_dims(x, op.axis),
        "Squeeze": lambda op, x: tf.squeeze(x, op.axis),
        "Split": lambda op, x: tf.split(x, op.indices_or_sections, axis=op.axis),
        "Pad": lambda op, x, *_, **__: tf.pad(x, op.pad_width),
        "Repeat": lambda op, x: tf.repeat(x, op.repeats, axis=op.axis),
        "Tile": lambda op, x: tf.tile(x, op.repeats),
    }


def _reductions() -> dict[str, Operator]:
    import tensorflow as tf

    plain = {"Mean": tf.reduce_mean, "Sum": tf.reduce_sum, "Max": tf.reduce_max, "Min": tf.reduce_min}
    return {name: _reduction(function) for name, function in plain.items()}


def _reduction(function: Operator) -> Operator:
    return lambda op, x, **_: function(x, axis=op.axis, keepdims=op.keepdims)
