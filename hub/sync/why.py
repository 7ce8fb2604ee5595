"""Why does a cell hold what it holds: which person, which run, which request, which policy?"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from hub.core.meeting import UNKNOWN_ACTOR
from hub.core.values import Value
from hub.errors import InvalidInput, NotFound
from hub.store import divergences, explanations, rows, schemas
from hub.store.explanations import CellStep
from hub.store.generic import UnitsOfWork
from hub.store.tables import TABLES, hub_columns

MOST_STEPS = 200
A_MOMENT = timedelta(seconds=1)
"""Two times closer than this are told as one."""


class Kind(enum.StrEnum):
    """What a link of the chain is about."""

    CHANGE = "change"
    CONFLICT = "conflict"
    WRITE = "write"


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One thing that happened to the cell, as a sentence and as data."""

    at: datetime
    kind: Kind
    sentence: str
    data: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What one stream holds about the cell now."""

    sentence: str
    data: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """The present value of a cell and the chain behind it, the newest first."""

    table: str
    row_id: UUID
    row_name: str | None
    column: str
    value: Value
    is_deleted: bool
    standing: tuple[Standing, ...]
    steps: tuple[Step, ...]


def explain_cell(database: UnitsOfWork, table: str, row: str, column: str) -> Explanation:
    """The chain behind a value; `row` is an id or a unique name.

    Raises:
        InvalidInput: there is no such table or column, or several rows are called so.
        NotFound: there is no such row.
    """
    _check_column(table, column)
    with database.reading() as session:
        row_id = find_row(session, table, row)
        found = rows.load_rows(session, table, [row_id]).get(row_id)
        steps = explanations.cell_steps(session, table, row_id, column, limit=MOST_STEPS)
        if found is None and not steps:
            raise NotFound(
                f"there is no row {row_id} in {table}, and the log knows of none. "
                "Look for its id in the table, or give its name."
            )
        chain = [_change(step, column) for step in steps]
        chain += [_conflict(c) for c in explanations.conflicts_of(session, row_id, column)]
        requests = explanations.intents_of(session, row_id, column)
        places = explanations.standing_of(session, row_id, column)
        names = _choice_names(session, [*requests, *places])
        chain += [_write(request, names) for request in requests]
        standing = [_standing(place, names) for place in places]
        name = divergences.row_names(session, table, [row_id]).get(row_id)
    return Explanation(
        table=table,
        row_id=row_id,
        row_name=name,
        column=column,
        value=found.values.get(column) if found else None,
        is_deleted=found is None or found.deleted_at is not None,
        standing=tuple(standing),
        steps=tuple(sorted(chain, key=lambda step: step.at, reverse=True)),
    )


def _check_column(table: str, column: str) -> None:
    if table not in TABLES:
        raise InvalidInput(f"table got {table!r}, valid are {', '.join(TABLES)}.")
    known = [*hub_columns(table), "deleted_at"]
    if column not in known:
        raise InvalidInput(f"field of {table} got {column!r}, valid are {', '.join(known)}.")


def find_row(session: Session, table: str, row: str) -> UUID:
    """The row with this id or name.

    Raises:
        InvalidInput: several live rows are called so.
        NotFound: none is.
    """
    try:
        return UUID(row.strip())
    except ValueError:
        named = divergences.rows_named(session, table, row)
    if not named:
        column = divergences.name_column(table)
        how = f"by id or by {column}" if column else "by id"
        raise NotFound(f"no row of {table} is called {row!r}. Rows are found {how}.")
    known = rows.load_rows(session, table, named)
    live = [row_id for row_id in named if known[row_id].deleted_at is None]
    candidates = live or named
    if len(candidates) > 1:
        listed = ", ".join(str(row_id) for row_id in candidates[:5])
        raise InvalidInput(
            f"{len(candidates)} rows of {table} are called {row!r}: {listed}. Give an id."
        )
    return candidates[0]


_ORIGINS = {
    "graphql": "through GraphQL",
    "resolve": "by resolving a conflict",
    "approval": "by deciding about a stopped plan",
    "undo": "by an undo",
    "cli": "from the command line",
    "migration": "by a migration",
    "demo": "when the demo was loaded",
    "psql": "in plain SQL",
    "sql": "in plain SQL",
}


def _change(step: CellStep, column: str) -> Step:
    if step.origin.startswith("sync:"):
        way = f"at {step.origin.removeprefix('sync:')}"
    else:
        way = _ORIGINS.get(step.origin, f"through {step.origin}")
    # A complete read does not tell who made what it finds.
    who = "Somebody" if step.actor == UNKNOWN_ACTOR else step.actor
    match step.operation:
        case "I":
            what = f"{who} made the row with {show(step.after)}"
        case "D":
            what = f"{who} deleted the row, which held {show(step.before)}"
        case _:
            what = f"{who} changed it from {show(step.before)} to {show(step.after)}"
    when = ""
    if step.edited_at is not None and abs(step.at - step.edited_at) >= A_MOMENT:
        when = f", made at {moment(step.edited_at)}"
    run = ""
    if step.run_kind is not None:
        run = f"; it came in with {step.run_kind} run {step.run_id}, started by {step.run_trigger}"
    return Step(
        at=step.at,
        kind=Kind.CHANGE,
        sentence=f"{what} {way}{when}{run} (change {step.change_id}).",
        data={name: getattr(step, name) for name in step.__dataclass_fields__} | {"column": column},
    )


_CAUSES = {
    "both_changed": "Both sides changed it",
    "lost_update": "A write of ours overwrote an edit there",
    "first_match": "Row and record met for the first time with different values",
    "edit_against_delete": "One side edited what the other deleted",
}


def _conflict(found: Mapping[str, Any]) -> Step:
    values = (
        f"base {show(found['base'])}, theirs {show(found['theirs'])} by "
        f"{found['their_actor'] or 'unknown'}, ours {show(found['ours'])} by "
        f"{found['our_actor'] or 'unknown'}"
    )
    match found["status"]:
        case "open":
            end = (
                f"it waits for a person (policy {found['policy']}): "
                f"`hub sync resolve {found['id']} theirs|ours`"
            )
        case "resolved":
            end = f"{found['resolved_by']} let {found['winner']} stand"
        case _:
            end = f"policy {found['policy']} let {found['winner'] or 'the equal value'} stand"
    cause = _CAUSES.get(found["cause"], found["cause"])
    return Step(
        at=found["created_at"],
        kind=Kind.CONFLICT,
        sentence=f"{cause} ({values}); {end} (conflict {found['id']}).",
        data=found,
    )


_OUTCOMES = {
    None: "the outcome is not known yet",
    "answered": "it was answered",
    "confirmed": "it was answered and seen again in their change history",
    "overwrote": "it overwrote an edit that somebody made there meanwhile",
    "dropped": "it was dropped",
    "failed": "it was refused",
    "adopted": "the record was found by its Hub ID later",
    "not_there": "it was looked for later and had not been made",
}


Names = Mapping[str, str]
"""The names of choices by their ids at the other side."""


def _choice_names(session: Session, found: Sequence[Mapping[str, Any]]) -> Names:
    return {
        choice: name
        for connection in {item["connection"] for item in found}
        for table in schemas.load_schema(session, connection).values()
        for field in table.fields.values()
        for choice, name in field.choices.items()
    }


def _there(value: object, names: Names) -> str:
    """A remote value in a sentence, choices by their names."""
    if isinstance(value, list):
        return show([names.get(str(item), item) for item in value])
    return show(names.get(value, value) if isinstance(value, str) else value)


def _write(found: Mapping[str, Any], names: Names) -> Step:
    outcome = _OUTCOMES.get(found["outcome"], f"outcome {found['outcome']}")
    place = f"{found['connection']}.{found['stream']}"
    match found["operation"]:
        case "delete":
            what = f"The hub asked {place} to delete the record"
        case "create":
            what = f"The hub made a record in {place} with {_there(found['sent'], names)}"
        case _:
            what = (
                f"The hub sent {_there(found['sent'], names)} to {place} "
                f"over {_there(found['believed'], names)}, which it believed there"
            )
    run = f" in push run {found['run_id']}" if found["run_id"] else ""
    began = f", started by {found['run_trigger']}" if found["run_trigger"] else ""
    return Step(
        at=found["created_at"],
        kind=Kind.WRITE,
        sentence=f"{what}{run}{began}; {outcome}.",
        data=found,
    )


def _standing(found: Mapping[str, Any], names: Names) -> Standing:
    place = f"{found['connection']}.{found['stream']}, record {found['external_id']}"
    if found["state"] == "tombstone":
        since = moment(found["deleted_at"]) if found["deleted_at"] else "some time"
        return Standing(sentence=f"{place}: deleted there since {since}.", data=found)
    pair = found["pair"]
    agreed = (
        f"both sides agreed on {show(pair['h'])} here and {_there(pair['r'], names)} there"
        if pair
        else "nothing was agreed on yet"
    )
    if found["reason"]:
        reason = found["detail"] or (
            f"it waits for {found['parked_on']}" if found["parked_on"] else ""
        )
        agreed += (
            f"; it stands still since {moment(found['since'])} ({found['reason']}"
            + (f": {reason}" if reason else "")
            + f"), with {_there(found['incoming'], names)} there"
        )
    if found["asked_since"]:
        agreed += f"; it is to be compared again ({found['asked_reason']})"
    if found["state"] != "live":
        agreed += f"; the record is {found['state']}"
    return Standing(sentence=f"{place}: {agreed}.", data=found)


def show(value: object) -> str:
    """A value in a sentence."""
    if value is None or value == "":
        return "nothing"
    if isinstance(value, str):
        return f"“{value}”" if len(value) <= 80 else f"“{value[:79]}…”"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or "nothing"
    return str(value)


def moment(at: datetime) -> str:
    """A time in a sentence, to the second, in UTC."""
    return at.strftime("%Y-%m-%d %H:%M:%S")
