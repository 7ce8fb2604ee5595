"""How do people and programs edit in the full simulation: the grid, GraphQL over HTTP, SQL?"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import psycopg2
from psycopg2 import errors, sql
from simulation.full_bases import (
    BASE_OF,
    HUB_IDS,
    KEYS,
    NEEDED,
    TARGETS,
    TwoBases,
    our_value,
    their_value,
)
from simulation.full_company import Company
from simulation.values import COLUMNS, LINKS, TABLE_OF, as_hub_holds, in_hub_form

THEM = ("Alex", "Berta", "Carl")
_SAVE = {
    "client": ("saveClients", "SaveClientInput"),
    "deal": ("saveDeals", "SaveDealInput"),
    "sending_domain": ("saveSendingDomains", "SaveSendingDomainInput"),
    "mailbox": ("saveMailboxes", "SaveMailboxInput"),
}
_PLURAL = {
    "client": "Clients",
    "deal": "Deals",
    "sending_domain": "SendingDomains",
    "mailbox": "Mailboxes",
}
_RESOLVE = (
    "mutation($id: ID!, $winner: Side!) { resolveConflict(id: $id, winner: $winner) {message}}"
)


class Editors:
    """Plays edits; `tally` counts them and the meetings with a cell that is unsettled."""

    def __init__(self, company: Company, world: TwoBases) -> None:
        self.company = company
        self.world = world
        self.tally: Counter[str] = Counter()
        self._number = 1000
        self._recent: deque[tuple[str, str, str, str]] = deque(maxlen=10)
        self._trash: list[tuple[str, str]] = []

    def edit(self, kind: str, drawn: random.Random) -> None:
        """Play one edit."""
        self._number += 1
        before = self.tally["edits"]
        getattr(self, "_" + kind.replace(" ", "_"))(drawn)
        self.tally[f"did {kind}"] += self.tally["edits"] - before

    # What is there

    def _table(self, drawn: random.Random) -> str:
        return drawn.choice(list(COLUMNS))

    def _rows(self, table: str, *, deleted: bool = False) -> list[str]:
        state = "is not null" if deleted else "is null"
        query = f"select id from {TABLE_OF[table]} where deleted_at {state} order by id"  # noqa: S608  constants
        return [str(row["id"]) for row in self.world.query(query)]

    def _any_record(self, drawn: random.Random) -> tuple[str, str] | None:
        table = self._table(drawn)
        found = list(self.world.records(table))
        return (table, drawn.choice(found)) if found else None

    def _any_row(self, drawn: random.Random, *, deleted: bool = False) -> tuple[str, str] | None:
        table = self._table(drawn)
        found = self._rows(table, deleted=deleted)
        return (table, drawn.choice(found)) if found else None

    def _chased(self, drawn: random.Random, whose: str) -> tuple[str, str, str] | None:
        """A cell that the other side edited lately, as this side knows it."""
        lately = [place for place in self._recent if place[0] == whose]
        if not lately or drawn.random() < 0.25:
            return None
        _, table, one, field = drawn.choice(lately[-4:])
        key, other = ("row_id", "external_id") if whose == "ours" else ("external_id", "row_id")
        found = self.world.scalar(
            f"select {other}::text from hub.record_link where {key}::text = :one"  # noqa: S608  constants
            " and state = 'live'",
            one=one,
        )
        if found is None:
            return None
        there = self.world.records(table) if whose == "ours" else self._rows(table)
        return (table, found, field) if found in there else None

    def _note(self, whose: str, table: str, one: str, field: str) -> None:
        """Remember the edit; count it where the other side's value is not settled."""
        self._recent.append((whose, table, one, field))
        column = COLUMNS[table][field]
        key = "external_id" if whose == "theirs" else "row_id::text"
        found = self.world.query(
            f"select external_id, row_id, shadow from hub.record_link where {key} = :one"  # noqa: S608  constants
            " and state = 'live'",
            one=one,
        )
        if not found or column not in found[0]["shadow"]:
            return
        agreed = found[0]["shadow"][column]["h"]
        if whose == "theirs":
            raw = self.world.scalar(
                f"select {column} from {TABLE_OF[table]} where id = :id",  # noqa: S608  constants
                id=found[0]["row_id"],
            )
            self.tally["meetings"] += as_hub_holds(table, field, raw) != agreed
            return
        record = self.world.records(table).get(found[0]["external_id"])
        if record is not None:
            theirs = in_hub_form(table, field, record.get(field), self._row_of)
            self.tally["meetings"] += theirs != agreed

    def _row_of(self, record: str) -> str | None:
        row = self.world.scalar(
            "select row_id from hub.record_link where external_id = :id", id=record
        )
        return str(row) if row is not None else None

    # At Airtable

    def at_airtable(self, drawn: random.Random, table: str, **edit: Any) -> None:
        """A person edits in the grid."""
        self._airtable(self.world.sandbox.edit, table, user=drawn.choice(THEM), **edit)

    def _airtable(self, act: Callable[..., Any], table: str, *records: Any, **edit: Any) -> None:
        try:
            act(BASE_OF[table], table, *records, **edit)
            self.tally["edits"] += 1
        except ValueError as refused:
            # The hub removed the record this very moment.
            if "DOES_NOT_EXIST" not in str(refused) and "not exist" not in str(refused):
                raise
            self.tally["their edits refused"] += 1

    def some_update(self, drawn: random.Random) -> tuple[str, dict[str, Any]] | None:
        """An update of a few cells, of one that we edited lately where there is such."""
        self._number += 1
        place = self._chased(drawn, "ours")
        if place is None:
            found = self._any_record(drawn)
            if found is None:
                return None
            table, record = found
            chosen = self._some_fields(drawn, table)
        else:
            table, record, field = place
            chosen = [field]
        cells = {field: self._their_cell(drawn, table, field) for field in chosen}
        for field in cells:
            self._note("theirs", table, record, field)
        return table, {"id": record, "fields": cells}

    def _some_fields(self, drawn: random.Random, table: str) -> list[str]:
        plain = [field for field in COLUMNS[table] if field != LINKS[table]]
        return drawn.sample(plain, min(len(plain), drawn.choice((1, 1, 1, 2, 3))))

    def _their_cell(self, drawn: random.Random, table: str, field: str) -> Any:
        if field != LINKS[table]:
            return their_value(drawn, field, self._number)
        targets = list(self.world.records(TARGETS[table]))
        return [drawn.choice(targets)] if targets and drawn.random() < 0.85 else None

    def _their_update(self, drawn: random.Random) -> None:
        found = self.some_update(drawn)
        if found is not None:
            table, item = found
            self.at_airtable(drawn, table, update=[item])

    def _their_clear(self, drawn: random.Random) -> None:
        found = self._any_record(drawn)
        if found is not None:
            table, record = found
            field = drawn.choice([f for f in COLUMNS[table] if f not in NEEDED])
            self._note("theirs", table, record, field)
            self.at_airtable(drawn, table, update=[{"id": record, "fields": {field: None}}])

    def _their_link(self, drawn: random.Random) -> None:
        self._their_links(drawn, two=False)

    def _their_two_links(self, drawn: random.Random) -> None:
        self._their_links(drawn, two=True)

    def _their_links(self, drawn: random.Random, *, two: bool) -> None:
        found = self._any_record(drawn)
        if found is None or found[0] not in TARGETS:
            return
        table, record = found
        targets = list(self.world.records(TARGETS[table]))
        if two and len(targets) < 2:
            return
        cell = drawn.sample(targets, 2) if two else self._their_cell(drawn, table, LINKS[table])
        if not two:
            self._note("theirs", table, record, LINKS[table])
        self.at_airtable(drawn, table, update=[{"id": record, "fields": {LINKS[table]: cell}}])

    def _their_create(self, drawn: random.Random) -> None:
        self.create(drawn, self._table(drawn), drawn.choice((1, 1, 2)))

    def create(self, drawn: random.Random, table: str, count: int) -> None:
        """A person adds records."""
        made = []
        for _ in range(count):
            self._number += 1
            fields = {
                field: self._their_cell(drawn, table, field)
                for field in COLUMNS[table]
                if field == KEYS[table] or drawn.random() < 0.6
            }
            made.append({"fields": fields})
        self.at_airtable(drawn, table, create=made)

    def _their_delete(self, drawn: random.Random) -> None:
        found = self._any_record(drawn)
        if found is not None:
            table, record = found
            self.at_airtable(drawn, table, delete=[record])
            self._trash.append(found)

    def _their_restore(self, drawn: random.Random) -> None:
        if self._trash:
            table, record = self._trash.pop(drawn.randrange(len(self._trash)))
            if record not in self.world.records(table):
                self._airtable(self.world.sandbox.restore, table, [record])

    def _their_paste(self, drawn: random.Random) -> None:
        """A record is copied with its Hub ID, and renamed at once."""
        found = self._any_record(drawn)
        if found is not None:
            table, record = found
            kept = (*COLUMNS[table], HUB_IDS[table])
            shown = self.world.records(table).get(record, {})
            cells = {field: value for field, value in shown.items() if field in kept}
            cells[KEYS[table]] = their_value(drawn, KEYS[table], self._number)
            self.at_airtable(drawn, table, create=[{"fields": cells}])

    def _their_duplicate(self, drawn: random.Random) -> None:
        found = self._any_record(drawn)
        if found is not None:
            table, record = found
            self._airtable(self.world.sandbox.duplicate, table, [record])

    def _their_hub_id(self, drawn: random.Random) -> None:
        found = self._any_record(drawn)
        if found is not None:
            table, record = found
            written = drawn.choice((None, "mine", str(UUID(int=drawn.getrandbits(128)))))
            cells = {HUB_IDS[table]: written}
            self.at_airtable(drawn, table, update=[{"id": record, "fields": cells}])

    # At the hub, through GraphQL over HTTP

    def _graphql(self, query: str, **variables: Any) -> None:
        answer = self.company.ask(query, **variables)
        refused = answer is None or "errors" in answer
        if not refused and answer is not None:
            refused = any((found or {}).get("errors") for found in answer["data"].values())
        self.tally["hub edits refused" if refused else "edits"] += 1
        self.tally["edits through GraphQL"] += not refused

    def _save(self, table: str, item: Mapping[str, Any]) -> None:
        mutation, kind = _SAVE[TABLE_OF[table]]
        query = f"mutation($i: [{kind}!]!) {{ {mutation}(input: $i) {{ errors {{ message }} }} }}"
        self._graphql(query, i=[{_camel(name): value for name, value in item.items()}])

    def _our_cell(self, drawn: random.Random, table: str, field: str) -> Any:
        if field != LINKS[table]:
            return our_value(drawn, field, self._number)
        targets = self._rows(TARGETS[table])
        return drawn.choice(targets) if targets and drawn.random() < 0.85 else None

    def _some_row(self, drawn: random.Random) -> tuple[str, str, dict[str, Any]] | None:
        """A row and new values of some columns, of a cell that they edited lately if there is."""
        place = self._chased(drawn, "theirs")
        if place is None:
            found = self._any_row(drawn)
            if found is None:
                return None
            table, row_id = found
            chosen = self._some_fields(drawn, table)
        else:
            table, row_id, field = place
            chosen = [field]
        for field in chosen:
            self._note("ours", table, row_id, field)
        values = {COLUMNS[table][field]: self._our_cell(drawn, table, field) for field in chosen}
        return table, row_id, values

    def _our_update(self, drawn: random.Random) -> None:
        found = self._some_row(drawn)
        if found is not None:
            table, row_id, values = found
            self._save(table, {"id": row_id, **values})

    def _our_clear(self, drawn: random.Random) -> None:
        found = self._any_row(drawn)
        if found is not None:
            table, row_id = found
            field = drawn.choice([f for f in COLUMNS[table] if f not in NEEDED])
            self._note("ours", table, row_id, field)
            self._save(table, {"id": row_id, COLUMNS[table][field]: None})

    def _our_link(self, drawn: random.Random) -> None:
        found = self._any_row(drawn)
        if found is not None and found[0] in TARGETS:
            table, row_id = found
            field = LINKS[table]
            self._note("ours", table, row_id, field)
            value = self._our_cell(drawn, table, field)
            self._save(table, {"id": row_id, COLUMNS[table][field]: value})

    def _our_insert(self, drawn: random.Random) -> None:
        table = self._table(drawn)
        self._save(table, self._new_row(drawn, table))

    def _new_row(self, drawn: random.Random, table: str) -> dict[str, Any]:
        return {
            column: self._our_cell(drawn, table, field)
            for field, column in COLUMNS[table].items()
            if field == KEYS[table] or drawn.random() < 0.6
        }

    def _our_delete(self, drawn: random.Random) -> None:
        found = self._any_row(drawn)
        if found is not None:
            self._whole("delete", *found)

    def _our_restore(self, drawn: random.Random) -> None:
        found = self._any_row(drawn, deleted=True)
        if found is not None:
            self._whole("restore", *found)

    def _whole(self, verb: str, table: str, row_id: str) -> None:
        mutation = f"{verb}{_PLURAL[TABLE_OF[table]]}"
        query = f"mutation($ids: [ID!]!) {{ {mutation}(ids: $ids) {{ errors {{ message }} }} }}"
        self._graphql(query, ids=[row_id])

    def _our_resolution(self, drawn: random.Random) -> None:
        found = self.world.query(
            "select id from hub.conflict where field <> 'deleted_at'"
            " order by (status = 'open') desc, created_at, id"
        )
        if found:
            chosen = found[0] if drawn.random() < 0.7 else drawn.choice(found)
            winner = drawn.choice(("THEIRS", "OURS"))
            self._graphql(_RESOLVE, id=str(chosen["id"]), winner=winner)

    # At the hub, as in psql: nobody says who, why, or when

    def _psql(self, statement: sql.Composable, values: list[Any]) -> None:
        connection = psycopg2.connect(self.company.database_url)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute("set local lock_timeout = '2s'")
                cursor.execute(statement, values)
            self.tally["edits"] += 1
            self.tally["edits in plain SQL"] += 1
        except (errors.UniqueViolation, errors.LockNotAvailable, errors.DeadlockDetected):
            # A name that is taken, or a row that a worker holds: nothing happened.
            self.tally["hub edits refused"] += 1
        finally:
            connection.close()

    def _our_sql_update(self, drawn: random.Random) -> None:
        found = self._some_row(drawn)
        if found is not None:
            table, row_id, values = found
            sets = [sql.SQL("{} = %s").format(sql.Identifier(name)) for name in values]
            statement = sql.SQL("update {} set {} where id = %s").format(
                sql.Identifier(TABLE_OF[table]), sql.SQL(", ").join(sets)
            )
            self._psql(statement, [*values.values(), row_id])

    def _our_sql_insert(self, drawn: random.Random) -> None:
        table = self._table(drawn)
        values = self._new_row(drawn, table)
        values["id"] = str(UUID(int=drawn.getrandbits(128), version=4))
        statement = sql.SQL("insert into {} ({}) values ({})").format(
            sql.Identifier(TABLE_OF[table]),
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join([sql.Placeholder()] * len(values)),
        )
        self._psql(statement, list(values.values()))

    def _our_sql_delete(self, drawn: random.Random) -> None:
        found = self._any_row(drawn)
        if found is not None:
            table, row_id = found
            statement = sql.SQL("delete from {} where id = %s")
            self._psql(statement.format(sql.Identifier(TABLE_OF[table])), [row_id])


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
