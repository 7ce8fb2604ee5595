"""When is a plan too much to be carried out without a person's word?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.guard import Guard, delete_guard, exceeds, overwrite_guard


@pytest.mark.parametrize(
    ("affected", "total", "reason"),
    [
        (0, 0, None),
        (10, 10, None),  # in a small table every row is a large share
        (11, 100, None),
        (11, 20, "11 of 20 records (55%), more than the allowed share of 30%"),
        (30, 100, None),  # the share itself is allowed
        (50, 100_000, None),
        (51, 100_000, "51 of 100000 records, more than the limit of 50"),
        (11, 0, None),  # nothing to have a share of
    ],
)
def test_deletions_are_held_by_count_and_by_share(
    affected: int, total: int, reason: str | None
) -> None:
    assert reason == exceeds(delete_guard(50, 0.3), affected=affected, total=total)


def test_a_few_hundred_pasted_rows_are_an_ordinary_day() -> None:
    guard = overwrite_guard(500, 0.3)

    assert exceeds(guard, affected=250, total=260) is None
    assert exceeds(guard, affected=251, total=260) is not None


@given(st.integers(0, 100), st.integers(0, 100), st.integers(0, 100))
def test_more_affected_records_never_pass_where_fewer_were_held(
    affected: int, more: int, total: int
) -> None:
    guard = Guard(limit=40, share=0.5, share_from=5)

    if exceeds(guard, affected=affected, total=total) is not None:
        assert exceeds(guard, affected=affected + more, total=total) is not None
