"""What may a webhook ask for, and is what it watches still there?"""

from __future__ import annotations

from hub.sandbox.airtable import errors
from hub.sandbox.airtable.json_values import Fields, Json
from hub.sandbox.airtable.listing import filtered
from hub.sandbox.airtable.model import Base, Table, View
from hub.sandbox.airtable.reader import Reader

DATA_TYPES = ("tableData", "tableFields", "tableMetadata")
CHANGE_TYPES = ("add", "remove", "update")
SOURCES = (
    "client",
    "publicApi",
    "formSubmission",
    "formPageSubmission",
    "automation",
    "system",
    "sync",
    "anonymousUser",
    "unknown",
)
_FILTERS = frozenset(
    (
        "dataTypes",
        "recordChangeScope",
        "changeTypes",
        "fromSources",
        "sourceOptions",
        "watchDataInFieldIds",
        "watchSchemasOfFieldIds",
    )
)
_INCLUDES = frozenset(
    (
        "includeCellValuesInFieldIds",
        "includePreviousCellValues",
        "includePreviousFieldDefinitions",
    )
)


def find_view(base: Base | None, view_id: str | None) -> tuple[Table, View] | None:
    if base is None or view_id is None or not view_id.startswith("viw"):
        return None
    for table in base.tables.values():
        for view in table.views:
            if view.id == view_id:
                return table, view
    return None


def members(reader: Reader, table: Table, view: View) -> frozenset[str]:
    records = list(table.records.values())
    kept = filtered(reader, table, view.filter_by_formula or "TRUE()", records)
    return frozenset(each.id for each in kept)


def vanished(base: Base, specification: Fields) -> str | None:
    """The error code of a hook whose watched table, view or field is no longer there."""
    filters = specification["options"]["filters"]
    scope = filters.get("recordChangeScope")
    if scope and scope not in base.tables and find_view(base, scope) is None:
        return "INVALID_HOOK"
    known = {field_id for table in base.tables.values() for field_id in table.fields}
    for name in ("watchDataInFieldIds", "watchSchemasOfFieldIds"):
        if any(each not in known for each in filters.get(name) or ()):
            return "INVALID_FILTERS"
    return None


def check_specification(base: Base, specification: Json) -> None:
    options: Json = specification.get("options") if isinstance(specification, dict) else None
    filters = options.get("filters") if isinstance(options, dict) else None
    if not isinstance(filters, dict) or set(filters) - _FILTERS:
        raise errors.invalid_request()
    includes = options.get("includes")
    if not isinstance(includes, dict | None) or set(includes or {}) - _INCLUDES:
        raise errors.invalid_request()
    if not filters.get("dataTypes"):
        raise errors.invalid_request("filters.dataTypes is needed")
    for name, valid in (
        ("dataTypes", DATA_TYPES),
        ("changeTypes", CHANGE_TYPES),
        ("fromSources", SOURCES),
    ):
        given = filters.get(name)
        if not isinstance(given, list | None) or any(each not in valid for each in given or ()):
            raise errors.invalid_request(f"filters.{name}: valid are {', '.join(valid)}")
    for name in ("watchDataInFieldIds", "watchSchemasOfFieldIds"):
        if not isinstance(filters.get(name), list | None):
            raise errors.invalid_request(f"filters.{name} is a list of field ids")
    code = vanished(base, specification)
    if code is not None:
        raise errors.unprocessable(
            "INVALID_FILTERS", "The specification names a table, view or field that is not there"
        )
    found = find_view(base, filters.get("recordChangeScope"))
    if found is not None and found[1].type in ("form", "list"):
        raise errors.unprocessable(
            "INVALID_FILTERS", f"A view of type {found[1].type} cannot be watched"
        )
