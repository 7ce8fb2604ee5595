"""Where is everything the stand-in knows, while it runs?"""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

from hub.sandbox.airtable.files import Files
from hub.sandbox.airtable.ids import derived_id
from hub.sandbox.airtable.json_values import Fields, dump, parse
from hub.sandbox.airtable.model import Actor, Base, Field, Record, Table, Token, User, View
from hub.sandbox.airtable.state_file import StateFile, record_body, record_from_body
from hub.sandbox.clock import Clock

OWNER = User(id="usrOwner000000000", name="Owner", email="owner@sandbox.example")
STATE_FILE_NAME = "airtable.sqlite3"


def field_from_json(body: Fields) -> Field:
    return Field(
        id=body["id"],
        name=body["name"],
        type=body["type"],
        description=body.get("description"),
        options=body.get("options"),
    )


def table_from_json(body: Fields) -> Table:
    fields = [field_from_json(each) for each in body["fields"]]
    return Table(
        id=body["id"],
        name=body["name"],
        primary_field_id=body.get("primaryFieldId") or fields[0].id,
        fields={each.id: each for each in fields},
        description=body.get("description"),
        views=[
            View(
                id=view["id"],
                name=view["name"],
                type=view.get("type", "grid"),
                visible_field_ids=view.get("visibleFieldIds"),
                filter_by_formula=view.get("filterByFormula"),
                sort=view.get("sort"),
            )
            for view in body.get("views", [])
        ],
    )


class State:
    """The working set in memory, written through to one SQLite file.

    Every accepted change is in the file before it is answered. Whoever changes anything holds
    `lock`; readers in the event loop's thread need none, because changes happen there too.
    """

    def __init__(self, folder: Path | None = None, *, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.lock = threading.RLock()
        self.file = StateFile(None if folder is None else folder / STATE_FILE_NAME)
        self.files = Files(self.file, self.clock)
        self.bases: dict[str, Base] = {}
        self.users: dict[str, User] = {}
        self.tokens: dict[str, Token] = {}
        self._read_file()
        self.remember_user(OWNER)

    # People and tokens

    def remember_user(self, user: User) -> User:
        if self.users.get(user.id) != user:
            with self.file.transaction() as connection:
                connection.execute(
                    "INSERT OR REPLACE INTO person VALUES (?, ?, ?)",
                    (user.id, user.name, user.email),
                )
            self.users[user.id] = user
        return user

    def user_named(self, name: str) -> User:
        """The collaborator of this name, id or address; a new name becomes one."""
        for user in self.users.values():
            if name in (user.id, user.name, user.email):
                return user
        address = "".join(letter if letter.isalnum() else "." for letter in name.lower())
        return self.remember_user(
            User(id=derived_id("usr", name), name=name, email=f"{address}@sandbox.example")
        )

    def person(self, name: str) -> Actor:
        return Actor(user=self.user_named(name), source="client")

    def remember_token(self, token: Token) -> None:
        body = {
            "user": token.user.id,
            "scopes": None if token.scopes is None else sorted(token.scopes),
            "levels": token.levels,
        }
        with self.file.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO token VALUES (?, ?)", (token.text, dump(body).decode())
            )
        self.tokens[token.text] = token

    def token(self, text: str) -> Token | None:
        """Without any declared token every Bearer token is the owner's."""
        if not self.tokens:
            return Token(text=text, user=self.users.get(OWNER.id, OWNER))
        return self.tokens.get(text)

    def forget_everyone(self) -> None:
        """Forget the trash, every token and every person but the owner."""
        with self.file.transaction() as connection:
            connection.execute("DELETE FROM trashed_base")
            connection.execute("DELETE FROM token")
            connection.execute("DELETE FROM person")
        self.tokens.clear()
        self.users.clear()
        self.remember_user(OWNER)

    # Writing through

    def save_base(self, connection: sqlite3.Connection, base: Base) -> None:
        body = {
            "tables": [
                {**table.saved(), "nextNumber": table.next_number} for table in base.tables.values()
            ],
            "workspaceId": base.workspace_id,
        }
        connection.execute(
            "INSERT INTO base VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
            "name = excluded.name, body = excluded.body, "
            "transaction_number = excluded.transaction_number",
            (base.id, base.name, dump(body).decode(), base.transaction),
        )

    def save_record(
        self, connection: sqlite3.Connection, base: Base, table: Table, record: Record
    ) -> None:
        connection.execute(
            "INSERT INTO record (base, id, table_id, body) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (base, id) DO UPDATE SET body = excluded.body",
            (base.id, record.id, table.id, record_body(record)),
        )

    def trash_record(
        self, connection: sqlite3.Connection, base: Base, table: Table, record: Record
    ) -> None:
        connection.execute("DELETE FROM record WHERE base = ? AND id = ?", (base.id, record.id))
        connection.execute(
            "INSERT OR REPLACE INTO trash VALUES (?, ?, ?, ?)",
            (base.id, record.id, table.id, record_body(record)),
        )

    def trashed(self, base: Base, table: Table, record_id: str) -> Record | None:
        rows = self.file.rows(
            "SELECT body FROM trash WHERE base = ? AND id = ? AND table_id = ?",
            base.id,
            record_id,
            table.id,
        )
        return record_from_body(record_id, rows[0][0], {}) if rows else None

    def drop_base(self, base_id: str) -> None:
        """Forget a base, its hooks and everything that was recorded about it."""
        with self.lock, self.file.transaction() as connection:
            connection.execute(
                "DELETE FROM payload WHERE hook IN (SELECT id FROM hook WHERE base = ?)",
                (base_id,),
            )
            for statement in (
                "DELETE FROM hook WHERE base = ?",
                "DELETE FROM record WHERE base = ?",
                "DELETE FROM trash WHERE base = ?",
                "DELETE FROM event WHERE base = ?",
                "DELETE FROM edit WHERE base = ?",
                "DELETE FROM base WHERE id = ?",
            ):
                connection.execute(statement, (base_id,))
            self.bases.pop(base_id, None)

    def trash_base(self, base_id: str, body: Fields) -> None:
        """Keep a base as it is saved, so that it can be brought back."""
        with self.lock, self.file.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO trashed_base VALUES (?, ?)", (base_id, dump(body).decode())
            )

    def take_from_trash(self, base_id: str) -> Fields | None:
        """A base out of the trash; None where it is not there."""
        rows = self.file.rows("SELECT body FROM trashed_base WHERE id = ?", base_id)
        if not rows:
            return None
        with self.lock, self.file.transaction() as connection:
            connection.execute("DELETE FROM trashed_base WHERE id = ?", (base_id,))
        found: Fields = parse(rows[0][0])
        return found

    def close(self) -> None:
        self.file.close()

    # Reading back

    def _read_file(self) -> None:
        for user_id, name, email in self.file.rows("SELECT id, name, email FROM person"):
            self.users[user_id] = User(id=user_id, name=name, email=email)
        for text, body in self.file.rows("SELECT text, body FROM token"):
            saved = parse(body)
            self.tokens[text] = Token(
                text=text,
                user=self.users[saved["user"]],
                scopes=None if saved["scopes"] is None else frozenset(saved["scopes"]),
                levels=saved["levels"],
            )
        for base_id, name, body, transaction in self.file.rows(
            "SELECT id, name, body, transaction_number FROM base ORDER BY rowid"
        ):
            saved = parse(body)
            base = Base(
                id=base_id,
                name=name,
                tables={},
                transaction=transaction,
                workspace_id=saved["workspaceId"],
            )
            for each in saved["tables"]:
                table = table_from_json(each)
                table.next_number = each["nextNumber"]
                base.tables[table.id] = table
            self.bases[base_id] = base
        names: dict[str, str] = {}
        for base_id, record_id, table_id, body in self.file.rows(
            "SELECT base, id, table_id, body FROM record ORDER BY number"
        ):
            records = self.bases[base_id].tables[table_id].records
            records[record_id] = record_from_body(record_id, body, names)
