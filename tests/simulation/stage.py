"""How is a schedule played on the real engine, a real Postgres and the stand-in?"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from simulation.schedule import Interruption, Operation, PlannedFault
from simulation.steps import watched
from simulation.values import (
    COLUMNS,
    LINKS,
    STREAM_OF,
    TABLE_OF,
    as_hub_holds,
    in_hub_form,
    our_value,
    their_value,
)
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session
from sync_world import BASE, CLIENTS, CODE, DEALS, HUB_ID, NAME, World

from hub.core.merge import Winner
from hub.errors import HubError
from hub.store import rows, streams
from hub.store.database import Database, Provenance
from hub.sync.resolve import resolve_conflict

TABLES = (CLIENTS, DEALS)
KEYS = {CLIENTS: NAME, DEALS: CODE}
THEM = ("Alex", "Berta", "Carl")
US = ("Hanna", "Igor")


class Killed(BaseException):
    """The worker is dead: not even its clean-up runs."""


class MortalDatabase(Database):
    """A worker's way to the database, closed once the worker is dead."""

    def __init__(self, living: Database) -> None:
        self.url = living.url
        self.engine = living.engine
        self.is_dead = False

    @contextmanager
    def unit_of_work(self, provenance: Provenance) -> Iterator[Session]:
        """One transaction, if the worker lives."""
        if self.is_dead:
            raise Killed
        with super().unit_of_work(provenance) as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One snapshot, if the worker lives."""
        if self.is_dead:
            raise Killed
        with super().reading() as session:
            yield session


class Stage:
    """Plays operations; `tally` counts what came of them, `problems` what must never happen."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tally: Counter[str] = Counter()
        self.problems: list[str] = []
        self.blind: list[range] = []
        self.stood_for: dict[str, set[str]] = {}
        self._blind_from: int | None = None
        self._number = 1000
        self._recent: deque[tuple[str, str, str, str]] = deque(maxlen=8)
        self._trash: list[tuple[str, str]] = []
        self._waiting: list[Interruption] = []
        self._calls: Counter[tuple[str, str]] = Counter()
        self._worker: MortalDatabase | None = None
        self._planned: dict[int, str] = {}
        self._is_busy = False

    # The clock of both sides

    def now(self) -> datetime:
        """The time in the stand-in."""
        return self.world.sandbox.state.clock.now()

    def play(self, operation: Operation) -> None:
        """Let one thing happen."""
        if operation.gap:
            self.world.sandbox.state.clock.advance(timedelta(seconds=operation.gap))
        drawn = random.Random(operation.seed)  # noqa: S311  repeatable, no secret
        if operation.kind == "visit":
            self._visit(drawn, operation)
        elif operation.kind == "tend":
            self._attend(tend=True)
        elif operation.kind == "reconcile":
            self._ask_for_reconcile()
        elif operation.kind == "hook gone":
            self._lose_hook()
        else:
            self._edit(operation.kind, drawn)

    # Workers

    def _visit(self, drawn: random.Random, operation: Operation) -> None:
        for fault in operation.faults:
            self._plan_fault(fault)
        self._waiting = list(operation.interruptions)
        self._calls.clear()
        if operation.releases:
            self._declare_dead()
        if drawn.random() < 0.9:
            self.world.ring()
        with watched(self._told):
            self._attend()
        self._waiting = []
        struck = {fault["id"] for fault in self.world.sandbox.faults()}
        for number, kind in sorted(self._planned.items()):
            if number not in struck:
                self.tally[f"fault {kind}"] += 1
        self._planned.clear()
        self.world.sandbox.clear_faults()

    def _attend(self, *, tend: bool = False) -> None:
        self._worker = MortalDatabase(self.world.database)
        self.tally["visits"] += 1
        try:
            if tend:
                self.world.tend()
            else:
                attendance = self.world.attend(database=self._worker)
                self.tally["lost updates found"] += attendance.counts["lost_updates"]
        except Killed:
            self.tally["crashes"] += 1
        finally:
            self._worker = None
            self._see_again()
            self._note_links()

    def _note_links(self) -> None:
        for link in self.world.query("select external_id, row_id from hub.record_link"):
            self.stood_for.setdefault(link["external_id"], set()).add(str(link["row_id"]))

    def _see_again(self) -> None:
        if self._blind_from is None or self._hook() is None:
            return
        self.blind.append(range(self._blind_from, len(self.world.sandbox.edits()) + 1))
        self._blind_from = None

    def _declare_dead(self) -> None:
        with self.world.database.engine.begin() as connection:
            connection.execute(text("update hub.lease set holder = null"))

    def _told(self, step: str, moment: str) -> None:
        """A step of the worker begins or has ended: does something come in between?"""
        if self._worker is None or self._is_busy:
            return
        self._calls[step, moment] += 1
        for waiting in list(self._waiting):
            if (waiting.step, waiting.moment) != (step, moment):
                continue
            if self._calls[step, moment] != waiting.call:
                continue
            self._waiting.remove(waiting)
            self._interrupt(waiting)

    def _interrupt(self, waiting: Interruption) -> None:
        if waiting.act == "crash":
            assert self._worker is not None
            self.tally[f"crash {waiting.moment} {waiting.step}"] += 1
            self._worker.is_dead = True
            raise Killed
        self._is_busy = True
        worker = self._worker
        try:
            drawn = random.Random(waiting.seed)  # noqa: S311  repeatable, no secret
            self.tally["edits between steps" if "update" in waiting.act else waiting.act] += 1
            if waiting.act == "takeover":
                self._declare_dead()
                self.world.ring()
                self._attend()
            else:
                self._edit(waiting.act, drawn, chases=True)
        finally:
            self._is_busy = False
            self._worker = worker

    def _plan_fault(self, fault: PlannedFault) -> None:
        drawn = random.Random(fault.seed)  # noqa: S311  repeatable, no secret
        details: dict[str, Any] = {"skip": fault.skip, "path": fault.path, "method": fault.method}
        if fault.kind == "status":
            details["status"] = fault.status
        if fault.kind in ("edit_before", "edit_after"):
            found = self._their_update(drawn, chases=True)
            if found is None:
                return
            table, item = found
            details |= {"base": BASE, "table": table, "edit": {"update": [item]}}
        planned = self.world.sandbox.fault(fault.kind, **details)
        self._planned[int(planned["id"])] = fault.kind

    def _ask_for_reconcile(self) -> None:
        with self.world.database.unit_of_work(Provenance(actor="ops", origin="cli")) as session:
            for stream in self.world.streams:
                streams.ensure(session, "world", stream)
                streams.change(session, "world", stream, needs_reconcile=True)

    def _lose_hook(self) -> None:
        hook = self._hook()
        if hook is None:
            return
        path = f"/v0/bases/{BASE}/webhooks/{hook['external_id']}"
        _, unread = self.world.sandbox.call("GET", f"{path}/payloads?cursor={hook['cursor']}")
        edits = self.world.sandbox.edits()
        first = [payload["baseTransactionNumber"] for payload in unread.get("payloads", [])[:1]]
        numbers = [edit["number"] for edit in edits if first and edit["transaction"] >= first[0]]
        self._blind_from = min([*numbers, len(edits) + 1, self._blind_from or len(edits) + 1])
        self.world.sandbox.call("DELETE", path)
        self.tally["hooks lost"] += 1

    def _hook(self) -> dict[str, Any] | None:
        """The hook that the hub believes in, if it is there."""
        found = self.world.query(
            "select external_id, cursor from hub.hook where closed_at is null order by created_at"
        )
        _, answer = self.world.sandbox.call("GET", f"/v0/bases/{BASE}/webhooks")
        alive = {hook["id"] for hook in answer["webhooks"]}
        living = [hook for hook in found if hook["external_id"] in alive]
        return living[-1] if living else None

    # Edits

    def _edit(self, kind: str, drawn: random.Random, *, chases: bool = False) -> None:
        self._number += 1
        chases = chases or drawn.random() < 0.6
        before = self.tally["edits"]
        name = "_" + kind.replace(" ", "_")
        if kind == "their update":
            found = self._their_update(drawn, chases=chases)
            if found is not None:
                table, item = found
                self._at_airtable(drawn, table, update=[item])
        elif kind == "our update":
            self._our_update(drawn, chases=chases)
        else:
            getattr(self, name)(drawn)
        self.tally[f"did {kind}"] += self.tally["edits"] - before

    def _at_airtable(self, drawn: random.Random, table: str, **edit: Any) -> list[str]:
        answer = self.world.sandbox.edit(BASE, table, user=drawn.choice(THEM), **edit)
        self.tally["edits"] += 1
        return [row["id"] for row in answer["rows"]]

    def _records(self, table: str) -> dict[str, dict[str, Any]]:
        return self.world.records(table)

    def _rows(self, table: str, *, deleted: bool = False) -> list[dict[str, Any]]:
        return self.world.query(
            f"select * from {TABLE_OF[table]} where deleted_at is {'not' if deleted else ''} null"  # noqa: S608  constants
            " order by id"
        )

    def _any_record(self, drawn: random.Random) -> tuple[str, str] | None:
        table = drawn.choice(TABLES)
        found = list(self._records(table))
        return (table, drawn.choice(found)) if found else None

    def _their_update(
        self, drawn: random.Random, *, chases: bool
    ) -> tuple[str, dict[str, Any]] | None:
        """An update of a few cells, of one that we edited lately if it chases."""
        self._number += 1
        place = self._chased(drawn, "ours") if chases else None
        if place is None:
            found = self._any_record(drawn)
            if found is None:
                return None
            table, record = found
            fields = [field for field in COLUMNS[table] if field != LINKS[table]]
            chosen = drawn.sample(fields, drawn.choice((1, 1, 1, 2, 3)))
        else:
            table, record, field = place
            chosen = [field]
        cells: dict[str, Any] = {}
        for field in chosen:
            if field == LINKS[table]:
                cells[field] = self._some_link(drawn)
            else:
                cells[field] = their_value(drawn, field, self._number)
            self._note_meeting("theirs", table, record, field)
            self._recent.append(("theirs", table, record, field))
        return table, {"id": record, "fields": cells}

    def _some_link(self, drawn: random.Random) -> list[str] | None:
        clients = list(self._records(CLIENTS))
        return [drawn.choice(clients)] if clients and drawn.random() < 0.85 else None

    def _chased(self, drawn: random.Random, whose: str) -> tuple[str, str, str] | None:
        """A cell that the other side edited lately, as this side knows it."""
        lately = [place for place in self._recent if place[0] == whose]
        if not lately:
            return None
        _, table, one, field = drawn.choice(lately)
        other = self._other_side(table, one, whose)
        return (table, other, field) if other is not None else None

    def _other_side(self, table: str, one: str, whose: str) -> str | None:
        if whose == "ours":
            found = self.world.scalar(
                "select external_id from hub.record_link where row_id = :id and state = 'live'",
                id=one,
            )
            return found if found in self._records(table) else None
        row = self.world.scalar(
            "select row_id from hub.record_link where external_id = :id and state = 'live'", id=one
        )
        is_there = row is not None and self.world.scalar(
            f"select true from {TABLE_OF[table]} where id = :id and deleted_at is null",  # noqa: S608  constants
            id=row,
        )
        return str(row) if is_there else None

    def _note_meeting(self, whose: str, table: str, one: str, field: str) -> None:
        """Count an edit of a cell that the other side changed and this side has not seen."""
        column = COLUMNS[table][field]
        key = "external_id" if whose == "theirs" else "row_id::text"
        found = self.world.query(
            f"select external_id, row_id, shadow from hub.record_link where {key} = :one"  # noqa: S608  constants
            " and state = 'live'",
            one=one,
        )
        if not found or column not in found[0]["shadow"]:
            return
        pair = found[0]["shadow"][column]
        if whose == "theirs":
            ours = self.world.scalar(
                f"select {column} from {TABLE_OF[table]} where id = :id",  # noqa: S608  constants
                id=found[0]["row_id"],
            )
            self.tally["meetings"] += as_hub_holds(table, field, ours) != pair["h"]
            return
        record = self._records(table).get(found[0]["external_id"])
        if record is not None:
            theirs = in_hub_form(table, field, record.get(field), self.row_of)
            self.tally["meetings"] += theirs != pair["h"]

    def row_of(self, record: str) -> str | None:
        """The row that a record stands for, or stood for."""
        row = self.world.scalar(
            "select row_id from hub.record_link where external_id = :id", id=record
        )
        return str(row) if row is not None else None

    def _their_clear(self, drawn: random.Random) -> None:
        found = self._any_record(drawn)
        if found is not None:
            table, record = found
            field = drawn.choice(list(COLUMNS[table]))
            self._at_airtable(drawn, table, update=[{"id": record, "fields": {field: None}}])
            self._recent.append(("theirs", table, record, field))

    def _their_link(self, drawn: random.Random) -> None:
        found = self._any_record(drawn)
        if found is not None:
            table, record = found
            field = LINKS[table]
            cells = {field: self._some_link(drawn)}
            self._at_airtable(drawn, table, update=[{"id": record, "fields": cells}])
            self._recent.append(("theirs", table, record, field))

    def _their_two_links(self, drawn: random.Random) -> None:
        clients = list(self._records(CLIENTS))
        found = self._any_record(drawn)
        if found is not None and len(clients) > 1:
            table, record = found
            cells = {LINKS[table]: drawn.sample(clients, 2)}
            self._at_airtable(drawn, table, update=[{"id": record, "fields": cells}])

    def _their_create(self, drawn: random.Random) -> None:
        table = drawn.choice(TABLES)
        made = []
        for _ in range(drawn.choice((1, 1, 2))):
            self._number += 1
            fields = {
                field: their_value(drawn, field, self._number)
                for field in COLUMNS[table]
                if field != LINKS[table] and (field == KEYS[table] or drawn.random() < 0.7)
            }
            if drawn.random() < 0.5:
                fields[LINKS[table]] = self._some_link(drawn)
            made.append({"fields": fields})
        self._at_airtable(drawn, table, create=made)

    def _their_delete(self, drawn: random.Random) -> None:
        found = self._any_record(drawn)
        if found is not None:
            table, record = found
            self._at_airtable(drawn, table, delete=[record])
            self._trash.append((table, record))

    def _their_restore(self, drawn: random.Random) -> None:
        if self._trash:
            table, record = self._trash.pop(drawn.randrange(len(self._trash)))
            if record not in self._records(table):
                self.world.sandbox.restore(BASE, table, [record])
                self.tally["edits"] += 1

    def _their_paste(self, drawn: random.Random) -> None:
        """A record is copied with its Hub ID, and renamed at once."""
        found = self._any_record(drawn)
        if found is not None:
            table, record = found
            kept = (*COLUMNS[table], self._hub_id_of(table))
            cells = {k: v for k, v in self._records(table)[record].items() if k in kept}
            cells[KEYS[table]] = their_value(drawn, KEYS[table], self._number)
            self._at_airtable(drawn, table, create=[{"fields": cells}])

    def _hub_id_of(self, table: str) -> str:
        return self.world.streams[STREAM_OF[table]].hub_id_field or HUB_ID

    def _their_duplicate(self, drawn: random.Random) -> None:
        found = self._any_record(drawn)
        if found is not None:
            table, record = found
            self.world.sandbox.duplicate(BASE, table, [record])
            self.tally["edits"] += 1

    def _their_hub_id(self, drawn: random.Random) -> None:
        found = self._any_record(drawn)
        if found is not None:
            table, record = found
            written = drawn.choice((None, "mine", str(UUID(int=drawn.getrandbits(128)))))
            cells = {self._hub_id_of(table): written}
            self._at_airtable(drawn, table, update=[{"id": record, "fields": cells}])

    # Edits at the hub

    @contextmanager
    def _at_the_hub(self, drawn: random.Random) -> Iterator[Session]:
        provenance = Provenance(actor=drawn.choice(US), origin="graphql", edited_at=self.now())
        try:
            with self.world.database.unit_of_work(provenance) as session:
                session.execute(text("set local lock_timeout = '200ms'"))
                yield session
            self.tally["edits"] += 1
        except DBAPIError as refused:
            # A unique name that is taken, or a row that the worker holds: nothing happened.
            self.tally["hub edits refused"] += 1
            if not any(name in str(refused) for name in ("UniqueViolation", "LockNotAvailable")):
                raise

    def _our_update(self, drawn: random.Random, *, chases: bool) -> None:
        place = self._chased(drawn, "theirs") if chases else None
        if place is None:
            table = drawn.choice(TABLES)
            found = self._rows(table)
            if not found:
                return
            row_id = str(drawn.choice(found)["id"])
            fields = [field for field in COLUMNS[table] if field != LINKS[table]]
            chosen = drawn.sample(fields, drawn.choice((1, 1, 1, 2, 3)))
        else:
            table, row_id, field = place
            chosen = [field]
        cells = {
            field: self._some_row(drawn)
            if field == LINKS[table]
            else our_value(drawn, field, self._number)
            for field in chosen
        }
        self._write(drawn, table, row_id, cells)

    def _write(
        self, drawn: random.Random, table: str, row_id: str, cells: Mapping[str, Any]
    ) -> None:
        for field in cells:
            self._note_meeting("ours", table, row_id, field)
            self._recent.append(("ours", table, row_id, field))
        values = {COLUMNS[table][field]: value for field, value in cells.items()}
        with self._at_the_hub(drawn) as session:
            rows.update_rows(session, TABLE_OF[table], {UUID(row_id): values})

    def _some_row(self, drawn: random.Random) -> str | None:
        found = self._rows(CLIENTS)
        return str(drawn.choice(found)["id"]) if found and drawn.random() < 0.85 else None

    def _any_row(self, drawn: random.Random, *, deleted: bool = False) -> tuple[str, str] | None:
        table = drawn.choice(TABLES)
        found = self._rows(table, deleted=deleted)
        return (table, str(drawn.choice(found)["id"])) if found else None

    def _our_sql_update(self, drawn: random.Random) -> None:
        """psql: nobody says who, why, or when."""
        found = self._any_row(drawn)
        if found is None:
            return
        table, row_id = found
        field = drawn.choice([field for field in COLUMNS[table] if field != LINKS[table]])
        self._note_meeting("ours", table, row_id, field)
        self._recent.append(("ours", table, row_id, field))
        with self.world.database.engine.begin() as connection:
            connection.execute(
                text(
                    f"update {TABLE_OF[table]} set {COLUMNS[table][field]} = :value"  # noqa: S608  constants
                    " where id = :id"
                ),
                {"value": our_value(drawn, field, self._number), "id": row_id},
            )
        self.tally["edits"] += 1

    def _our_clear(self, drawn: random.Random) -> None:
        found = self._any_row(drawn)
        if found is not None:
            table, row_id = found
            fields = [f for f in COLUMNS[table] if COLUMNS[table][f] not in ("status", "stage")]
            field = drawn.choice(fields)
            self._write(drawn, table, row_id, {field: "" if field == NAME else None})

    def _our_link(self, drawn: random.Random) -> None:
        found = self._any_row(drawn)
        if found is not None:
            table, row_id = found
            self._write(drawn, table, row_id, {LINKS[table]: self._some_row(drawn)})

    def _our_insert(self, drawn: random.Random) -> None:
        table = drawn.choice(TABLES)
        made: dict[UUID, dict[str, Any]] = {}
        for _ in range(drawn.choice((1, 1, 2))):
            self._number += 1
            values = {
                COLUMNS[table][field]: our_value(drawn, field, self._number)
                for field in COLUMNS[table]
                if field != LINKS[table] and (field == KEYS[table] or drawn.random() < 0.7)
            }
            if drawn.random() < 0.5:
                values[COLUMNS[table][LINKS[table]]] = self._some_row(drawn)
            made[UUID(int=drawn.getrandbits(128), version=4)] = values
        with self._at_the_hub(drawn) as session:
            rows.insert_rows(session, TABLE_OF[table], made)

    def _our_tombstone(self, drawn: random.Random) -> None:
        found = self._any_row(drawn)
        if found is not None:
            table, row_id = found
            with self._at_the_hub(drawn) as session:
                gone = {UUID(row_id): {"deleted_at": self.now().isoformat()}}
                rows.update_rows(session, TABLE_OF[table], gone)

    def _our_sql_delete(self, drawn: random.Random) -> None:
        found = self._any_row(drawn)
        if found is not None:
            table, row_id = found
            with self.world.database.engine.begin() as connection:
                connection.execute(
                    text(f"delete from {TABLE_OF[table]} where id = :id"),  # noqa: S608  constants
                    {"id": row_id},
                )
            self.tally["edits"] += 1

    def _our_revival(self, drawn: random.Random) -> None:
        found = self._any_row(drawn, deleted=True)
        if found is not None:
            table, row_id = found
            with self._at_the_hub(drawn) as session:
                rows.update_rows(session, TABLE_OF[table], {UUID(row_id): {"deleted_at": None}})

    def _our_resolution(self, drawn: random.Random) -> None:
        found = self.world.query(
            "select id from hub.conflict where field <> 'deleted_at'"
            " order by (status = 'open') desc, created_at, id"
        )
        if not found:
            return
        chosen = found[0] if drawn.random() < 0.7 else drawn.choice(found)
        winner = drawn.choice((Winner.THEIRS, Winner.OURS))
        try:
            resolve_conflict(self.world.database, chosen["id"], winner, drawn.choice(US))
            self.tally["edits"] += 1
        except HubError:
            self.tally["resolutions refused"] += 1
        except DBAPIError as refused:
            if "UniqueViolation" not in str(refused):
                raise

    # The end

    def come_to_rest(self, rounds: int = 25) -> None:
        """No more faults: let workers come by until nothing changes."""
        self._waiting = []
        self.world.sandbox.clear_faults()
        self._declare_dead()
        try:
            self.world.settle(rounds)
        except AssertionError as restless:
            self.problems.append(f"liveness: {restless}")
        self._see_again()
        self._note_links()

    def set_policies(self, drawn: random.Random) -> None:
        """Each field its own conflict policy; no guard stops so small a company."""
        for name, mapping in self.world.streams.items():
            fields = tuple(
                replace(
                    item,
                    conflict=drawn.choices(list(type(item.conflict)), (6, 1, 1, 1))[0],
                )
                for item in mapping.fields
            )
            self.world.streams[name] = replace(
                mapping, fields=fields, delete_limit=1000, overwrite_limit=1000, share_limit=1.0
            )
