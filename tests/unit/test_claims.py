"""What may be said about quality."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.study_parts import quality
from tflite_ui.analysis.claims import claim, loss_bound, paired_difference
from tflite_ui.core.variant import Quality
from tflite_ui.evaluation.intervals import wilson


def test_few_disagreements_are_no_real_difference() -> None:
    assert claim(quality(21, 17)) == "no real difference on 2,000 samples"
    assert claim(quality(21, 17), "image", "accuracy") == "no real accuracy difference on 2,000 images"


def test_a_real_loss_is_said_with_its_interval() -> None:
    assert claim(quality(40, 16)) == "worse by 1.2 points (0.5 to 1.9) on 2,000 samples"
    assert claim(quality(16, 40)) == "better by 1.2 points (0.5 to 1.9) on 2,000 samples"


def test_the_interval_is_that_of_bonett_and_price() -> None:
    # by hand: (lost + 1) / (n + 2) = 41/2002 and (won + 1) / (n + 2) = 17/2002, so the middle is -24/2002
    # and the half width 1.96 sqrt((58/2002 - (24/2002)^2) / 2002)
    difference = paired_difference(quality(40, 16))
    assert difference is not None
    assert difference.value == pytest.approx(-0.012)
    assert difference.low == pytest.approx(-0.011988 - 0.007437, abs=2e-6)
    assert difference.high == pytest.approx(-0.011988 + 0.007437, abs=2e-6)


def test_no_disagreement_at_all_still_leaves_an_interval() -> None:
    difference = paired_difference(quality(0, 0))
    assert difference is not None
    assert difference.low == pytest.approx(-difference.high)
    assert difference.low < 0


@given(n=st.integers(1, 5000), data=st.data())
def test_the_interval_is_ordered_bounded_and_mirrors(n: int, data: st.DataObject) -> None:
    lost = data.draw(st.integers(0, n))
    won = data.draw(st.integers(0, n - lost))
    there = paired_difference(_paired(lost, won, n))
    back = paired_difference(_paired(won, lost, n))
    assert there is not None
    assert back is not None
    assert -1 <= there.low <= there.high <= 1
    assert there.low == pytest.approx(-back.high, abs=1e-12)


def test_without_labels_answers_that_differ_bound_the_loss() -> None:
    unlabelled = Quality(metric="agreement", value=0.99, n=1000, ci95=wilson(990, 1000), agreement=0.99)
    assert loss_bound(unlabelled) == pytest.approx(1 - wilson(990, 1000)[0])
    assert claim(unlabelled) == "the same answer as the original 99.0 % of the time on 1,000 samples"


def test_without_classes_nothing_bounds_a_loss() -> None:
    regression = Quality(metric="sqnr_db", value=33.0, n=500, sqnr_db=33.0)
    assert loss_bound(regression) is None
    assert claim(regression) == "output noise 33 dB below the signal on 500 samples"


def _paired(lost: int, won: int, n: int) -> Quality:
    return Quality(metric="accuracy", value=0.5, n=n, baseline_right_only=lost, variant_right_only=won)
