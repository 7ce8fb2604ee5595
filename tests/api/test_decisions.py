"""Can a person settle a conflict through the API?"""

from __future__ import annotations

from uuid import UUID

import pytest
from api_client import Api
from factories import Factory

from hub.store.database import Database, Provenance
from hub.store.entities import Client
from hub.store.entities.base import new_id
from hub.store.integration import Conflict

RESOLVE = """
mutation($id: ID!, $winner: Side!) {
  resolveConflict(id: $id, winner: $winner) {
    message
    conflict { status winner resolvedBy theirs ours }
  }
}
"""


@pytest.fixture
def client(make: Factory) -> Client:
    return make.client(status="churned")


@pytest.fixture
def conflict_id(client: Client, database: Database) -> UUID:
    """A conflict that a policy settled for us: their value lost."""
    conflict = Conflict(
        connection="airtable",
        stream="clients",
        link_id=new_id(),
        table_name="client",
        row_id=client.id,
        external_id="rec1",
        field="status",
        base="active",
        theirs="paused",
        ours="churned",
        cause="both_changed",
        policy="latest",
        winner="ours",
        status="settled",
    )
    with database.unit_of_work(Provenance(actor="test", origin="test")) as session:
        session.add(conflict)
    return conflict.id


def test_the_losing_value_is_restored_under_the_persons_name(
    api: Api, client: Client, conflict_id: UUID
) -> None:
    api.actor = "ada"

    answer = api.ask(RESOLVE, id=str(conflict_id), winner="THEIRS")["resolveConflict"]

    assert "client.status is 'paused' now" in answer["message"]
    assert answer["conflict"] == {
        "status": "resolved",
        "winner": "theirs",
        "resolvedBy": "ada",
        "theirs": "paused",
        "ours": "churned",
    }
    stored = api.ask("query($id: ID!) { client(id: $id) { status } }", id=str(client.id))
    assert stored == {"client": {"status": "paused"}}


def test_an_unknown_conflict_is_said_so(api: Api) -> None:
    error = api.refused(RESOLVE, id="01970d6e-5c1a-7000-8000-000000000000", winner="OURS")

    assert error["extensions"]["code"] == "NOT_FOUND"
