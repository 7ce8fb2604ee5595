"""How are edits of a list carried out? All or nothing, in few statements however long the list."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from hub.core.sets import LISTED
from hub.store.entities.base import new_id
from hub.store.rows import insert_rows, update_rows
from hub.store.tables import references
from hub_graphql.compile.model import Model
from hub_graphql.compile.plan import RowsPlan
from hub_graphql.compile.writes import live_ids, lock_rows
from hub_graphql.edits import ItemError
from hub_graphql.errors import LimitExceeded
from hub_graphql.naming import camel_case
from hub_graphql.reading import Reader, Row
from hub_graphql.validation import Item, item_error, read_ids, read_items

LONGEST_LIST = 1_000

Outcome = tuple[list[Row] | None, list[ItemError]]
Work = Callable[[Session, Reader], Outcome]


def check_length(count: int) -> None:
    """Refuse a list that is too long.

    Raises:
        LimitExceeded: it is.
    """
    if count > LONGEST_LIST:
        raise LimitExceeded(
            f"The list has {count:,} items, at most {LONGEST_LIST:,} are saved at once:"
            " send it in several requests."
        )


def save(model: Model, plan: RowsPlan | None, given: Sequence[Mapping[str, Any]]) -> Work:
    """The work that creates and updates the rows of a list."""
    items, errors = read_items(model, given)

    def work(session: Session, reader: Reader) -> Outcome:
        problems = [*errors, *_unknown_rows(session, model, items)]
        problems += _unknown_references(session, model, items)
        if problems:
            return None, sorted(problems, key=lambda each: each.index)
        ids = [each.id or new_id() for each in items]
        created = {
            row_id: each.values for row_id, each in zip(ids, items, strict=True) if not each.id
        }
        insert_rows(session, model.table.name, created)
        updated = {each.id: each.values for each in items if each.id and each.values}
        update_rows(session, model.table.name, updated)
        return (reader.by_ids(plan, ids) if plan else []), []

    return work


def tombstone(
    model: Model, plan: RowsPlan | None, given: Sequence[object], *, restores: bool
) -> Work:
    """The work that deletes the rows of a list, or brings them back."""
    read, errors = read_ids(given, ids=True)

    def work(session: Session, reader: Reader) -> Outcome:
        ids = [each for each in read if each is not None]
        found = lock_rows(session, model.table, ids)
        problems = errors + [
            _unknown(model, index, row_id, ids=True)
            for index, row_id in enumerate(read)
            if row_id is not None and row_id not in found
        ]
        if problems:
            return None, sorted(problems, key=lambda each: each.index)
        changing = [each for each in ids if (found[each] is not None) is restores]
        at = None if restores else datetime.now(UTC)
        update_rows(session, model.table.name, {each: {"deleted_at": at} for each in changing})
        return (reader.by_ids(plan, ids) if plan else []), []

    return work


def _unknown(model: Model, index: int, row_id: UUID, *, ids: bool = False) -> ItemError:
    return item_error(
        index,
        "NOT_FOUND",
        f"There is no {model.table.name} {row_id}.",
        "Check the id" + ("." if ids else ", or leave it out to create a row."),
        field=None if ids else "id",
        ids=ids,
    )


def _unknown_rows(session: Session, model: Model, items: Sequence[Item]) -> list[ItemError]:
    found = lock_rows(session, model.table, [each.id for each in items if each.id])
    problems: list[ItemError] = []
    for each in items:
        if each.id is None:
            continue
        if each.id not in found:
            problems.append(_unknown(model, each.index, each.id))
        elif found[each.id] is not None:
            problems.append(
                item_error(
                    each.index,
                    "DELETED",
                    f"{model.table.name} {each.id} was deleted.",
                    "Restore it before you edit it.",
                    field="id",
                )
            )
    return problems


def _unknown_references(session: Session, model: Model, items: Sequence[Item]) -> list[ItemError]:
    problems: list[ItemError] = []
    for column, target in references(model.table.name).items():
        wanted = [
            (each.index, UUID(row_id))
            for each in items
            for row_id in sorted(LISTED.split(each.values.get(column)))
        ]
        live = live_ids(session, target, {row_id for _, row_id in wanted})
        for index, row_id in wanted:
            if row_id not in live:
                problems.append(
                    item_error(
                        index,
                        "UNKNOWN_REFERENCE",
                        f"{camel_case(column)} got {row_id}: there is no such {target},"
                        " or it was deleted.",
                        f"Give the id of a {target} that lives, or null.",
                        field=camel_case(column),
                    )
                )
    return problems


_DUPLICATE_KEY = re.compile(r"Key \((?P<columns>[^)]*)\)=\((?P<values>.*)\) already exists")


def not_unique(
    model: Model, error: IntegrityError, given: Sequence[Mapping[str, Any]], *, ids: bool = False
) -> list[ItemError]:
    """What a violated unique index means for the items of the list.

    Raises:
        IntegrityError: another constraint was violated, which validation should have found.
    """
    diagnostics = getattr(error.orig, "diag", None)
    match = _DUPLICATE_KEY.search(getattr(diagnostics, "message_detail", None) or "")
    if match is None:
        raise error
    columns = [camel_case(each.strip()) for each in match["columns"].split(",")]
    values = match["values"]
    concerned = [
        index
        for index, each in enumerate(given)
        if not ids and any(str(each.get(name)) in values for name in columns)
    ]
    named = " and ".join(columns)
    return [
        item_error(
            index,
            "NOT_UNIQUE",
            f"Another live {model.table.name} has {named} {values} already.",
            f"Choose another {named}, or update the other row."
            if not ids
            else "Rename or delete the other row first.",
            field=None if ids else columns[-1],
            ids=ids,
        )
        for index in concerned or [0]
    ]
