"""Is the direct answer the same, to the letter, as the one graphql-core makes field by field?"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from api_client import Api
from factories import Factory

from hub.store.database import Database
from hub_graphql import operation

QUESTIONS = (
    """{ clients(orderBy: {field: NAME}, includeDeleted: true) {
      totalCount __typename
      pageInfo { hasNextPage hasPreviousPage start: startCursor endCursor __typename }
      edges { __typename cursor node { ...Everything } }
      nodes { id again: id parentClient { name } }
    } }
    fragment Everything on Client {
      __typename id name status sector country foundedYear annualRevenue employeeCount
      accountManager parentClientId note deletedAt
      parentClient { __typename ... on Node { id } name }
      subsidiaries { totalCount nodes { name } }
      one: deals(first: 1, orderBy: {field: CODE}) { edges { cursor node { code } } }
      rest: deals(last: 2, orderBy: {field: CODE}) { nodes { code amount closedOn client { id } } }
    }""",
    """{ deals(orderBy: [{field: AMOUNT, direction: DESC}]) { nodes {
      id clientId code amount engagedOn stage client { name deals { totalCount } } } } }""",
    "{ deliveryMetrics { nodes { clientId day campaignId sent recordedAt campaign { name } } } }",
    """{ sendingDomains { nodes {
      hasSpf mailboxes { nodes { dailyLimit warmup { nodes { day sent } } } } } } }""",
    """{ a: clients(first: 1) { nodes { name } } b: deals(first: 1) { nodes { code } }
      c: client(id: "01970d6e-5c1a-7000-8000-000000000000") { name } __typename }""",
)
BY_CORE = "{ __schema { queryType { name } } "


@pytest.fixture
def _rows(make: Factory) -> None:
    parent = make.client(name="Parent", annual_revenue=Decimal("0.10"), founded_year=1999)
    child = make.client(name="Child “ü”", parent_client_id=parent.id, note='quote " and \\')
    make.client(name="Gone", deleted_at=datetime(2026, 1, 1, 12, 30, 0, 5000, tzinfo=UTC))
    for number in range(4):
        make.deal(
            client_id=child.id,
            code=f"D{number}",
            amount=Decimal("1000000.00") if number else None,
            engaged_on=date(2026, 1, 1 + number),
            closed_on=date(2026, 2, 1),
        )
    make.deal(code="alone", amount=Decimal("0.00"))
    make.delivery(make.campaign(client_id=child.id), days=2)
    domain = make.sending_domain(client_id=child.id, has_spf=True)
    make.warmup(make.mailbox(client_id=child.id, sending_domain_id=domain.id), days=2)


@pytest.mark.usefixtures("_rows")
def test_both_ways_answer_the_same_in_the_same_order(api: Api) -> None:
    for question in QUESTIONS:
        direct = api.ask(question)
        by_core = api.ask(question.replace("{", BY_CORE, 1))
        del by_core["__schema"]

        assert _text(direct) == _text(by_core)


def _text(answer: Any) -> str:
    return repr(answer)


@pytest.mark.usefixtures("_rows")
def test_a_direct_answer_sees_one_snapshot_however_many_lists_it_has(api: Api) -> None:
    with api.counting() as statements:
        api.ask(QUESTIONS[4])

    assert len([each for each in statements if "set_config" in each]) == 1


@pytest.mark.usefixtures("_rows")
def test_a_failure_on_the_direct_way_is_told_with_its_place(
    api: Api, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_arguments: Any) -> None:
        raise RuntimeError("a bug on the direct way")

    monkeypatch.setattr(operation, "answer", broken)

    answer = api.post('{ clients(first: 1) { nodes { name } } bad: client(id: "x") { name } }')

    assert answer["data"] == {"clients": {"nodes": [{"name": "Parent"}]}, "bad": None}
    assert answer["errors"][0]["path"] == ["bad"]
