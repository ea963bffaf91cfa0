"""Nets that collapse at 8 bits, and the layers that win it back."""

from __future__ import annotations

from pathlib import Path

import pytest
from making import Made, failed, made_from, variant_of

from tests.collapsing import outlier, unequal
from tflite_ui.core.errors import ConversionFailed
from tflite_ui.core.variant import Quality

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
