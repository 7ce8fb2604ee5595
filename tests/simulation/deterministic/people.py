"""What do people do at both sides of a simulated world?"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from simulation.deterministic.fake_time import FakeTime
from simulation.deterministic.sides import (
    OurSide,
    TheirSide,
    is_unsettled_at_hub,
    is_unsettled_there,
)
from simulation.deterministic.turns import Trace
from simulation.memory_store.refusals import WouldWait
from simulation.values import COLUMNS, LINKS, TABLE_OF, our_value, their_value
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session
from sync_world import CLIENTS, CODE, DEAL_HUB_ID, DEALS, HUB_ID, NAME

from hub.core.merge import Winner
from hub.errors import HubError
from hub.sandbox.airtable.errors import AirtableError
from hub.store import conflicts, rows
from hub.store.database import Provenance
from hub.sync.resolve import resolve_conflict

TABLES = (CLIENTS, DEALS)
KEYS = {CLIENTS: NAME, DEALS: CODE}
HUB_IDS = {CLIENTS: HUB_ID, DEALS: DEAL_HUB_ID}
THEM = ("Alex", "Berta", "Carl")
US = ("Hanna", "Igor")
EDITS: Mapping[str, float] = {
    "their update": 30,
    "their clear": 3,
    "their link": 5,
    "their create": 3,
    "their delete": 2.5,
    "their restore": 2,
    "their paste": 1,
    "their duplicate": 0.5,
    "their two links": 0.6,
    "their hub id": 0.8,
    "our update": 22,
    "our sql update": 8,
    "our clear": 3,
    "our link": 5,
    "our insert": 3,
    "our tombstone": 1.6,
    "our sql delete": 0.8,
    "our revival": 1,
    "our resolution": 2,
}
FOLLOWED = 0.42
"""How often somebody at the other side edits the very cell at once."""


class People:
    """Editors at Airtable, users of the hub's API and writers of plain SQL."""

    def __init__(
        self,
        theirs: TheirSide,
        ours: OurSide,
        time: FakeTime,
        row_of: Mapping[str, str],
        drawn: random.Random,
        tally: Counter[str],
        trace: Trace,
        delete_row: Callable[[str, UUID], None],
    ) -> None:
        self.theirs = theirs
        self.ours = ours
        self.time = time
        self.row_of = row_of
        self.drawn = drawn
        self.tally = tally
        self.trace = trace
        self._delete_row = delete_row
        self._number = 1000
        self._trash: list[tuple[str, str]] = []
        self._recent: deque[tuple[str, str, str, str]] = deque(maxlen=6)

    def act(self) -> None:
        """Somebody does something; often the other side answers at once."""
        (kind,) = self.drawn.choices(list(EDITS), list(EDITS.values()))
        self.do(kind)
        if self.drawn.random() < FOLLOWED and self._recent:
            whose, table, one, field = self._recent[-1]
            self._follow(whose, table, one, field)

    def do(self, kind: str) -> None:
        """One kind of edit; nothing happens where there is nothing to edit."""
        before = self.tally["edits"]
        self._number += 1
        getattr(self, "_" + kind.replace(" ", "_"))()
        self.tally[f"did {kind}"] += self.tally["edits"] - before

    def _follow(self, whose: str, table: str, one: str, field: str) -> None:
        self._number += 1
        if whose == "ours":
            link = self.ours.link_of_row(table, UUID(one))
            if link is not None and self.theirs.has(table, link.external_id):
                self.change_there(table, link.external_id, [field])
            return
        link = self.ours.link_of_record(table, one)
        row = self.ours.row(table, link.row_id) if link is not None else None
        if link is not None and row is not None and row.deleted_at is None:
            self._change_here(table, link.row_id, [field], sql=self.drawn.random() < 0.25)

    # Edits at Airtable

    def change_there(self, table: str, record: str, fields: list[str]) -> None:
        """A person changes cells of a record."""
        cells = self.cells_there(table, record, fields)
        self._edit_there(table, update=[{"id": record, "fields": cells}])
        for field in fields:
            self._recent.append(("theirs", table, record, field))

    def cells_there(self, table: str, record: str, fields: list[str]) -> dict[str, Any]:
        """New values of cells of a record; it is noted where they meet an unsettled cell."""
        cells: dict[str, Any] = {}
        for field in fields:
            self._number += 1
            if field == LINKS[table]:
                cells[field] = self._some_link()
            else:
                cells[field] = self._some_value(table, field)
        self.note_meetings_of_theirs(table, record, fields)
        return cells

    def _some_value(self, table: str, field: str) -> Any:
        """What a person types, or picks from the options as they are called now."""
        known = self.theirs.table(table).fields.get(field)
        choices = known.option("choices") if known is not None else None
        if choices:
            return self.drawn.choice(choices)["name"]
        return their_value(self.drawn, field, self._number)

    def note_meetings_of_theirs(self, table: str, record: str, fields: list[str]) -> None:
        """Count the cells that the hub changed meanwhile."""
        link = self.ours.link_of_record(table, record)
        if link is not None:
            met = [is_unsettled_at_hub(self.ours, table, link, field) for field in fields]
            self.tally["meetings"] += any(met)

    def _edit_there(self, table: str, **edit: Any) -> list[str]:
        user = self.drawn.choice(THEM)
        known = self.theirs.table(table).fields
        for item in (*edit.get("update", ()), *edit.get("create", ())):
            item["fields"] = {name: v for name, v in item["fields"].items() if name in known}
        try:
            edited = self.theirs.edit(table, user, **edit)
        except AirtableError as refusal:
            self.tally["their edits refused"] += 1
            self.trace.tell(f"{user} refused: {refusal}")
            return []
        self.tally["edits"] += 1
        self.trace.tell(f"{user} {table} {edit}")
        return [row["id"] for row in edited.rows]

    def _any_record(self) -> tuple[str, str] | None:
        table = self.drawn.choice(TABLES)
        found = self.theirs.records(table)
        return (table, self.drawn.choice(found)) if found else None

    def _some_link(self) -> list[str] | None:
        clients = self.theirs.records(CLIENTS)
        return [self.drawn.choice(clients)] if clients and self.drawn.random() < 0.85 else None

    def _some_fields(self, table: str) -> list[str]:
        fields = [field for field in COLUMNS[table] if field != LINKS[table]]
        return self.drawn.sample(fields, self.drawn.choice((1, 1, 1, 2, 3)))

    def _their_update(self) -> None:
        found = self._any_record()
        if found is not None:
            table, record = found
            self.change_there(table, record, self._some_fields(table))

    def _their_clear(self) -> None:
        found = self._any_record()
        if found is not None:
            table, record = found
            field = self.drawn.choice(list(COLUMNS[table]))
            self.note_meetings_of_theirs(table, record, [field])
            self._edit_there(table, update=[{"id": record, "fields": {field: None}}])
            self._recent.append(("theirs", table, record, field))

    def _their_link(self) -> None:
        found = self._any_record()
        if found is not None:
            table, record = found
            self.change_there(table, record, [LINKS[table]])

    def _their_two_links(self) -> None:
        clients = self.theirs.records(CLIENTS)
        found = self._any_record()
        if found is not None and len(clients) > 1:
            table, record = found
            cells = {LINKS[table]: self.drawn.sample(clients, 2)}
            self._edit_there(table, update=[{"id": record, "fields": cells}])

    def _their_create(self) -> None:
        table = self.drawn.choice(TABLES)
        made = []
        for _ in range(self.drawn.choice((1, 1, 2))):
            self._number += 1
            fields = {
                field: self._some_value(table, field)
                for field in COLUMNS[table]
                if field != LINKS[table] and (field == KEYS[table] or self.drawn.random() < 0.7)
            }
            if self.drawn.random() < 0.5:
                fields[LINKS[table]] = self._some_link()
            made.append({"fields": fields})
        self._edit_there(table, create=made)

    def _their_delete(self) -> None:
        found = self._any_record()
        if found is not None:
            table, record = found
            self._edit_there(table, delete=[record])
            self._trash.append((table, record))

    def _their_restore(self) -> None:
        if not self._trash:
            return
        table, record = self._trash.pop(self.drawn.randrange(len(self._trash)))
        state, base = self.theirs.sandbox.state, self.theirs.base
        trashed = state.trashed(base, self.theirs.table(table), record)
        if trashed is None or self.theirs.has(table, record):
            return
        held = self.theirs.table(table)
        self.theirs.sandbox.people.restore(base, held, [(record, trashed)], "Alex")
        self.tally["edits"] += 1
        self.trace.tell(f"Alex restores {record}")

    def _their_paste(self) -> None:
        """A record is copied with its Hub ID, and renamed at once."""
        found = self._any_record()
        if found is None:
            return
        table, record = found
        kept = (*COLUMNS[table], HUB_IDS[table])
        cells = {field: self.theirs.cell(table, record, field) for field in kept}
        cells = {field: value for field, value in cells.items() if value is not None}
        cells[KEYS[table]] = self._some_value(table, KEYS[table])
        self._edit_there(table, create=[{"fields": cells}])

    def _their_duplicate(self) -> None:
        found = self._any_record()
        if found is not None:
            table, record = found
            held = self.theirs.table(table)
            people = self.theirs.sandbox.people
            people.duplicate(self.theirs.base, held, [record], self.drawn.choice(THEM))
            self.tally["edits"] += 1
            self.trace.tell(f"somebody duplicates {record}")

    def _their_hub_id(self) -> None:
        found = self._any_record()
        if found is not None:
            table, record = found
            invented = str(UUID(int=self.drawn.getrandbits(128)))
            cells = {HUB_IDS[table]: self.drawn.choice((None, "mine", invented))}
            self._edit_there(table, update=[{"id": record, "fields": cells}])

    # Edits at the hub

    @contextmanager
    def _at_the_hub(self, what: str, *, sql: bool = False) -> Iterator[Session]:
        if sql:
            # psql: nobody says who, why, or when.
            provenance = Provenance(actor="postgres", origin="unknown")
        else:
            provenance = Provenance(
                actor=self.drawn.choice(US), origin="graphql", edited_at=self.time.ours()
            )
        try:
            with self.ours.store.unit_of_work(provenance) as session:
                yield session
            self.tally["edits"] += 1
            self.trace.tell(f"{provenance.actor} {what}")
        except (IntegrityError, WouldWait):
            # A unique name that is taken, or a row that a worker holds: nothing happened.
            self.tally["hub edits refused"] += 1
            self.trace.tell(f"{provenance.actor} refused {what}")

    def _any_row(self, *, deleted: bool = False) -> tuple[str, UUID] | None:
        table = self.drawn.choice(TABLES)
        found = self.ours.live(table, deleted=deleted)
        return (table, self.drawn.choice(found)) if found else None

    def _some_row(self) -> str | None:
        found = self.ours.live(CLIENTS)
        return str(self.drawn.choice(found)) if found and self.drawn.random() < 0.85 else None

    def _change_here(
        self, table: str, row_id: UUID, fields: list[str], *, sql: bool = False
    ) -> None:
        cells = {
            field: self._some_row()
            if field == LINKS[table]
            else our_value(self.drawn, field, self._number)
            for field in fields
        }
        self._write(table, row_id, cells, sql=sql)

    def _write(
        self, table: str, row_id: UUID, cells: Mapping[str, Any], *, sql: bool = False
    ) -> None:
        link = self.ours.link_of_row(table, row_id)
        if link is not None:
            met = [
                is_unsettled_there(self.theirs, table, link, field, self.row_of) for field in cells
            ]
            self.tally["meetings"] += any(met)
        for field in cells:
            self._recent.append(("ours", table, str(row_id), field))
        values = {COLUMNS[table][field]: value for field, value in cells.items()}
        with self._at_the_hub(f"{row_id} {values}", sql=sql) as session:
            rows.update_rows(session, TABLE_OF[table], {row_id: values})

    def _our_update(self) -> None:
        found = self._any_row()
        if found is not None:
            table, row_id = found
            self._change_here(table, row_id, self._some_fields(table))

    def _our_sql_update(self) -> None:
        found = self._any_row()
        if found is not None:
            table, row_id = found
            self._change_here(table, row_id, self._some_fields(table)[:1], sql=True)

    def _our_clear(self) -> None:
        found = self._any_row()
        if found is not None:
            table, row_id = found
            fields = [f for f in COLUMNS[table] if COLUMNS[table][f] not in ("status", "stage")]
            field = self.drawn.choice(fields)
            self._write(table, row_id, {field: "" if field == NAME else None})

    def _our_link(self) -> None:
        found = self._any_row()
        if found is not None:
            table, row_id = found
            self._change_here(table, row_id, [LINKS[table]])

    def _our_insert(self) -> None:
        table = self.drawn.choice(TABLES)
        made: dict[UUID, dict[str, Any]] = {}
        for _ in range(self.drawn.choice((1, 1, 2))):
            self._number += 1
            values = {
                COLUMNS[table][field]: our_value(self.drawn, field, self._number)
                for field in COLUMNS[table]
                if field != LINKS[table] and (field == KEYS[table] or self.drawn.random() < 0.7)
            }
            if self.drawn.random() < 0.5:
                values[COLUMNS[table][LINKS[table]]] = self._some_row()
            made[UUID(int=self.drawn.getrandbits(128), version=4)] = values
        with self._at_the_hub(f"inserts {made}") as session:
            rows.insert_rows(session, TABLE_OF[table], made)
        self.ours.rows_of[TABLE_OF[table]].update(dict.fromkeys(made))

    def _our_tombstone(self) -> None:
        found = self._any_row()
        if found is not None:
            table, row_id = found
            gone = {row_id: {"deleted_at": self.time.ours().isoformat()}}
            with self._at_the_hub(f"buries {row_id}") as session:
                rows.update_rows(session, TABLE_OF[table], gone)

    def _our_sql_delete(self) -> None:
        found = self._any_row()
        if found is not None:
            table, row_id = found
            try:
                self._delete_row(TABLE_OF[table], row_id)
            except WouldWait:
                self.tally["hub edits refused"] += 1
                return
            self.tally["edits"] += 1
            self.trace.tell(f"postgres deletes {row_id}")

    def _our_revival(self) -> None:
        found = self._any_row(deleted=True)
        if found is not None:
            table, row_id = found
            with self._at_the_hub(f"revives {row_id}") as session:
                rows.update_rows(session, TABLE_OF[table], {row_id: {"deleted_at": None}})

    def _our_resolution(self) -> None:
        with self.ours.store.reading() as session:
            found = conflicts.list_conflicts(session, limit=100)
        found = [one for one in found if one.field != "deleted_at"]
        waiting = [one for one in found if one.status == conflicts.OPEN]
        if not found:
            return
        chosen = self.drawn.choice(waiting or found)
        winner = self.drawn.choice((Winner.THEIRS, Winner.OURS))
        assert chosen.id is not None
        try:
            resolve_conflict(self.ours.store, chosen.id, winner, self.drawn.choice(US))
            self.tally["edits"] += 1
            self.trace.tell(f"resolved {chosen.id} for {winner}")
        except HubError:
            self.tally["resolutions refused"] += 1
        except (IntegrityError, WouldWait):
            self.tally["hub edits refused"] += 1
