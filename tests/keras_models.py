"""Small models of either Keras, one for each thing the bridge has to carry over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tf_keras
from keras import applications, layers, ops

Build = Callable[[], Any]


def sequential() -> Any:
    return keras.Sequential(
        [
            keras.Input((12, 12, 3)),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(5, activation="softmax"),
        ]
    )


def residual() -> Any:
    image = keras.Input((16, 16, 3), name="image")
    x = layers.Conv2D(8, 3, padding="same", use_bias=False, name="stem")(image)
    x = layers.ReLU()(layers.BatchNormalization(name="stem_bn")(x))
    y = layers.BatchNormalization()(layers.Conv2D(8, 3, padding="same")(x))
    x = layers.ReLU()(layers.Add()([x, y]))
    x = layers.DepthwiseConv2D(3, strides=2)(x)
    x = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(image, layers.Dense(4, activation="softmax", name="label")(x), name="residual")


def nested() -> Any:
    inner = keras.Sequential([keras.Input((10, 10, 4)), layers.Conv2D(6, 3), layers.BatchNormalization()])
    image = keras.Input((10, 10, 3))
    x = inner(layers.Conv2D(4, 1)(image))
    backbone_in = keras.Input((8, 8, 6))
    backbone = keras.Model(backbone_in, layers.ReLU()(layers.Conv2D(6, 3)(backbone_in)), name="backbone")
    x = layers.Flatten()(backbone(layers.Rescaling(0.5)(x)))
    return keras.Model(image, layers.Dense(3)(x))


def shared() -> Any:
    a, b = keras.Input((6,), name="left"), keras.Input((6,), name="right")
    dense = layers.Dense(4, activation="tanh", name="twin")
    return keras.Model([a, b], layers.Concatenate()([dense(a), dense(b)]))


def two_of_each() -> Any:
    a, b = keras.Input((6,), name="left"), keras.Input((8,), name="right")
    x = layers.Concatenate()([layers.Dense(4)(a), layers.Dense(4)(b)])
    outputs = [layers.Dense(2, name="first")(x), layers.Dense(3, activation="softmax", name="second")(x)]
    return keras.Model([a, b], outputs)


def recurrent(kind: str, bidirectional: bool = False) -> Build:
    def build() -> Any:
        x = keras.Input((7, 5))
        layer = getattr(layers, kind)(6)
        return keras.Model(x, layers.Dense(2)((layers.Bidirectional(layer) if bidirectional else layer)(x)))

    return build


def embedding() -> Any:
    tokens = keras.Input((9,), dtype="int32", name="tokens")
    x = layers.LSTM(6)(layers.Embedding(20, 8, mask_zero=True)(tokens))
    return keras.Model(tokens, layers.Dense(2, activation="softmax")(x))


def stacked() -> Any:
    tokens = keras.Input((9,), dtype="int32", name="tokens")
    x = layers.Embedding(20, 8, mask_zero=True)(tokens)
    x = layers.Bidirectional(layers.LSTM(6, return_sequences=True))(x)
    return keras.Model(tokens, layers.Dense(2, activation="softmax")(layers.GRU(5)(x)))


def attention(keywords: bool) -> Build:
    def build() -> Any:
        x = keras.Input((6, 8))
        attend = layers.MultiHeadAttention(2, 4)
        y = attend(query=x, value=x) if keywords else attend(x, x)
        return keras.Model(x, layers.GlobalAveragePooling1D()(y))

    return build


def transformer() -> Any:
    x = keras.Input((6, 8))
    y = layers.LayerNormalization()(x)
    y = x + layers.MultiHeadAttention(2, 4, dropout=0.1)(y, y)
    z = layers.Dense(8)(layers.Dense(16, activation="gelu")(layers.LayerNormalization()(y)))
    return keras.Model(x, layers.Dense(3)(layers.GlobalAveragePooling1D()(y + z)))


def operators() -> Any:
    x = keras.Input((8, 8, 4))
    y = layers.Conv2D(4, 1)(x) * 2.0 + x
    y = ops.relu(y[:, 1:, :, :]) - 0.5
    z = ops.concatenate([ops.mean(y, axis=[1, 2]), ops.max(y, axis=[1, 2])], axis=-1)
    z = ops.transpose(ops.reshape(z, (-1, 2, 4)), (0, 2, 1))
    z = ops.softmax(ops.sigmoid(z) / 2.0, axis=-1)
    return keras.Model(x, layers.Dense(3)(layers.Flatten()(z)))


def hard_activations() -> Any:
    x = keras.Input((8,))
    y = layers.Dense(8, activation="hard_silu")(x)
    y = layers.Activation("hard_sigmoid")(layers.Dense(8)(y))
    return keras.Model(x, layers.Dense(2)(ops.hard_silu(y)))


def preprocessing() -> Any:
    image = keras.Input((10, 12, 3))
    normalise = layers.Normalization(mean=[0.4, 0.5, 0.6], variance=[0.2, 0.3, 0.4])
    x = normalise(layers.Resizing(8, 8)(layers.Rescaling(1 / 255.0)(image)))
    return keras.Model(image, layers.Dense(2)(layers.Flatten()(layers.CenterCrop(6, 6)(x))))


def assorted() -> Any:
    x = keras.Input((12, 12, 3))
    y = layers.SeparableConv2D(6, 3)(x)
    y = layers.PReLU(shared_axes=[1, 2])(layers.Conv2DTranspose(4, 3, strides=2)(y))
    y = layers.LeakyReLU(negative_slope=0.1)(layers.ZeroPadding2D(1)(y))
    y = layers.ReLU(max_value=6.0)(layers.Conv2D(4, 3, groups=2)(y))
    return keras.Model(x, layers.GlobalMaxPooling2D()(layers.UpSampling2D()(y)))


def one_dimensional() -> Any:
    x = keras.Input((20, 3))
    y = layers.MaxPooling1D()(layers.Conv1D(6, 3, activation="elu")(x))
    y = layers.TimeDistributed(layers.Dense(4))(y)
    return keras.Model(x, layers.Dense(2)(layers.Flatten()(y)))


def of_keras_2() -> Any:
    image = tf_keras.Input((12, 12, 3), name="image")
    inner = tf_keras.Sequential([tf_keras.Input((10, 10, 4)), tf_keras.layers.Conv2D(6, 3)])
    x = inner(tf_keras.layers.Conv2D(4, 3, activation="relu")(image))
    x = tf_keras.layers.BatchNormalization()(x * 2.0)
    return tf_keras.Model(image, tf_keras.layers.Dense(3)(tf_keras.layers.Flatten()(x)))


def application(name: str, size: int = 32, **settings: Any) -> Build:
    def build() -> Any:
        make = getattr(applications, name)
        return make(weights=None, input_shape=(size, size, 3), classes=5, **settings)

    return build


SMALL: dict[str, Build] = {
    "Sequential": sequential,
    "Residual with batch-norm": residual,
    "Nested models": nested,
    "Shared layer": shared,
    "Two inputs, two outputs": two_of_each,
    "LSTM": recurrent("LSTM"),
    "GRU": recurrent("GRU"),
    "Bidirectional": recurrent("LSTM", bidirectional=True),
    "Embedding with mask, LSTM": embedding,
    "Embedding with mask, Bidirectional, GRU": stacked,
    "MultiHeadAttention": attention(keywords=False),
    "MultiHeadAttention by keyword": attention(keywords=True),
    "Transformer block": transformer,
    "Operators and keras.ops": operators,
    "Hard activations": hard_activations,
    "Preprocessing layers": preprocessing,
    "Separable, transposed, grouped convolutions": assorted,
    "Conv1D, TimeDistributed": one_dimensional,
    "Keras 2, nested": of_keras_2,
}
LARGE: dict[str, Build] = {
    "MobileNet": application("MobileNet"),
    "MobileNetV2": application("MobileNetV2"),
    "MobileNetV3Small": application("MobileNetV3Small"),
    "EfficientNetB0": application("EfficientNetB0"),
    "DenseNet121": application("DenseNet121"),
    "ResNet50": application("ResNet50"),
}
"""Without downloaded weights, on 32 pixels."""


def inputs_of(model: Any, samples: int = 3) -> list[np.ndarray]:
    """Seeded inputs: small whole numbers where the model takes integers."""
    rng = np.random.default_rng(3)

    def values(tensor: Any) -> np.ndarray:
        shape = (samples, *tuple(tensor.shape)[1:])
        whole = "int" in str(tensor.dtype)
        return rng.integers(0, 9, shape) if whole else rng.normal(size=shape).astype(np.float32)

    return [values(tensor) for tensor in model.inputs]


def shaken(model: Any) -> Any:
    """The model with random weights throughout: fresh biases and statistics would hide mistakes."""
    rng = np.random.default_rng(5)
    weights = [
        w + rng.normal(0, 0.05, w.shape).astype(w.dtype) if w.dtype.kind == "f" else w
        for w in model.get_weights()
    ]
    model.set_weights([np.abs(w) if w.ndim == 1 and w.dtype.kind == "f" else w for w in weights])
    return model
