"""Which tables are captured, and what are their columns called today?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import Session

from hub.errors import InvalidInput
from hub.store.generic import generic


@dataclass(frozen=True, kw_only=True, slots=True)
class CapturedTable:
    """A table whose changes are recorded, and its columns by dictionary id."""

    id: int
    name: str
    history_name: str
    is_fact: bool
    columns: Mapping[int, str]

    @property
    def history(self) -> str:
        """Its history, quoted for SQL."""
        return _quoted("history", self.history_name)

    @property
    def as_of(self) -> str:
        """The function that answers its rows as of a tick, quoted for SQL."""
        return _quoted("history", f"{self.history_name}_as_of")


@generic(Session)
def captured_tables(session: Session) -> Sequence[CapturedTable]:
    """Every captured table."""
    found = session.execute(
        text(
            "select t.id, t.name, t.history_name, t.kind = 'fact',"
            " jsonb_object_agg(c.id, c.name)"
            " from hub.table_dictionary t join hub.column_dictionary c on c.table_id = t.id"
            " and c.dropped_at is null group by t.id order by t.id"
        )
    )
    return [
        CapturedTable(
            id=table_id,
            name=name,
            history_name=history_name,
            is_fact=is_fact,
            columns={int(number): column for number, column in columns.items()},
        )
        for table_id, name, history_name, is_fact, columns in found
    ]


@generic(Session)
def find_captured(session: Session, names: Iterable[str]) -> Sequence[CapturedTable]:
    """The captured tables of these names.

    Raises:
        InvalidInput: one of them is not captured.
    """
    known = {table.name: table for table in captured_tables(session)}
    wanted = list(names)
    for name in wanted:
        if name not in known:
            raise InvalidInput(
                f"[store] the changes of {name!r} are not recorded, valid are"
                f" {', '.join(known)}. Call hub.capture_table on it once, or name another."
            )
    return [known[name] for name in wanted]


def _quoted(schema: str, name: str) -> str:
    escaped = name.replace('"', '""')
    return f'{schema}."{escaped}"'
