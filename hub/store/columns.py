"""What does a column mean: its label, description, unit, PII class and source?

Said once, where the column is declared; the data dictionary, the GraphQL descriptions and the
column comments in Postgres are all made from it.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import DateTime, String, Table, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field


class Pii(enum.StrEnum):
    """How much a value says about a person."""

    NONE = "none"
    PSEUDONYM = "pseudonym"
    PERSONAL = "personal"
    SECRET = "secret"  # noqa: S105  # a class of data, not a secret


class Unit(enum.StrEnum):
    """What a number counts."""

    COUNT = "count"
    RATIO = "ratio"
    SECOND = "second"
    CURRENCY = "currency"
    MILLION_USD = "million USD"
    MESSAGES_PER_DAY = "messages per day"
    YEAR = "year"


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnMeta:
    """The meaning of one column."""

    label: str
    description: str
    unit: Unit | None = None
    pii: Pii = Pii.NONE
    source: str = "hub"
    editable: bool = True
    choices: tuple[str, ...] | None = None
    set_of: str | None = None
    """For a set of row ids: the table they are of; Postgres has no foreign keys for those."""


_INFO_KEY = "hub"
TIMESTAMP = DateTime(timezone=True)
TEXT_SET, ID_SET = ARRAY(String), ARRAY(Uuid)


def column(
    label: str,
    description: str,
    *,
    unit: Unit | None = None,
    pii: Pii = Pii.NONE,
    source: str = "hub",
    editable: bool = True,
    choices: tuple[str, ...] | None = None,
    set_of: str | type[str] | None = None,
    sa_column_kwargs: Mapping[str, Any] | None = None,
    **field: Any,
) -> Any:
    """A SQLModel field that carries its meaning; `field` goes to `sqlmodel.Field`.

    `set_of` makes it a set: of texts (`str`), or of the ids of a table's rows, given by its name.
    """
    if set_of is not None:
        field["sa_type"] = TEXT_SET if set_of is str else ID_SET
    meta = ColumnMeta(
        label=label,
        description=description,
        unit=unit,
        pii=pii,
        source=source,
        editable=editable,
        choices=choices,
        set_of=set_of if isinstance(set_of, str) else None,
    )
    kwargs = {
        "info": {_INFO_KEY: meta},
        "comment": description,
        **(sa_column_kwargs or {}),
    }
    return Field(sa_column_kwargs=kwargs, **field)


def column_meta(table: Table) -> dict[str, ColumnMeta]:
    """The meaning of every column of `table`, by column name.

    Raises:
        LookupError: a column was declared without a meaning.
    """
    described: dict[str, ColumnMeta] = {}
    for col in table.columns:
        meta = col.info.get(_INFO_KEY)
        if not isinstance(meta, ColumnMeta):
            raise LookupError(f"column {table.name}.{col.name} has no label and description")
        described[col.name] = meta
    return described
