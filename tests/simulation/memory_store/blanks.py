"""With which values does a new row of a hub table begin, before anybody gives it others?"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from sqlalchemy import TextClause
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.schema import Column, DefaultClause

from hub.store.declared import declared_metadata


@cache
def _fixed(table: str) -> dict[str, Any]:
    return {c.name: _beginning(c) for c in declared_metadata().tables[f"hub.{table}"].columns}


def blank(table: str) -> dict[str, Any]:
    """Every column of schema hub's table with its default; what the clock or a key gives is None.

    Values are replaced and never changed in place, so they may be shared.
    """
    return dict(_fixed(table))


def _beginning(column: Column[Any]) -> Any:
    default, at_server = column.default, column.server_default
    if default is not None and default.is_scalar:
        return default.arg  # type: ignore[attr-defined]  # is_scalar says so
    if isinstance(column.type, JSONB) and isinstance(at_server, DefaultClause):
        told = at_server.arg.text if isinstance(at_server.arg, TextClause) else str(at_server.arg)
        return json.loads(told.strip("'"))
    return None
