"""How do the fields of a source become the columns of a table?

Pure descriptions; `hub.core.page_mapping` carries them out.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from hub.core.records import FieldSchema
from hub.core.values import Scalar, ValueKind

LONGEST_NAME = 55
_NO_NAME = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Lookup:
    """A reference by a name: which table, and by which of its columns it is known."""

    table: str
    by: str

    def __str__(self) -> str:
        return f"{self.table}.{self.by}"


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceColumn:
    """One column and where its values come from: a field, or a constant."""

    name: str
    kind: ValueKind
    field: str | None = None
    constant: Scalar = None
    transforms: tuple[str, ...] = ()
    values: Mapping[str, Scalar] = dataclasses.field(default_factory=dict)
    lookup: Lookup | None = None
    choices: tuple[str, ...] | None = None
    largest: int = 2**63 - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class WantedColumn:
    """A column as a person configured it; without a kind it has the source's own."""

    name: str
    field: str | None = None
    constant: Scalar = None
    transforms: tuple[str, ...] = ()
    values: Mapping[str, Scalar] = dataclasses.field(default_factory=dict)
    lookup: Lookup | None = None
    kind: ValueKind | None = None
    label: str | None = None
    description: str | None = None
    pii: str = "none"

    def kind_by_itself(self) -> ValueKind | None:
        """The kind that the configuration alone tells; None where the source must be asked."""
        if self.lookup is not None:
            return ValueKind.REFERENCE
        if self.kind is not None:
            return self.kind
        if self.field is None:
            return _kind_of_constant(self.constant)
        told = [TRANSFORM_KINDS[w] for w in map(_word, self.transforms) if w in TRANSFORM_KINDS]
        if self.values or (told and told[-1] is ValueKind.TEXT):
            return ValueKind.TEXT
        if _word(self.transforms[-1]) == "date" if self.transforms else False:
            has_time = any(sign in self.transforms[-1] for sign in ("%H", "%I", "%T", "%R"))
            return ValueKind.TIMESTAMP if has_time else ValueKind.DATE
        return told[-1] if told else None


TRANSFORM_KINDS = {
    "lower": ValueKind.TEXT,
    "upper": ValueKind.TEXT,
    "digits": ValueKind.TEXT,
    "email": ValueKind.TEXT,
    "domain_of": ValueKind.TEXT,
    "first": ValueKind.TEXT,
    "last": ValueKind.TEXT,
    "number": ValueKind.DECIMAL,
    "number_comma": ValueKind.DECIMAL,
    "seconds": ValueKind.TIMESTAMP,
    "milliseconds": ValueKind.TIMESTAMP,
    "split": ValueKind.OPAQUE,
}
"""What a transform makes of any column; the others leave the kind as it is."""


def _word(transform: str) -> str:
    return transform.partition(":")[0]


def _kind_of_constant(constant: Scalar) -> ValueKind:
    match constant:
        case bool():
            return ValueKind.BOOLEAN
        case int():
            return ValueKind.INTEGER
        case float():
            return ValueKind.DECIMAL
        case _:
            return ValueKind.TEXT


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceMapping:
    """One stream's columns, and which of them tell its rows apart."""

    connection: str
    stream: str
    columns: tuple[SourceColumn, ...]
    key: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """The source's fields that are needed, each once."""
        return tuple(dict.fromkeys(c.field for c in self.columns if c.field is not None))

    def column(self, name: str) -> SourceColumn:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)


def column_name(field_name: str, taken: Collection[str] = ()) -> str:
    """A column's name for a source's field: small letters, digits and underscores, unlike others.

    >>> column_name("Straße (km)")
    'strasse_km'
    """
    plain = unicodedata.normalize("NFKD", field_name.replace("ß", "ss").replace("ẞ", "ss"))
    name = _NO_NAME.sub("_", plain.encode("ascii", "ignore").decode().lower()).strip("_")
    if not name or name[0].isdigit():
        name = f"column_{name}".rstrip("_")
    name = name[:LONGEST_NAME].rstrip("_")
    found, number = name, 2
    while found in taken:
        found = f"{name[: LONGEST_NAME - 4]}_{number}"
        number += 1
    return found


def implied_columns(
    fields: Mapping[str, FieldSchema], reserved: Collection[str]
) -> tuple[SourceColumn, ...]:
    """Every discovered field as it is; a field's name that is the hub's own gets a number."""
    taken = set(reserved)
    columns = []
    for found in fields.values():
        name = column_name(found.name or found.id, taken)
        taken.add(name)
        columns.append(SourceColumn(name=name, kind=stored_kind(found.kind), field=found.id))
    return tuple(columns)


def stored_kind(kind: ValueKind) -> ValueKind:
    """The kind as which a dataset keeps a source's kind."""
    match kind:
        case ValueKind.CHOICE | ValueKind.REFERENCE:
            return ValueKind.TEXT
        case ValueKind.CHOICES | ValueKind.LINKS:
            return ValueKind.OPAQUE
        case _:
            return kind
