"""Is the central database on today's tables, and how does it get there?

Alembic is imported only where something is migrated: asking whether that is needed stays fast.
"""

from __future__ import annotations

import re
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from hub.errors import StoreUnavailable
from hub.store.database import driver_url

if TYPE_CHECKING:
    from alembic.config import Config

_LOCK = 0x68756221
_REVISION = re.compile(r"^revision\b.*?=\s*[\"'](\w+)[\"']", re.MULTILINE)
_PARENT = re.compile(r"^down_revision\b.*?=\s*[\"'](\w+)[\"']", re.MULTILINE)


def scripts_folder() -> Path:
    """Where the migrations are: beside the packages in a checkout, else where a wheel put them."""
    candidates = (
        Path(__file__).resolve().parents[2] / "alembic",
        Path(sysconfig.get_path("data")) / "share" / "integration-hub" / "alembic",
    )
    for folder in candidates:
        if (folder / "env.py").is_file():
            return folder
    looked = " and ".join(str(folder) for folder in candidates)
    raise StoreUnavailable(
        f"[store] the migrations are missing: looked in {looked}. Install the hub again."
    )


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at `url` forward to `revision`; a second caller waits for the first."""
    from alembic import command

    with connect(url) as connection:
        command.upgrade(_config(connection), revision)


def downgrade(url: str, revision: str) -> None:
    """Take the database at `url` back to `revision`, with the data of what is dropped."""
    from alembic import command

    with connect(url) as connection:
        command.downgrade(_config(connection), revision)


def current_revision(url: str) -> str | None:
    """The revision the database at `url` is on; None when it was never migrated."""
    with connect(url, lock=False) as connection:
        if connection.scalar(text("select to_regclass('public.alembic_version')")) is None:
            return None
        found: str | None = connection.scalar(
            text("select version_num from public.alembic_version")
        )
        return found


def head_revision() -> str:
    """The newest revision that this installation has."""
    revisions: set[str] = set()
    parents: set[str] = set()
    for path in (scripts_folder() / "versions").glob("*.py"):
        source = path.read_text(encoding="utf-8")
        revisions.update(_REVISION.findall(source))
        parents.update(_PARENT.findall(source))
    (head,) = revisions - parents
    return head


def is_current(url: str) -> bool:
    """Whether the database at `url` is on the newest revision."""
    return current_revision(url) == head_revision()


@contextmanager
def connect(url: str, *, lock: bool = True) -> Iterator[Connection]:
    """One transaction on the database at `url`, alone among migrations when `lock`."""
    engine = create_engine(
        driver_url(url),
        poolclass=NullPool,
        connect_args={
            "application_name": "hub migrate",
            "connect_timeout": 5,
            # Tables without a schema are business tables, whatever the user is called.
            "options": "-c search_path=public -c timezone=UTC -c lock_timeout=30s",
        },
    )
    try:
        with engine.begin() as connection:
            if lock:
                connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            yield connection
    except OperationalError as exc:
        shown = driver_url(url).render_as_string(hide_password=True)
        said = " ".join(str(exc.orig).split())
        raise StoreUnavailable(
            f"[store] {shown}: {said}. Check that the server runs, that"
            " DATABASE_URL is right and that no long transaction holds the tables; start again."
        ) from exc
    finally:
        engine.dispose()


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(scripts_folder()).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
