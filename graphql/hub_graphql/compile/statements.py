"""Which SQL statements read a page: its rows, its count, and the rows that keys point at?

One statement answers the page of every parent at once: the parents' ids are unnested and each is
joined laterally with its own first rows, so that an index on the foreign key serves all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    FromClause,
    Select,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    literal,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

from hub_graphql.compile.filters import condition
from hub_graphql.compile.model import Model, Models
from hub_graphql.compile.order import beyond, order_by
from hub_graphql.compile.plan import PagePlan, RowsPlan
from hub_graphql.naming import python_kind

PARENT = "parent_key"


def rows_of_page(models: Models, plan: PagePlan) -> Select[Any]:
    """The rows of one page, and one more that tells whether there is a next page."""
    rows = plan.rows.model.table.alias()
    return _limited(models, plan, rows)


def rows_of_pages(models: Models, plan: PagePlan, parents: Sequence[str]) -> Select[Any]:
    """The rows of the same page below each parent, with the parent's id."""
    rows = plan.rows.model.table.alias()
    parent = _unnested(parents)
    page = (
        _limited(models, plan, rows).where(rows.c[plan.foreign_key or ""] == parent.c.id).lateral()
    )
    return (
        select(cast(parent.c.id, Text()).label(PARENT), page)
        .select_from(parent.join(page, true()))
        .order_by(parent.c.position, *_ordering(plan, page))
    )


def count_of_page(models: Models, plan: PagePlan) -> Select[Any]:
    """How many rows there are on all pages."""
    rows = plan.rows.model.table.alias()
    return _filtered(models, plan, select(func.count()).select_from(rows), rows)


def count_of_pages(models: Models, plan: PagePlan, parents: Sequence[str]) -> Select[Any]:
    """How many rows there are below each parent that has any."""
    rows = plan.rows.model.table.alias()
    key = rows.c[plan.foreign_key or ""]
    counted: Any = select(cast(key, Text()).label(PARENT), func.count()).where(
        key == func.any(_ids(parents))
    )
    return _filtered(models, plan, counted, rows).group_by(key)


def rows_by_id(plan: RowsPlan, ids: Sequence[str]) -> Select[Any]:
    """The rows with these ids, deleted or not."""
    rows = plan.model.table.alias()
    return select(*_chosen(rows, plan.columns)).where(rows.c.id == func.any(_ids(ids)))


def type_of_id(models: Sequence[Model], wanted: UUID) -> CompoundSelect[Any]:
    """The names of the types that have a row with this id: one at most."""
    found = []
    for model in models:
        rows = model.table.alias()
        found.append(select(literal(model.name)).where(rows.c.id == wanted))
    return union_all(*found)


def _ids(ids: Sequence[str]) -> Any:
    return bindparam(None, list(ids), type_=ARRAY(Uuid(as_uuid=False)), unique=True)


def _chosen(rows: FromClause, names: Collection[str]) -> list[ColumnElement[Any]]:
    """Columns to read. Ids come as text: making a UUID of each would cost more than its row."""
    return [
        cast(rows.c[name], Text()).label(name)
        if python_kind(rows.c[name].type) is UUID
        else rows.c[name]
        for name in sorted(names)
    ]


def _unnested(ids: Sequence[str]) -> Any:
    return (
        func.unnest(_ids(ids))
        .table_valued("id", with_ordinality="position", name="parent")
        .render_derived(name="parent")
    )


def _filtered(
    models: Models, plan: PagePlan, statement: Select[Any], rows: FromClause
) -> Select[Any]:
    model = plan.rows.model
    if model.has_tombstones and not plan.include_deleted:
        statement = statement.where(rows.c.deleted_at.is_(None))
    if plan.filter:
        statement = statement.where(condition(models, model, rows, plan.filter))
    return statement


def _ordering(plan: PagePlan, rows: FromClause) -> list[Any]:
    return order_by(plan.order, rows, backward=plan.request.backward)


def _limited(models: Models, plan: PagePlan, rows: FromClause) -> Select[Any]:
    names = plan.rows.columns | {term.column for term in plan.order}
    statement = select(*_chosen(rows, names))
    statement = _filtered(models, plan, statement, rows)
    for cursor, backward in ((plan.request.after, False), (plan.request.before, True)):
        if cursor is not None:
            statement = statement.where(
                beyond(plan.order, plan.rows.model, rows, cursor, backward=backward)
            )
    return statement.order_by(*_ordering(plan, rows)).limit(plan.request.size + 1)
