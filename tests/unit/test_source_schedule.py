"""When is a stream due, what follows from a failure, and which steps lead to another dataset?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.datasets import (
    AddColumn,
    ChangeKey,
    Dataset,
    DatasetColumn,
    DropColumn,
    Redescribe,
    RenameColumn,
    RetypeColumn,
    steps_between,
)
from hub.core.retry import ErrorClass, classify, decide
from hub.core.schedule import InvalidCron, Schedule, check_cron, next_due
from hub.core.values import ValueKind
from hub.errors import (
    ConfigError,
    CursorExpired,
    GuardStopped,
    LeaseLost,
    NotFound,
    PermissionLost,
    QuotaExceeded,
    RateLimited,
    RecordRejected,
    RemoteUnavailable,
)

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


@given(
    st.integers(1, 100_000),
    st.integers(0, 3_000_000_000),
    st.text(),
)
def test_the_next_time_is_one_interval_away_at_most(seconds: int, moment: int, name: str) -> None:
    every = timedelta(seconds=seconds)
    after = datetime.fromtimestamp(moment, UTC)

    due = next_due(Schedule(every=every), name, after)

    assert after < due <= after + every
    assert due + every == next_due(Schedule(every=every), name, due)


def test_streams_of_one_interval_are_spread() -> None:
    minute = Schedule(every=timedelta(minutes=1), jitter=timedelta(minutes=1))

    due = sorted(next_due(minute, f"s{n}", NOON) for n in range(200))

    assert due[-1] - due[0] > timedelta(seconds=50)
    assert timedelta(seconds=3) > max(b - a for a, b in pairwise(due))


def test_cron_says_when() -> None:
    nightly = Schedule(cron="0 3 * * *", jitter=timedelta(0))
    assert datetime(2026, 11, 26, 3, tzinfo=UTC) == next_due(nightly, "x", NOON)
    spread = next_due(Schedule(cron="0 3 * * *"), "x", NOON)
    assert timedelta(0) <= spread - datetime(2026, 11, 26, 3, tzinfo=UTC) < timedelta(seconds=30)
    assert timedelta(hours=1) >= next_due(Schedule(), "x", NOON) - NOON


@pytest.mark.parametrize("cron", ["", "every day", "61 * * * *", "* * * * * *"])
def test_what_says_no_time_is_refused(cron: str) -> None:
    with pytest.raises(InvalidCron, match="five parts"):
        check_cron(cron)


@pytest.mark.parametrize(
    ("error", "kind", "is_told"),
    [
        (ConfigError(), ErrorClass.CONFIG, True),
        (GuardStopped(), ErrorClass.CONFIG, True),
        (PermissionLost(), ErrorClass.PERMISSION, True),
        (QuotaExceeded(), ErrorClass.QUOTA, True),
        (RemoteUnavailable(), ErrorClass.TRANSIENT, False),
        (CursorExpired(), ErrorClass.TRANSIENT, False),
        (LeaseLost(), ErrorClass.TRANSIENT, False),
        (RecordRejected(), ErrorClass.RECORD, True),
        (NotFound(), ErrorClass.CONFIG, True),
        (RuntimeError(), ErrorClass.BUG, True),
    ],
)
def test_an_error_is_somebodys_business(error: Exception, kind: ErrorClass, is_told: bool) -> None:
    assert kind is classify(error)
    assert is_told is decide(error, 1).tell


def test_five_parts_say_a_time() -> None:
    check_cron("0 3 * * *")


def test_a_source_that_is_down_is_asked_more_and_more_rarely() -> None:
    pauses = [decide(RemoteUnavailable(), attempt).pause for attempt in (1, 2, 3, 50)]

    assert [timedelta(seconds=n) for n in (5, 10, 20, 1800)] == pauses
    assert decide(RemoteUnavailable(), 5).tell
    slow = decide(RateLimited(retry_after_seconds=90), 1)
    assert timedelta(seconds=90) == slow.pause
    assert decide(CursorExpired(), 1).begin_anew
    assert decide(RuntimeError(), 3).pause is None


def column(name: str, kind: ValueKind = ValueKind.TEXT, **more: str) -> DatasetColumn:
    return DatasetColumn(name=name, kind=kind, label=name, description="", **more)


def dataset(*columns: DatasetColumn, key: tuple[str, ...] = (), **more: str) -> Dataset:
    return Dataset(
        name="d",
        description="",
        connection="c",
        stream=more.get("stream", "s"),
        columns=columns,
        key=key,
    )


def test_a_dataset_that_is_as_wanted_needs_no_step() -> None:
    assert () == steps_between(dataset(column("a")), dataset(column("a")))


def test_a_column_with_the_same_origin_is_renamed() -> None:
    old, new = column("rcpt", field="rcpt"), column("recipient", field="rcpt")

    steps = steps_between(dataset(old, key=("rcpt",)), dataset(new, key=("recipient",)))

    assert (RenameColumn(old="rcpt", new="recipient"), Redescribe()) == steps


def test_columns_come_go_and_change_their_kind() -> None:
    present = dataset(column("a"), column("b", field="x"))
    wanted = dataset(column("a", ValueKind.INTEGER), column("c", field="y"), key=("a",))

    assert (
        RetypeColumn(name="a", old=ValueKind.TEXT, new=ValueKind.INTEGER),
        AddColumn(column=column("c", field="y")),
        DropColumn(name="b"),
        ChangeKey(old=(), new=("a",)),
        Redescribe(),
    ) == steps_between(present, wanted)


def test_a_constant_is_no_origin() -> None:
    steps = steps_between(dataset(column("a")), dataset(column("b")))

    assert [AddColumn, DropColumn] == [type(step) for step in steps]


def test_a_dataset_knows_whose_and_of_which_day_its_rows_are() -> None:
    found = dataset(
        column("day", ValueKind.DATE),
        column("sent_on", ValueKind.DATE),
        column("client_id", ValueKind.REFERENCE, references="client"),
        key=("sent_on",),
    )

    assert ("client_id", "sent_on") == (found.client_column, found.day_column)
    assert "day" == found.column("day").name
    assert (None, None) == (dataset().client_column, dataset().day_column)
    assert Redescribe() in steps_between(dataset(), dataset(stream="other"))
