"""Which class looks after which field type?"""

from __future__ import annotations

from hub.sandbox.airtable.fields.attachments import Attachments
from hub.sandbox.airtable.fields.cell_type import CellType
from hub.sandbox.airtable.fields.choices import MultipleSelects, SingleSelect
from hub.sandbox.airtable.fields.dates import Day, Instant
from hub.sandbox.airtable.fields.links import RecordLinks
from hub.sandbox.airtable.fields.numbers import (
    Checkbox,
    Currency,
    Duration,
    Number,
    Percent,
    Rating,
)
from hub.sandbox.airtable.fields.people import MultipleCollaborators, SingleCollaborator
from hub.sandbox.airtable.fields.text import Barcode, RichText, Text


class ReadOnly(CellType):
    """A cell that is stored but that no client may write."""

    computed = True


class SyncSource(SingleSelect):
    computed = True


STORED: dict[str, CellType] = {
    "singleLineText": Text(),
    "multilineText": Text(),
    "richText": RichText(),
    "email": Text(),
    "url": Text(),
    "phoneNumber": Text(),
    "number": Number(),
    "percent": Percent(),
    "currency": Currency(),
    "duration": Duration(),
    "rating": Rating(),
    "checkbox": Checkbox(),
    "date": Day(),
    "dateTime": Instant(),
    "singleSelect": SingleSelect(),
    "multipleSelects": MultipleSelects(),
    "singleCollaborator": SingleCollaborator(),
    "multipleCollaborators": MultipleCollaborators(),
    "multipleRecordLinks": RecordLinks(),
    "multipleAttachments": Attachments(),
    "barcode": Barcode(),
    "manualSort": Text(),
    # Stored although read-only: what made them does not run here.
    "autoNumber": ReadOnly(),
    "button": ReadOnly(),
    "aiText": ReadOnly(),
    "externalSyncSource": SyncSource(),
}
DERIVED = frozenset(
    {
        "createdTime",
        "lastModifiedTime",
        "createdBy",
        "lastModifiedBy",
        "formula",
        "rollup",
        "multipleLookupValues",
        "count",
    }
)
# Cells whose stored form is also their REST form.
PLAIN = frozenset(
    name for name, cell_type in STORED.items() if type(cell_type).read is CellType.read
)
WRITABLE = frozenset(name for name, cell_type in STORED.items() if not cell_type.computed)


def is_computed(field_type: str) -> bool:
    return field_type not in WRITABLE
