"""Can a program ask through the API why a cell holds what it holds?"""

from __future__ import annotations

import pytest
from api_client import Api
from factories import Factory

from hub.store.database import Database, Provenance
from hub.store.rows import update_rows

WHY = """
query($table: String!, $row: String!, $field: String!) {
  why(table: $table, row: $row, field: $field) {
    rowId value isDeleted standing { sentence } steps { at kind sentence data }
  }
}
"""


def test_the_chain_is_answered_newest_first(api: Api, make: Factory, database: Database) -> None:
    client = make.client(name="Acme", country="Kenya")
    with database.unit_of_work(Provenance(actor="Hanna", origin="graphql")) as session:
        update_rows(session, "client", {client.id: {"country": "Chad"}})

    asked = {"table": "client", "row": "acme", "field": "country"}
    told = api.post(WHY, asked)["data"]["why"]

    assert (str(client.id), "Chad", False) == (told["rowId"], told["value"], told["isDeleted"])
    assert [] == told["standing"]
    assert ["CHANGE", "CHANGE"] == [step["kind"] for step in told["steps"]]
    assert "Hanna changed it from “Kenya” to “Chad”" in told["steps"][0]["sentence"]
    assert "Kenya" == told["steps"][0]["data"]["before"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"table": "clients", "row": "Acme", "field": "country"}, "INVALID_INPUT"),
        ({"table": "client", "row": "Nobody", "field": "country"}, "NOT_FOUND"),
    ],
)
def test_a_wrong_question_has_a_code(api: Api, asked: dict[str, str], code: str) -> None:
    (error,) = api.post(WHY, asked)["errors"]

    assert code == error["extensions"]["code"]
