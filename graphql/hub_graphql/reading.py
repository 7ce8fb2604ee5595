"""How are the rows of a plan read? Set by set: each relation of an answer costs one statement.

The number of statements depends on the question alone, never on how many rows answer it, and all
of them see one snapshot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select
from sqlmodel import Session

from hub_graphql.compile.model import Model, Models
from hub_graphql.compile.order import cursor_of
from hub_graphql.compile.plan import PagePlan, RowsPlan
from hub_graphql.compile.statements import (
    PARENT,
    count_of_page,
    count_of_pages,
    rows_by_id,
    rows_of_page,
    rows_of_pages,
    type_of_id,
)
from hub_graphql.errors import LimitExceeded
from hub_graphql.limits import SMALLER_PAGES
from hub_graphql.pagination import Connection, Edge, PageInfo
from hub_graphql.sources import RootComputed

Row = dict[str, Any]


class Reader:
    """Reads plans within one transaction."""

    def __init__(self, session: Session, models: Models, *, most_rows: int) -> None:
        self._session = session
        self._models = models
        self._most_rows = most_rows
        self._left = most_rows

    def _rows(self, statement: Select[Any], model: Model) -> list[Row]:
        rows = self._bare_rows(statement, model)
        self._left -= len(rows)
        if self._left < 0:
            raise LimitExceeded(
                f"The answer has more than {self._most_rows:,} rows. {SMALLER_PAGES}"
            )
        return rows

    def _bare_rows(self, statement: Select[Any], model: Model) -> list[Row]:
        result = self._session.execute(statement)
        names = tuple(result.keys())
        return [dict(zip(names, values, strict=True), __typename=model.name) for values in result]

    def page(self, plan: PagePlan) -> Connection[Any]:
        """One page of all rows."""
        total = 0
        if plan.wants_count:
            total = self._session.execute(count_of_page(self._models, plan)).scalar_one()
        rows: list[Row] = []
        if plan.wants_rows:
            rows = self._rows(rows_of_page(self._models, plan), plan.rows.model)
        connection, kept = _connection(plan, rows, total)
        self.complete(plan.rows, kept)
        return connection

    def by_ids(self, plan: RowsPlan, ids: Sequence[UUID | str]) -> list[Row]:
        """The rows with these ids, in their order; unknown ids are left out."""
        wanted = [str(each) for each in ids]
        found = self._rows(rows_by_id(plan, wanted), plan.model) if wanted else []
        by_id = {row["id"]: row for row in found}
        rows = [by_id[each] for each in wanted if each in by_id]
        self.complete(plan, list(by_id.values()))
        return rows

    def by_id(self, plan: RowsPlan, wanted: UUID) -> Row | None:
        """The row with this id."""
        rows = self.by_ids(plan, [wanted])
        return rows[0] if rows else None

    def node(self, plans: Mapping[str, RowsPlan], wanted: UUID) -> Row | None:
        """The row with this id, of whichever type it is."""
        models = [plan.model for plan in plans.values()]
        name = self._session.execute(type_of_id(models, wanted)).scalars().first()
        return None if name is None else self.by_id(plans[name], wanted)

    def computed(
        self,
        source: RootComputed,
        model: Model,
        wanted: UUID | None,
        arguments: Mapping[str, Any],
    ) -> Any:
        """A value computed for one row or for all; None when there is no such row."""
        if wanted is None:
            return source.load_whole(self._session, arguments) if source.load_whole else None
        found = self._session.execute(type_of_id([model], wanted)).scalars().first()
        return source.load(self._session, [wanted], arguments)[wanted] if found else None

    def complete(self, plan: RowsPlan, rows: list[Row]) -> None:
        """Read what the plan wants beside the rows' own columns."""
        if not rows:
            return
        for key, relation in plan.to_one.items():
            wanted = list({row[relation.foreign_key]: None for row in rows} - {None: None}.keys())
            targets = {row["id"]: row for row in self.by_ids(relation.rows, wanted)}
            for row in rows:
                row[key] = targets.get(row[relation.foreign_key])
        for key, page in plan.pages.items():
            self._pages(key, page, rows)
        for key, computed in plan.computed.items():
            needed = {row[computed.source.needs]: None for row in rows}
            owners = {each: UUID(each) for each in needed}
            values = computed.source.load(self._session, list(owners.values()), computed.arguments)
            for row in rows:
                row[key] = values[owners[row[computed.source.needs]]]

    def _pages(self, key: str, plan: PagePlan, parents: list[Row]) -> None:
        ids = list(dict.fromkeys(row["id"] for row in parents))
        counts: dict[str, int] = {}
        if plan.wants_count:
            counted = self._session.execute(count_of_pages(self._models, plan, ids))
            counts = {parent: count for parent, count in counted}
        below: dict[str, list[Row]] = {each: [] for each in ids}
        if plan.wants_rows:
            statement = rows_of_pages(self._models, plan, ids).limit(self._left + 1)
            for row in self._rows(statement, plan.rows.model):
                below[row[PARENT]].append(row)
        pages: dict[str, Connection[Any]] = {}
        everything: list[Row] = []
        for each in ids:
            pages[each], kept = _connection(plan, below[each], counts.get(each, 0))
            everything.extend(kept)
        for row in parents:
            row[key] = pages[row["id"]]
        self.complete(plan.rows, everything)


def _connection(plan: PagePlan, rows: list[Row], total: int) -> tuple[Connection[Any], list[Row]]:
    request = plan.request
    more = len(rows) > request.size
    kept = rows[: request.size]
    if request.backward:
        kept.reverse()
    cursors = (
        [cursor_of(plan.order, row) for row in kept] if plan.wants_cursors else [""] * len(kept)
    )
    info = PageInfo(
        has_next_page=request.before is not None if request.backward else more,
        has_previous_page=more if request.backward else request.after is not None,
        start_cursor=cursors[0] if cursors else None,
        end_cursor=cursors[-1] if cursors else None,
    )
    edges = [Edge(node=row, cursor=cursor) for row, cursor in zip(kept, cursors, strict=True)]
    return Connection(edges=edges, nodes=kept, page_info=info, total_count=total), kept
