"""Does what a person wants to save fit its columns? Decided before anything is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Numeric

from hub.core.mapping import HubColumn
from hub.core.sets import LISTED
from hub.core.values import Unfit, Value, ValueKind, canonical
from hub.errors import InvalidInput
from hub.store.columns import Unit, column_meta
from hub.store.tables import hub_columns
from hub_graphql.compile.model import Model
from hub_graphql.compile.values import parse_id, storable_text
from hub_graphql.edits import ItemError
from hub_graphql.naming import camel_case
from hub_graphql.sources import ColumnSource

_NEVER_NEGATIVE = {Unit.COUNT, Unit.MESSAGES_PER_DAY}


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One item of a list to save: the columns it gives, in canonical values."""

    index: int
    id: UUID | None
    values: Mapping[str, Value]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Refused(Exception):
    code: str
    message: str
    hint: str


def item_error(
    index: int, code: str, message: str, hint: str, *, field: str | None = None, ids: bool = False
) -> ItemError:
    """An error of one item, with its place among the arguments."""
    path = ["ids" if ids else "input", str(index)]
    return ItemError(
        index=index,
        path=[*path, field] if field else path,
        field=field,
        code=code,
        message=message,
        hint=hint,
    )


def read_ids(given: Sequence[object], *, ids: bool) -> tuple[list[UUID | None], list[ItemError]]:
    """The ids of a list, each at most once."""
    read: list[UUID | None] = []
    errors: list[ItemError] = []
    seen: dict[UUID, int] = {}
    for index, text in enumerate(given):
        if text is None:
            read.append(None)
            continue
        try:
            row_id = parse_id(text)
        except InvalidInput as error:
            errors.append(
                item_error(
                    index,
                    "INVALID_VALUE",
                    error.message,
                    "Give the id as the field id answers it.",
                    field=None if ids else "id",
                    ids=ids,
                )
            )
            read.append(None)
            continue
        if row_id in seen:
            errors.append(
                item_error(
                    index,
                    "DUPLICATE",
                    f"{row_id} is item {seen[row_id]} already.",
                    "Put everything about one row into one item.",
                    field=None if ids else "id",
                    ids=ids,
                )
            )
        seen.setdefault(row_id, index)
        read.append(row_id)
    return read, errors


def read_items(
    model: Model, given: Sequence[Mapping[str, Any]]
) -> tuple[list[Item], list[ItemError]]:
    """The items of a list to save, and what does not fit in them."""
    ids, errors = read_ids([each.get("id") for each in given], ids=False)
    items: list[Item] = []
    for index, (row_id, fields) in enumerate(zip(ids, given, strict=True)):
        values: dict[str, Value] = {}
        for name, raw in fields.items():
            source = model.sources.get(name)
            if name == "id" or not isinstance(source, ColumnSource):
                continue
            try:
                values[source.column] = _value(model, source.column, raw)
            except _Refused as refused:
                errors.append(
                    item_error(index, refused.code, refused.message, refused.hint, field=name)
                )
        own = [name for name, value in values.items() if str(row_id) in LISTED.split(value)]
        errors.extend(
            item_error(
                index,
                "INVALID_VALUE",
                f"{camel_case(name)} names the row itself.",
                "Choose another row, or null.",
                field=camel_case(name),
            )
            for name in own
        )
        if fields.get("id") is None:
            errors.extend(_missing(model, index, fields))
        items.append(Item(index=index, id=row_id, values=values))
    return items, errors


def _missing(model: Model, index: int, fields: Mapping[str, Any]) -> list[ItemError]:
    """What a row cannot be created without."""
    return [
        item_error(
            index,
            "REQUIRED",
            f"A new row of {model.table.name} needs {camel_case(column.name)}.",
            f"Give {camel_case(column.name)}, or the id of the row to update.",
            field=camel_case(column.name),
        )
        for column in hub_columns(model.table.name).values()
        if _is_required(column) and camel_case(column.name) not in fields
    ]


def _is_required(column: HubColumn) -> bool:
    return not column.is_nullable and column.default is None


def _value(model: Model, name: str, raw: Any) -> Value:
    column = hub_columns(model.table.name)[name]
    if isinstance(raw, str):
        try:
            storable_text(raw)
        except InvalidInput as error:
            raise _Refused(
                code="INVALID_VALUE", message=error.message, hint="Leave it out."
            ) from None
    value = canonical(column.kind, raw, scale=column.scale)
    if isinstance(value, Unfit):
        hint = "Give an id as the field id answers it."
        if column.kind not in {ValueKind.REFERENCE, ValueKind.REFERENCES}:
            hint = "Correct the value."
        raise _Refused(code="INVALID_VALUE", message=f"{value.reason}.", hint=hint)
    if value is None and not column.is_nullable:
        if column.default is None:
            raise _Refused(
                code="REQUIRED",
                message=f"{camel_case(name)} cannot be empty.",
                hint="Give a value, or leave the field out to keep it as it is.",
            )
        return column.default
    _check_choice(column, value)
    _check_number(model, name, column, value)
    return value


def _check_choice(column: HubColumn, value: Value) -> None:
    if column.choices and value is not None and value not in column.choices:
        raise _Refused(
            code="INVALID_VALUE",
            message=f"{column.name} got {str(value)[:60]!r},"
            f" valid are {', '.join(column.choices)}.",
            hint="Choose one of them.",
        )


def _check_number(model: Model, name: str, column: HubColumn, value: Value) -> None:
    if value is None or column.kind not in {ValueKind.INTEGER, ValueKind.DECIMAL}:
        return
    number = Decimal(str(value))
    unit = column_meta(model.table)[name].unit
    if number < 0 and unit in _NEVER_NEGATIVE:
        raise _Refused(
            code="INVALID_VALUE",
            message=f"{camel_case(name)} got {value}: it counts {unit} and is never negative.",
            hint="Give 0 or more.",
        )
    sql_type = model.column(name).type
    if isinstance(sql_type, Numeric) and sql_type.precision:
        digits = sql_type.precision - (sql_type.scale or 0)
        if abs(number) >= Decimal(10) ** digits:
            raise _Refused(
                code="INVALID_VALUE",
                message=f"{camel_case(name)} got {value}: there is room for {digits} digits"
                " before the decimal point.",
                hint="Check the unit of the number.",
            )
