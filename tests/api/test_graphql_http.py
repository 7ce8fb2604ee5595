"""How does /graphql answer over HTTP: right and wrong requests, limits, and failures of ours?"""

from __future__ import annotations

import logging
from typing import Any

import pytest
from api_client import Api
from factories import Factory
from graphql import get_introspection_query
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hub.store.database import Database
from hub_graphql import app, context
from hub_graphql.app import create_graphql_app
from hub_graphql.errors import from_database
from hub_graphql.limits import Limits
from hub_graphql.operation import OperationCache
from hub_graphql.schema import build_schema


def test_get_reads_and_post_reads(api: Api, make: Factory) -> None:
    make.client(name="Acme")
    question = "query($n: String) { clients(filter: {name: {eq: $n}}) { nodes { name } } }"

    answer = api.request("GET", params={"query": question, "variables": '{"n": "Acme"}'})

    assert answer.status_code == 200
    assert answer.json() == api.post(question, {"n": "Acme"})
    assert answer.json() == {"data": {"clients": {"nodes": [{"name": "Acme"}]}}}


def test_get_does_not_change_anything(api: Api) -> None:
    answer = api.request(
        "GET", params={"query": "mutation { deleteClients(ids: []) { errors { code } } }"}
    ).json()

    assert answer["errors"][0]["message"] == "Mutations are sent by POST, not by GET."


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 400, "no JSON"),
        ({"json": []}, 400, "The body is no object"),
        ({"json": {}}, 400, "There is no query"),
        ({"json": {"query": "  "}}, 400, "There is no query"),
        ({"json": {"query": "{ x }", "variables": []}}, 400, "variables is no object"),
        ({"json": {"query": "{ x }", "operationName": 1}}, 400, "operationName is no text"),
        # a form of another site cannot send JSON without being asked first
        ({"content": b"{}", "headers": {"content-type": "text/plain"}}, 415, "application/json"),
        ({"content": b"{}"}, 415, "missing"),
        (
            {"content": b" " * 4_000_001, "headers": {"content-type": "application/json"}},
            413,
            "larger than",
        ),
    ],
)
def test_what_is_no_request_is_refused(
    offline_api: Api, arguments: dict[str, Any], status: int, said: str
) -> None:
    answer = offline_api.request("POST", **arguments)

    assert answer.status_code == status
    assert said in answer.json()["errors"][0]["message"]
    assert answer.json()["errors"][0]["extensions"]["code"] == "MALFORMED_REQUEST"


def test_another_method_is_refused(offline_api: Api) -> None:
    answer = offline_api.request("DELETE")

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"


def test_the_media_type_of_graphql_tells_a_request_that_never_ran_by_its_status(
    offline_api: Api,
) -> None:
    kind = "application/graphql-response+json"

    answer = offline_api.request("POST", json={"query": "{ nothing }"}, headers={"accept": kind})

    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith(kind)
    assert "data" not in answer.json()


@pytest.mark.parametrize(
    ("query", "code", "said"),
    [
        ("{ clients {", "GRAPHQL_PARSE_FAILED", "Syntax Error"),
        ("{ clints { totalCount } }", "GRAPHQL_VALIDATION_FAILED", "Did you mean 'clients'"),
        ("query($f: Int!) { clients(first: $f) { totalCount } }",
         "GRAPHQL_VALIDATION_FAILED", "$f"),
        ("fragment F on Query { __typename }", "INVALID_INPUT", "has no operation"),
        ("{ " * 3000 + "}" * 3000, "GRAPHQL_PARSE_FAILED", ""),
        ("query A { __typename } query B { __typename }", "INVALID_INPUT", "name the one to run"),
        ('{ clients(filter: {deletedAt: {gt: "2026-01-01T00:00:00"}}) { totalCount } }',
         "GRAPHQL_VALIDATION_FAILED", "with its offset"),
        ('{ client(id: "7") { name } }', "INVALID_INPUT", "ids are UUIDs"),
    ],
)  # fmt: skip
def test_a_wrong_operation_is_refused_with_a_code(
    offline_api: Api, query: str, code: str, said: str
) -> None:
    error = offline_api.refused(query)

    assert error["extensions"]["code"] == code
    assert said in error["message"]


def nested(levels: int) -> str:
    return "{ clients { nodes {" + " parentClient {" * levels + " name " + "}" * levels + "} } }"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (nested(20), "more than 12 levels deep"),
        ("{" + " ".join(f"a{n}: __typename" for n in range(101)) + "}", "101 aliases"),
        ("{" + " ".join("__typename" for _ in range(31)) + "}", "31 root fields"),
        ("{ ...F " + "} fragment F on Query {" + " __typename" * 1501 + "}", "1500 fields"),
        (
            "{ clients(first: 500) { nodes { deals(first: 500) { nodes { client {"
            " deals(first: 500) { nodes { code } } } } } } } }",
            "rows, at most 2,000,000",
        ),
    ],
)
def test_too_much_at_once_is_refused_before_anything_is_read(
    offline_api: Api, query: str, said: str
) -> None:
    error = offline_api.refused(query)

    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert said in error["message"]


def test_fragments_that_multiply_are_counted_where_they_are_used(offline_api: Api) -> None:
    doubling = " ".join(
        f"fragment F{n} on Query {{ ...F{n + 1} x: __typename ...F{n + 1} }}" for n in range(20)
    )

    error = offline_api.refused("{ ...F0 } " + doubling + " fragment F20 on Query { __typename }")

    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"


def test_fragments_that_spread_themselves_are_refused(offline_api: Api) -> None:
    answer = offline_api.post("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }")

    assert answer["errors"]
    assert "data" not in answer


def test_an_answer_with_too_many_rows_is_stopped(database: Database, make: Factory) -> None:
    api = Api(create_graphql_app(database, limits=Limits(rows=30)), database)
    for client in make.clients(4):
        make.deals(10, client_id=client.id)

    error = api.refused("{ clients { nodes { deals { nodes { code } } } } }")

    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert "more than 30 rows" in error["message"]


def test_introspection_is_within_the_limits(offline_api: Api) -> None:
    answer = offline_api.ask(get_introspection_query())

    assert {each["name"] for each in answer["__schema"]["types"]} >= {"Client", "ClientFilter"}


def test_a_postgres_that_is_down_is_said_so_without_its_address(offline_api: Api) -> None:
    error = offline_api.refused("{ clients { totalCount } }")

    assert error["extensions"]["code"] == "STORE_UNAVAILABLE"
    assert "127.0.0.1" not in error["message"]


def test_a_bug_of_ours_is_told_by_an_id_and_logged_with_it(
    api: Api, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("alter table goal rename to mislaid"))

    with caplog.at_level(logging.ERROR, logger="hub_graphql.errors"):
        error = api.refused("{ goals { totalCount } }")

    assert error["extensions"]["code"] == "INTERNAL"
    assert "goal" not in error["message"]
    assert error["extensions"]["errorId"] in error["message"]
    (record,) = caplog.records
    assert error["extensions"]["errorId"] in record.getMessage()
    assert record.exc_info is not None


STATES = {
    "40P01": "EDIT_COLLISION",  # deadlock
    "40001": "EDIT_COLLISION",  # could not be serialized
    "57014": "TIMED_OUT",  # statement timeout
    "57P01": "STORE_UNAVAILABLE",  # the server was stopped
    "23514": None,  # a check that validation should have made: a bug of ours
}


def test_what_postgres_says_is_told_in_words_for_the_one_who_asked(database: Database) -> None:
    for state, code in STATES.items():
        raising = f"do $$ begin raise exception 'inner detail' using errcode = '{state}'; end $$"

        with pytest.raises(DBAPIError) as caught, database.engine.begin() as connection:
            connection.exec_driver_sql(raising)

        told = from_database(caught.value)
        assert (told and told.code) == code
        assert told is None or "inner detail" not in told.message


def test_a_question_that_waits_too_long_is_stopped(
    api: Api, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "STATEMENT_TIMEOUT_MS", 200)

    with database.engine.begin() as connection:
        connection.execute(text("lock table client in access exclusive mode"))
        error = api.refused("{ clients { totalCount } }")

    assert error["extensions"]["code"] == "TIMED_OUT"
    assert error["path"] == ["clients"]
    assert api.ask("{ clients { totalCount } }")["clients"]["totalCount"] == 0


def test_an_operation_that_takes_too_long_in_all_is_let_go(
    api: Api, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "OPERATION_TIMEOUT_SECONDS", 0.1)
    monkeypatch.setattr(context, "STATEMENT_TIMEOUT_MS", 1000)

    with database.engine.begin() as connection:
        connection.execute(text("lock table client in access exclusive mode"))
        error = api.refused("{ clients { totalCount } }")

    assert error["extensions"]["code"] == "TIMED_OUT"
    assert "look before you repeat it" in error["message"]


def test_one_field_may_fail_without_the_other(api: Api, make: Factory) -> None:
    client = make.client(name="Acme")

    answer = api.post(
        """query($id: ID!) { client(id: $id) { name } deal(id: "seven") { code } }""",
        {"id": str(client.id)},
    )

    assert answer["data"] == {"client": {"name": "Acme"}, "deal": None}
    assert answer["errors"][0]["path"] == ["deal"]


def test_the_same_text_is_parsed_and_validated_once_while_it_is_used() -> None:
    schema = build_schema().schema._schema
    cache = OperationCache(Limits(), size=2)

    first = cache.prepare(schema, "{ __typename }")

    assert cache.prepare(schema, "{ __typename }") is first
    for number in range(2):
        cache.prepare(schema, f"{{ a{number}: __typename }}")
    assert cache.prepare(schema, "{ __typename }") is not first


def test_a_wrong_text_takes_no_place_in_the_cache() -> None:
    schema = build_schema().schema._schema
    cache = OperationCache(Limits(), size=1)
    good = cache.prepare(schema, "{ __typename }")

    assert cache.prepare(schema, "{ nothing }").errors
    assert cache.prepare(schema, "{ __typename }") is good


def test_questions_at_the_same_time_do_not_wait_for_each_other(api: Api, make: Factory) -> None:
    make.clients(3)

    answers = api.post_at_once("{ clients { totalCount nodes { name } } }", *[{}] * 25)

    assert [answer["data"]["clients"]["totalCount"] for answer in answers] == [3] * 25
