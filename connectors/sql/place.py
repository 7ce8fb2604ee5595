"""How does a read-only session with any of the databases begin, and what do its errors mean?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.engine.url import URL, make_url
from sqlalchemy.exc import DBAPIError, NoSuchTableError, SQLAlchemyError

from connectors.sql.settings import DRIVERS, Settings
from hub.errors import HubError, OutcomeUnknown, PermissionLost, RemoteMissing, RemoteUnavailable

CONNECT_SECONDS = 10
_REFUSED = re.compile(
    r"password authentication failed|access denied|permission denied|no pg_hba|"
    r"command denied|role .* does not exist|not permitted",
    re.IGNORECASE,
)
_MISSING = re.compile(
    r"does not exist|doesn't exist|unknown (database|column|table)|no such (table|column)|"
    r"unable to open database",
    re.IGNORECASE,
)


class DatabasePlace:
    """One database that is only read. Nothing is opened before the first question."""

    def __init__(self, connection: str, settings: Settings) -> None:
        self._connection = connection
        self._seconds = settings.request_timeout_seconds
        url = make_url(settings.url.get_secret_value())
        scheme, _, driver = url.drivername.partition("+")
        self.url: URL = url if driver else url.set(drivername=DRIVERS[scheme])
        self.dialect = self.url.get_backend_name()
        self.requests_made = 0
        self._engine: Engine | None = None

    @property
    def name(self) -> str:
        """What a person calls the place; without the password."""
        return self.url.render_as_string(hide_password=True)

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """A transaction that can change nothing and sees one state of the data.

        Raises:
            PermissionLost: the database does not let us in, or not to this table.
            RemoteMissing: the database, the table or the column is not there.
            RemoteUnavailable: it does not answer.
        """
        with self._telling(), self.engine().connect() as connection:
            self._begin(connection, writes=False)
            yield connection
            connection.rollback()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that commits at the end, and changes nothing on any error.

        Raises:
            OutcomeUnknown: it broke off while it committed.
            HubError: as `session` does.
        """
        with self._telling(), self.engine().connect() as connection:
            self._begin(connection, writes=True)
            yield connection
            try:
                connection.commit()
            except DBAPIError as exc:
                if not exc.connection_invalidated:
                    raise
                raise OutcomeUnknown(
                    f"[{self._connection}] {self.name} broke off while it committed; what stands "
                    "there is looked up."
                ) from exc

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except HubError:
            raise
        except NoSuchTableError as exc:
            raise RemoteMissing(
                f"[{self._connection}] {self.name} has no table {exc}. Correct `table` in hub.toml."
            ) from exc
        except SQLAlchemyError as exc:
            raise self.meaning(exc) from exc

    def engine(self) -> Engine:
        """The engine, made on first use.

        Raises:
            RemoteMissing: the SQLite file is not there; it would be made otherwise.
        """
        if self.dialect == "sqlite":
            self._require_file()
        if self._engine is None:
            self._engine = self._made()
        return self._engine

    def meaning(self, exc: SQLAlchemyError) -> HubError:
        """What an error of the database is for the hub; it never shows the password."""
        said = str(exc.orig) if isinstance(exc, DBAPIError) else str(exc)
        first = (said.strip().splitlines() or ["no reason given"])[0][:200]
        where = f"[{self._connection}] {self.name}"
        if _REFUSED.search(said):
            return PermissionLost(f"{where} refuses: {first}. Correct the user and its rights.")
        if _MISSING.search(said):
            return RemoteMissing(f"{where}: {first}. Correct the stream in hub.toml.")
        return RemoteUnavailable(f"{where} does not answer: {first}. It is tried again.")

    def _made(self) -> Engine:
        seconds = int(self._seconds)
        if self.dialect == "postgresql":
            arguments: dict[str, object] = {
                "connect_timeout": CONNECT_SECONDS,
                "application_name": "hub source",
                "options": (
                    f"-c statement_timeout={seconds * 1000} -c default_transaction_read_only=on"
                    " -c timezone=UTC"
                ),
            }
        elif self.dialect == "mysql":
            arguments = {
                "connect_timeout": CONNECT_SECONDS,
                "read_timeout": seconds,
            }
        else:
            arguments = {"timeout": seconds, "check_same_thread": False}
        engine = create_engine(
            self.url, pool_size=1, max_overflow=1, pool_pre_ping=True, hide_parameters=True,
            connect_args=arguments,
        )  # fmt: skip

        @event.listens_for(engine, "before_cursor_execute")
        def count(*_: object) -> None:
            self.requests_made += 1

        if self.dialect == "sqlite":

            @event.listens_for(engine, "connect")
            def begin_by_hand(connection: DBAPIConnection, _: object) -> None:
                # The driver would begin late, and between the statements of one transaction.
                connection.isolation_level = None

            @event.listens_for(engine, "begin")
            def begin(connection: Connection) -> None:
                connection.exec_driver_sql("begin")

        return engine

    def _begin(self, connection: Connection, *, writes: bool) -> None:
        """Only what was asked for is possible, whatever the user's rights are."""
        mode = "read write" if writes else "read only"
        if self.dialect == "postgresql":
            level = "read committed" if writes else "repeatable read"
            connection.exec_driver_sql(f"set transaction isolation level {level}, {mode}")
        elif self.dialect == "mysql":
            connection.exec_driver_sql("set time_zone = '+00:00'")
            connection.exec_driver_sql(f"set session transaction {mode}")
            # It holds from the next transaction on.
            connection.commit()
        else:
            connection.exec_driver_sql(f"pragma query_only = {'off' if writes else 'on'}")

    def _require_file(self) -> None:
        name = self.url.database
        if not name or name == ":memory:" or not Path(name).is_file():
            raise RemoteMissing(
                f"[{self._connection}] there is no SQLite file {name or '(no name)'}. Correct "
                "`url` in hub.toml: sqlite:/// and the path; four slashes for one from the root."
            )
