"""Which two bases does the full simulation work on, and how are they configured?

The first is the world of all engine tests; the second has sending domains and their mailboxes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import sync_world
from simulation import values
from simulation.values import COLUMNS, LINKS, STREAM_OF, TABLE_OF
from sync_world import (
    AMOUNT,
    BASE,
    CLIENT,
    CLIENTS,
    CODE,
    COUNTRY,
    DEAL_HUB_ID,
    DEAL_MODIFIED,
    DEALS,
    HUB_ID,
    MODIFIED,
    NAME,
    NOTE,
    PARENT,
    STAFF,
    STAGE,
    STATUS,
    World,
)

POST = "appPost0000000000"
DOMAINS = "tblDomains0000000"
BOXES = "tblBoxes000000000"
DOMAIN, STATE, DOMAIN_HUB_ID, DOMAIN_MODIFIED = (
    f"fld{name:0<14}" for name in ("Domain", "State", "SHubId", "SModified")
)
ADDRESS, BOX_STATE, LIMIT, BOX_DOMAIN, BOX_HUB_ID, BOX_MODIFIED = (
    f"fld{name:0<14}" for name in ("Address", "BState", "Limit", "BDomain", "BHubId", "BModified")
)
_BOXES_OF_DOMAIN = "fldBoxesOf0000000"

BASE_OF = {CLIENTS: BASE, DEALS: BASE, DOMAINS: POST, BOXES: POST}
CONNECTION_OF = {BASE: "world", POST: "post"}
KEYS = {CLIENTS: NAME, DEALS: CODE, DOMAINS: DOMAIN, BOXES: ADDRESS}
HUB_IDS = {
    CLIENTS: HUB_ID,
    DEALS: DEAL_HUB_ID,
    DOMAINS: DOMAIN_HUB_ID,
    BOXES: BOX_HUB_ID,
}
TARGETS = {CLIENTS: CLIENTS, DEALS: CLIENTS, BOXES: DOMAINS}
"""Where the link field of a table points."""
NEEDED = frozenset({DOMAIN, ADDRESS})
"""Fields that may not be emptied: their columns have no value for it."""
_STATES = {
    STATE: ("bought", "dns_ready", "warming", "ready"),
    BOX_STATE: ("created", "warming", "ready", "sending"),
}
_POST_COLUMNS: Mapping[str, Mapping[str, str]] = {
    DOMAINS: {DOMAIN: "name", STATE: "state"},
    BOXES: {
        ADDRESS: "address",
        BOX_STATE: "state",
        LIMIT: "daily_limit",
        BOX_DOMAIN: "sending_domain_id",
    },
}


@contextmanager
def two_bases() -> Iterator[None]:
    """Let the simulation's tables of fields know the second base, too."""
    with (
        patch.dict(COLUMNS, _POST_COLUMNS),
        patch.dict(LINKS, {BOXES: BOX_DOMAIN, DOMAINS: "none"}),
        patch.dict(TABLE_OF, {DOMAINS: "sending_domain", BOXES: "mailbox"}),
        patch.dict(STREAM_OF, {DOMAINS: "domains", BOXES: "boxes"}),
    ):
        yield


@dataclass
class TwoBases(World):
    """Both bases and their central Postgres, for whoever edits and for the judge."""

    def records(self, table: str) -> dict[str, dict[str, Any]]:
        """Every record's fields by field id, as Airtable holds them."""
        path = f"/_ui/bases/{BASE_OF[table]}/tables/{table}/rows?limit=1000"
        _, answer = self.sandbox.call("GET", path)
        return {row["id"]: row["fields"] for row in answer["rows"]}


def base_files() -> dict[str, Any]:
    """Both bases, empty, in the form of a `--load` file."""
    world = sync_world.base_file()
    for table in world["bases"][0]["tables"]:
        table["fields"].append(_text(_scratch(table["id"]), "Scratch"))
    return {"bases": [*world["bases"], _post_base()]}


def _scratch(table: str) -> str:
    return f"fld{table[3:9]}Scratch0"


def scratch_field(table: str) -> str:
    """A field of the table that no stream maps: people may do with it what they like."""
    return _scratch(table)


def _text(field_id: str, name: str) -> dict[str, Any]:
    return {"id": field_id, "name": name, "type": "singleLineText"}


def _post_base() -> dict[str, Any]:
    return {
        "id": POST,
        "name": "Post office",
        "tables": [
            {
                "id": DOMAINS,
                "name": "Domains",
                "primaryFieldId": DOMAIN,
                "fields": [
                    _text(DOMAIN, "Domain"),
                    _select(STATE, "State"),
                    _link(_BOXES_OF_DOMAIN, "Mailboxes", BOXES, BOX_DOMAIN),
                    _text(DOMAIN_HUB_ID, "Hub ID"),
                    _modified(DOMAIN_MODIFIED),
                    _text(_scratch(DOMAINS), "Scratch"),
                ],
                "views": [{"id": "viwDomains0000000", "name": "All", "type": "grid"}],
            },
            {
                "id": BOXES,
                "name": "Mailboxes",
                "primaryFieldId": ADDRESS,
                "fields": [
                    _text(ADDRESS, "Address"),
                    _select(BOX_STATE, "State"),
                    {"id": LIMIT, "name": "Limit", "type": "number", "options": {"precision": 0}},
                    _link(BOX_DOMAIN, "Domain", DOMAINS, _BOXES_OF_DOMAIN),
                    _text(BOX_HUB_ID, "Hub ID"),
                    _modified(BOX_MODIFIED),
                    _text(_scratch(BOXES), "Scratch"),
                ],
                "views": [{"id": "viwBoxes000000000", "name": "All", "type": "grid"}],
            },
        ],
        "records": {},
    }


def _select(field_id: str, name: str) -> dict[str, Any]:
    choices = [
        {"id": f"sel{field_id[3:5] + choice:0<14}", "name": choice, "color": "blueLight2"}
        for choice in _STATES[field_id]
    ]
    return {"id": field_id, "name": name, "type": "singleSelect", "options": {"choices": choices}}


def _link(field_id: str, name: str, table: str, inverse: str) -> dict[str, Any]:
    options = {
        "linkedTableId": table,
        "isReversed": False,
        "prefersSingleRecordLink": False,
        "inverseLinkFieldId": inverse,
    }
    return {"id": field_id, "name": name, "type": "multipleRecordLinks", "options": options}


def _modified(field_id: str) -> dict[str, Any]:
    options = {"isValid": True, "referencedFieldIds": [], "result": {"type": "dateTime"}}
    return {
        "id": field_id,
        "name": "Last modified",
        "type": "lastModifiedTime",
        "options": options,
    }


# What people write into the cells


def their_value(drawn: random.Random, field: str, number: int) -> Any:
    """A new value of a cell at Airtable."""
    if field in _STATES:
        return drawn.choice(_STATES[field])
    return number if field == LIMIT else values.their_value(drawn, field, number)


def our_value(drawn: random.Random, field: str, number: int) -> Any:
    """A new value of the same cell at the hub."""
    if field in _STATES:
        return drawn.choice(_STATES[field])
    return number if field == LIMIT else values.our_value(drawn, field, number)


# The configuration


def hub_toml(drawn: random.Random, endpoint: str, public_url: str) -> str:
    """What a person would write for both bases; each stream with a conflict policy of its own."""
    return "\n".join(
        [
            "[hub]",
            f'public_url = "{public_url}"',
            *_connection("world", endpoint, BASE),
            *_stream(drawn, "world", "clients", CLIENTS, "client", HUB_ID, MODIFIED),
            *_stream(drawn, "world", "deals", DEALS, "deal", DEAL_HUB_ID, DEAL_MODIFIED),
            *_connection("post", endpoint, POST),
            *_stream(
                drawn, "post", "domains", DOMAINS, "sending_domain", DOMAIN_HUB_ID, DOMAIN_MODIFIED
            ),
            *_stream(drawn, "post", "boxes", BOXES, "mailbox", BOX_HUB_ID, BOX_MODIFIED),
            "",
        ]
    )


def _connection(name: str, endpoint: str, base: str) -> list[str]:
    return [
        "",
        f"[connection.{name}]",
        'kind = "airtable"',
        f'endpoint = "{endpoint}"',
        'token = "${AIRTABLE_TOKEN}"',
        f'base = "{base}"',
        "requests_per_second = 50",
    ]


_VALUES = ", ".join(f'"{theirs}" = "{ours}"' for theirs, ours in values.STAGES.items())
_SPECIAL = {
    "parent_client_id": f'field = "{PARENT}", link = "clients"',
    "client_id": f'field = "{CLIENT}", link = "clients"',
    "sending_domain_id": f'field = "{BOX_DOMAIN}", link = "domains"',
    "stage": f'field = "{STAGE}", values = {{ {_VALUES} }}',
}
_MAPPED: Mapping[str, Mapping[str, str]] = {
    CLIENTS: {
        "name": NAME,
        "status": STATUS,
        "country": COUNTRY,
        "employee_count": STAFF,
        "note": NOTE,
        "parent_client_id": PARENT,
    },
    DEALS: {"code": CODE, "stage": STAGE, "amount": AMOUNT, "client_id": CLIENT},
    **{
        table: {column: field for field, column in fields.items()}
        for table, fields in _POST_COLUMNS.items()
    },
}


def _stream(
    drawn: random.Random,
    connection: str,
    stream: str,
    table: str,
    entity: str,
    hub_id_field: str,
    modified_field: str,
) -> list[str]:
    at = f"connection.{connection}.stream.{stream}"
    lines = [
        "",
        f"[{at}]",
        f'table = "{table}"',
        f'entity = "{entity}"',
        f'hub_id_field = "{hub_id_field}"',
        f'modified_field = "{modified_field}"',
        f"[{at}.guard]",
        # No guard stops so small a company.
        "deletes = 1000",
        "overwrites = 1000",
        "share = 1.0",
        f"[{at}.fields]",
    ]
    for column, field_id in _MAPPED[table].items():
        (policy,) = drawn.choices(("latest", "hub", "source", "ask"), (6, 1, 1, 1))
        special = _SPECIAL.get(column, f'field = "{field_id}"')
        lines.append(f'{column} = {{ {special}, conflict = "{policy}" }}')
    return lines
