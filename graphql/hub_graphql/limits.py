"""How much may one operation ask for?

Depth, aliases and the number of fields are judged from the text, once; the number of rows that
could come back depends on the variables and is judged each time, before anything is read; the
number that does come back is counted while reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from hub_graphql.compile.plan import PagePlan, RowsPlan
from hub_graphql.errors import LimitExceeded


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """The most that one operation may ask for."""

    tokens: int = 15_000
    depth: int = 12
    aliases: int = 100
    fields: int = 1_500
    root_fields: int = 30
    possible_rows: int = 2_000_000
    rows: int = 100_000


DEFAULT_LIMITS = Limits()
SMALLER_PAGES = "Ask for smaller pages (first) on the nested lists, or for fewer of them."


@dataclass(kw_only=True, slots=True)
class _Count:
    fields: int = 0
    aliases: int = 0
    depth: int = 0


def check_shape(document: DocumentNode, limits: Limits) -> None:
    """Refuse a document that is too deep or too wide. Introspection is counted like the rest.

    Raises:
        LimitExceeded: naming the limit and what was asked for.
    """
    fragments = {
        each.name.value: each
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }
    for operation in document.definitions:
        if not isinstance(operation, OperationDefinitionNode):
            continue
        count = _Count()
        _walk(operation.selection_set, fragments, count, 1, limits)
        roots = len(operation.selection_set.selections)
        for what, asked, allowed, advice in (
            ("aliases", count.aliases, limits.aliases, "Ask for a list, or in several requests."),
            ("root fields", roots, limits.root_fields, "Ask in several requests."),
        ):
            if asked > allowed:
                raise LimitExceeded(
                    f"The operation has {asked} {what}, at most {allowed} are allowed. {advice}"
                )


def _walk(
    selections: SelectionSetNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    count: _Count,
    depth: int,
    limits: Limits,
) -> None:
    if depth > limits.depth + _INTROSPECTION_ALLOWANCE:
        raise LimitExceeded(
            f"The operation is more than {limits.depth} levels deep. Ask for less at once."
        )
    for selection in selections.selections:
        if isinstance(selection, FieldNode):
            count.fields += 1
            count.aliases += selection.alias is not None
            if count.fields > limits.fields:
                raise LimitExceeded(
                    f"The operation has more than {limits.fields} fields, counting fragments"
                    " where they are used. Ask for less at once."
                )
            if selection.selection_set is not None:
                _walk(selection.selection_set, fragments, count, depth + 1, limits)
        elif isinstance(selection, InlineFragmentNode):
            _walk(selection.selection_set, fragments, count, depth, limits)
        elif isinstance(selection, FragmentSpreadNode):
            fragment = fragments.get(selection.name.value)
            if fragment is not None:
                _walk(fragment.selection_set, fragments, count, depth, limits)


# The explorer's introspection query nests ofType this much deeper than any question of a person.
_INTROSPECTION_ALLOWANCE = 3


def rows_of(plan: PagePlan) -> int:
    """How many rows a page can answer at most, those below it included."""
    if not plan.wants_rows:
        return 1
    return plan.request.size * (1 + rows_below(plan.rows))


def rows_below(plan: RowsPlan) -> int:
    """How many rows can hang on one row."""
    ones = sum(1 + rows_below(each.rows) for each in plan.to_one.values())
    return ones + sum(rows_of(each) for each in plan.pages.values()) + len(plan.computed)


def check_rows(asked: int, limits: Limits) -> None:
    """Refuse an operation that could answer too many rows.

    Raises:
        LimitExceeded: naming how many it could be.
    """
    if asked > limits.possible_rows:
        raise LimitExceeded(
            f"The operation could answer {asked:,} rows, at most {limits.possible_rows:,} are"
            f" allowed. {SMALLER_PAGES}"
        )
