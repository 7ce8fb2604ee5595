"""Which rows does an edit meet?

They are locked in the order of their ids, so that no two edits ever wait for each other.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Session

from hub.store.tables import TABLES


def lock_rows(session: Session, table: Table, ids: Collection[UUID]) -> dict[UUID, datetime | None]:
    """Since when each of these rows is deleted, by id; locked until the transaction ends."""
    if not ids:
        return {}
    found = session.execute(
        select(table.c.id, table.c.deleted_at)
        .where(table.c.id == func.any(_array(ids)))
        .order_by(table.c.id)
        .with_for_update()
    )
    return {row.id: row.deleted_at for row in found}


def live_ids(session: Session, table_name: str, ids: Collection[UUID]) -> set[UUID]:
    """Which of these ids belong to rows that are not deleted."""
    if not ids:
        return set()
    table = TABLES[table_name]
    found = session.execute(
        select(table.c.id)
        .where(table.c.id == func.any(_array(ids)))
        .where(table.c.deleted_at.is_(None))
    )
    return set(found.scalars())


def _array(ids: Collection[UUID]) -> Any:
    return bindparam(None, list(ids), type_=ARRAY(Uuid()), unique=True)
