"""Which statements sum up delivery and warm-up, for any number of clients at once?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Select,
    Uuid,
    bindparam,
    cast,
    distinct,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by

from hub.store.entities import DeliveryMetricDaily, ExcludedDay, WarmupDaily

Range = tuple[date | None, date | None]


def within(day: ColumnElement[Any], days: Range) -> list[ColumnElement[bool]]:
    """The conditions for a day to lie in a range that may be open at both ends."""
    first, last = days
    return [
        *([day >= first] if first is not None else []),
        *([day <= last] if last is not None else []),
    ]


def _ids(ids: Sequence[UUID]) -> Any:
    return func.any(bindparam(None, list(ids), type_=ARRAY(Uuid()), unique=True))


def delivery_sums(
    clients: Sequence[UUID] | None,
    counts: Sequence[str],
    days: Range,
    period: str,
    *,
    include_excluded: bool,
) -> Select[Any]:
    """Counts by client and period; of everybody together, under no client, for None."""
    rows = DeliveryMetricDaily.__table__.alias()  # type: ignore[attr-defined]
    client = cast(null(), Uuid()) if clients is None else rows.c.client_id
    starts: ColumnElement[Any] = cast(null(), Date())
    if period == "day":
        starts = rows.c.day
    elif period == "week":
        starts = cast(func.date_trunc("week", rows.c.day), Date())
    statement = select(
        client.label("client"),
        starts.label("starts"),
        func.min(rows.c.day).label("first_day"),
        func.max(rows.c.day).label("last_day"),
        func.count(distinct(rows.c.day)).label("days"),
        *(cast(func.sum(rows.c[name]), BigInteger()).label(name) for name in counts),
    ).where(*within(rows.c.day, days))
    if clients is not None:
        statement = statement.where(rows.c.client_id == _ids(clients))
    if not include_excluded:
        marks = ExcludedDay.__table__.alias()  # type: ignore[attr-defined]
        statement = statement.where(
            ~exists(
                select(1)
                .select_from(marks)
                .where(marks.c.deleted_at.is_(None), marks.c.day == rows.c.day)
                .where(or_(marks.c.client_id.is_(None), marks.c.client_id == rows.c.client_id))
            )
        )
    return statement.group_by("client", "starts").order_by("starts")


def excluded_days(clients: Sequence[UUID] | None, days: Range) -> Select[Any]:
    """The days left out for these clients, those of everybody among them."""
    marks = ExcludedDay.__table__.alias()  # type: ignore[attr-defined]
    statement = (
        select(marks.c.client_id, marks.c.day, marks.c.reason)
        .where(marks.c.deleted_at.is_(None), *within(marks.c.day, days))
        .order_by(marks.c.day, marks.c.client_id.nulls_first())
    )
    if clients is None:
        return statement
    return statement.where(or_(marks.c.client_id.is_(None), marks.c.client_id == _ids(clients)))


def warmup_days(
    key: str, owners: Sequence[UUID], counts: Sequence[str], days: Range
) -> Select[Any]:
    """Counts by owner (column `key`) and day, each day with its reason to be left out."""
    rows = WarmupDaily.__table__.alias()  # type: ignore[attr-defined]
    marks = ExcludedDay.__table__.alias()  # type: ignore[attr-defined]
    reason = (
        select(
            func.string_agg(
                marks.c.reason, aggregate_order_by(literal("; "), marks.c.client_id.nulls_first())
            ).label("reason")
        )
        .where(marks.c.deleted_at.is_(None), marks.c.day == rows.c.day)
        .where(or_(marks.c.client_id.is_(None), marks.c.client_id == rows.c.client_id))
        .lateral()
    )
    return (
        select(
            rows.c[key].label("owner"),
            rows.c.day,
            func.count(distinct(rows.c.mailbox_id)).label("mailboxes"),
            func.max(reason.c.reason).label("excluded_reason"),
            *(cast(func.sum(rows.c[name]), BigInteger()).label(name) for name in counts),
        )
        .select_from(rows.join(reason, true()))
        .where(rows.c[key] == _ids(owners), *within(rows.c.day, days))
        .group_by(rows.c[key], rows.c.day)
        .order_by(rows.c.day)
    )
