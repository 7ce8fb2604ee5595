"""What do both sides' own logs say happened to every cell?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from simulation.observations import Change, Observations
from simulation.values import COLUMNS, LINKS, TABLE_OF, as_hub_holds, in_hub_form

from hub.core.values import Value

Cell = tuple[str, str]
"""(record or row id, hub column); the column `deleted_at` stands for the whole."""
WHOLE = "deleted_at"


@dataclass(frozen=True, kw_only=True, slots=True)
class Happening:
    """One value of one cell, or the making and going of the whole.

    `by_person` is false for what the engine wrote. A consequence is a link cleared because its
    target went. `value` of a link at Airtable is the record it points to.
    """

    at: int
    cell: Cell
    value: Value
    by_person: bool
    who: str
    kind: str = "edit"
    is_consequence: bool = False
    is_restored: bool = False
    moment: float | None = None

    @property
    def is_end_of_all(self) -> bool:
        """Whether the whole went."""
        return self.cell[1] == WHOLE and self.value is True

    def __str__(self) -> str:
        one, column = self.cell
        when = "" if self.moment is None else f" at {self.moment:.3f}"
        return f"#{self.at}{when} {self.kind} of {column} of {one} to {self.value!r} by {self.who}"


@dataclass(kw_only=True, slots=True)
class Histories:
    """Every happening: at Airtable by record, at the hub by row, each in its own order."""

    theirs: dict[Cell, list[Happening]] = field(default_factory=lambda: defaultdict(list))
    ours: dict[Cell, list[Happening]] = field(default_factory=lambda: defaultdict(list))
    table_of: dict[str, str] = field(default_factory=dict)
    """Record or row -> remote table."""


def read_histories(seen: Observations) -> Histories:
    """Both logs, cell by cell."""
    told = Histories()
    _read_theirs(seen, told)
    deleting = {change.tx for change in seen.changes if change.operation == "D"}
    remote = {name: table for table, name in TABLE_OF.items()}
    dead: dict[str, bool] = {}
    for change in seen.changes:
        if change.table in remote:
            _read_ours(change, remote[change.table], told, deleting, dead)
    return told


def _read_theirs(seen: Observations, told: Histories) -> None:
    destroying = {edit["transaction"] for edit in seen.edits if edit["kind"] == "destroy"}
    ever: set[str] = set()
    again: set[tuple[str, int]] = set()
    reviving: set[int] = set()
    for edit in seen.edits:
        table, record, field_id = edit["table"], edit["record"], edit["field"]
        is_consequence = False
        if edit["kind"] == "create" and field_id is None:
            if record in ever:
                again.add((record, edit["transaction"]))
                reviving.add(edit["transaction"])
            ever.add(record)
        if field_id is None:
            column, value = WHOLE, edit["kind"] == "destroy"
        elif field_id in COLUMNS.get(table, {}) and edit["kind"] != "destroy":
            column = COLUMNS[table][field_id]
            value = their_value_of(table, field_id, edit["after"])
            # Whoever is back from the trash is in the links again that pointed there.
            of_another = (record, edit["transaction"]) not in again
            is_consequence = field_id == LINKS.get(table) and (
                edit["transaction"] in destroying
                or (edit["transaction"] in reviving and of_another)
            )
        else:
            continue
        told.table_of[record] = table
        if column == WHOLE and not value:
            _read_empties(seen, edit, told)
        told.theirs[record, column].append(
            Happening(
                at=edit["number"],
                cell=(record, column),
                value=value,
                by_person=edit["source"] != "publicApi",
                who=str(edit["user"]) if edit["source"] != "publicApi" else "the hub",
                kind=edit["kind"],
                is_consequence=is_consequence,
                # Out of the trash come the values that were there before: nobody writes them.
                is_restored=(record, edit["transaction"]) in again,
                moment=seen.theirs_at.get(edit["number"]),
            )
        )


def _read_empties(seen: Observations, made: Mapping[str, Any], told: Histories) -> None:
    """The cells of a new record that nobody filled: that somebody could see."""
    filled = {
        edit["field"]
        for edit in seen.edits[made["number"] - 1 : made["number"] + _MOST_CELLS]
        if edit["transaction"] == made["transaction"] and edit["record"] == made["record"]
    }
    for field_id, column in COLUMNS.get(made["table"], {}).items():
        if field_id not in filled:
            told.theirs[made["record"], column].append(
                Happening(
                    at=made["number"],
                    cell=(made["record"], column),
                    value=their_value_of(made["table"], field_id, None),
                    by_person=made["source"] != "publicApi",
                    who=str(made["user"]),
                    kind="empty",
                    moment=seen.theirs_at.get(made["number"]),
                )
            )


_MOST_CELLS = 60
"""The cells of a new record follow it in the edit log, after those made with it."""


def their_value_of(table: str, field_id: str, raw: object) -> Value:
    """A cell of Airtable as the hub would hold it; a link is the record it points to."""
    return in_hub_form(table, field_id, raw, lambda record: record)


def _read_ours(
    change: Change, table: str, told: Histories, deleting: set[int], dead: dict[str, bool]
) -> None:
    fields = {column: field_id for field_id, column in COLUMNS[table].items()}
    row_id = change.row_id
    told.table_of[row_id] = table
    is_dead = change.operation == "D" or change.is_dead
    if is_dead != dead.get(row_id, True):
        told.ours[row_id, WHOLE].append(_ours(change, WHOLE, is_dead))
    dead[row_id] = is_dead
    if change.operation == "D":
        return
    for column in _in_order(change.columns, fields):
        value = as_hub_holds(table, fields[column], change.values[column])
        # A link set null because its target was deleted is nobody's edit.
        cascades = change.tx in deleting and fields[column] == LINKS.get(table)
        happening = _ours(change, column, value)
        told.ours[row_id, column].append(replace(happening, is_consequence=cascades))


def _in_order(named: Iterable[str], fields: Mapping[str, str]) -> list[str]:
    return sorted(set(named) & set(fields))


def _ours(change: Change, column: str, value: Value) -> Happening:
    return Happening(
        at=change.id,
        cell=(change.row_id, column),
        value=value,
        by_person=not change.origin.startswith("sync"),
        who=f"{change.actor} ({change.origin})",
        kind={"I": "create", "U": "edit", "D": "destroy"}[change.operation],
        moment=change.moment,
    )
