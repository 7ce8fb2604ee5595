"""Do lists answer the right rows: filtered, ordered, page by page, without deleted ones?"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from api_client import Api
from factories import Factory

CLIENTS = """
query($filter: ClientFilter, $orderBy: [ClientOrder!], $includeDeleted: Boolean! = false) {
  clients(filter: $filter, orderBy: $orderBy, includeDeleted: $includeDeleted) { nodes { name } }
}
"""
DEALS = """
query($filter: DealFilter, $orderBy: [DealOrder!]) {
  deals(filter: $filter, orderBy: $orderBy) { nodes { code } }
}
"""


def names(api: Api, **variables: Any) -> list[str]:
    return [row["name"] for row in api.ask(CLIENTS, **variables)["clients"]["nodes"]]


def codes(api: Api, **variables: Any) -> list[str]:
    return [row["code"] for row in api.ask(DEALS, **variables)["deals"]["nodes"]]


@pytest.fixture
def _four_clients(make: Factory) -> None:
    make.client(name="Acme", sector="retail", country="France", employee_count=10)
    make.client(name="Bolt", sector="software", country=None, employee_count=200)
    make.client(name="100% Pure_Oil", sector=None, country="Spain", employee_count=None)
    make.client(
        name="Gone", sector="retail", country="Spain", deleted_at=datetime(2026, 1, 1, tzinfo=UTC)
    )


FILTERS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["100% Pure_Oil", "Acme", "Bolt"]),
    ({"name": {"eq": "Acme"}}, ["Acme"]),
    # an empty value is another value
    ({"sector": {"ne": "retail"}}, ["100% Pure_Oil", "Bolt"]),
    ({"sector": {"eq": None}}, ["100% Pure_Oil"]),
    ({"sector": {"isNull": False}}, ["Acme", "Bolt"]),
    ({"sector": {"isNull": True}}, ["100% Pure_Oil"]),
    ({"sector": {"in": ["retail", "energy"]}}, ["Acme"]),
    ({"sector": {"in": []}}, []),
    ({"sector": {"notIn": ["retail"]}}, ["100% Pure_Oil", "Bolt"]),
    ({"employeeCount": {"gt": 10}}, ["Bolt"]),
    ({"employeeCount": {"gte": 10, "lt": 200}}, ["Acme"]),
    ({"employeeCount": {"lte": 10}}, ["Acme"]),
    ({"name": {"contains": "OL"}}, ["Bolt"]),
    # wildcards of SQL mean themselves
    ({"name": {"contains": "%"}}, ["100% Pure_Oil"]),
    ({"name": {"contains": "e_o"}}, ["100% Pure_Oil"]),
    ({"name": {"startsWith": "ac"}}, ["Acme"]),
    ({"and": [{"sector": {"eq": "retail"}}, {"country": {"eq": "Spain"}}]}, []),
    (
        {"or": [{"name": {"eq": "Acme"}}, {"country": {"eq": "Spain"}}]},
        ["100% Pure_Oil", "Acme"],
    ),
    ({"or": []}, []),
    ({"not": {"name": {"eq": "Acme"}}}, ["100% Pure_Oil", "Bolt"]),
]


@pytest.mark.usefixtures("_four_clients")
def test_a_filter_finds_what_it_says(api: Api) -> None:
    for wanted, expected in FILTERS:
        found = names(api, filter=wanted, orderBy=[{"field": "NAME"}])

        assert expected == found, wanted


@pytest.mark.usefixtures("_four_clients")
def test_deleted_rows_are_shown_only_when_asked_for(api: Api) -> None:
    assert "Gone" not in names(api)
    assert "Gone" in names(api, includeDeleted=True)


@pytest.mark.usefixtures("_four_clients")
def test_empty_values_come_last_in_both_directions(api: Api) -> None:
    upward = names(api, orderBy=[{"field": "EMPLOYEE_COUNT", "direction": "ASC"}])
    downward = names(api, orderBy=[{"field": "EMPLOYEE_COUNT", "direction": "DESC"}])

    assert upward == ["Acme", "Bolt", "100% Pure_Oil"]
    assert downward == ["Bolt", "Acme", "100% Pure_Oil"]


def test_relations_filter_in_both_directions(api: Api, make: Factory) -> None:
    winner = make.client(name="Winner")
    loser = make.client(name="Loser")
    make.client(name="Newcomer")
    make.deal(code="A", client_id=winner.id, stage="won", amount=Decimal("10.50"))
    make.deal(code="B", client_id=loser.id, stage="lost")
    make.deal(code="C", stage="won")
    make.deal(
        code="D", client_id=loser.id, stage="won", deleted_at=datetime(2026, 1, 1, tzinfo=UTC)
    )

    assert codes(api, filter={"client": {"name": {"startsWith": "win"}}}) == ["A"]
    assert names(api, filter={"deals": {"some": {"stage": {"eq": "won"}}}}) == ["Winner"]
    assert names(api, filter={"deals": {"none": {}}}) == ["Newcomer"]
    assert codes(api, filter={"amount": {"eq": "10.5"}}) == ["A"]
    assert codes(api, filter={"clientId": {"eq": str(loser.id)}}) == ["B"]
    assert codes(api, filter={"clientId": {"isNull": True}}) == ["C"]


def test_dates_and_moments_compare(api: Api, make: Factory) -> None:
    make.deal(code="EARLY", engaged_on=date(2026, 1, 1))
    make.deal(code="LATE", engaged_on=date(2026, 2, 1))
    make.client(name="Gone", deleted_at=datetime(2026, 1, 1, 12, tzinfo=UTC))

    assert codes(api, filter={"engagedOn": {"gte": "2026-01-15"}}) == ["LATE"]
    after_noon = {"deletedAt": {"gte": "2026-01-01T13:00:00+01:00"}}
    assert names(api, filter=after_noon, includeDeleted=True) == ["Gone"]


PAGE = """
query($first: Int, $after: String, $last: Int, $before: String, $orderBy: [DealOrder!]) {
  deals(first: $first, after: $after, last: $last, before: $before, orderBy: $orderBy) {
    totalCount
    nodes { code }
    edges { cursor node { code } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""

ORDERS: list[list[dict[str, str]]] = [
    [],
    [{"field": "CODE", "direction": "DESC"}],
    [{"field": "AMOUNT"}],
    [{"field": "AMOUNT", "direction": "DESC"}],
    [{"field": "STAGE", "direction": "DESC"}, {"field": "AMOUNT"}],
    [{"field": "ENGAGED_ON", "direction": "DESC"}, {"field": "STAGE"}],
]


@pytest.fixture
def _many_deals(make: Factory) -> None:
    for number in range(23):
        make.deal(
            stage=("won", "lost", "engaging")[number % 3],
            amount=None if number % 4 == 0 else Decimal(number % 5) / 4,
            engaged_on=None if number % 6 == 0 else date(2026, 1, 1 + number % 7),
        )


@pytest.mark.usefixtures("_many_deals")
def test_pages_forward_show_every_row_once(api: Api) -> None:
    for order in ORDERS:
        whole = api.ask(PAGE, first=500, orderBy=order)["deals"]
        seen: list[str] = []
        after = None
        while True:
            page = api.ask(PAGE, first=5, after=after, orderBy=order)["deals"]
            seen += [row["code"] for row in page["nodes"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break

        assert [row["code"] for row in whole["nodes"]] == seen
        assert len(set(seen)) == whole["totalCount"] == 23


@pytest.mark.usefixtures("_many_deals")
def test_pages_backward_show_the_same_rows(api: Api) -> None:
    for order in ORDERS:
        whole = api.ask(PAGE, first=500, orderBy=order)["deals"]
        seen: list[str] = []
        before = None
        while True:
            page = api.ask(PAGE, last=7, before=before, orderBy=order)["deals"]
            seen = [row["code"] for row in page["nodes"]] + seen
            before = page["pageInfo"]["startCursor"]
            if not page["pageInfo"]["hasPreviousPage"]:
                break

        assert [row["code"] for row in whole["nodes"]] == seen


@pytest.mark.usefixtures("_many_deals")
def test_rows_added_or_deleted_meanwhile_shift_no_page(api: Api, make: Factory) -> None:
    order = [{"field": "CODE"}]
    first = api.ask(PAGE, first=5, orderBy=order)["deals"]
    make.deal(code="A-before-all")

    second = api.ask(PAGE, first=5, after=first["pageInfo"]["endCursor"], orderBy=order)["deals"]

    assert not {e["cursor"] for e in first["edges"]} & {e["cursor"] for e in second["edges"]}
    assert first["nodes"][-1]["code"] < second["nodes"][0]["code"]


def test_a_page_between_two_cursors_holds_what_lies_between(api: Api, make: Factory) -> None:
    for code in "ABCDE":
        make.deal(code=code)
    edges = api.ask(PAGE, orderBy=[{"field": "CODE"}])["deals"]["edges"]

    page = api.ask(
        PAGE, after=edges[0]["cursor"], before=edges[4]["cursor"], orderBy=[{"field": "CODE"}]
    )["deals"]

    assert [row["code"] for row in page["nodes"]] == ["B", "C", "D"]
    assert page["pageInfo"]["hasPreviousPage"] is True


def test_an_empty_list_is_a_page_without_cursors(api: Api) -> None:
    page = api.ask(PAGE)["deals"]

    assert page == {
        "totalCount": 0,
        "nodes": [],
        "edges": [],
        "pageInfo": {
            "hasNextPage": False,
            "hasPreviousPage": False,
            "startCursor": None,
            "endCursor": None,
        },
    }


WRONG_PAGES: list[tuple[dict[str, Any], str]] = [
    ({"first": 501}, "first is 501: ask for 0 to 500 rows"),
    ({"first": -1}, "first is -1"),
    ({"first": 1, "last": 1}, "Both first and last are given"),
    ({"after": "nonsense"}, "is no cursor of this list"),
    ({"after": "WyJpZCJd"}, "is no cursor of this list"),
    # ["id","not-a-uuid"]
    ({"after": "WyJpZCIsIm5vdC1hLXV1aWQiXQ"}, "The cursor is damaged"),
    # ["id",null]
    ({"after": "WyJpZCIsbnVsbF0"}, "The cursor is damaged"),
    ({"orderBy": [{"field": "CODE"}, {"field": "CODE"}]}, "orderBy names code twice"),
]


def test_a_wrong_page_is_refused_with_advice(api: Api) -> None:
    for variables, said in WRONG_PAGES:
        error = api.refused(PAGE, **variables)

        assert said in error["message"]
        assert error["extensions"]["code"] == "INVALID_INPUT"


@pytest.mark.usefixtures("_many_deals")
def test_a_cursor_of_another_order_is_refused(api: Api) -> None:
    cursor = api.ask(PAGE, first=1)["deals"]["pageInfo"]["endCursor"]

    error = api.refused(PAGE, after=cursor, orderBy=[{"field": "CODE"}])

    assert "another order: keep orderBy" in error["message"]


WRONG_FILTERS: list[tuple[dict[str, Any], str]] = [
    ({"id": {"eq": "7"}}, "'7' is no id"),
    ({"name": {"gt": None}}, "compared by gt with null"),
    ({"name": {"eq": "a\x00b"}}, "NUL"),
    ({"name": {"contains": "\x00"}}, "NUL"),
    ({"name": {"in": ["x"] * 5001}}, "5001 values"),
]


def test_a_filter_that_cannot_be_is_refused_with_advice(api: Api) -> None:
    for wanted, said in WRONG_FILTERS:
        error = api.refused(CLIENTS, filter=wanted)

        assert said in error["message"]
        assert error["extensions"]["code"] == "INVALID_INPUT"


def nested_filter(levels: int) -> dict[str, Any]:
    wanted: dict[str, Any] = {"name": {"eq": "Acme"}}
    for _ in range(levels):
        wanted = {"not": wanted}
    return wanted


def test_a_filter_may_be_large_but_not_endless(api: Api, make: Factory) -> None:
    make.client(name="Acme")
    alternatives = [{"name": {"eq": f"Client {number}"}} for number in range(400)]

    assert names(api, filter={"or": [*alternatives, {"name": {"eq": "Acme"}}]}) == ["Acme"]
    assert names(api, filter=nested_filter(10)) == ["Acme"]
    for too_large, said in (
        (nested_filter(40), "nested more than 15 levels"),
        (nested_filter(200), "nested too deeply"),
        ({"or": alternatives * 3}, "more than 1,000 parts"),
    ):
        assert said in api.refused(CLIENTS, filter=too_large)["message"]
