"""How are the rows of a table found, written and deleted, whichever database it is?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, text

from connectors.sql.place import DatabasePlace
from connectors.sql.records import key_values, moment, record_of
from connectors.sql.schema import split_name
from hub.contract import StreamAddress
from hub.core.records import RemoteRecord, StreamSchema

CHANGES_A_PAGE = 500
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Row = Mapping[str, Any]


class Tables:
    """The tables of one database, by statements that every dialect understands."""

    def __init__(self, place: DatabasePlace) -> None:
        self._place = place

    def changed(
        self, session: Connection, table: str, column: str, after: datetime, until: datetime
    ) -> tuple[list[Row], datetime]:
        """Rows changed since, the earliest first, and up to when they are all of them."""
        name = self.quoted(column)
        rest = f"{name} > :after and {name} <= :until order by {name} limit {CHANGES_A_PAGE}"
        bounds = {"after": self.time(after), "until": self.time(until)}
        rows = self.select(session, table, rest, bounds)
        times = [found for row in rows if (found := moment(row[column])) is not None]
        if len(rows) < CHANGES_A_PAGE:
            return rows, until
        earlier = [at for at in times if at < times[-1]]
        if earlier:
            # Rows that share the last time may stand on the next page.
            return rows, earlier[-1]
        # So many rows of one moment, as a bulk update leaves them: all of them, at once.
        alike = self.select(session, table, f"{name} = :at", {"at": rows[0][column]})
        return alike, times[-1]

    def insert(self, session: Connection, table: str, values: Mapping[str, Any]) -> None:
        """Insert one row."""
        names = ", ".join(self.quoted(name) for name in values)
        marks = ", ".join(f":v{at}" for at in range(len(values)))
        statement = f"insert into {self.named(table)} ({names}) values ({marks})"  # noqa: S608
        session.execute(text(statement), self.bound(values))

    def update(
        self,
        session: Connection,
        schema: StreamSchema,
        table: str,
        external_id: str,
        values: Mapping[str, Any],
    ) -> None:
        """Set these columns of one row, if it is there."""
        sets = ", ".join(f"{self.quoted(name)} = :v{at}" for at, name in enumerate(values))
        statement = f"update {self.named(table)} set {sets} where {self.at(schema)}"  # noqa: S608
        key = key_values(schema, external_id) or {}
        session.execute(text(statement), {**self.bound(values), **key})

    def delete(
        self, session: Connection, schema: StreamSchema, table: str, external_id: str
    ) -> None:
        """Delete a row, if it is there."""
        key = key_values(schema, external_id)
        if key is not None:
            statement = f"delete from {self.named(table)} where {self.at(schema)}"  # noqa: S608
            session.execute(text(statement), key)

    def page(
        self, session: Connection, schema: StreamSchema, table: str, after: str | None, count: int
    ) -> list[Row]:
        """The next rows in the order of the key, behind the row `after`."""
        key = ", ".join(self.quoted(name) for name in schema.key)
        last = key_values(schema, after) if after is not None else None
        where = f"({key}) > ({', '.join(f':{mark}' for mark in last)})" if last else "1 = 1"
        return self.select(session, table, f"{where} order by {key} limit {count}", last or {})

    def by_hub_id(
        self,
        session: Connection,
        schema: StreamSchema,
        address: StreamAddress,
        hub_ids: Sequence[str],
    ) -> Mapping[str, tuple[RemoteRecord, ...]]:
        """The rows that carry these Hub IDs, in the order of their keys."""
        if address.hub_id_field is None or not hub_ids:
            return {}
        key = ", ".join(self.quoted(name) for name in schema.key)
        rows = self.select(
            session,
            address.table,
            f"{self.quoted(address.hub_id_field)} in :ids order by {key}",
            {"ids": list(hub_ids)},
        )
        found: dict[str, tuple[RemoteRecord, ...]] = {}
        for row in rows:
            carried = str(row[address.hub_id_field])
            record = record_of(schema, row, address.modified_field)
            found[carried] = (*found.get(carried, ()), record)
        return found

    def by_key(
        self,
        session: Connection,
        schema: StreamSchema,
        address: StreamAddress,
        external_ids: Sequence[str],
    ) -> dict[str, RemoteRecord]:
        """The rows with these keys, by key."""
        found: dict[str, RemoteRecord] = {}
        keys = [key_values(schema, external_id) for external_id in external_ids]
        wanted = [key for key in keys if key is not None]
        if len(schema.key) == 1 and wanted:
            rows = self.select(
                session,
                address.table,
                f"{self.quoted(schema.key[0])} in :ids",
                {"ids": [key["k0"] for key in wanted]},
            )
        else:
            rows = [
                row
                for key in wanted
                for row in self.select(session, address.table, self.at(schema), key)
            ]
        for record in self.records(schema, address, rows):
            found[record.external_id] = record
        return found

    def select(
        self, session: Connection, table: str, where: str, values: Mapping[str, Any]
    ) -> list[Row]:
        """The rows that fit, as dictionaries; a list among the values stands for `in`."""
        statement = text(f"select * from {self.named(table)} where {where}")  # noqa: S608
        lists = [name for name, value in values.items() if isinstance(value, list)]
        statement = statement.bindparams(*(bindparam(name, expanding=True) for name in lists))
        return [dict(row) for row in session.execute(statement, dict(values)).mappings()]

    def records(
        self, schema: StreamSchema, address: StreamAddress, rows: Iterable[Row]
    ) -> tuple[RemoteRecord, ...]:
        """The rows as records."""
        return tuple(record_of(schema, row, address.modified_field) for row in rows)

    def now(self, session: Connection) -> datetime:
        """The time by the clock of the database."""
        if self._place.dialect == "sqlite":
            asked = "select strftime('%Y-%m-%d %H:%M:%f', 'now')"
        elif self._place.dialect == "postgresql":
            # The transaction's own time stands still; a row is stamped as it is written.
            asked = "select clock_timestamp()"
        else:
            asked = "select now(6)"
        return moment(session.execute(text(asked.replace(":", "\\:"))).scalar()) or EPOCH

    def time(self, at: datetime) -> Any:
        """A time as the columns of this database hold it."""
        if self._place.dialect == "sqlite":
            return at.replace(tzinfo=None).isoformat(sep=" ", timespec="milliseconds")
        return at.replace(tzinfo=None) if self._place.dialect == "mysql" else at

    def bound(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values as parameters v0, v1 …, in the types that the driver knows."""
        return {f"v{at}": self._driven(value) for at, value in enumerate(values.values())}

    def _driven(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return self.time(value)
        if self._place.dialect == "sqlite" and isinstance(value, (Decimal, date)):
            return str(value)
        return value

    def at(self, schema: StreamSchema) -> str:
        """The condition that names one row by its key, with the parameters k0, k1 …"""
        return " and ".join(f"{self.quoted(name)} = :k{at}" for at, name in enumerate(schema.key))

    def named(self, table: str) -> str:
        """The table's name, quoted."""
        return ".".join(self.quoted(part) for part in split_name(table) if part)

    def quoted(self, name: str) -> str:
        """A name as this dialect quotes it; a colon would begin a parameter."""
        quoted = self._place.engine().dialect.identifier_preparer.quote_identifier(name)
        return quoted.replace(":", "\\:")
