"""How do Airtable's cell values become the hub's canonical remote values, and back?

Reads come in two shapes: V1 in the REST API, V2 in webhook payloads, where a select is an object
and a link is {id, name}. Both become the same value; selects are addressed by choice id.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hub.core.records import FieldSchema, StreamSchema
from hub.core.values import Unfit, Value, ValueKind, canonical

_KINDS = {
    "singleLineText": ValueKind.TEXT,
    "multilineText": ValueKind.TEXT,
    "richText": ValueKind.TEXT,
    "email": ValueKind.TEXT,
    "url": ValueKind.TEXT,
    "phoneNumber": ValueKind.TEXT,
    "number": ValueKind.DECIMAL,
    "percent": ValueKind.DECIMAL,
    "currency": ValueKind.DECIMAL,
    "duration": ValueKind.DECIMAL,
    "rating": ValueKind.DECIMAL,
    "checkbox": ValueKind.BOOLEAN,
    "date": ValueKind.DATE,
    "dateTime": ValueKind.TIMESTAMP,
    "singleSelect": ValueKind.CHOICE,
    "multipleSelects": ValueKind.CHOICES,
    "multipleRecordLinks": ValueKind.LINKS,
    "autoNumber": ValueKind.DECIMAL,
    "count": ValueKind.DECIMAL,
    "createdTime": ValueKind.TIMESTAMP,
    "lastModifiedTime": ValueKind.TIMESTAMP,
}
_COMPUTED = frozenset(
    {
        "aiText",
        "autoNumber",
        "button",
        "count",
        "createdBy",
        "createdTime",
        "externalSyncSource",
        "formula",
        "lastModifiedBy",
        "lastModifiedTime",
        "multipleLookupValues",
        "rollup",
    }
)


def read_schema(tables: list[Mapping[str, Any]]) -> dict[str, StreamSchema]:
    """The tables of the meta API's answer, by id."""
    return {
        table["id"]: StreamSchema(
            id=table["id"],
            name=table["name"],
            fields={field["id"]: _field(field) for field in table["fields"]},
        )
        for table in tables
    }


def _field(field: Mapping[str, Any]) -> FieldSchema:
    vendor_type = field["type"]
    options = field.get("options") or {}
    return FieldSchema(
        id=field["id"],
        name=field["name"],
        kind=_KINDS.get(vendor_type, ValueKind.OPAQUE),
        vendor_type=vendor_type,
        is_computed=vendor_type in _COMPUTED,
        choices={choice["id"]: choice["name"] for choice in options.get("choices", ())},
        links_to=options.get("linkedTableId"),
        inverse_field=options.get("inverseLinkFieldId"),
    )


class UnknownChoice(LookupError):
    """A select holds an option that the schema in hand does not know: it must be read afresh."""


def from_rest(field: FieldSchema, raw: object) -> Value:
    """The canonical value of a V1 cell.

    Raises:
        UnknownChoice: the option is newer than the schema in hand.
    """
    if field.kind is ValueKind.CHOICE and raw is not None:
        return _choice_id(field, str(raw))
    if field.kind is ValueKind.CHOICES and isinstance(raw, list):
        return sorted(_choice_id(field, str(name)) for name in raw) or None
    return _plain(field, raw)


def from_payload(field: FieldSchema, raw: object) -> Value:
    """The canonical value of a V2 cell; an absent or cleared one is empty."""
    if field.kind is ValueKind.CHOICE and isinstance(raw, Mapping):
        return str(raw["id"])
    if field.kind in {ValueKind.CHOICES, ValueKind.LINKS} and isinstance(raw, list):
        ids = {str(item["id"]) if isinstance(item, Mapping) else str(item) for item in raw}
        return sorted(ids) or None
    return _plain(field, raw)


def _plain(field: FieldSchema, raw: object) -> Value:
    if field.vendor_type == "richText" and isinstance(raw, str):
        # A trailing newline is added by the server; a cleared cell reads back as one.
        raw = raw.rstrip("\n")
    if field.kind is ValueKind.OPAQUE:
        return None if raw is None else _opaque(raw)
    value = canonical(field.kind, raw)
    # A {"specialValue": …} or an {"error": …} stands there as text; nobody calls it a number.
    return str(canonical(ValueKind.TEXT, raw)) if isinstance(value, Unfit) else value


# What a person reads in the cell, of people, files, barcodes, buttons, AI texts and errors.
_SHOWN = ("name", "email", "filename", "text", "label", "value", "error", "specialValue", "id")


def _opaque(raw: object) -> Value:
    if isinstance(raw, Mapping) and "valuesByLinkedRecordId" in raw:
        by_record = raw["valuesByLinkedRecordId"]
        raw = [value for record in raw["linkedRecordIds"] for value in by_record.get(record, ())]
    if isinstance(raw, list):
        return ", ".join(_shown(item) for item in raw) or None
    plain = raw if isinstance(raw, (str, int, float)) else _shown(raw)
    value = canonical(ValueKind.OPAQUE, plain)
    return None if isinstance(value, Unfit) else value


def _shown(item: object) -> str:
    if isinstance(item, Mapping):
        item = next((item[key] for key in _SHOWN if item.get(key)), item)
    return str(canonical(ValueKind.TEXT, item) or "")


def _choice_id(field: FieldSchema, name: str) -> str:
    for choice, known in field.choices.items():
        if known == name:
            return choice
    raise UnknownChoice(f"{field.name}: {name}")


def to_rest(field: FieldSchema, value: Value) -> tuple[Any, bool]:
    """The V1 cell of a canonical value, and whether it needs typecast to make a new option."""
    if value is None:
        return (False if field.kind is ValueKind.BOOLEAN else None), False
    match field.kind:
        case ValueKind.CHOICE:
            name = field.choices.get(str(value))
            return (name, False) if name is not None else (str(value), True)
        case ValueKind.CHOICES:
            names = [field.choices.get(item, item) for item in _items(value)]
            return names, any(item not in field.choices for item in _items(value))
        case ValueKind.DECIMAL | ValueKind.INTEGER:
            number = Decimal(str(value))
            whole = number == number.to_integral_value()
            return (int(number) if whole else float(number)), False
        case _:
            return value, False


def _items(value: Value) -> list[str]:
    return value if isinstance(value, list) else [str(value)]
