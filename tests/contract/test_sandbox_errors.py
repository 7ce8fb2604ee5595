"""Does the stand-in refuse what Airtable refuses, in its words and in its order?"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from sandbox_base import BASE, CLIENT_0, CLIENT_1, CLIENTS, DEAL_0, DEALS, KITCHEN, sample
from sandbox_server import SandboxServer

TABLE = f"/v0/{BASE}/{CLIENTS}"
NOBODY = "recNobody00000000"
TEN = (
    'You must provide an array of up to 10 record objects, each with an "id" ID field and a '
    '"fields" object for cell values.'
)
MODEL_NOT_FOUND = (
    "Invalid permissions, or the requested model was not found. Check that both your user and your "
    "token have the required permissions, and that the model names and/or ids are correct."
)


@pytest.fixture
def loaded(sandbox: SandboxServer) -> SandboxServer:
    sandbox.load(sample(deals=2))
    return sandbox


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/v0/", 404, "NOT_FOUND"),
        ("GET", "/v0/nowhere", 404, "NOT_FOUND"),
        ("GET", "/v0/appShort/T", 404, "NOT_FOUND"),  # a malformed base id
        ("GET", f"{TABLE}/recShort", 404, "NOT_FOUND"),  # a malformed record id
        ("PUT", f"{TABLE}/listRecords", 404, "NOT_FOUND"),
        ("GET", f"{TABLE}/%zz", 404, "NOT_FOUND"),  # bad percent-encoding
        ("DELETE", f"/v0/meta/bases/{BASE}/tables", 404, "NOT_FOUND"),
        ("GET", f"/v0/meta/bases/{BASE}/tables/{CLIENTS}/fields", 404, "NOT_FOUND"),
    ],
)
def test_a_route_that_is_none_is_not_found(
    loaded: SandboxServer, method: str, path: str, status: int, kind: str
) -> None:
    assert (status, {"error": kind}) == loaded.call(method, path)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v0/appNowhere0000000/T"),
        ("GET", f"/v0/{BASE}/Nothing"),
        ("GET", f"/v0/{BASE}/clients"),  # names are exact
        ("GET", f"{TABLE}/{NOBODY}"),
        ("PATCH", f"{TABLE}/{NOBODY}"),
        ("DELETE", f"{TABLE}/{NOBODY}"),
        ("GET", "/v0/meta/bases/appNowhere0000000/tables"),
        ("POST", f"/v0/meta/bases/{BASE}/tables/tblNowhere0000000/fields"),
        ("GET", f"/v0/bases/{BASE}/webhooks/achNowhere0000000/payloads"),
    ],
)
def test_a_missing_thing_answers_403(loaded: SandboxServer, method: str, path: str) -> None:
    body: Any = {"fields": {}} if method == "PATCH" else None

    assert (
        403,
        {
            "error": {
                "type": "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND",
                "message": MODEL_NOT_FOUND,
            }
        },
    ) == loaded.call(method, path, body)


@pytest.mark.parametrize("token", [None, "patWrong", ""])
def test_a_wrong_token_answers_401(loaded: SandboxServer, token: str | None) -> None:
    assert (
        401,
        {"error": {"type": "AUTHENTICATION_REQUIRED", "message": "Authentication required"}},
    ) == loaded.call("GET", TABLE, token=token)


def test_route_comes_before_token_before_access_before_body(loaded: SandboxServer) -> None:
    assert 404 == loaded.call("GET", "/v0/nowhere", token=None)[0]
    assert 401 == loaded.call("POST", "/v0/appNowhere0000000/T", token=None, raw=b"{")[0]
    assert 403 == loaded.call("POST", "/v0/appNowhere0000000/T", raw=b"{")[0]
    assert 422 == loaded.call("POST", TABLE, raw=b"{")[0]


@pytest.mark.parametrize(
    ("token", "method", "path", "status"),
    [
        ("patReader", "GET", TABLE, 200),
        ("patReader", "POST", TABLE, 403),  # lacks the scope
        ("patReader", "GET", f"/v0/bases/{BASE}/webhooks", 403),  # lacks the scope
        ("patEditor", "POST", TABLE, 200),
        ("patEditor", "POST", f"/v0/meta/bases/{BASE}/tables", 403),  # needs the creator role
        ("patEditor", "POST", f"/v0/bases/{BASE}/webhooks", 403),
        ("patElsewhere", "GET", TABLE, 403),
        ("patElsewhere", "GET", f"/v0/meta/bases/{BASE}/tables", 403),
    ],
)
def test_scopes_bases_and_roles_are_held_to(
    loaded: SandboxServer, token: str, method: str, path: str, status: int
) -> None:
    body: Any = {"fields": {}} if method == "POST" else None

    assert status == loaded.call(method, path, body, token=token)[0]


def test_only_the_tokens_own_bases_are_listed(loaded: SandboxServer) -> None:
    assert {"bases": [{"id": BASE, "name": "Sample", "permissionLevel": "read"}]} == loaded.call(
        "GET", "/v0/meta/bases", token="patReader"
    )[1]
    assert {"bases": []} == loaded.call("GET", "/v0/meta/bases", token="patElsewhere")[1]


CREATE_ERRORS: list[tuple[Any, str, str]] = [
    ({}, "INVALID_REQUEST_MISSING_FIELDS", 'Could not find field "fields" in the request body'),
    ({"records": []}, "INVALID_RECORDS", "each with a"),
    ({"records": [{"fields": {}}] * 11}, "INVALID_RECORDS", "up to 10 record objects"),
    ({"records": [{}]}, "INVALID_RECORDS", "up to 10"),
    ({"records": "x"}, "INVALID_RECORDS", "up to 10"),
    ({"fields": {"Nope": 1}}, "UNKNOWN_FIELD_NAME", 'Unknown field name: "Nope"'),
    ({"fields": {"Name": 1}}, "INVALID_VALUE_FOR_COLUMN",
     'Field "Name" cannot accept the provided value'),
    ({"fields": {"Deal count": 1}}, "INVALID_VALUE_FOR_COLUMN",
     'Field "Deal count" cannot accept a value because the field is computed'),
    ({"fields": {"Stage": "X"}}, "INVALID_MULTIPLE_CHOICE_OPTIONS",
     'Insufficient permissions to create new select option ""X""'),
    ({"fields": {"Deals": [NOBODY]}}, "ROW_DOES_NOT_EXIST",
     f"Record ID {NOBODY} does not exist in this table"),
    ({"fields": {"Deals": [CLIENT_0]}}, "ROW_TABLE_DOES_NOT_MATCH_LINKED_TABLE",
     f"Record ID {CLIENT_0} belongs to table {CLIENTS}, but the field links to table {DEALS}"),
    ({"fields": {"Deals": DEAL_0}}, "INVALID_VALUE_FOR_COLUMN", '"Deals"'),
    ({"fields": {}, "wish": 1}, "INVALID_REQUEST_UNKNOWN", "parameter validation failed"),
    ({"fields": {}, "typecast": "yes"}, "INVALID_REQUEST_UNKNOWN", "parameter validation"),
    ({"fields": []}, "INVALID_REQUEST_UNKNOWN", "parameter validation"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "kind", "message"), CREATE_ERRORS)
def test_a_create_that_does_not_fit_is_refused(
    loaded: SandboxServer, body: Any, kind: str, message: str
) -> None:
    status, answer = loaded.call("POST", TABLE, body)

    assert (422, kind) == (status, answer["error"]["type"])
    assert message in answer["error"]["message"]
    assert 3 == len(loaded.call("GET", TABLE)[1]["records"])


UPDATE_ERRORS: list[tuple[Any, str, str]] = [
    ({"records": [{"fields": {}}]}, "INVALID_RECORDS", TEN),
    ({"records": [{"id": "x", "fields": {}}]}, "INVALID_RECORDS", TEN),
    ({"records": [{"id": NOBODY, "fields": {}}]}, "ROW_DOES_NOT_EXIST",
     f"Record ID {NOBODY} does not exist in this table"),
    ({"records": [{"id": DEAL_0, "fields": {}}]}, "ROW_DOES_NOT_EXIST", DEAL_0),
    ({"records": [{"id": CLIENT_0, "fields": {}}] * 2}, "INVALID_RECORDS", "multiple times"),
    ({"performUpsert": {"fieldsToMergeOn": []}, "records": [{"fields": {"Name": "C0"}}]},
     "INVALID_REQUEST_UNKNOWN", ""),
    ({"performUpsert": {"fieldsToMergeOn": ["Nope"]}, "records": [{"fields": {"Name": "C0"}}]},
     "UNKNOWN_FIELD_NAME", "Nope"),
    ({"performUpsert": {"fieldsToMergeOn": ["Deals"]}, "records": [{"fields": {"Name": "C0"}}]},
     "INVALID_REQUEST_UNKNOWN", "Deals"),
    ({"performUpsert": {"fieldsToMergeOn": ["Stage"]}, "records": [{"fields": {"Stage": "Lead"}}]},
     "INVALID_REQUEST_UNKNOWN", "3 records match"),
    ({"performUpsert": {"fieldsToMergeOn": ["Name"]},
      "records": [{"id": NOBODY, "fields": {"Name": "C0"}}]}, "ROW_DOES_NOT_EXIST", NOBODY),
]  # fmt: skip


@pytest.mark.parametrize(("body", "kind", "message"), UPDATE_ERRORS)
def test_an_update_that_does_not_fit_is_refused(
    loaded: SandboxServer, body: Any, kind: str, message: str
) -> None:
    status, answer = loaded.call("PATCH", TABLE, body)

    assert (422, kind) == (status, answer["error"]["type"])
    assert message in answer["error"]["message"]


def test_one_bad_record_refuses_the_whole_batch(loaded: SandboxServer) -> None:
    good = {"id": CLIENT_0, "fields": {"Name": "changed", "Stage": "Brand new"}}
    bad = {"id": CLIENT_1, "fields": {"Deals": ["?", 1]}}
    before = loaded.save()
    status, _ = loaded.call("PATCH", TABLE, {"records": [good, bad], "typecast": True})

    assert 422 == status
    assert before == loaded.save()
    assert [] == loaded.edits()


def test_a_refused_batch_uses_no_number_up(loaded: SandboxServer) -> None:
    path = f"/v0/{BASE}/{KITCHEN}"
    loaded.call("POST", path, {"records": [{"fields": {"Key": "a"}}, {"fields": {"Nope": 1}}]})
    made = loaded.call("POST", path, {"fields": {"Key": "b"}})[1]

    assert 1 == made["fields"]["Auto"]


@pytest.mark.parametrize(
    ("query", "status", "kind"),
    [
        ("", 422, "INVALID_RECORDS"),
        ("records[]=x", 422, "INVALID_RECORDS"),
        ("&".join([f"records[]={CLIENT_0}"] * 11), 422, "INVALID_RECORDS"),
        (f"records[]={CLIENT_0}&records[]={NOBODY}", 404, "NOT_FOUND"),
        (f"records={CLIENT_0}&records={CLIENT_1}", 200, None),
        (f"records[0]={CLIENT_0}", 200, None),
    ],
)
def test_deletions_take_every_spelling_and_are_whole(
    loaded: SandboxServer, query: str, status: int, kind: str | None
) -> None:
    answered, answer = loaded.call("DELETE", f"{TABLE}/?{query}")

    assert (status, kind) == (answered, answer.get("error", {}).get("type"))
    if status != 200:
        assert 3 == len(loaded.call("GET", TABLE)[1]["records"])


@pytest.mark.parametrize(
    ("query", "kind", "message"),
    [
        ("pageSize=0", "INVALID_REQUEST_UNKNOWN", ""),
        ("pageSize=101", "INVALID_REQUEST_UNKNOWN", ""),
        ("maxRecords=x", "INVALID_REQUEST_UNKNOWN", ""),
        ("wish=1", "INVALID_REQUEST_UNKNOWN", ""),
        ("fields[]=Nope", "UNKNOWN_FIELD_NAME", 'Unknown field name: "Nope"'),
        ("sort[0][field]=Nope", "UNKNOWN_FIELD_NAME", "Nope"),
        ("sort[0][field]=Name&sort[0][direction]=up", "INVALID_REQUEST_UNKNOWN", ""),
        ("view=Nope", "VIEW_NAME_NOT_FOUND", "View Nope not found"),
        ("view=viwNope0000000000", "VIEW_ID_NOT_FOUND", "View viwNope0000000000 not found"),
        ("view=viwDeals000000000", "FAILED_STATE_CHECK", "viwDeals"),
        ("offset=nonsense", "INVALID_OFFSET_VALUE", "The value of offset nonsense is invalid"),
        (f"offset=itrNever000000000/{CLIENT_0}", "LIST_RECORDS_ITERATOR_NOT_AVAILABLE", None),
        ("filterByFormula=OR(", "INVALID_FILTER_BY_FORMULA",
         "The formula for filtering records is invalid: Invalid formula. "
         "Please check your formula text."),
        ("filterByFormula={Nope}=1", "INVALID_FILTER_BY_FORMULA",
         "The formula for filtering records is invalid: Unknown field names: nope"),
        ("filterByFormula=WISH(1)", "INVALID_FILTER_BY_FORMULA", "Invalid formula"),
        ("cellFormat=string", "INVALID_REQUEST_UNKNOWN", "timeZone"),
        ("returnFieldsByFieldId=maybe", "INVALID_REQUEST_UNKNOWN", ""),
    ],
)  # fmt: skip
def test_a_list_that_cannot_be_is_refused(
    loaded: SandboxServer, query: str, kind: str, message: str | None
) -> None:
    status, answer = loaded.call("GET", f"{TABLE}?{quote(query, safe='=&[]')}")

    assert (422, kind) == (status, answer["error"]["type"])
    if message is None:
        assert "message" not in answer["error"]
    else:
        assert message in answer["error"]["message"]


def test_lenient_spellings_are_taken(loaded: SandboxServer) -> None:
    for query in ("fields=Name", "fields[]=Name", "fields[0]=Name"):
        (first, *_) = loaded.call("GET", f"{TABLE}/?{query}&offset=&pageSize=1")[1]["records"]
        assert {"Name": "C0"} == first["fields"]
    assert 3 == len(loaded.call("GET", f"{TABLE}?")[1]["records"])


@pytest.mark.parametrize(
    ("raw", "content_type", "kind"),
    [
        (b"{", "application/json", "INVALID_REQUEST_BODY"),
        (b"{} x", "application/json", "INVALID_REQUEST_BODY"),
        (b'{"fields": {"Amount": NaN}}', "application/json", "INVALID_REQUEST_BODY"),
        (b"\xff\xfe", "application/json", "INVALID_REQUEST_BODY"),
        (b"[" * 100_000, "application/json", "INVALID_REQUEST_BODY"),
        (b"[]", "application/json", "INVALID_REQUEST_UNKNOWN"),
        (b'{"fields": {}}', "text/plain", "INVALID_REQUEST_MISSING_FIELDS"),
        (b"", "application/json", "INVALID_REQUEST_MISSING_FIELDS"),
    ],
)
def test_a_body_that_is_not_json_is_refused(
    loaded: SandboxServer, raw: bytes, content_type: str, kind: str
) -> None:
    status, answer = loaded.call("POST", TABLE, raw=raw, headers={"Content-Type": content_type})

    assert (422, kind) == (status, answer["error"]["type"])


def test_a_body_or_url_that_is_too_large_is_refused(loaded: SandboxServer) -> None:
    body = b'{"fields": {"Name": "' + b"x" * 11_000_000 + b'"}}'

    assert 413 == loaded.call("POST", TABLE, raw=body)[0]
    assert 414 == loaded.call("GET", f"{TABLE}?filterByFormula={'x' * 16_000}")[0]


def test_a_cell_holds_no_more_than_100_000_characters(loaded: SandboxServer) -> None:
    path = f"/v0/{BASE}/{KITCHEN}"

    assert 200 == loaded.call("POST", path, {"fields": {"Long": "x" * 100_000}})[0]
    assert 422 == loaded.call("POST", path, {"fields": {"Long": "x" * 100_001}})[0]
