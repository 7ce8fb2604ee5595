"""Is a connection slowed by priority, long before its calls run out?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.budget import LONGEST, Level, Ration, ration
from hub.core.calls import CallKind, Purpose, purpose_of
from hub.core.forecast import Forecast, forecast
from hub.core.pace import RHYTHMS, Profile, price

LIVE = RHYTHMS[Profile.LIVE].window
NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)


def days(per_day: int, count: int) -> dict[date, int]:
    """So many calls on each of the days before."""
    return {NOON.date() - timedelta(days=back): per_day for back in range(1, count + 1)}


def expecting(spent: int, expected: int, *, is_rough: bool = False) -> Forecast:
    return Forecast(
        spent=spent, per_day=100, expected=expected, days_left=14.5, is_rough=is_rough, basis="test"
    )


def settled(budget: int | None, spent: int, expected: int, *, is_rough: bool = False) -> Ration:
    return ration(budget, expecting(spent, expected, is_rough=is_rough), LIVE, NOON)


@pytest.mark.parametrize(
    ("spent", "expected", "level"),
    [
        (100, 800, Level.FULL),
        (100, 901, Level.NO_SCANS),  # complete reads first
        (100, 1001, Level.NO_LOOKS),  # then looking unasked
        (100, 1101, Level.COLLECTED),  # then people's edits are collected
        (901, 1101, Level.SCARCE),  # the rest is stretched
        (901, 905, Level.SCARCE),
        (1000, 1000, Level.SPENT),
        (1500, 1500, Level.SPENT),
    ],
)
def test_it_slows_by_priority(spent: int, expected: int, level: Level) -> None:
    assert level is settled(1000, spent, expected).level


def test_without_a_budget_nothing_is_slowed() -> None:
    assert Level.FULL is settled(None, 10**9, 10**9).level


def test_a_rough_forecast_slows_nothing_by_itself() -> None:
    assert Level.FULL is settled(1000, 100, 72_000, is_rough=True).level


def test_a_spent_budget_holds_everything_until_the_month_is_over() -> None:
    assert datetime(2026, 12, 1, tzinfo=UTC) == settled(1000, 1000, 1000).until


def test_what_is_left_lasts_for_the_rest_of_the_month() -> None:
    found = settled(10_000, 9_100, 12_000)
    windows = timedelta(days=14.5) / found.window

    # Each window costs about six calls.
    assert windows * 6 <= 900


@given(
    budget=st.integers(100, 10**6),
    spent=st.integers(0, 10**6),
    more=st.integers(0, 10**6),
    further=st.integers(0, 10**6),
)
def test_more_spent_is_never_faster(budget: int, spent: int, more: int, further: int) -> None:
    order = list(Level)
    before = settled(budget, spent, spent + further)
    after = settled(budget, spent + more, spent + more + further)

    assert order.index(before.level) <= order.index(after.level)
    assert before.window <= after.window or after.level is Level.SPENT
    assert before.window <= LONGEST


def test_a_forecast_is_what_was_spent_and_the_mean_of_the_last_week() -> None:
    found = forecast({**days(100, 10), NOON.date(): 40}, NOON)

    assert 1040 == found.spent
    assert 100 == found.per_day
    # Fourteen days and a half are left.
    assert 1040 + 1450 == found.expected
    assert not found.is_rough


def test_a_forecast_counts_quiet_days_and_those_of_the_month_before() -> None:
    second = datetime(2026, 11, 2, tzinfo=UTC)
    found = forecast({date(2026, 10, 27): 700}, second)

    assert 0 == found.spent
    assert 700 / 6 == found.per_day
    assert "last 6 days" in found.basis


def test_the_first_day_is_a_rough_guess() -> None:
    found = forecast({NOON.date(): 50}, NOON)

    assert found.is_rough
    assert 100 == found.per_day


def test_an_empty_ledger_expects_nothing() -> None:
    assert 0 == forecast({}, NOON).expected


def test_the_month_ends_in_december_too() -> None:
    assert 0.5 == forecast({}, datetime(2026, 12, 31, 12, tzinfo=UTC)).days_left


@pytest.mark.parametrize(
    ("run", "call", "purpose"),
    [
        ("pull", CallKind.PAYLOADS, Purpose.PAYLOADS),
        ("pull", CallKind.RECORDS, Purpose.PULL),
        ("push", CallKind.RECORDS, Purpose.REREAD),
        ("push", CallKind.LOOKUP, Purpose.REREAD),
        ("push", CallKind.WRITE, Purpose.PUSH),
        ("reconcile", CallKind.RECORDS, Purpose.SCAN),
        ("backfill", CallKind.PAGE, Purpose.SCAN),
        ("backfill", CallKind.HOOK, Purpose.HOOK),
        ("hook", CallKind.HOOK, Purpose.HOOK),
        ("preview", CallKind.PAGE, Purpose.PREVIEW),
        ("notes", CallKind.WRITE, Purpose.NOTE),
        ("undo", CallKind.RECORDS, Purpose.OTHER),
        ("push", CallKind.OTHER, Purpose.OTHER),
    ],
)
def test_a_call_is_spent_on_what_its_run_was_for(
    run: str, call: CallKind, purpose: Purpose
) -> None:
    assert purpose is purpose_of(run, call)


@pytest.mark.parametrize(
    ("profile", "is_notified", "quiet_minutes", "seconds"),
    [
        (Profile.LIVE, True, 0, 60),
        (Profile.LIVE, True, 8, 120),
        (Profile.LIVE, True, 600, 300),
        (Profile.LIVE, False, 0, 5),
        (Profile.LIVE, False, 600, 60),
        (Profile.THRIFTY, False, 0, 900),
        (Profile.THRIFTY, False, 120, 1800),
        (Profile.THRIFTY, False, 6000, 3600),
    ],
)
def test_the_hub_looks_the_more_rarely_the_longer_nothing_came(
    profile: Profile, is_notified: bool, quiet_minutes: int, seconds: int
) -> None:
    looks = RHYTHMS[profile].looks(is_notified=is_notified)
    assert looks is not None

    assert timedelta(seconds=seconds) == looks.after(timedelta(minutes=quiet_minutes))


def test_where_nothing_ever_came_it_looks_as_rarely_as_it_may() -> None:
    looks = RHYTHMS[Profile.LIVE].looks_alone

    assert looks.longest == looks.after(None)


def test_a_thrifty_connection_that_is_notified_does_not_look_at_all() -> None:
    assert RHYTHMS[Profile.THRIFTY].looks(is_notified=True) is None


def test_the_price_of_a_profile_is_known_beforehand() -> None:
    day, hour = timedelta(days=1), timedelta(hours=1)
    thrifty = price(Profile.THRIFTY, is_notified=True, tables=[(10_000, day)])
    alone = price(Profile.THRIFTY, is_notified=False, tables=[])
    live = price(Profile.LIVE, is_notified=True, tables=[(10_000, hour), (0, hour)])

    # A hundred pages a night, a look at the hook an hour.
    assert (0, 720, 3000) == (thrifty.looks, thrifty.hook_checks, thrifty.complete_reads)
    assert 3720 == thrifty.at_rest
    assert (720, 0) == (alone.looks, alone.hook_checks)
    assert 8640 == live.looks
    assert (100 + 1) * 720 == live.complete_reads
    assert live.windows_at_most is None
    assert thrifty.windows_at_most == 30 * 24 * 4 * 6


def test_complete_reads_wait_first_and_looking_unasked_next() -> None:
    levels = [settled(1000, 100, expected) for expected in (800, 950, 1050)]

    assert [True, False, False] == [found.reads_completely for found in levels]
    assert [True, True, False] == [found.looks_unasked for found in levels]
