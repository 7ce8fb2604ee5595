"""Is a rate honest about what it is a share of, and how sure it is?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.metrics import Interval, Rate, wilson


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [
        # From the literature: Newcombe 1998, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_intervals(
    count: int, total: int, low: float, high: float
) -> None:
    interval = wilson(count, total)

    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)


def test_without_a_whole_there_is_no_share_and_no_interval() -> None:
    rate = Rate(count=0, total=0)

    assert (rate.share, rate.interval) == (None, None)


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_the_interval_holds_the_share_and_stays_within_bounds(count: int, total: int) -> None:
    count = min(count, total)
    rate = Rate(count=count, total=total)
    interval = rate.interval

    assert isinstance(interval, Interval)
    assert rate.share is not None
    assert 0 <= interval.low <= rate.share + 1e-12
    assert rate.share - 1e-12 <= interval.high <= 1


@given(st.integers(0, 100), st.integers(1, 50))
def test_more_of_the_same_makes_surer(count: int, factor: int) -> None:
    few, many = wilson(count, 100), wilson(count * factor, 100 * factor)

    assert few is not None
    assert many is not None
    assert many.high - many.low <= few.high - few.low + 1e-12


def test_more_than_the_whole_reads_as_all_of_it() -> None:
    assert wilson(12, 10) == wilson(10, 10)
