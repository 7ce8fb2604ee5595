"""What do both sides' own logs say happened to every cell?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from simulation.values import COLUMNS, LINKS, TABLE_OF, as_hub_holds, in_hub_form
from sync_world import World

from hub.core.values import Value

Cell = tuple[str, str]
"""(row id, hub column); the column `deleted_at` stands for the whole row or record."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Happening:
    """One value of one cell, or the making and going of the whole.

    `by_person` is false for what the engine wrote. A consequence is a link cleared because its
    target went.
    """

    at: int
    cell: Cell
    value: Value
    by_person: bool
    who: str
    record: str = ""
    kind: str = "edit"
    is_consequence: bool = False


@dataclass(kw_only=True, slots=True)
class Histories:
    """Every happening at Airtable and at the hub by cell, each in its own order."""

    theirs: dict[Cell, list[Happening]] = field(default_factory=lambda: defaultdict(list))
    ours: dict[Cell, list[Happening]] = field(default_factory=lambda: defaultdict(list))


WHOLE = "deleted_at"


def read_histories(world: World, row_of: Mapping[str, str]) -> Histories:
    """Both logs; `row_of` says which row a record stands for, or stood for."""
    told = Histories()
    _read_theirs(world, row_of, told)
    deleting = {row["tx"] for row in world.query("select tx from hub.change where operation = 'D'")}
    for table in COLUMNS:
        _read_ours(world, table, told, deleting)
    return told


def _read_theirs(world: World, row_of: Mapping[str, str], told: Histories) -> None:
    edits = world.sandbox.edits()
    destroying = {edit["transaction"] for edit in edits if edit["kind"] == "destroy"}
    for edit in edits:
        table, record, field_id = edit["table"], edit["record"], edit["field"]
        row_id = row_of.get(record, record)
        if field_id is None:
            column, value = WHOLE, edit["kind"] == "destroy"
        elif field_id in COLUMNS[table] and edit["kind"] != "destroy":
            column = COLUMNS[table][field_id]
            value = in_hub_form(table, field_id, edit["after"], row_of.get)
        else:
            continue
        told.theirs[row_id, column].append(
            Happening(
                at=edit["number"],
                cell=(row_id, column),
                value=value,
                by_person=edit["source"] != "publicApi",
                who=str(edit["user"]),
                record=record,
                kind=edit["kind"],
                is_consequence=field_id == LINKS[table] and edit["transaction"] in destroying,
            )
        )


_OURS = """
select distinct on (c.id) c.id as hub__id, c.tx as hub__tx, c.operation as hub__operation,
    c.actor as hub__actor, c.origin as hub__origin, c.row_id as hub__row, d.names as hub__names, h.*
from hub.change c
join hub.table_dictionary t on t.id = c.table_id and t.name = :table
left join lateral (
    select array_agg(k.name) as names from hub.column_dictionary k
    where k.table_id = c.table_id and k.id = any(c.columns)
) d on true
left join history.{table} h on h.id = c.row_id and h.tx_from = c.tx
order by c.id, h.tx_to desc
"""


def _read_ours(world: World, table: str, told: Histories, deleting: set[int]) -> None:
    name = TABLE_OF[table]
    fields = {column: field_id for field_id, column in COLUMNS[table].items()}
    dead: dict[str, bool] = {}
    for change in world.query(_OURS.format(table=name), table=name):
        row_id, operation = str(change["hub__row"]), change["hub__operation"]
        named: set[str] = set(change["hub__names"] or [*fields, WHOLE])
        is_dead = operation == "D" or change["deleted_at"] is not None
        if is_dead != dead.get(row_id, True):
            told.ours[row_id, WHOLE].append(_ours(change, row_id, WHOLE, is_dead))
        dead[row_id] = is_dead
        if operation == "D":
            continue
        for column in sorted(named & set(fields)):
            value = as_hub_holds(table, fields[column], change[column])
            # A link set null because its target was deleted is nobody's edit.
            cascades = change["hub__tx"] in deleting and fields[column] == LINKS[table]
            happening = _ours(change, row_id, column, value)
            told.ours[row_id, column].append(replace(happening, is_consequence=cascades))


def _ours(change: Mapping[str, Any], row_id: str, column: str, value: Value) -> Happening:
    return Happening(
        at=change["hub__id"],
        cell=(row_id, column),
        value=value,
        by_person=not change["hub__origin"].startswith("sync"),
        who=f"{change['hub__actor']} ({change['hub__origin']})",
        kind={"I": "create", "U": "edit", "D": "destroy"}[change["hub__operation"]],
    )
