"""Do edits change exactly what they say, all or nothing, in few statements, under a name?"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from api_client import Api
from factories import Factory
from sqlalchemy import text
from sqlmodel import select

from hub.store.database import Database
from hub.store.entities import Client, Deal

SAVE = """
mutation($input: [SaveClientInput!]!) {
  saveClients(input: $input) {
    clients { id name status sector employeeCount annualRevenue parentClient { name } deletedAt }
    errors { index path field code message hint }
  }
}
"""
UNKNOWN = "01970d6e-5c1a-7000-8000-000000000000"


def save(api: Api, *items: dict[str, Any]) -> Any:
    return api.ask(SAVE, input=list(items))["saveClients"]


def stored(database: Database) -> list[Client]:
    with database.reading() as session:
        return list(session.exec(select(Client).order_by(Client.name)))


def test_an_item_without_id_creates_a_row_with_defaults(api: Api, database: Database) -> None:
    answer = save(api, {"name": "Acme", "annualRevenue": "12.50", "employeeCount": 3})

    (row,) = answer["clients"]
    assert answer["errors"] == []
    assert row == {
        "id": row["id"],
        "name": "Acme",
        "status": "active",
        "sector": None,
        "employeeCount": 3,
        "annualRevenue": "12.50",
        "parentClient": None,
        "deletedAt": None,
    }
    assert [str(each.id) for each in stored(database)] == [row["id"]]


def test_an_update_changes_only_the_fields_given_and_null_empties(
    api: Api, make: Factory, database: Database
) -> None:
    client = make.client(name="Acme", sector="retail", employee_count=5, note="call back")
    other = make.client(name="Bolt", sector="software")

    answer = save(
        api,
        {"id": str(client.id), "sector": None, "employeeCount": 6},
        {"id": str(other.id), "name": "Bolts"},
    )

    assert answer["errors"] == []
    acme, bolts = stored(database)
    assert (acme.sector, acme.employee_count, acme.note) == (None, 6, "call back")
    assert (bolts.name, bolts.sector) == ("Bolts", "software")


def test_creates_and_updates_answer_in_the_order_of_the_list(api: Api, make: Factory) -> None:
    known = make.client(name="Known")

    answer = save(api, {"name": "New 1"}, {"id": str(known.id), "sector": "x"}, {"name": "New 2"})

    assert [row["name"] for row in answer["clients"]] == ["New 1", "Known", "New 2"]


def test_every_kind_of_value_is_stored_as_given(
    api: Api, make: Factory, database: Database
) -> None:
    client = make.client()

    answer = api.ask(
        """mutation($input: [SaveDealInput!]!) { saveDeals(input: $input) {
          deals { clientId code amount engagedOn stage } errors { message } } }""",
        input=[
            {
                "clientId": str(client.id),
                "code": "Z-1 “ü” \\ '; drop table deal",
                "amount": "1234.56",
                "engagedOn": "2026-02-28",
                "stage": "won",
            }
        ],
    )["saveDeals"]

    assert answer["errors"] == []
    with database.reading() as session:
        (deal,) = session.exec(select(Deal)).all()
    assert deal.amount == Decimal("1234.56")
    assert deal.engaged_on == date(2026, 2, 28)
    assert deal.code == "Z-1 “ü” \\ '; drop table deal"
    assert deal.client_id == client.id


def test_one_wrong_item_keeps_all_from_being_saved(
    api: Api, make: Factory, database: Database
) -> None:
    client = make.client(name="Acme", status="active")

    answer = save(
        api,
        {"id": str(client.id), "status": "paused"},
        {"name": "New", "status": "Won!"},
    )

    assert answer["clients"] is None
    assert answer["errors"] == [
        {
            "index": 1,
            "path": ["input", "1", "status"],
            "field": "status",
            "code": "INVALID_VALUE",
            "message": "status got 'Won!', valid are onboarding, warming, active, paused, churned.",
            "hint": "Choose one of them.",
        }
    ]
    assert [(each.name, each.status) for each in stored(database)] == [("Acme", "active")]


def test_each_misfit_is_named_with_code_place_and_advice(api: Api, make: Factory) -> None:
    live = make.client(name="Live")
    gone = make.client(name="Gone", deleted_at=datetime(2026, 1, 1, tzinfo=UTC))
    cases: list[tuple[list[dict[str, Any]], str, str | None]] = [
        ([{"id": UNKNOWN, "name": "x"}], "NOT_FOUND", "id"),
        ([{"id": "seven", "name": "x"}], "INVALID_VALUE", "id"),
        ([{"id": str(gone.id), "name": "x"}], "DELETED", "id"),
        ([{"parentClientId": UNKNOWN}], "UNKNOWN_REFERENCE", "parentClientId"),
        # a tombstone is nobody's parent
        ([{"parentClientId": str(gone.id)}], "UNKNOWN_REFERENCE", "parentClientId"),
        ([{"parentClientId": "seven"}], "INVALID_VALUE", "parentClientId"),
        ([{"id": str(live.id), "parentClientId": str(live.id)}], "INVALID_VALUE", "parentClientId"),
        ([{"employeeCount": -1}], "INVALID_VALUE", "employeeCount"),
        ([{"annualRevenue": "1000000000000"}], "INVALID_VALUE", "annualRevenue"),
        ([{"name": "a\x00b"}], "INVALID_VALUE", "name"),
        ([{"name": "Live"}], "NOT_UNIQUE", "name"),
        ([{"name": "Twin"}, {"name": "Twin"}], "NOT_UNIQUE", "name"),
        ([{"id": str(live.id)}, {"id": str(live.id)}], "DUPLICATE", "id"),
    ]
    for items, code, field in cases:
        answer = save(api, *items)

        assert answer["clients"] is None, items
        error = answer["errors"][-1]
        assert (error["code"], error["field"]) == (code, field), items
        assert error["path"] == ["input", str(error["index"]), field]
        assert error["hint"].endswith("."), items


def test_what_cannot_be_empty_is_required_of_a_new_row(api: Api) -> None:
    answer = api.ask(
        """mutation { saveExcludedDays(input: [{reason: "x"}, {day: "2026-03-02", reason: null}]) {
          excludedDays { id } errors { index field code } } }"""
    )["saveExcludedDays"]

    assert answer["errors"] == [
        {"index": 0, "field": "day", "code": "REQUIRED"},
        {"index": 1, "field": "reason", "code": "REQUIRED"},
    ]


def test_deleting_leaves_a_tombstone_and_restoring_lifts_it(
    api: Api, make: Factory, database: Database
) -> None:
    client = make.client(name="Acme")
    question = """mutation($ids: [ID!]!) {
      deleteClients(ids: $ids) { clients { name deletedAt } errors { code } } }"""

    answer = api.ask(question, ids=[str(client.id)])["deleteClients"]
    again = api.ask(question, ids=[str(client.id)])["deleteClients"]

    assert answer["errors"] == []
    assert answer["clients"][0]["deletedAt"] is not None
    assert again == answer
    assert api.ask("{ clients { totalCount } }")["clients"]["totalCount"] == 0
    assert len(stored(database)) == 1

    restored = api.ask(
        "mutation($ids: [ID!]!) { restoreClients(ids: $ids) { clients { deletedAt } } }",
        ids=[str(client.id)],
    )["restoreClients"]

    assert restored["clients"] == [{"deletedAt": None}]
    assert api.ask("{ clients { totalCount } }")["clients"]["totalCount"] == 1


def test_deleting_an_unknown_row_deletes_nothing(
    api: Api, make: Factory, database: Database
) -> None:
    client = make.client()

    answer = api.ask(
        """mutation($ids: [ID!]!) { deleteClients(ids: $ids) {
          clients { id } errors { code path message } } }""",
        ids=[str(client.id), UNKNOWN],
    )["deleteClients"]

    assert answer["clients"] is None
    assert answer["errors"] == [
        {
            "code": "NOT_FOUND",
            "path": ["ids", "1"],
            "message": f"There is no client {UNKNOWN}.",
        }
    ]
    assert stored(database)[0].deleted_at is None


def test_restoring_beside_a_live_namesake_is_refused(api: Api, make: Factory) -> None:
    gone = make.client(name="Acme", deleted_at=datetime(2026, 1, 1, tzinfo=UTC))
    make.client(name="Acme")

    answer = api.ask(
        """mutation($ids: [ID!]!) { restoreClients(ids: $ids) { errors { code hint } } }""",
        ids=[str(gone.id)],
    )["restoreClients"]

    assert answer["errors"] == [
        {"code": "NOT_UNIQUE", "hint": "Rename or delete the other row first."}
    ]


def test_a_long_list_costs_no_more_statements_than_a_short_one(api: Api, make: Factory) -> None:
    clients = make.clients(200)

    with api.counting() as short:
        save(api, {"name": "One"}, {"id": str(clients[0].id), "sector": "x"})
    with api.counting() as long:
        answer = save(
            api,
            *({"name": f"New {number}"} for number in range(200)),
            *({"id": str(each.id), "employeeCount": 7} for each in clients),
        )

    assert answer["errors"] == []
    assert len(answer["clients"]) == 400
    assert len(short) == len(long)
    assert len(long) <= 8


def test_edits_of_the_same_rows_at_once_all_arrive(
    api: Api, make: Factory, database: Database
) -> None:
    ids = [str(each.id) for each in make.clients(30)]
    upward = [{"id": each, "sector": "up"} for each in ids]
    downward = [{"id": each, "country": "down"} for each in reversed(ids)]

    answers = api.post_at_once(SAVE, *[{"input": upward}, {"input": downward}] * 4)

    assert [answer["data"]["saveClients"]["errors"] for answer in answers] == [[]] * 8
    assert {(each.sector, each.country) for each in stored(database)} == {("up", "down")}


def test_of_two_rows_of_one_name_made_at_once_one_is_refused(api: Api, database: Database) -> None:
    answers = api.post_at_once(SAVE, *[{"input": [{"name": "Acme"}]}] * 4)

    refused = [answer["data"]["saveClients"]["errors"] for answer in answers]
    assert sorted(len(errors) for errors in refused) == [0, 1, 1, 1]
    assert {error["code"] for errors in refused for error in errors} == {"NOT_UNIQUE"}
    assert len(stored(database)) == 1


def test_a_list_beyond_the_limit_is_refused(offline_api: Api) -> None:
    error = offline_api.refused(SAVE, input=[{"name": str(number)} for number in range(1001)])

    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert "at most 1,000" in error["message"]


def test_the_change_log_names_who_asked_and_the_way_in(api: Api, database: Database) -> None:
    api.actor = "ada"

    save(api, {"name": "Acme"})

    with database.reading() as session:
        logged = session.execute(text("select actor, origin from hub.change")).all()
    assert logged == [("ada", "graphql")]


ENTITIES: list[tuple[str, dict[str, Any]]] = [
    ("contacts", {"name": "Ada", "email": "ada@example.com"}),
    ("goals", {"name": "Replies", "metric": "replied", "target": "0.05", "period": "month"}),
    ("deals", {"code": "D1", "stage": "won", "closedOn": "2026-03-01"}),
    ("campaigns", {"name": "Spring", "status": "sending", "dailyLimit": 50}),
    ("sendingDomains", {"name": "mail.example", "hasSpf": True}),
    ("mailboxes", {"address": "box@mail.example", "state": "warming"}),
    ("excludedDays", {"day": "2026-03-02", "reason": "outage", "addedBy": "ops"}),
]


def test_every_entity_can_be_saved_and_deleted(api: Api) -> None:
    for plural, fields in ENTITIES:
        name = plural[0].upper() + plural[1:]
        kind = {"Mailboxes": "Mailbox"}.get(name, name.removesuffix("s"))
        asked = " ".join(fields)

        saved = api.ask(
            f"""mutation($input: [Save{kind}Input!]!) {{ save{name}(input: $input) {{
              {plural} {{ id {asked} }} errors {{ message }} }} }}""",
            input=[fields],
        )[f"save{name}"]
        deleted = api.ask(
            f"""mutation($ids: [ID!]!) {{ delete{name}(ids: $ids) {{
              {plural} {{ deletedAt }} errors {{ message }} }} }}""",
            ids=[row["id"] for row in saved[plural]],
        )[f"delete{name}"]

        assert saved["errors"] == deleted["errors"] == []
        assert {key: saved[plural][0][key] for key in fields} == {
            **fields,
            **({"target": "0.0500"} if "target" in fields else {}),
        }
        assert deleted[plural][0]["deletedAt"] is not None
