"""Which base do the tests of the Airtable stand-in work on?"""

from __future__ import annotations

from typing import Any

BASE = "appSample00000000"
CLIENTS = "tblClients0000000"
DEALS = "tblDeals000000000"
KITCHEN = "tblKitchenSink000"
ADA = {"id": "usrAda00000000000", "name": "Ada", "email": "ada@example.com"}


def field(name: str) -> str:
    """The id of a sample field: its name's letters, padded."""
    letters = "".join(letter for letter in name if letter.isalnum())
    return f"fld{letters[:14]:0<14}"


def record(name: str) -> str:
    return f"rec{name:0<14}"


def _field(name: str, kind: str, **options: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"id": field(name), "name": name, "type": kind}
    if options:
        made["options"] = options
    return made


def _choices(prefix: str, *names: str) -> list[dict[str, str]]:
    return [
        {"id": f"sel{prefix + name:0<14}", "name": name, "color": "blueLight2"} for name in names
    ]


_ISO = {"name": "iso", "format": "YYYY-MM-DD"}
_24 = {"name": "24hour", "format": "HH:mm"}


def clients_table() -> dict[str, Any]:
    return {
        "id": CLIENTS,
        "name": "Clients",
        "primaryFieldId": field("Name"),
        "fields": [
            _field("Name", "singleLineText"),
            _field("Stage", "singleSelect", choices=_choices("Stage", "Lead", "Won", "Lost")),
            _field("Hub ID", "singleLineText"),
            _field("Deals", "multipleRecordLinks", linkedTableId=DEALS,
                   inverseLinkFieldId=field("Client"), isReversed=False,
                   prefersSingleRecordLink=False),
            _field("Deal count", "count", recordLinkFieldId=field("Deals"), isValid=True),
            _field("Total", "rollup", recordLinkFieldId=field("Deals"),
                   fieldIdInLinkedTable=field("Amount"), isValid=True,
                   referencedFieldIds=[field("Amount")]),
            _field("Modified", "lastModifiedTime", isValid=True, referencedFieldIds=[],
                   result={"type": "dateTime"}),
        ],
        "views": [
            {"id": "viwGrid0000000000", "name": "Grid view", "type": "grid"},
            {"id": "viwWon00000000000", "name": "Won", "type": "grid",
             "visibleFieldIds": [field("Name")],
             "filterByFormula": "{Stage}='Won'",
             "sort": [{"field": "Name", "direction": "desc"}]},
            {"id": "viwForm0000000000", "name": "Form", "type": "form"},
        ],
    }  # fmt: skip


def deals_table() -> dict[str, Any]:
    return {
        "id": DEALS,
        "name": "Deals",
        "primaryFieldId": field("Title"),
        "fields": [
            _field("Title", "singleLineText"),
            _field("Amount", "number", precision=2),
            _field("Client", "multipleRecordLinks", linkedTableId=CLIENTS,
                   inverseLinkFieldId=field("Deals"), isReversed=False,
                   prefersSingleRecordLink=True),
            _field("Client stage", "multipleLookupValues", recordLinkFieldId=field("Client"),
                   fieldIdInLinkedTable=field("Stage"), isValid=True),
        ],
        "views": [{"id": "viwDeals000000000", "name": "All deals", "type": "grid"}],
    }  # fmt: skip


def kitchen_table() -> dict[str, Any]:
    """One field of every type."""
    return {
        "id": KITCHEN,
        "name": "Kitchen / sink",
        "primaryFieldId": field("Key"),
        "fields": [
            _field("Key", "singleLineText"),
            _field("Long", "multilineText"),
            _field("Rich", "richText"),
            _field("Mail", "email"),
            _field("Link", "url"),
            _field("Phone", "phoneNumber"),
            _field("Number", "number", precision=2),
            _field("Percent", "percent", precision=1),
            _field("Money", "currency", precision=2, symbol="€"),
            _field("Duration", "duration", durationFormat="h:mm:ss"),
            _field("Rating", "rating", max=5, icon="star", color="yellowBright"),
            _field("Done", "checkbox", icon="check", color="greenBright"),
            _field("Day", "date", dateFormat=_ISO),
            _field("Moment", "dateTime", timeZone="Europe/Berlin", dateFormat=_ISO,
                   timeFormat=_24),
            _field("One", "singleSelect", choices=_choices("One", "red", "blue")),
            _field("Many", "multipleSelects", choices=_choices("Many", "a", "b", "c")),
            _field("Person", "singleCollaborator"),
            _field("People", "multipleCollaborators"),
            _field("Self", "multipleRecordLinks", linkedTableId=KITCHEN, isReversed=False,
                   prefersSingleRecordLink=False),
            _field("Files", "multipleAttachments", isReversed=False),
            _field("Code", "barcode"),
            _field("Auto", "autoNumber"),
            _field("Made", "createdTime", result={"type": "dateTime"}),
            _field("Made by", "createdBy"),
            _field("Changed", "lastModifiedTime", isValid=True,
                   referencedFieldIds=[field("Number")], result={"type": "dateTime"}),
            _field("Changed by", "lastModifiedBy"),
            _field("Next day", "formula", formula="DATEADD({Day}, 1, 'days')", isValid=True,
                   referencedFieldIds=[field("Day")], result={"type": "date"}),
            _field("Double", "formula", formula="{Number}*2", isValid=True,
                   referencedFieldIds=[field("Number")]),
        ],
        "views": [{"id": "viwKitchen0000000", "name": "Grid view", "type": "grid"}],
    }  # fmt: skip


def sample(clients: int = 3, deals: int = 0) -> dict[str, Any]:
    """The base as a file for --load: clients C0, C1, ... and deals D0, D1, ... round robin."""
    made = "2026-01-01T00:00:00.000Z"
    return {
        "bases": [
            {
                "id": BASE,
                "name": "Sample",
                "tables": [clients_table(), deals_table(), kitchen_table()],
                "records": {
                    CLIENTS: [
                        {
                            "id": record(f"Client{number:05d}"),
                            "createdTime": made,
                            "fields": {"Name": f"C{number}", "Stage": "Lead"},
                        }
                        for number in range(clients)
                    ],
                    DEALS: [
                        {
                            "id": record(f"Deal{number:06d}"),
                            "createdTime": made,
                            "fields": {
                                "Title": f"D{number}",
                                "Amount": number,
                                "Client": [record(f"Client{number % clients:05d}")],
                            },
                        }
                        for number in range(deals)
                    ],
                },
            }
        ],
        "tokens": [
            {"token": "patSandbox.owner", "user": "Owner"},
            {
                "token": "patReader",
                "user": ADA,
                "scopes": ["data.records:read", "schema.bases:read"],
                "bases": [{"id": BASE, "permissionLevel": "read"}],
            },
            {"token": "patEditor", "user": ADA, "bases": [{"id": BASE, "permissionLevel": "edit"}]},
            {"token": "patElsewhere", "user": ADA, "bases": ["appElsewhere00000"]},
        ],
    }


CLIENT_0, CLIENT_1, CLIENT_2 = (record(f"Client{number:05d}") for number in range(3))
DEAL_0, DEAL_1 = (record(f"Deal{number:06d}") for number in range(2))
