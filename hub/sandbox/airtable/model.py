"""What is in a base: tables, fields, views, records, and who works in it?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from hub.sandbox.airtable.json_values import Fields, Json

Source = Literal[
    "client",
    "publicApi",
    "formSubmission",
    "formPageSubmission",
    "automation",
    "system",
    "sync",
    "anonymousUser",
    "unknown",
]
LEVELS = ("none", "read", "comment", "edit", "create")


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    """A collaborator."""

    id: str
    name: str
    email: str

    def public(self) -> Fields:
        return {"id": self.id, "email": self.email, "name": self.name}


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    """What a Bearer token opens; `None` means everything."""

    text: str
    user: User
    scopes: frozenset[str] | None = None
    levels: dict[str, str] | None = None

    def level(self, base_id: str) -> str:
        if self.levels is None:
            return "create"
        return self.levels.get(base_id, "none")

    def may(self, scope: str) -> bool:
        return self.scopes is None or scope in self.scopes


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """Who changes something, and by which door."""

    user: User | None
    source: Source
    source_metadata: Fields | None = None

    def action_metadata(self) -> Fields:
        if self.user is not None and self.source in ("client", "publicApi"):
            user = {**self.user.public(), "permissionLevel": "create"}
            return {"source": self.source, "sourceMetadata": {"user": user}}
        if self.source_metadata is not None:
            return {"source": self.source, "sourceMetadata": self.source_metadata}
        return {"source": self.source}


@dataclass(slots=True)
class Field:
    """A column as the meta API describes it."""

    id: str
    name: str
    type: str
    description: str | None = None
    options: Fields | None = None
    choice_by_id: dict[str, Fields] = field(default_factory=dict)
    choice_by_name: dict[str, Fields] = field(default_factory=dict)
    cache: dict[str, Json] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.index_choices()

    def index_choices(self) -> None:
        """Call after the options changed."""
        choices = (self.options or {}).get("choices") or []
        self.choice_by_id = {choice["id"]: choice for choice in choices}
        self.choice_by_name = {choice["name"]: choice for choice in choices}
        self.cache.clear()

    def option(self, name: str) -> Json:
        return (self.options or {}).get(name)

    def public(self) -> Fields:
        answer: Fields = {"type": self.type, "id": self.id, "name": self.name}
        if self.options is not None:
            answer["options"] = self.options
        if self.description:
            answer["description"] = self.description
        return answer


@dataclass(slots=True)
class View:
    """A saved way of looking at a table; filter and sort are the stand-in's own keys."""

    id: str
    name: str
    type: str
    visible_field_ids: list[str] | None = None
    filter_by_formula: str | None = None
    sort: list[Fields] | None = None

    def public(self, *, with_visible_fields: bool) -> Fields:
        answer: Fields = {"id": self.id, "name": self.name, "type": self.type}
        if with_visible_fields and self.type == "grid" and self.visible_field_ids is not None:
            answer["visibleFieldIds"] = self.visible_field_ids
        return answer

    def saved(self) -> Fields:
        answer: Fields = {"id": self.id, "name": self.name, "type": self.type}
        if self.visible_field_ids is not None:
            answer["visibleFieldIds"] = self.visible_field_ids
        if self.filter_by_formula is not None:
            answer["filterByFormula"] = self.filter_by_formula
        if self.sort is not None:
            answer["sort"] = self.sort
        return answer


@dataclass(slots=True)
class Record:
    """A row: stored cells by field id (empty cells are absent), and who touched which cell when.

    Cells are stored as ids where a name can change: choices, linked records, users.
    `touched` holds a field id only after an edit that followed the creation.
    """

    id: str
    created: str
    created_by: str | None
    values: Fields
    touched: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    comments: list[Fields] = field(default_factory=list)

    def last_touch(self, field_ids: list[str] | None) -> tuple[str, str | None] | None:
        """When and by whom one of these fields (or any) was last edited."""
        touches = (
            self.touched.values()
            if field_ids is None
            else [self.touched[each] for each in field_ids if each in self.touched]
        )
        return max(touches, key=lambda touch: touch[0], default=None)


@dataclass(slots=True)
class Table:
    """A table: its schema and its records in their order."""

    id: str
    name: str
    primary_field_id: str
    fields: dict[str, Field]
    views: list[View]
    description: str | None = None
    records: dict[str, Record] = field(default_factory=dict)
    next_number: dict[str, int] = field(default_factory=dict)
    field_by_name: dict[str, Field] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.index_fields()

    def index_fields(self) -> None:
        """Call after a field was added, renamed or removed."""
        self.field_by_name = {each.name: each for each in self.fields.values()}
        for each in self.fields.values():
            each.cache.clear()

    @property
    def primary_field(self) -> Field:
        return self.fields[self.primary_field_id]

    def find_field(self, name_or_id: object) -> Field | None:
        if not isinstance(name_or_id, str):
            return None
        return self.field_by_name.get(name_or_id) or self.fields.get(name_or_id)

    def find_view(self, name_or_id: str) -> View | None:
        for view in self.views:
            if name_or_id in (view.id, view.name):
                return view
        return None

    def fields_where(self, accepts: Callable[[Field], bool]) -> list[Field]:
        return [each for each in self.fields.values() if accepts(each)]

    def public(self, *, with_visible_fields: bool = False) -> Fields:
        answer: Fields = {
            "id": self.id,
            "name": self.name,
            "primaryFieldId": self.primary_field_id,
            "fields": [each.public() for each in self.fields.values()],
            "views": [view.public(with_visible_fields=with_visible_fields) for view in self.views],
        }
        if self.description:
            answer["description"] = self.description
        return answer

    def saved(self) -> Fields:
        return {**self.public(), "views": [view.saved() for view in self.views]}


@dataclass(slots=True)
class Base:
    """A base and its newest transaction number."""

    id: str
    name: str
    tables: dict[str, Table]
    transaction: int = 0
    workspace_id: str = "wspSandbox0000000"

    def find_table(self, name_or_id: str) -> Table | None:
        found = self.tables.get(name_or_id)
        if found is not None:
            return found
        for table in self.tables.values():
            if table.name == name_or_id:
                return table
        return None

    def table_of_record(self, record_id: str) -> Table | None:
        for table in self.tables.values():
            if record_id in table.records:
                return table
        return None
