"""How does a filter become a condition in SQL?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, exists, false, not_, or_, select, true

from hub.errors import InvalidInput
from hub_graphql.compile.model import Model, Models
from hub_graphql.compile.values import storable_text, to_column
from hub_graphql.sources import ColumnSource, ToMany, ToOne

LARGEST_LIST = 5_000
LARGEST_FILTER = 1_000
DEEPEST_FILTER = 15


def check_filter(wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    """The filter itself, if it is no larger than a person would write.

    Raises:
        InvalidInput: it is nested too deeply, or has too many parts.
    """
    level: list[Any] = [wanted]
    parts = 0
    for _ in range(DEEPEST_FILTER * 2):
        below = [
            each
            for one in level
            for each in (one.values() if isinstance(one, Mapping) else one)
            if isinstance(each, (Mapping, list))
        ]
        parts += len(below)
        if parts > LARGEST_FILTER:
            raise InvalidInput(
                f"The filter has more than {LARGEST_FILTER:,} parts:"
                " use in with a list of values, or ask several times."
            )
        if not below:
            return wanted
        level = below
    raise InvalidInput(f"The filter is nested more than {DEEPEST_FILTER} levels: say it simpler.")


def condition(
    models: Models, model: Model, rows: FromClause, wanted: Mapping[str, Any]
) -> ColumnElement[bool]:
    """The condition that rows of `model`, read as `rows`, must meet."""
    parts: list[ColumnElement[bool]] = []
    for name, value in wanted.items():
        if value is None:
            continue
        if name == "and":
            parts.append(and_(true(), *(condition(models, model, rows, each) for each in value)))
        elif name == "or":
            parts.append(or_(false(), *(condition(models, model, rows, each) for each in value)))
        elif name == "not":
            parts.append(not_(condition(models, model, rows, value)))
        else:
            parts.append(_field_condition(models, model, rows, name, value))
    return and_(true(), *parts)


def _field_condition(
    models: Models, model: Model, rows: FromClause, name: str, value: Mapping[str, Any]
) -> ColumnElement[bool]:
    source = model.sources[name]
    if isinstance(source, ColumnSource):
        column = rows.c[source.column]
        return and_(
            true(), *(_comparison(model, column, name, each, value[each]) for each in value)
        )
    if isinstance(source, ToOne):
        other = models[source.target]
        target = other.table.alias()
        return exists(
            select(1)
            .select_from(target)
            .where(target.c.id == rows.c[source.foreign_key])
            .where(condition(models, other, target, value))
        )
    if isinstance(source, ToMany):
        return and_(
            true(),
            *(
                _related(models, source, rows, value[each])
                if each == "some"
                else not_(_related(models, source, rows, value[each]))
                for each in value
                if value[each] is not None
            ),
        )
    raise InvalidInput(f"{model.name}.{name} cannot be filtered.")


def _related(
    models: Models, source: ToMany, rows: FromClause, wanted: Mapping[str, Any]
) -> ColumnElement[bool]:
    other = models[source.target]
    target = other.table.alias()
    found = (
        select(1)
        .select_from(target)
        .where(target.c[source.foreign_key] == rows.c.id)
        .where(condition(models, other, target, wanted))
    )
    if other.has_tombstones:
        found = found.where(target.c.deleted_at.is_(None))
    return exists(found)


def _comparison(
    model: Model, column: ColumnElement[Any], name: str, operation: str, value: Any
) -> ColumnElement[bool]:
    if operation == "isNull":
        if value is None:
            return true()
        return column.is_(None) if value else column.is_not(None)
    if operation in {"in", "notIn"}:
        return _membership(model, column, name, operation, value)
    if operation in {"contains", "startsWith"}:
        if value is None:
            return true()
        matches = column.icontains if operation == "contains" else column.istartswith
        return matches(storable_text(value), autoescape=True)
    operand = to_column(column, value)
    if operation == "eq":
        return column.is_(None) if operand is None else column == operand
    if operation == "ne":
        return column.is_distinct_from(operand)
    if operand is None:
        raise InvalidInput(
            f"{model.name}.{name} is compared by {operation} with null: leave {operation} out,"
            " or use isNull to find empty values."
        )
    compare = {"lt": column.__lt__, "lte": column.__le__, "gt": column.__gt__}
    return compare.get(operation, column.__ge__)(operand)


def _membership(
    model: Model, column: ColumnElement[Any], name: str, operation: str, values: list[Any] | None
) -> ColumnElement[bool]:
    if values is None:
        return true()
    if len(values) > LARGEST_LIST:
        raise InvalidInput(
            f"{model.name}.{name}.{operation} has {len(values)} values:"
            f" give {LARGEST_LIST} at most, or filter on a relation instead."
        )
    found = column.in_([to_column(column, each) for each in values])
    return found if operation == "in" else or_(not_(found), column.is_(None))
