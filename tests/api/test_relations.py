"""Do relations answer both ways, and does a nested question cost few SQL statements?"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from api_client import Api
from factories import Factory

NESTED = """
query($first: Int!) {
  clients(first: $first, orderBy: {field: NAME}) {
    totalCount
    nodes {
      name
      contacts { nodes { name client { name } } }
      deals(first: 2, orderBy: {field: CODE, direction: DESC}) {
        totalCount
        edges { cursor node { code client { name parentClient { name } } } }
        pageInfo { hasNextPage endCursor }
      }
      campaigns { nodes { name metrics(first: 3) { nodes { day sent campaign { name } } } } }
      sendingDomains {
        nodes { name mailboxes { nodes { address warmup(first: 1) { nodes { sent } } } } }
      }
    }
  }
}
"""


def seed(make: Factory, count: int) -> None:
    for client in make.clients(count):
        make.contact(client_id=client.id)
        make.deals(3, client_id=client.id)
        campaign = make.campaign(client_id=client.id)
        make.delivery(campaign, days=5)
        domain = make.sending_domain(client_id=client.id)
        make.warmup(make.mailbox(client_id=client.id, sending_domain_id=domain.id), days=2)


def test_a_nested_question_answers_every_level(api: Api, make: Factory) -> None:
    seed(make, 3)

    clients = api.ask(NESTED, first=10)["clients"]

    assert clients["totalCount"] == len(clients["nodes"]) == 3
    for client in clients["nodes"]:
        deals = client["deals"]
        assert deals["totalCount"] == 3
        assert deals["pageInfo"]["hasNextPage"] is True
        assert deals["pageInfo"]["endCursor"] == deals["edges"][-1]["cursor"]
        codes = [edge["node"]["code"] for edge in deals["edges"]]
        assert codes == sorted(codes, reverse=True)
        assert len(codes) == 2
        assert deals["edges"][0]["node"]["client"]["name"] == client["name"]
        assert client["contacts"]["nodes"][0]["client"] == {"name": client["name"]}
        (campaign,) = client["campaigns"]["nodes"]
        assert [row["day"] for row in campaign["metrics"]["nodes"]] == [
            "2026-03-02",
            "2026-03-03",
            "2026-03-04",
        ]
        assert campaign["metrics"]["nodes"][0]["campaign"]["name"] == campaign["name"]
        (domain,) = client["sendingDomains"]["nodes"]
        assert domain["mailboxes"]["nodes"][0]["warmup"]["nodes"] == [{"sent": 18}]


def test_the_number_of_statements_does_not_grow_with_the_rows(api: Api, make: Factory) -> None:
    seed(make, 2)
    with api.counting() as few:
        api.ask(NESTED, first=10)
    seed(make, 20)
    with api.counting() as many:
        api.ask(NESTED, first=50)

    assert len(few) == len(many)
    # the time limit, the page and its count, and one for each of the 11 relations and the count
    assert len(many) <= 15


def test_a_count_is_made_only_when_asked_for(api: Api, make: Factory) -> None:
    make.clients(2)

    with api.counting() as statements:
        api.ask("{ clients { nodes { name deals { nodes { code } } } } }")

    assert not [each for each in statements if "count(" in each]


def test_only_the_columns_asked_for_are_read(api: Api, make: Factory) -> None:
    make.client()

    with api.counting() as statements:
        api.ask("{ clients { nodes { name } } }")

    assert "note" not in statements[-1]
    assert "annual_revenue" not in statements[-1]


def test_the_same_list_with_other_arguments_stands_beside_it(api: Api, make: Factory) -> None:
    client = make.client()
    make.deal(client_id=client.id, code="A", stage="won")
    make.deal(client_id=client.id, code="B", stage="lost")

    answer = api.ask(
        """{
          clients {
            nodes {
              won: deals(filter: {stage: {eq: "won"}}) { nodes { code } }
              deals { totalCount }
            }
            edges { node { deals(first: 1) { nodes { code } } } }
          }
        }"""
    )["clients"]

    assert answer == {
        "nodes": [{"won": {"nodes": [{"code": "A"}]}, "deals": {"totalCount": 2}}],
        "edges": [{"node": {"deals": {"nodes": [{"code": "A"}]}}}],
    }


def test_pages_below_a_row_go_on_after_a_cursor(api: Api, make: Factory) -> None:
    client = make.client()
    for code in "ABC":
        make.deal(client_id=client.id, code=code)
    question = """query($id: ID!, $after: String) { client(id: $id) {
      deals(first: 2, after: $after, orderBy: {field: CODE}) {
        nodes { code } pageInfo { endCursor hasNextPage } } } }"""
    first = api.ask(question, id=str(client.id))["client"]["deals"]

    second = api.ask(question, id=str(client.id), after=first["pageInfo"]["endCursor"])

    assert [row["code"] for row in first["nodes"]] == ["A", "B"]
    assert second["client"]["deals"]["nodes"] == [{"code": "C"}]


def test_deleted_rows_are_in_no_list_but_keep_answering_for_their_id(
    api: Api, make: Factory
) -> None:
    gone = datetime(2026, 1, 1, tzinfo=UTC)
    client = make.client(name="Gone", deleted_at=gone)
    make.deal(client_id=client.id, code="LIVE")
    make.deal(client_id=client.id, code="DEAD", deleted_at=gone)

    answer = api.ask(
        """query($id: ID!) { client(id: $id) {
          name deletedAt deals { nodes { code client { deletedAt } } } } }""",
        id=str(client.id),
    )["client"]

    assert answer["deletedAt"] == "2026-01-01T00:00:00Z"
    assert answer["deals"]["nodes"] == [
        {"code": "LIVE", "client": {"deletedAt": "2026-01-01T00:00:00Z"}}
    ]


def test_a_node_is_found_by_its_id_alone(api: Api, make: Factory) -> None:
    deal = make.deal(code="X1", client_id=make.client(name="Acme").id)

    answer = api.ask(
        """query($id: ID!) { node(id: $id) {
          __typename id ... on Deal { code client { name } } ... on Client { name } } }""",
        id=str(deal.id),
    )["node"]

    assert answer == {
        "__typename": "Deal",
        "id": str(deal.id),
        "code": "X1",
        "client": {"name": "Acme"},
    }


@pytest.mark.parametrize("field", ["node", "client", "deal", "mailbox", "excludedDay"])
def test_an_unknown_id_answers_null(api: Api, field: str) -> None:
    answer = api.ask(
        f"query($id: ID!) {{ {field}(id: $id) {{ id }} }}",
        id="01970d6e-5c1a-7000-8000-000000000000",
    )

    assert answer == {field: None}


def test_fragments_and_directives_are_followed(api: Api, make: Factory) -> None:
    make.deal(code="A", client_id=make.client(name="Acme").id)

    answer = api.ask(
        """query($no: Boolean!) {
          deals { nodes {
            ...D client @skip(if: $no) { name } ... on Deal @include(if: $no) { stage } } }
        }
        fragment D on Deal { code ...E }
        fragment E on Node { id }""",
        no=True,
    )["deals"]["nodes"][0]

    assert answer.keys() == {"code", "id", "stage"}


def test_parent_and_subsidiaries_see_each_other(api: Api, make: Factory) -> None:
    parent = make.client(name="Parent")
    make.client(name="Child", parent_client_id=parent.id)

    answer = api.ask(
        "{ clients(orderBy: {field: NAME}) { nodes"
        " { name parentClient { name } subsidiaries { nodes { name } } } } }"
    )["clients"]["nodes"]

    assert answer == [
        {"name": "Child", "parentClient": {"name": "Parent"}, "subsidiaries": {"nodes": []}},
        {"name": "Parent", "parentClient": None, "subsidiaries": {"nodes": [{"name": "Child"}]}},
    ]
