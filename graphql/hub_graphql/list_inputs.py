"""Which filters and orders does a list of rows take?

They are made from the type's own declaration, so that no field is said twice: each column gets the
comparisons that fit its kind, each relation the filter of its target.
"""

from __future__ import annotations

import enum
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import strawberry
from sqlalchemy.types import BigInteger, TypeEngine

from hub_graphql.naming import later, listed, module_of, optional, python_kind
from hub_graphql.scalars import BigInt
from hub_graphql.sources import DECLARED, ColumnSource, Declared, ToMany, ToOne, source_of

COMPARISONS = {
    "eq": "Is this value; null finds empty ones.",
    "ne": "Is another value or empty; null finds filled ones.",
    "in": "Is one of these values.",
    "not_in": "Is none of these values; empty ones are found.",
    "lt": "Is less than this.",
    "lte": "Is this or less.",
    "gt": "Is more than this.",
    "gte": "Is this or more.",
    "contains": "Contains this text, in upper or lower case.",
    "starts_with": "Begins with this text, in upper or lower case.",
    "is_null": "Whether it is empty.",
}
_EQUALITY = ("eq", "ne", "in", "not_in", "is_null")
_ORDERED = ("eq", "ne", "in", "not_in", "lt", "lte", "gt", "gte", "is_null")


def input_type(name: str, module: str, description: str, fields: dict[str, tuple[Any, str]]) -> Any:
    """An input whose fields may all be left out: python name -> (annotation, description)."""
    namespace: dict[str, Any] = {"__module__": module, "__annotations__": {}}
    for field_name, (annotation, text) in fields.items():
        attribute = f"{field_name}_" if field_name in {"in", "and", "or", "not"} else field_name
        namespace["__annotations__"][attribute] = annotation
        namespace[attribute] = strawberry.field(
            name=field_name if attribute != field_name else None,
            default=strawberry.UNSET,
            description=text,
        )
    return strawberry.input(type(name, (), namespace), description=description)


def _comparison_input(kind: str, value: Any, operations: tuple[str, ...], what: str) -> Any:
    fields: dict[str, tuple[Any, str]] = {}
    for operation in operations:
        annotation: Any = optional(value)
        if operation in {"in", "not_in"}:
            annotation = optional(listed(value))
        elif operation == "is_null":
            annotation = bool | None
        fields[operation] = (annotation, COMPARISONS[operation])
    return input_type(
        f"{kind}Filter", __name__, f"Compares {what}; all that is given must hold.", fields
    )


IDFilter = _comparison_input("ID", strawberry.ID, _EQUALITY, "an id")
StringFilter = _comparison_input("String", str, (*_ORDERED, "contains", "starts_with"), "a text")
IntFilter = _comparison_input("Int", int, _ORDERED, "a whole number")
BigIntFilter = _comparison_input("BigInt", BigInt, _ORDERED, "a large whole number")
DecimalFilter = _comparison_input("Decimal", Decimal, _ORDERED, "a decimal number")
DateFilter = _comparison_input("Date", date, _ORDERED, "a day")
DateTimeFilter = _comparison_input("DateTime", datetime, _ORDERED, "a moment")
BooleanFilter = _comparison_input("Boolean", bool, ("eq", "ne", "is_null"), "a yes or no")

_BY_PYTHON_TYPE: dict[type, Any] = {
    UUID: IDFilter,
    int: IntFilter,
    Decimal: DecimalFilter,
    datetime: DateTimeFilter,
    date: DateFilter,
    bool: BooleanFilter,
    str: StringFilter,
}


@strawberry.enum(description="Which end comes first; empty values are last either way.")
class Direction(enum.Enum):
    ASC = "asc"
    DESC = "desc"


def comparison_for(sql_type: TypeEngine[Any]) -> Any | None:
    """The filter for a column of this type; None for one that cannot be compared."""
    if isinstance(sql_type, BigInteger):
        return BigIntFilter
    return _BY_PYTHON_TYPE.get(python_kind(sql_type))


def list_inputs(output: type) -> tuple[Any, Any, Any]:
    """The filter, the filter on a list, and the order of a data type."""
    declared: Declared = getattr(output, DECLARED)
    name, module = declared.name, output.__module__
    own_filter = optional(later(f"{name}Filter", module))
    many = optional(listed(later(f"{name}Filter", module)))
    filters: dict[str, tuple[Any, str]] = {}
    orders: dict[str, str] = {}
    for declared_field in output.__strawberry_definition__.fields:  # type: ignore[attr-defined]
        source = source_of(declared_field)
        text = declared_field.description or ""
        match source:
            case ColumnSource(column=column):
                comparison = comparison_for(declared.table.columns[column].type)
                if comparison is not None:
                    filters[declared_field.python_name] = (optional(comparison), text)
                    orders[column.upper()] = column
            case ToOne(target=target):
                wanted = later(f"{target}Filter", module_of(target))
                filters[declared_field.python_name] = (optional(wanted), text)
            case ToMany(target=target):
                wanted = later(f"{target}ListFilter", module_of(target))
                filters[declared_field.python_name] = (optional(wanted), text)
            case _:
                pass
    filters |= {
        "and": (many, "All of these hold."),
        "or": (many, "At least one of these holds."),
        "not": (own_filter, "This does not hold."),
    }
    rows = f"rows of {declared.table.name}"
    choice: Any = enum.Enum(f"{name}OrderField", orders, module=module)  # type: ignore[misc]
    order_field = strawberry.enum(choice, description=f"What {rows} can be ordered by.")
    return (
        input_type(f"{name}Filter", module, f"Which {rows}: all that is given must hold.", filters),
        input_type(
            f"{name}ListFilter",
            module,
            f"What the {rows} on the other side of a relation must be like.",
            {
                "some": (own_filter, "At least one row, not deleted, is so."),
                "none": (own_filter, "No row, unless deleted, is so."),
            },
        ),
        _order_input(name, module, order_field, rows),
    )


def _order_input(name: str, module: str, order_field: Any, rows: str) -> Any:
    namespace = {
        "__module__": module,
        "__annotations__": {"field": order_field, "direction": Direction},
        "field": strawberry.field(description="Order by this."),
        "direction": strawberry.field(
            default=Direction.ASC, description="Smallest or largest first."
        ),
    }
    return strawberry.input(
        type(f"{name}Order", (), namespace), description=f"An order of {rows}; empty ones last."
    )
