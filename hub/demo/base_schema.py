"""How does the planned base look in the words of Airtable's schema API?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlmodel import SQLModel

from hub.demo.base_ids import BaseIds
from hub.demo.base_plan import (
    BASE,
    HUB_ID,
    HUB_NOTE,
    LAST_MODIFIED,
    FieldPlan,
    TablePlan,
    ViewPlan,
    choice_name,
)
from hub.demo.rows import HubRows
from hub.store.columns import ColumnMeta, column_meta

Json = dict[str, Any]
_HUES = ("blue", "green", "yellow", "orange", "purple", "teal", "pink", "cyan", "red", "gray")
_HUE_OF = {
    "onboarding": "blue", "draft": "gray", "created": "gray", "bought": "gray",
    "dns_ready": "blue", "warming": "yellow", "ready": "teal", "active": "green",
    "sending": "green", "paused": "orange", "rehab": "pink", "retired": "gray",
    "churned": "red", "finished": "purple", "prospecting": "blue", "engaging": "yellow",
    "won": "green", "lost": "red",
}  # fmt: skip
_DATE_FORMAT = {"name": "iso", "format": "YYYY-MM-DD"}
_DATE_TIME = {
    "type": "dateTime",
    "options": {
        "dateFormat": _DATE_FORMAT,
        "timeFormat": {"name": "24hour", "format": "HH:mm"},
        "timeZone": "utc",
    },
}


def meta_of(entity: str, column: str) -> ColumnMeta:
    """What the hub says about a column."""
    return column_meta(SQLModel.metadata.tables[entity])[column]


def choices_of(field: FieldPlan, rows: HubRows) -> dict[str, str]:
    """The names of a select field's choices, and the hub value of each."""
    if field.choices:
        return {choice_name(value): value for value in field.choices}
    counts = Counter(text for row in rows if isinstance(text := row[field.column], str))
    return {text: text for text in sorted(counts, key=lambda text: (-counts[text], text))}


def table_json(plan: TablePlan, ids: BaseIds, rows: HubRows) -> Json:
    """One table as the schema API answers it."""
    fields = [_field_json(plan, field, ids, rows) for field in plan.fields]
    fields += [_inverse_json(plan, other, field, ids) for other, field in _pointing_to(plan)]
    fields += _hub_fields(plan, ids)
    return {
        "id": ids.table(plan.stream),
        "name": plan.name,
        "description": f"Kept equal with the hub's table {plan.entity}.",
        "primaryFieldId": ids.field(plan.stream, plan.fields[0].column),
        "fields": fields,
        "views": _views(plan, ids, [field["id"] for field in fields]),
    }


def _field_json(plan: TablePlan, field: FieldPlan, ids: BaseIds, rows: HubRows) -> Json:
    meta = meta_of(plan.entity, field.column)
    answer: Json = {
        "id": ids.field(plan.stream, field.column),
        "name": meta.label,
        "type": field.type,
        "description": _described(meta),
    }
    options = _options(plan, field, ids, rows)
    return answer if options is None else {**answer, "options": options}


def _described(meta: ColumnMeta) -> str:
    return meta.description if meta.unit is None else f"{meta.description} Unit: {meta.unit}."


def _options(plan: TablePlan, field: FieldPlan, ids: BaseIds, rows: HubRows) -> Json | None:
    match field.type:
        case "number":
            return {"precision": field.precision}
        case "currency":
            return {"precision": field.precision, "symbol": "$"}
        case "date":
            return {"dateFormat": _DATE_FORMAT}
        case "checkbox":
            return {"icon": "check", "color": "greenBright"}
        case "singleSelect":
            return {"choices": _choices(plan, field, ids, rows)}
        case "multipleRecordLinks":
            assert field.link is not None  # noqa: S101  # the plan says so
            link: Json = {
                "linkedTableId": ids.table(field.link),
                "isReversed": False,
                "prefersSingleRecordLink": True,
            }
            if field.inverse is not None:
                link["inverseLinkFieldId"] = ids.field(field.link, field.inverse)
            return link
        case _:
            return None


def _choices(plan: TablePlan, field: FieldPlan, ids: BaseIds, rows: HubRows) -> list[Json]:
    return [
        {
            "id": ids.choice(plan.stream, field.column, name),
            "name": name,
            "color": f"{_HUE_OF.get(value, _HUES[number % len(_HUES)])}Light2",
        }
        for number, (name, value) in enumerate(choices_of(field, rows).items())
    ]


def _pointing_to(plan: TablePlan) -> list[tuple[TablePlan, FieldPlan]]:
    return [
        (other, field)
        for other in BASE
        for field in other.fields
        if field.link == plan.stream and field.inverse is not None
    ]


def _inverse_json(plan: TablePlan, other: TablePlan, field: FieldPlan, ids: BaseIds) -> Json:
    assert field.inverse is not None  # noqa: S101  # the caller has looked
    return {
        "id": ids.field(plan.stream, field.inverse),
        "name": field.inverse,
        "type": "multipleRecordLinks",
        "description": f"The other end of {meta_of(other.entity, field.column).label} "
        f"in {other.name}.",
        "options": {
            "linkedTableId": ids.table(other.stream),
            "isReversed": False,
            "prefersSingleRecordLink": False,
            "inverseLinkFieldId": ids.field(other.stream, field.column),
        },
    }


def _hub_fields(plan: TablePlan, ids: BaseIds) -> list[Json]:
    return [
        {
            "id": ids.field(plan.stream, LAST_MODIFIED),
            "name": LAST_MODIFIED,
            "type": "lastModifiedTime",
            "description": "When one of the fields that the hub reads was last edited.",
            "options": {
                "isValid": True,
                # Not the hub's own fields: its notes are no person's edits.
                "referencedFieldIds": [ids.field(plan.stream, f.column) for f in plan.fields],
                "result": _DATE_TIME,
            },
        },
        {
            "id": ids.field(plan.stream, HUB_NOTE),
            "name": HUB_NOTE,
            "type": "multilineText",
            "description": "Where the hub says why it could not take a value.",
        },
        {
            "id": ids.field(plan.stream, HUB_ID),
            "name": HUB_ID,
            "type": "singleLineText",
            "description": "The row's id in the hub. Leave it as it is; empty in a new record.",
        },
    ]


def _views(plan: TablePlan, ids: BaseIds, field_ids: Sequence[str]) -> list[Json]:
    visible = [each for each in field_ids if each != ids.field(plan.stream, HUB_ID)]
    views = [ViewPlan(name=f"All {plan.name.lower()}"), *plan.views]
    return [_view(plan, view, ids, visible) for view in views]


def _view(plan: TablePlan, view: ViewPlan, ids: BaseIds, visible: list[str]) -> Json:
    answer: Json = {
        "id": ids.view(plan.stream, view.name),
        "name": view.name,
        "type": view.type,
    }
    if view.type == "grid":
        answer["visibleFieldIds"] = visible
    if view.filter_by_formula is not None:
        answer["filterByFormula"] = view.filter_by_formula
    if view.newest_first_by is not None:
        field = ids.field(plan.stream, view.newest_first_by)
        answer["sort"] = [{"field": field, "direction": "desc"}]
    return answer
