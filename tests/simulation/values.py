"""What do people write into the cells of a simulated world, and what is the same on both sides?"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from sync_world import (
    AMOUNT,
    CLIENT,
    CLIENTS,
    CODE,
    COUNTRY,
    DEALS,
    NAME,
    NOTE,
    PARENT,
    STAFF,
    STAGE,
    STATUS,
)

from hub.core.values import Unfit, Value, ValueKind, canonical
from hub.store.tables import hub_columns

TABLE_OF = {CLIENTS: "client", DEALS: "deal"}
STREAM_OF = {CLIENTS: "clients", DEALS: "deals"}
COLUMNS: Mapping[str, Mapping[str, str]] = {
    CLIENTS: {
        NAME: "name",
        STATUS: "status",
        COUNTRY: "country",
        STAFF: "employee_count",
        NOTE: "note",
        PARENT: "parent_client_id",
    },
    DEALS: {CODE: "code", STAGE: "stage", AMOUNT: "amount", CLIENT: "client_id"},
}
"""Remote table -> field -> hub column."""
LINKS = {CLIENTS: PARENT, DEALS: CLIENT}
STATUSES = ("onboarding", "warming", "active", "paused")
STAGES = {"Prospecting": "prospecting", "Engaging": "engaging", "Won": "won", "Lost": "lost"}
RowOf = Callable[[str], str | None]


def their_value(drawn: random.Random, field: str, number: int) -> Any:
    """A new value of a cell at Airtable; most are like no other, so that each can be traced."""
    choices = {STATUS: STATUSES, STAGE: tuple(STAGES)}
    if field in choices:
        return drawn.choice(choices[field])
    return _plain(drawn, field, number, "theirs")


def our_value(drawn: random.Random, field: str, number: int) -> Any:
    """A new value of the same cell at the hub."""
    choices = {STATUS: STATUSES, STAGE: tuple(STAGES.values())}
    if field in choices:
        return drawn.choice(choices[field])
    return _plain(drawn, field, number, "ours")


def _plain(drawn: random.Random, field: str, number: int, whose: str) -> Any:
    if field == STAFF:
        return number
    if field == AMOUNT:
        return number + drawn.choice((0, 0.25, 0.5))
    if field == NOTE and drawn.random() < 0.3:
        return f"{whose} {number}\nüber ✓ second line"
    return f"{whose} {number}"


def in_hub_form(table: str, field: str, raw: Any, row_of: RowOf) -> Value:
    """A cell of Airtable as the hub would hold it."""
    column = hub_columns(TABLE_OF[table])[COLUMNS[table][field]]
    if field == LINKS.get(table):
        listed = raw or []
        if len(listed) > 1:
            return f"{len(listed)} links"
        return (row_of(listed[0]) or f"unknown {listed[0]}") if listed else None
    if field in (STATUS, STAGE) and raw:
        # An option that was renamed carries an x more; to the hub it is what it was.
        raw = raw.rstrip("x")
    if field == STAGE and raw:
        raw = STAGES[raw]
    value = canonical(column.kind, raw, scale=column.scale)
    assert not isinstance(value, Unfit), value
    if value is None and not column.is_nullable:
        return column.default
    return value


def as_hub_holds(table: str, field: str, raw: Any) -> Value:
    """A column's value from Postgres in canonical form."""
    column = hub_columns(TABLE_OF[table])[COLUMNS[table][field]]
    kind = ValueKind.TEXT if raw is None else column.kind
    value = canonical(kind, raw, scale=column.scale)
    if value is None and not column.is_nullable:
        return column.default
    return value  # type: ignore[return-value]  # Postgres holds what fits
