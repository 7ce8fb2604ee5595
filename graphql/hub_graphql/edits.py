"""What do edits of a type take and answer? Made from the type's declaration, like its filters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from hub.core.mapping import HubColumn
from hub.store.columns import column_meta
from hub.store.tables import hub_columns
from hub_graphql.list_inputs import input_type
from hub_graphql.naming import listed, optional, snake_case
from hub_graphql.sources import DECLARED, SOURCE, ColumnSource, Declared, Save, Tombstone, source_of


@strawberry.type(description="Why one item of a list was refused, and what to do.")
class ItemError:
    index: int = strawberry.field(description="Which item of the list, counted from 0.")
    path: list[str] = strawberry.field(
        description="Where it stands among the arguments, such as input, 3, status."
    )
    field: str | None = strawberry.field(
        description="The field that does not fit; empty when it is the whole item."
    )
    code: str = strawberry.field(
        description="What is wrong, for programs: NOT_FOUND, DELETED, DUPLICATE, REQUIRED,"
        " INVALID_VALUE, UNKNOWN_REFERENCE or NOT_UNIQUE."
    )
    message: str = strawberry.field(description="What is wrong, for people.")
    hint: str = strawberry.field(description="What to do.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Edits:
    """The input and the answers of one type's edits."""

    input: Any
    payload: Any


_ALL_OR_NOTHING = "All or nothing: with one error nothing is changed."


def edits_of(output: type, plural: str) -> Edits:
    """The inputs and payloads for editing a type; `plural` names its rows in the answers."""
    declared: Declared = getattr(output, DECLARED)
    meta = column_meta(declared.table)
    columns = hub_columns(declared.table.name)
    definition = output.__strawberry_definition__  # type: ignore[attr-defined]
    fields: dict[str, tuple[Any, str]] = {
        "id": (
            optional(strawberry.ID),
            "The row to update, only in the fields that are given; without it a row is created.",
        )
    }
    for declared_field in definition.fields:
        source = source_of(declared_field)
        if not isinstance(source, ColumnSource) or not meta[source.column].editable:
            continue
        fields[declared_field.python_name] = (
            optional(_bare(declared_field)),
            f"{declared_field.description} {_when_null(columns[source.column])}",
        )
    payload: Any = type(
        f"{declared.name}EditPayload",
        (),
        {
            "__module__": __name__,
            "__annotations__": {plural: optional(listed(output)), "errors": list[ItemError]},
            plural: strawberry.field(
                description="The rows as they stand now, in the order of the list;"
                " null when there are errors."
            ),
            "errors": strawberry.field(
                description=f"One for each thing that does not fit. {_ALL_OR_NOTHING}"
            ),
        },
    )
    rows = declared.table.name
    return Edits(
        input=input_type(
            f"Save{declared.name}Input", __name__, f"A row of {rows} to create or update.", fields
        ),
        payload=strawberry.type(payload, description=f"What became of an edit of {rows}."),
    )


def _when_null(column: HubColumn) -> str:
    if column.is_nullable:
        return "Null empties it."
    if column.default is None:
        return "Never null; a new row needs it."
    return f"Null means {str(column.default).lower() or 'an empty text'}."


def _bare(declared_field: StrawberryField) -> Any:
    resolved = declared_field.type
    return getattr(resolved, "of_type", resolved)


def edit_fields(outputs: dict[str, type]) -> type:
    """All edits: for each plural save, delete and restore."""
    namespace: dict[str, Any] = {"__module__": __name__, "__annotations__": {}}

    def add(
        name: str, payload: Any, description: str, source: Save | Tombstone, **takes: Any
    ) -> None:
        declared = strawberry.field(description=description, metadata={SOURCE: source})
        declared.arguments = [
            StrawberryArgument(
                python_name=argument,
                graphql_name=None,
                type_annotation=StrawberryAnnotation(listed(annotation)),
            )
            for argument, annotation in takes.items()
        ]
        namespace["__annotations__"][name] = payload
        namespace[name] = declared

    for plural, output in outputs.items():
        edits = edits_of(output, plural)
        target = output.__name__
        rows = snake_case(target).replace("_", " ")
        add(
            f"save_{plural}",
            edits.payload,
            f"Create and update rows of {rows}: an item with an id updates only the fields given,"
            f" one without creates a row. {_ALL_OR_NOTHING}",
            Save(target=target, rows_field=plural),
            input=edits.input,
        )
        for verb, restores, text in (
            ("delete", False, "Delete rows of {}: they are kept as tombstones."),
            ("restore", True, "Bring deleted rows of {} back."),
        ):
            add(
                f"{verb}_{plural}",
                edits.payload,
                f"{text.format(rows)} A row that already is so stays as it is. {_ALL_OR_NOTHING}",
                Tombstone(target=target, rows_field=plural, restores=restores),
                ids=strawberry.ID,
            )
    return strawberry.type(type("Edits", (), namespace))
