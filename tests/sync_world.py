"""What is a small company with an Airtable base and a central Postgres, for tests of the engine?"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sandbox_server import SandboxServer
from sqlalchemy import text

import connectors
from connectors.airtable import Settings
from hub.contract import Priority
from hub.core.mapping import FieldMapping, StreamMapping
from hub.core.policies import ConflictPolicy, Direction
from hub.errors import HubError
from hub.store import leases, rows
from hub.store.database import Database, Provenance
from hub.store.tables import hub_columns
from hub.sync.attend import Attendance, attend
from hub.sync.connection import LeasedLimiter, SyncConnection

BASE = "appWorld000000000"
CLIENTS = "tblClients0000000"
DEALS = "tblDeals000000000"
NAME, STATUS, COUNTRY, STAFF, NOTE, PARENT, TAGS, PARTNERS, HUB_ID, MODIFIED = (
    f"fld{name:0<14}"
    for name in (
        "Name",
        "Status",
        "Country",
        "Staff",
        "Note",
        "Parent",
        "Tags",
        "Partners",
        "HubId",
        "Modified",
    )
)
CODE, STAGE, AMOUNT, CLIENT, DEAL_HUB_ID, DEAL_MODIFIED = (
    f"fld{name:0<14}" for name in ("Code", "Stage", "Amount", "Client", "DHubId", "DModified")
)
_INVERSE, _CHILDREN = "fldInverse0000000", "fldChildren000000"
_PARTNERS_OF = "fldPartnersOf0000"


class NoLimit:
    """Lets everything pass at once."""

    def wait(self, priority: Priority) -> None:
        """Do not wait."""

    def penalise(self, seconds: float) -> None:
        """Do not mind."""


def _select(field_id: str, name: str, *choices: str, kind: str = "singleSelect") -> dict[str, Any]:
    return {
        "id": field_id,
        "name": name,
        "type": kind,
        "options": {
            "choices": [
                {"id": f"sel{choice:0<14}", "name": choice, "color": "blueLight2"}
                for choice in choices
            ]
        },
    }


def _link(field_id: str, name: str, table: str, inverse: str) -> dict[str, Any]:
    return {
        "id": field_id,
        "name": name,
        "type": "multipleRecordLinks",
        "options": {
            "linkedTableId": table,
            "isReversed": False,
            "prefersSingleRecordLink": False,
            "inverseLinkFieldId": inverse,
        },
    }


def _modified(field_id: str) -> dict[str, Any]:
    return {
        "id": field_id,
        "name": "Last modified",
        "type": "lastModifiedTime",
        "options": {
            "isValid": True,
            "referencedFieldIds": [],
            "result": {
                "type": "dateTime",
                "options": {
                    "dateFormat": {"name": "iso", "format": "YYYY-MM-DD"},
                    "timeFormat": {"name": "24hour", "format": "HH:mm"},
                    "timeZone": "utc",
                },
            },
        },
    }


def _text(field_id: str, name: str, kind: str = "singleLineText") -> dict[str, Any]:
    return {"id": field_id, "name": name, "type": kind}


def _number(field_id: str, name: str, precision: int) -> dict[str, Any]:
    return {"id": field_id, "name": name, "type": "number", "options": {"precision": precision}}


def base_file(records: dict[str, list[dict[str, Any]]] | None = None) -> dict[str, Any]:
    """The world's base: clients that may belong to each other, and deals of clients."""
    return {
        "bases": [
            {
                "id": BASE,
                "name": "World",
                "tables": [
                    {
                        "id": CLIENTS,
                        "name": "Clients",
                        "primaryFieldId": NAME,
                        "fields": [
                            _text(NAME, "Name"),
                            _select(STATUS, "Status", "onboarding", "warming", "active", "paused"),
                            _text(COUNTRY, "Country"),
                            _number(STAFF, "Staff", 0),
                            _text(NOTE, "Note", "multilineText"),
                            _link(PARENT, "Parent", CLIENTS, _CHILDREN),
                            _link(_CHILDREN, "Children", CLIENTS, PARENT),
                            _link(_INVERSE, "Deals", DEALS, CLIENT),
                            _select(
                                TAGS, "Tags", "big", "new", "shy", "loud", kind="multipleSelects"
                            ),
                            _link(PARTNERS, "Partners", CLIENTS, _PARTNERS_OF),
                            _link(_PARTNERS_OF, "Partners of", CLIENTS, PARTNERS),
                            _text(HUB_ID, "Hub ID"),
                            _modified(MODIFIED),
                        ],
                        "views": [{"id": "viwClients0000000", "name": "All", "type": "grid"}],
                    },
                    {
                        "id": DEALS,
                        "name": "Deals",
                        "primaryFieldId": CODE,
                        "fields": [
                            _text(CODE, "Code"),
                            _select(STAGE, "Stage", "Prospecting", "Engaging", "Won", "Lost"),
                            _number(AMOUNT, "Amount", 2),
                            _link(CLIENT, "Client", CLIENTS, _INVERSE),
                            _text(DEAL_HUB_ID, "Hub ID"),
                            _modified(DEAL_MODIFIED),
                        ],
                        "views": [{"id": "viwDeals000000000", "name": "All", "type": "grid"}],
                    },
                ],
                "records": records or {},
            }
        ]
    }


def _fields(table: str, named: dict[str, str], **options: FieldMapping) -> tuple[FieldMapping, ...]:
    columns = hub_columns(table)
    return tuple(
        options.get(name) or FieldMapping(column=columns[name], field_id=field_id)
        for name, field_id in named.items()
    )


def mappings(connection: str = "world") -> dict[str, StreamMapping]:
    """The world's two streams."""
    client, deal = hub_columns("client"), hub_columns("deal")
    return {
        "clients": StreamMapping(
            connection=connection,
            stream="clients",
            remote_table=CLIENTS,
            hub_table="client",
            hub_id_field=HUB_ID,
            note_field=None,
            modified_field=MODIFIED,
            fields=_fields(
                "client",
                {
                    "name": NAME,
                    "status": STATUS,
                    "country": COUNTRY,
                    "employee_count": STAFF,
                    "note": NOTE,
                    "parent_client_id": PARENT,
                    "tags": TAGS,
                    "partner_ids": PARTNERS,
                },
                parent_client_id=FieldMapping(
                    column=client["parent_client_id"], field_id=PARENT, link="clients"
                ),
                partner_ids=FieldMapping(
                    column=client["partner_ids"], field_id=PARTNERS, link="clients"
                ),
            ),
        ),
        "deals": StreamMapping(
            connection=connection,
            stream="deals",
            remote_table=DEALS,
            hub_table="deal",
            hub_id_field=DEAL_HUB_ID,
            note_field=None,
            modified_field=DEAL_MODIFIED,
            fields=_fields(
                "deal",
                {"code": CODE, "stage": STAGE, "amount": AMOUNT, "client_id": CLIENT},
                stage=FieldMapping(
                    column=deal["stage"],
                    field_id=STAGE,
                    values={
                        "Prospecting": "prospecting",
                        "Engaging": "engaging",
                        "Won": "won",
                        "Lost": "lost",
                    },
                ),
                client_id=FieldMapping(column=deal["client_id"], field_id=CLIENT, link="clients"),
            ),
        ),
    }


@dataclass
class World:
    """One base, one central Postgres, and the engine between them."""

    sandbox: SandboxServer
    database: Database
    streams: dict[str, StreamMapping] = field(default_factory=mappings)
    reports: list[HubError] = field(default_factory=list)

    def connection(self, **changed: Any) -> SyncConnection:
        """A connection as a worker would build it."""
        settings = Settings(endpoint=self.sandbox.url, token=self.sandbox.token, base=BASE)
        limiter = LeasedLimiter(NoLimit())
        built = SyncConnection(
            name="world",
            database=self.database,
            connector=connectors.load("airtable").build("world", settings, limiter),
            limiter=limiter,
            mappings=self.streams,
        )
        return replace(built, **changed)

    def set_policy(self, stream: str, column: str, **changed: Any) -> None:
        """Change one field's mapping."""
        mapping = self.streams[stream]
        fields = tuple(
            replace(item, **changed) if item.column.name == column else item
            for item in mapping.fields
        )
        self.streams[stream] = replace(mapping, fields=fields)

    def ring(self) -> None:
        """Leave a ping, as the hook's door and the change listener do."""
        with self.database.unit_of_work(Provenance(actor="test", origin="test")) as session:
            leases.ring(session, "world", "sweep")

    def attend(self, **changed: Any) -> Attendance:
        """One worker comes by."""
        return attend(self.connection(**changed), trigger="test", report=self._report)

    def tend(self) -> None:
        """A worker looks after the hook."""
        attend(self.connection(), trigger="test", report=self._report, tend=True)

    def _report(self, error: HubError, connection: str, stream: str | None, run_id: UUID) -> None:
        self.reports.append(error)

    def settle(self, rounds: int = 12) -> None:
        """Let workers come by until both sides rest."""
        for _ in range(rounds):
            before = len(self.sandbox.edits()), self._changes()
            self.ring()
            attendance = self.attend()
            if (len(self.sandbox.edits()), self._changes()) == before and not (
                attendance.is_unfinished
            ):
                return
        raise AssertionError("the two sides do not come to rest")

    def _changes(self) -> int:
        return int(self.scalar("select count(*) from hub.change"))

    # The hub's side

    def scalar(self, query: str, **bound: Any) -> Any:
        """One value of the central Postgres."""
        with self.database.reading() as session:
            return session.execute(text(query), bound).scalar()

    def query(self, query: str, **bound: Any) -> list[dict[str, Any]]:
        """Rows of the central Postgres."""
        with self.database.reading() as session:
            return [dict(row._mapping) for row in session.execute(text(query), bound)]

    def sql(self, statement: str, *, actor: str = "Hanna", **bound: Any) -> None:
        """Somebody changes rows at the hub."""
        with self.database.unit_of_work(Provenance(actor=actor, origin="graphql")) as session:
            session.execute(text(statement), bound)

    def add_rows(self, table: str, values: dict[UUID, dict[str, Any]]) -> None:
        """Somebody adds rows at the hub."""
        with self.database.unit_of_work(Provenance(actor="Hanna", origin="graphql")) as session:
            rows.insert_rows(session, table, values)

    def client(self, name: str) -> dict[str, Any] | None:
        """A client by name, tombstones included."""
        found = self.query("select * from client where name = :name", name=name)
        return found[0] if found else None

    # Airtable's side

    def add(self, table: str, *fields: dict[str, Any], user: str = "Alex") -> list[str]:
        """A person adds records; their ids."""
        answer = self.sandbox.edit(
            BASE, table, user=user, create=[{"fields": item} for item in fields], typecast=True
        )
        return [row["id"] for row in answer["rows"]]

    def edit(self, table: str, record: str, fields: dict[str, Any], *, user: str = "Alex") -> None:
        """A person edits one record; fields by id."""
        self.sandbox.edit(BASE, table, user=user, update=[{"id": record, "fields": fields}])

    def delete(self, table: str, *records: str, user: str = "Alex") -> None:
        """A person deletes records."""
        self.sandbox.edit(BASE, table, user=user, delete=list(records))

    def records(self, table: str) -> dict[str, dict[str, Any]]:
        """Every record's fields by field id, as Airtable holds them."""
        _, answer = self.sandbox.call("GET", f"/_ui/bases/{BASE}/tables/{table}/rows?limit=1000")
        return {row["id"]: row["fields"] for row in answer["rows"]}


ONE_WAY = Direction.TO_HUB
ASK = ConflictPolicy.ASK
