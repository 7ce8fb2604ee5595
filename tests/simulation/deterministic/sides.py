"""What stands at both sides of a simulated world, looked at without a request or a switch?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from simulation.values import COLUMNS, STREAM_OF, TABLE_OF, in_hub_form
from sync_world import BASE

from hub.core.links import LIVE, Link
from hub.sandbox.airtable.model import Base, Table
from hub.sandbox.airtable.people_edits import Edited
from hub.sandbox.airtable.reader import Reader
from hub.sandbox.airtable.sandbox import Sandbox
from hub.store import links, rows
from hub.store.generic import UnitsOfWork
from hub.store.rows import Row


class TheirSide:
    """The base as the people of Airtable see it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    @property
    def base(self) -> Base:
        """The one base of the world."""
        return self.sandbox.state.bases[BASE]

    def table(self, table: str) -> Table:
        """A table by id."""
        return self.base.tables[table]

    def records(self, table: str) -> list[str]:
        """The ids of the records that are there."""
        return list(self.table(table).records)

    def has(self, table: str, record: str) -> bool:
        """Whether the record is there."""
        return record in self.table(table).records

    def cell(self, table: str, record: str, field: str) -> Any:
        """A cell as the API would show it; None where it is empty."""
        held = self.table(table)
        if field not in held.fields:
            return None
        return Reader(self.sandbox.state, self.base).value(
            held, held.records[record], held.fields[field]
        )

    def cells(self, table: str) -> dict[str, dict[str, Any]]:
        """Every record's mapped cells that are filled, and its Hub ID."""
        held, reader = self.table(table), Reader(self.sandbox.state, self.base)
        return {
            record_id: reader.record(held, record, by_field_id=True)["fields"]
            for record_id, record in held.records.items()
        }

    def edit(self, table: str, user: str, **edit: Any) -> Edited:
        """A person's edit: one action, one transaction."""
        body = {"user": user, **edit}
        return self.sandbox.people.apply(self.base, self.table(table), body)

    def log(self) -> list[dict[str, Any]]:
        """The edit log, from the beginning."""
        edits: list[dict[str, Any]] = self.sandbox.edit_log.after(0)["edits"]
        return edits


class OurSide:
    """The hub's rows and links as they stand in the store."""

    def __init__(self, store: UnitsOfWork) -> None:
        self.store = store
        self.rows_of: dict[str, dict[UUID, None]] = {name: {} for name in TABLE_OF.values()}
        """Every row that ever was, by table."""

    def live(self, table: str, *, deleted: bool = False) -> list[UUID]:
        """The rows of a remote table that live, or those that are tombstones."""
        known = self.load(table)
        return [row.id for row in known.values() if (row.deleted_at is not None) == deleted]

    def load(self, table: str) -> dict[UUID, Row]:
        """Every row of a remote table, tombstones among them."""
        name = TABLE_OF[table]
        with self.store.reading() as session:
            return rows.load_rows(session, name, sorted(self.rows_of[name]))

    def row(self, table: str, row_id: UUID) -> Row | None:
        """One row."""
        with self.store.reading() as session:
            return rows.load_rows(session, TABLE_OF[table], [row_id]).get(row_id)

    def link_of_record(self, table: str, record: str) -> Link | None:
        """The live link of a record."""
        with self.store.reading() as session:
            found = links.links_of_records(session, "world", STREAM_OF[table], [record])
        link = found.get(record)
        return link if link is not None and link.state == LIVE else None

    def link_of_row(self, table: str, row_id: UUID) -> Link | None:
        """The live link of a row."""
        with self.store.reading() as session:
            found = links.links_of_rows(session, "world", STREAM_OF[table], [row_id])
        link = found.get(row_id)
        return link if link is not None and link.state == LIVE else None


def is_unsettled_at_hub(ours: OurSide, table: str, link: Link, field: str) -> bool:
    """Whether the hub changed a cell that the other side has not got yet."""
    column = COLUMNS[table][field]
    pair, row = link.shadow.get(column), ours.row(table, link.row_id)
    return pair is not None and row is not None and row.values[column] != pair.hub


def is_unsettled_there(
    theirs: TheirSide, table: str, link: Link, field: str, row_of: Mapping[str, str]
) -> bool:
    """Whether the other side changed a cell that the hub has not got yet."""
    pair = link.shadow.get(COLUMNS[table][field])
    if pair is None or not theirs.has(table, link.external_id):
        return False
    raw = theirs.cell(table, link.external_id, field)
    return in_hub_form(table, field, raw, row_of.get) != pair.hub
