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
from hub.store.tables import TABLES

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
    key: str,
    owners: Sequence[UUID] | None,
    counts: Sequence[str],
    days: Range,
    period: str,
    *,
    include_excluded: bool,
) -> Select[Any]:
    """Counts by owner (column `key`) and period; all together, under no owner, for None."""
    rows = DeliveryMetricDaily.__table__.alias()  # type: ignore[attr-defined]
    owner = cast(null(), Uuid()) if owners is None else rows.c[key]
    starts: ColumnElement[Any] = cast(null(), Date())
    if period == "day":
        starts = rows.c.day
    elif period != "total":
        starts = cast(func.date_trunc(period, rows.c.day), Date())
    statement = select(
        owner.label("owner"),
        starts.label("starts"),
        func.min(rows.c.day).label("first_day"),
        func.max(rows.c.day).label("last_day"),
        func.count(distinct(rows.c.day)).label("days"),
        *(cast(func.sum(rows.c[name]), BigInteger()).label(name) for name in counts),
    ).where(*within(rows.c.day, days))
    if owners is not None:
        statement = statement.where(rows.c[key] == _ids(owners))
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
    return statement.group_by("owner", "starts").order_by("starts")


def excluded_days(key: str, owners: Sequence[UUID] | None, days: Range) -> Select[Any]:
    """The days left out for each owner, those of everybody among them; all days for None."""
    marks = ExcludedDay.__table__.alias()  # type: ignore[attr-defined]
    table = TABLES["client" if key == "client_id" else "campaign"].alias()
    client = table.c.id if key == "client_id" else table.c.client_id
    owner = cast(null(), Uuid()) if owners is None else table.c.id
    statement = (
        select(
            owner.label("owner"),
            marks.c.day,
            marks.c.reason,
            marks.c.client_id.is_(None).label("is_everybodys"),
        )
        .where(marks.c.deleted_at.is_(None), *within(marks.c.day, days))
        .order_by(marks.c.day, marks.c.client_id.nulls_first())
    )
    if owners is None:
        return statement
    return statement.select_from(
        marks.join(table, or_(marks.c.client_id.is_(None), marks.c.client_id == client))
    ).where(table.c.id == _ids(owners))


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
