"""Does a cell of every type go through pyairtable and come back, and is the rest refused?"""

from __future__ import annotations

from typing import Any

import pytest
import requests
from pyairtable import Api, Table
from sandbox_base import ADA, BASE, CLIENT_0, CLIENTS, sample
from sandbox_server import SandboxServer

NOBODY = "recNobody00000000"


@pytest.fixture
def api(sandbox: SandboxServer) -> Api:
    sandbox.load(sample(deals=1))
    return Api(sandbox.token, endpoint_url=sandbox.url)


@pytest.fixture
def kitchen(api: Api) -> Table:
    return api.table(BASE, "Kitchen / sink")


CELLS: list[tuple[str, Any, Any]] = [
    ("Key", "text", "text"),
    ("Long", "two\nlines", "two\nlines"),
    ("Mail", "a@example.com", "a@example.com"),
    ("Link", "https://example.com/", "https://example.com/"),
    ("Phone", "+49 30 123", "+49 30 123"),
    ("Number", 12.5, 12.5),
    ("Percent", 0.125, 0.125),
    ("Money", 99.99, 99.99),
    ("Duration", 3661, 3661),
    ("Rating", 4, 4),
    ("Done", True, True),
    ("Day", "2026-02-03", "2026-02-03"),
    ("Moment", "2026-02-03T04:05:06+02:00", "2026-02-03T02:05:06.000Z"),
    ("One", "red", "red"),
    ("Many", ["b", "a"], ["b", "a"]),
    ("Person", {"id": ADA["id"]}, ADA),
    ("People", [{"id": ADA["id"]}], [ADA]),
    ("Code", {"text": "123", "type": "ean13"}, {"text": "123", "type": "ean13"}),
]


@pytest.mark.parametrize(("name", "written", "read"), CELLS)
def test_a_cell_is_written_read_and_cleared(
    kitchen: Table, name: str, written: Any, read: Any
) -> None:
    made = kitchen.create({name: written})

    assert read == made["fields"][name]
    assert read == kitchen.get(made["id"])["fields"][name]
    assert read == kitchen.all(fields=[name])[0]["fields"][name]
    assert name not in kitchen.update(made["id"], {name: None})["fields"]


def test_an_attachment_is_given_by_its_address(kitchen: Table) -> None:
    given: Any = [{"url": "https://example.com/a.png", "filename": "a.png"}]
    made = kitchen.create({"Files": given})
    (file,) = made["fields"]["Files"]
    again: Any = [{"id": file["id"]}]
    kept = kitchen.update(made["id"], {"Files": again})

    assert "a.png" == file["filename"]
    assert [file["id"]] == [each["id"] for each in kept["fields"]["Files"]]


def test_computed_cells_come_with_every_answer(kitchen: Table) -> None:
    made = kitchen.create({"Number": 21, "Day": "2026-02-28"})["fields"]

    assert (42, "2026-03-01", 1) == (made["Double"], made["Next day"], made["Auto"])
    assert "Owner" == made["Made by"]["name"]


REFUSED: list[tuple[str, Any, str]] = [
    ("Key", 1, "INVALID_VALUE_FOR_COLUMN"),
    ("Number", "7", "INVALID_VALUE_FOR_COLUMN"),
    ("Done", "yes", "INVALID_VALUE_FOR_COLUMN"),
    ("Rating", 6, "INVALID_VALUE_FOR_COLUMN"),
    ("Day", "soon", "INVALID_VALUE_FOR_COLUMN"),
    ("Moment", "soon", "INVALID_VALUE_FOR_COLUMN"),
    ("One", "green", "INVALID_MULTIPLE_CHOICE_OPTIONS"),
    ("Many", ["z"], "INVALID_MULTIPLE_CHOICE_OPTIONS"),
    ("Self", [NOBODY], "ROW_DOES_NOT_EXIST"),
    ("Files", [{"filename": "x"}], "INVALID_ATTACHMENT_OBJECT"),
    ("Auto", 1, "INVALID_VALUE_FOR_COLUMN"),
    ("Made", "2026-01-01T00:00:00Z", "INVALID_VALUE_FOR_COLUMN"),
    ("Double", 1, "INVALID_VALUE_FOR_COLUMN"),
    ("Nope", 1, "UNKNOWN_FIELD_NAME"),
]


@pytest.mark.parametrize(("name", "value", "kind"), REFUSED)
def test_a_value_that_does_not_fit_is_told_to_the_caller(
    kitchen: Table, name: str, value: Any, kind: str
) -> None:
    with pytest.raises(requests.HTTPError, match=f"422.*{kind}"):
        kitchen.create({name: value})

    assert [] == kitchen.all()


@pytest.mark.parametrize(
    ("token", "act", "status"),
    [
        ("patWrong", lambda table: table.all(), 401),
        ("patElsewhere", lambda table: table.all(), 403),
        ("patReader", lambda table: table.create({}), 403),
        ("patSandbox.owner", lambda table: table.get(NOBODY), 403),
        ("patSandbox.owner", lambda table: table.get("recShort"), 404),
        ("patSandbox.owner", lambda table: table.update(NOBODY, {"Name": "x"}), 403),
        ("patSandbox.owner", lambda table: table.batch_delete([CLIENT_0, NOBODY]), 404),
        ("patSandbox.owner", lambda table: table.all(view="Nope"), 422),
        ("patSandbox.owner", lambda table: table.all(formula="OR("), 422),
        ("patSandbox.owner", lambda table: table.all(sort=["Nope"]), 422),
        ("patSandbox.owner", lambda table: table.all(page_size=101), 422),
    ],
)
def test_a_refusal_is_told_to_the_caller(
    sandbox: SandboxServer, api: Api, token: str, act: Any, status: int
) -> None:
    table = Api(token, endpoint_url=sandbox.url).table(BASE, CLIENTS)
    with pytest.raises(requests.HTTPError, match=str(status)):
        act(table)

    assert [] == sandbox.edits()
