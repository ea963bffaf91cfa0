"""Nets that collapse at 8 bits, and the layers that win it back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from making import Made, failed, made_from, variant_of

from tests.collapsing import mobile, outlier, unequal
from tflite_ui.core.errors import ConversionFailed
from tflite_ui.core.variant import Quality
from tflite_ui.evaluation.pruned import SHARES, pruned
from tflite_ui.litert.alone import Loss
from tflite_ui.litert.equalise import equalised_check
from tflite_ui.litert.flatbuffer import parse

pytestmark = pytest.mark.worker
DATA = Path(__file__).parent.parent.parent / "tflite_ui" / "samples" / "fashion.npz"


@pytest.fixture(scope="module")
def collapsed(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("unequal")
    return made_from(unequal(folder / "unequal.keras"), DATA, folder)


def quality_of(made: Made, spec: str, folder: Path) -> tuple[Quality, str]:
    """How a recipe does, and what was found about the layers it keeps."""
    result, _ = variant_of(made, spec, folder)
    assert failed(result.checks) == []
    assert result.quality is not None
    return result.quality, next((c.detail for c in result.checks if c.name.startswith("Layers kept")), "")


def test_what_unequal_channels_lose_is_won_back(collapsed: Made, tmp_path: Path) -> None:
    whole, _ = quality_of(collapsed, "float32", tmp_path)
    lost, _ = quality_of(collapsed, "full_integer", tmp_path)
    mixed, kept = quality_of(collapsed, "mixed_precision", tmp_path)
    assert whole.value - lost.value > 0.15
    assert mixed.value - lost.value > 0.9 * (whole.value - lost.value)
    assert "expand_1 (operator 6), mix_1 (operator 7); 11 operators in 8 bits" in kept


def test_equal_channels_win_it_back_in_8_bits_alone(collapsed: Made, tmp_path: Path) -> None:
    whole, _ = quality_of(collapsed, "float32", tmp_path)
    lost, _ = quality_of(collapsed, "full_integer", tmp_path)
    result, _ = variant_of(collapsed, "full_integer:equalise=true", tmp_path)
    assert result.quality
    assert result.quality.value - lost.value > 0.9 * (whole.value - lost.value)
    proofs = {check.name: check for check in result.checks}
    assert failed(result.checks) == []
    assert proofs["Integers throughout"].detail == "no float between the ports"
    assert proofs["Channels equalised"].detail.startswith("the weights of 6 of 6 layers")
    plain = tmp_path / "plain.tflite"
    plain.write_bytes(Path(variant_of(collapsed, "full_integer", tmp_path)[0].file).read_bytes())
    assert not equalised_check(Path(collapsed.prepared.float_file), plain).passed


def test_channels_before_a_relu6_are_equalised_too(tmp_path: Path) -> None:
    made = made_from(mobile(tmp_path / "mobile.keras"), DATA, tmp_path)
    whole, lost, equal = (
        quality_of(made, spec, tmp_path)[0].value
        for spec in ("float32", "full_integer", "full_integer:equalise=true")
    )
    assert equal - lost > 0.9 * (whole - lost) > 0.3


def test_what_one_channel_spoils_for_the_others_is_won_back(tmp_path: Path) -> None:
    made = made_from(outlier(tmp_path / "outlier.keras"), DATA, tmp_path)
    lost, _ = quality_of(made, "full_integer:per_channel=false", tmp_path)
    mixed, kept = quality_of(made, "mixed_precision:per_channel=false,worst=1", tmp_path)
    assert lost.value < 0.5
    assert mixed.value > 0.9
    assert kept.startswith("not in 8 bits: expand_1 (operator 6);")


def test_named_layers_are_kept(collapsed: Made, tmp_path: Path) -> None:
    spec = "mixed_precision:keep=6;mix_1,worst=0,keep_as=int16"
    mixed, kept = quality_of(collapsed, spec, tmp_path)
    assert kept.startswith("not in 8 bits: expand_1 (operator 6), mix_1 (operator 7);")
    assert mixed.agreement is not None
    assert mixed.agreement > 0.98


def test_a_layer_that_is_not_there_is_named(collapsed: Made, tmp_path: Path) -> None:
    with pytest.raises(ConversionFailed, match="no layer 'attic'"):
        variant_of(collapsed, "mixed_precision:keep=attic", tmp_path)


def test_nothing_kept_is_refused(collapsed: Made, tmp_path: Path) -> None:
    with pytest.raises(ConversionFailed, match="keeps no layer"):
        variant_of(collapsed, "mixed_precision:worst=0", tmp_path)


class Counting:
    """Stands for the judge: the share of zeros in a file is its loss."""

    def __init__(self) -> None:
        self.seen: list[list[float]] = []

    def loss(self, content: bytes) -> Loss:
        self.seen.append([float(np.mean(w == 0)) for w in _weights(content)])
        return Loss(0.01, None)


def _weights(content: bytes) -> list[np.ndarray]:
    constants = [t for t in parse(content, "it").tensors if t.is_constant and len(t.shape) > 1]
    return [t.stored() for t in constants if t.dtype == "float32"]


def test_weights_are_pruned_one_layer_at_a_time_the_largest_first(collapsed: Made) -> None:
    float_file = Path(collapsed.prepared.float_file)
    judge, whole = Counting(), _weights(float_file.read_bytes())
    layers, able = pruned(float_file, judge)  # type: ignore[arg-type]
    assert able == len(layers) == len(whole)
    assert [one.operator for one in layers] == sorted(one.operator for one in layers)
    assert {loss.sqnr_db for one in layers for loss in one.losses} == {20.0}
    largest = max(range(len(whole)), key=lambda i: len(whole[i]))
    for number, zeros in enumerate(judge.seen):
        share = SHARES[number % 2]
        changed = [z for z in zeros if z > 0.01]
        assert len(changed) == 1
        assert changed[0] == pytest.approx(share, abs=0.05)
    assert judge.seen[0][largest] > 0.4
    done, able = pruned(float_file, judge, seconds=-1)  # type: ignore[arg-type]
    assert (done, able) == ((), len(whole))
