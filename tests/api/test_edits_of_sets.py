"""Can a set be read and saved as a list, and does it hold only rows that live?"""

from __future__ import annotations

from typing import Any

from api_client import Api
from factories import Factory

SAVE = """
mutation($input: [SaveClientInput!]!) {
  saveClients(input: $input) {
    clients { id name tags partnerIds }
    errors { field code message hint }
  }
}
"""
UNKNOWN = "01970d6e-5c1a-7000-8000-000000000000"


def save(api: Api, **fields: Any) -> Any:
    return api.ask(SAVE, input=[fields])["saveClients"]


def test_a_set_comes_back_in_order_without_doubles(api: Api, make: Factory) -> None:
    beta, cora = make.client(name="Beta"), make.client(name="Cora")

    answer = save(
        api, name="Acme", tags=["new", "big", "new"], partnerIds=[str(cora.id), str(beta.id)]
    )

    (row,) = answer["clients"]
    assert ["big", "new"] == row["tags"]
    assert sorted([str(beta.id), str(cora.id)]) == row["partnerIds"]
    read = api.ask('{ clients(filter: {name: {eq: "Acme"}}) { nodes { tags partnerIds } } }')
    assert [{"tags": row["tags"], "partnerIds": row["partnerIds"]}] == read["clients"]["nodes"]


def test_an_empty_list_empties_the_set(api: Api) -> None:
    (made,) = save(api, name="Acme", tags=["big"])["clients"]

    (row,) = save(api, id=made["id"], tags=[])["clients"]

    assert row["tags"] is None


def test_a_set_names_each_id_that_is_no_live_row(api: Api, make: Factory) -> None:
    beta = make.client(name="Beta")

    answer = save(api, name="Acme", partnerIds=[str(beta.id), UNKNOWN])

    assert answer["clients"] is None
    (error,) = answer["errors"]
    assert ("partnerIds", "UNKNOWN_REFERENCE") == (error["field"], error["code"])
    assert UNKNOWN in error["message"]


def test_a_text_that_is_no_id_is_refused(api: Api) -> None:
    (error,) = save(api, name="Acme", partnerIds=["Beta"])["errors"]

    assert ("partnerIds", "INVALID_VALUE") == (error["field"], error["code"])
