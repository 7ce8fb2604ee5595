"""Who changed which cell, when, from what to what?

The truth for a test: written with every change, from the change itself, whatever clients were told.
"""

from __future__ import annotations

import sqlite3

from hub.sandbox.airtable.dependencies import Key
from hub.sandbox.airtable.fields.registry import DERIVED
from hub.sandbox.airtable.json_values import Fields, Json, dump, parse
from hub.sandbox.airtable.reader import Reader
from hub.sandbox.airtable.state import State
from hub.sandbox.airtable.transactions import Committed

_COLUMNS = (
    "number, base, transaction_number, at, person, source, kind, table_id, record, field, "
    "before, after"
)


class EditLog:
    """One row for each cell written; creations and destructions have a row of their own, too."""

    def __init__(self, state: State) -> None:
        self.state = state

    def record(self, committed: Committed, reader: Reader, connection: sqlite3.Connection) -> None:
        rows = [*self._created(committed, reader), *self._changed(committed),
                *self._destroyed(committed, reader)]  # fmt: skip
        user = committed.actor.user
        connection.executemany(
            "INSERT INTO edit (base, transaction_number, at, person, source, kind, table_id, "
            "record, field, before, after) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    committed.base.id,
                    committed.transaction,
                    committed.at,
                    None if user is None else user.name,
                    committed.actor.source,
                    kind,
                    key[0],
                    key[1],
                    field_id,
                    _text(before),
                    _text(after),
                )
                for kind, key, field_id, before, after in rows
            ],
        )

    def _created(
        self, committed: Committed, reader: Reader
    ) -> list[tuple[str, Key, str | None, Json, Json]]:
        rows: list[tuple[str, Key, str | None, Json, Json]] = []
        for key, record in committed.created.items():
            table = committed.base.tables[key[0]]
            rows.append(("create", key, None, None, None))
            for field_id in record.values:
                value = reader.value(table, record, table.fields[field_id])
                rows.append(("create", key, field_id, None, value))
        return rows

    def _changed(self, committed: Committed) -> list[tuple[str, Key, str | None, Json, Json]]:
        return [
            ("edit", key, field_id, change.before, change.after)
            for key, cells in committed.changed.items()
            for field_id, change in cells.items()
            if committed.base.tables[key[0]].fields[field_id].type not in DERIVED
        ]

    def _destroyed(
        self, committed: Committed, reader: Reader
    ) -> list[tuple[str, Key, str | None, Json, Json]]:
        rows: list[tuple[str, Key, str | None, Json, Json]] = []
        for key, record in committed.destroyed.items():
            table = committed.base.tables[key[0]]
            rows.append(("destroy", key, None, None, None))
            for field_id in record.values:
                value = reader.value(table, record, table.fields[field_id])
                rows.append(("destroy", key, field_id, value, None))
        return rows

    def after(self, number: int, *, limit: int = 100_000) -> Fields:
        rows = self.state.file.rows(
            f"SELECT {_COLUMNS} FROM edit WHERE number > ? ORDER BY number LIMIT ?",  # noqa: S608  own columns
            number,
            limit,
        )
        names = (
            "number", "base", "transaction", "at", "user", "source", "kind", "table", "record",
            "field",
        )  # fmt: skip
        return {
            "edits": [
                {**dict(zip(names, row, strict=False)),
                 "before": _value(row[10]), "after": _value(row[11])}
                for row in rows
            ]
        }  # fmt: skip


def _text(value: Json) -> str | None:
    return None if value is None else dump(value).decode()


def _value(text: str | None) -> Json:
    return None if text is None else parse(text)
