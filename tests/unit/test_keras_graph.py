"""Graphs rewritten: what is removed without weight changes nothing, what is folded answers alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tf_keras
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.keras_models import LARGE, SMALL, inputs_of, residual, shaken
from tflite_ui.core.errors import ConversionFailed
from tflite_ui.keras_bridge import to_tf_keras
from tflite_ui.keras_graph.fold import fold_batch_norm
from tflite_ui.keras_graph.logits import with_heads, without_heads
from tflite_ui.keras_graph.narrow import FEWEST, Group, groups, locked, narrowed, stays
from tflite_ui.training.heads import heads

layers = tf_keras.layers


def answers(model: Any, inputs: list[np.ndarray]) -> list[np.ndarray]:
    found = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    return [np.asarray(value) for value in (found if isinstance(found, list) else [found])]


def alike(first: Any, second: Any) -> None:
    inputs = inputs_of(first)
    for a, b in zip(answers(first, inputs), answers(second, inputs), strict=True):
        np.testing.assert_allclose(b, a, atol=1e-4 * max(1.0, float(np.abs(a).max())))


def conv(x: Any, filters: int, name: str, size: int = 3, norm: bool = True) -> Any:
    x = layers.Conv2D(filters, size, padding="same", use_bias=not norm, name=name)(x)
    return layers.ReLU()(layers.BatchNormalization(name=f"{name}_bn")(x)) if norm else x


def dense_block() -> Any:
    image = tf_keras.Input((8, 8, 3))
    x = conv(image, 8, "a")
    y = layers.Concatenate()([x, conv(x, 12, "b")])
    z = layers.Concatenate()([y, conv(y, 8, "c")])
    return tf_keras.Model(image, layers.Dense(4)(layers.Flatten()(layers.MaxPooling2D()(z))))


def squeeze_excite() -> Any:
    image = tf_keras.Input((8, 8, 3))
    x = conv(image, 12, "a")
    s = layers.Reshape((1, 1, 12))(layers.GlobalAveragePooling2D()(x))
    s = layers.Conv2D(12, 1, activation="sigmoid", name="up")(layers.Conv2D(6, 1, name="down")(s))
    x = layers.Multiply()([x, s])
    x = layers.BatchNormalization()(layers.DepthwiseConv2D(3, depth_multiplier=2, name="deep")(x))
    x = layers.SeparableConv2D(8, 3, name="separable")(layers.PReLU()(x))
    return tf_keras.Model(image, layers.Dense(4)(layers.Conv2DTranspose(6, 3, name="t")(x)))


def residual_2() -> Any:
    return to_tf_keras(residual())


def recurrent() -> Any:
    tokens = tf_keras.Input((9,), dtype="int32")
    x = layers.Embedding(20, 8, mask_zero=True)(tokens)
    x = layers.Bidirectional(layers.LSTM(9, return_sequences=True))(x)
    x = layers.GRU(8, return_sequences=True)(layers.TimeDistributed(layers.Dense(7, activation="relu"))(x))
    x = layers.Bidirectional(layers.SimpleRNN(6), merge_mode="sum")(x)
    return tf_keras.Model(tokens, layers.Dense(4)(x))


NETS = {
    "residual": residual_2,
    "dense block": dense_block,
    "squeeze and excite": squeeze_excite,
    "recurrent": recurrent,
}


def silence(model: Any, group: Group, units: set[int]) -> None:
    """Make the channels of ``units`` give zero whatever comes in: filters, biases and shifts to zero."""
    from tflite_ui.keras_graph.channels import follow

    channels = follow(model)
    for layer in model.layers:
        numbers = channels.made.get(layer.name, channels.taken.get(layer.name))
        if numbers is None or not layer.get_weights():
            continue
        dead = [i for i, root in enumerate(channels.roots(numbers)) if int(root) in units]
        layer.set_weights([_dead(layer, w, k, dead) for k, w in enumerate(layer.get_weights())])


def _dead(layer: Any, weight: np.ndarray, place: int, dead: list[int]) -> np.ndarray:
    kind, weight = type(layer).__name__, weight.copy()
    if kind in ("Bidirectional", "LSTM", "GRU", "SimpleRNN"):
        of = layer.forward_layer.units if kind == "Bidirectional" else layer.units
        weight.reshape(*weight.shape[:-1], -1, of)[..., dead] = 0  # of every gate
        return weight
    if kind == "Conv2DTranspose" and weight.ndim == 4:
        weight[:, :, dead, :] = 0
    elif kind == "DepthwiseConv2D":
        times = layer.depth_multiplier
        if weight.ndim == 4:
            weight[:, :, dead, :] = 0
        else:
            weight[[d * times + j for d in dead for j in range(times)]] = 0
    elif kind == "BatchNormalization":
        if place in (1, 2):
            weight[dead] = 0
    elif kind == "SeparableConv2D" and place == 0:
        pass
    else:
        weight[..., dead] = 0
    return weight


@pytest.mark.parametrize("name", NETS)
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 1000), share=st.floats(0.1, 0.7))
def test_channels_that_give_zero_can_go_unnoticed(name: str, seed: int, share: float) -> None:
    tf_keras.utils.set_random_seed(seed)
    model = shaken(NETS[name]())
    rng = np.random.default_rng(seed)
    for group in groups(model):
        count = min(int(share * len(group.units)), len(group.units) - 4)
        silence(model, group, {int(unit) for unit in rng.permutation(group.units)[: max(count, 0)]})
    small = narrowed(model, share)
    assert small.count_params() < model.count_params() or share * 6 < 1
    alike(model, small)


@pytest.mark.parametrize("name", [*LARGE, "Residual with batch-norm"])
def test_half_the_channels_leave_a_model_that_runs(name: str) -> None:
    model = to_tf_keras((LARGE | SMALL)[name]())
    small = narrowed(model, 0.5)
    assert small.count_params() < 0.55 * model.count_params()
    assert small.output_names == model.output_names
    assert [o.shape for o in answers(small, inputs_of(small))] == [
        o.shape for o in answers(model, inputs_of(model))
    ]


@pytest.mark.parametrize(
    "name", ["MultiHeadAttention", "Transformer block", "Operators and keras.ops", "Two inputs, two outputs"]
)
def test_what_is_not_understood_stays(name: str) -> None:
    model = shaken(to_tf_keras(SMALL[name]()))
    if groups(model):
        small = narrowed(model, 0.5)
        assert [o.shape for o in answers(small, inputs_of(small))] == [
            o.shape for o in answers(model, inputs_of(model))
        ]
    else:
        with pytest.raises(ConversionFailed, match="No channel"):
            narrowed(model, 0.5)
    assert all(locked(model).values())


def test_a_student_is_drawn_anew_and_by_the_seed() -> None:
    model = residual_2()
    model.trainable = False
    students = []
    for seed in (1, 1, 2):
        tf_keras.utils.set_random_seed(seed)
        students.append(narrowed(model, 0.5, fresh=True))
    first, again, other = (s.get_layer("stem").get_weights()[0] for s in students)
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)


@pytest.mark.parametrize("name", [*LARGE, *(name for name in NETS if name != "recurrent")])
def test_folding_changes_no_answer(name: str) -> None:
    model = shaken(to_tf_keras(LARGE[name]()) if name in LARGE else NETS[name]())
    folded = fold_batch_norm(model)
    count = [sum(type(layer).__name__ == "BatchNormalization" for layer in m.layers) for m in (model, folded)]
    assert count[1] < count[0]
    alike(model, folded)


def soft_layer() -> Any:
    x = tf_keras.Input((6,))
    return tf_keras.Model(x, layers.Softmax(name="soft")(layers.Dense(3, name="d")(x)))


def two_heads() -> Any:
    x = tf_keras.Input((6,))
    y = layers.Dense(8)(x)
    outputs = [
        layers.Dense(3, activation="softmax", name="a")(y),
        layers.Dense(1, activation="sigmoid", name="b")(y),
    ]
    return tf_keras.Model(x, outputs)


@pytest.mark.parametrize("build", [soft_layer, two_heads, residual_2])
def test_heads_come_off_and_on_again(build: Any) -> None:
    model = build()
    bare = without_heads(model)
    assert set(heads(bare)) == {"linear"}
    assert set(heads(model)) <= {"softmax", "sigmoid"}
    assert bare.output_names == model.output_names
    logits = answers(bare, inputs_of(bare))[0]
    assert not np.allclose(logits.sum(axis=-1), 1.0, atol=1e-3)
    back = with_heads(bare, model)
    assert back.output_names == model.output_names
    alike(model, back)


@given(units=st.integers(1, 300), share=st.floats(0, 0.99), divisor=st.sampled_from([1, 4, 8, 16]))
def test_what_stays_is_the_nearest_multiple_or_all(units: int, share: float, divisor: int) -> None:
    left = stays(units, share, divisor)
    assert left == units or left % divisor == 0
    assert min(units, FEWEST, divisor) <= left <= units
    plain = stays(units, share)
    assert abs(left - plain) <= max(divisor / 2, divisor - plain)


def test_channels_are_removed_down_to_multiples() -> None:
    narrow = narrowed(to_tf_keras(residual()), 0.3, divisor=4)
    made = {layer.name: layer.filters for layer in narrow.layers if type(layer).__name__ == "Conv2D"}
    assert made
    assert all(filters % 4 == 0 for filters in made.values())
