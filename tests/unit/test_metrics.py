"""Are rates known when they should be, and is their interval Wilson's?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.metrics import Rate, wilson


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [
        # the roots of (p - x)² = z² x (1 - x) / n, solved with 40 digits
        (10, 100, 0.05522914, 0.17436566),
        (50, 100, 0.40383153, 0.59616847),
        (1, 10, 0.01787621, 0.40415003),
        (0, 10, 0.0, 0.27753280),
        (10, 10, 0.72246720, 1.0),
        (3, 1000, 0.00102078, 0.00878301),
    ],
)
def test_the_interval_is_wilsons(count: int, total: int, low: float, high: float) -> None:
    interval = wilson(count, total)

    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-8)


def test_without_a_denominator_nothing_is_known() -> None:
    rate = Rate(count=0, total=0)

    assert rate.share is None
    assert rate.interval is None


@given(total=st.integers(1, 10**9), data=st.data())
def test_the_interval_holds_the_share_and_stays_between_none_and_all(
    total: int, data: st.DataObject
) -> None:
    rate = Rate(count=data.draw(st.integers(0, total)), total=total)

    assert rate.interval is not None
    assert rate.share is not None
    assert 0.0 <= rate.interval.low <= rate.share + 1e-12
    assert rate.share - 1e-12 <= rate.interval.high <= 1.0


@given(share=st.integers(0, 10), times=st.integers(2, 1000))
def test_more_trials_of_the_same_share_are_surer(share: int, times: int) -> None:
    few, many = wilson(share, 10), wilson(share * times, 10 * times)

    assert few is not None
    assert many is not None
    assert many.high - many.low < few.high - few.low


def test_counts_beyond_the_total_are_read_as_all_of_it() -> None:
    assert wilson(12, 10) == wilson(10, 10)
