"""Does the stand-in serve the demo's base as Airtable would?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from pyairtable import Api
from pyairtable.api.base import Base
from sandbox_server import SandboxServer

from hub.demo.base_file import base_json
from hub.demo.base_ids import BaseIds
from hub.demo.company import Company, build

TODAY = date(2026, 11, 25)


@pytest.fixture(scope="module")
def company() -> Company:
    return build(today=TODAY)


@pytest.fixture(scope="module")
def base(company: Company) -> Iterator[Base]:
    server = SandboxServer().start()
    server.sandbox.load(base_json(company, token="patDemo"))
    yield Api("patDemo", endpoint_url=server.url).base(BaseIds(seed=company.seed).base)
    server.stop()


def test_every_record_is_served_under_its_id(company: Company, base: Base) -> None:
    expected = base_json(company)["bases"][0]["records"]

    for table_id in expected:
        served = {
            record["id"]: record["fields"]
            for record in base.table(table_id).all(use_field_ids=True)
        }
        assert {record["id"] for record in expected[table_id]} == set(served)
        for record in expected[table_id]:
            cells = dict(served[record["id"]])
            modified = next(iter(cells.keys() - record["fields"].keys()))
            assert cells.pop(modified) == record["createdTime"]
            assert cells == record["fields"]


@pytest.mark.parametrize(
    ("table", "view", "count"),
    [
        ("Deals", "Open deals", 2_089),
        ("Deals", "Without a client", 1_425),
        ("Deals", "Won", 4_238),
        ("Deals", "By stage", 8_800),
        ("Clients", "Active clients", 60),
    ],
)
def test_views_show_what_their_names_say(base: Base, table: str, view: str, count: int) -> None:
    assert count == len(base.table(table).all(view=view, fields=["Hub ID"]))


def test_the_newest_won_deal_comes_first(base: Base) -> None:
    days = [
        record["fields"]["Closed on"]
        for record in base.table("Deals").all(view="Won", max_records=200)
    ]

    assert days == sorted(days, reverse=True)
    assert days[0] == "2017-12-31"


def test_a_note_of_the_hub_does_not_count_as_an_edit(base: Base) -> None:
    table = base.table("Contacts")
    record = table.create({"Name": "Robin"})

    noted = table.update(record["id"], {"Hub note": "A value was not taken."})
    edited = table.update(record["id"], {"Role": "Founder"})
    table.delete(record["id"])

    assert noted["fields"]["Last modified"] == record["fields"]["Last modified"]
    assert edited["fields"]["Last modified"] > record["fields"]["Last modified"]
