"""Do sources fill the hub's own tables without taking anything from people?"""

from __future__ import annotations

from pathlib import Path

import pytest
from ingest_side import ListSource, Side

from hub.store.database import Database

CONTACTS = """
[connection.legacy.stream.traffic]
entity = "contact"
key = ["email"]
[connection.legacy.stream.traffic.fields]
email = { field = "mail", transform = ["email"] }
name = "who"
client_id = { field = "customer", lookup = "client.name" }
"""
TWO = """
[connection.legacy.stream.crm]
entity = "contact"
key = ["email"]
precedence = 1
fields = { email = "mail", name = "who", phone = "tel" }
[connection.legacy.stream.sheet]
entity = "contact"
key = ["email"]
precedence = 2
fields = { email = "mail", name = "who" }
"""
FACTS = """
[connection.legacy.stream.traffic]
entity = "delivery_metric_daily"
key = ["client_id", "day", "campaign_id"]
[connection.legacy.stream.traffic.fields]
client_id = { field = "customer", lookup = "client.name" }
campaign_id = { field = "cmp", lookup = "campaign.name" }
day = "day"
sent = "sent"
"""


@pytest.fixture
def side(database: Database, tmp_path: Path) -> Side:
    return Side(database=database, folder=tmp_path)


def contacts(side: Side) -> list[tuple[object, ...]]:
    return side.rows(
        "select p.email, p.name, c.name from contact p left join client c on c.id = p.client_id"
        " where p.deleted_at is null order by p.email"
    )


def test_a_row_is_found_by_its_natural_key_and_others_are_made(side: Side) -> None:
    side.do("insert into client (name) values ('Acme')")
    side.do("insert into contact (email, name, phone) values ('a@b.com', 'Old', '123')")
    source = ListSource(
        records=[
            {"mail": "A@b.com", "who": "Ann", "customer": "acme"},
            {"mail": "c@d.com", "who": "Cid", "customer": None},
        ]
    )

    ingestion = side.read(CONTACTS, source)

    assert ingestion.error is None
    assert {"rows": 2, "inserted": 1, "updated": 1, "pages": 2} == ingestion.counts
    assert [("a@b.com", "Ann", "Acme"), ("c@d.com", "Cid", None)] == contacts(side)
    assert [("123",)] == side.rows("select phone from contact where email = 'a@b.com'")


def test_what_people_wrote_stays_until_the_source_says_something_new(side: Side) -> None:
    source = ListSource(records=[{"mail": "a@b.com", "who": "Ann", "customer": None}])
    side.read(CONTACTS, source)
    side.do("update contact set name = 'Anna, by hand'")

    assert {"rows": 1, "pages": 2} == side.read(CONTACTS, source).counts
    assert [("Anna, by hand",)] == side.rows("select name from contact")

    source.records[0] = {"mail": "a@b.com", "who": "Anne", "customer": None}
    side.read(CONTACTS, source)
    assert [("Anne",)] == side.rows("select name from contact")


def test_of_two_streams_the_one_that_goes_before_wins(side: Side) -> None:
    sheet = ListSource(records=[{"mail": "a@b.com", "who": "from the sheet"}])
    crm = ListSource(records=[{"mail": "a@b.com", "who": "from the CRM", "tel": "1"}])
    side.read(TWO, sheet, name="sheet")
    side.read(TWO, crm, name="crm")
    sheet.records[0] = {"mail": "a@b.com", "who": "edited in the sheet"}
    side.read(TWO, sheet, name="sheet")
    assert [("from the CRM",)] == side.rows("select name from contact")

    crm.records[0] = {"mail": "a@b.com", "who": None, "tel": "1"}
    side.read(TWO, crm, name="crm")

    assert [("edited in the sheet",)] == side.rows("select name from contact")


def test_a_row_that_another_stream_still_shows_is_not_buried(side: Side) -> None:
    sheet = ListSource(records=[{"mail": "a@b.com", "who": "A"}])
    crm = ListSource(records=[{"mail": "a@b.com", "who": "A", "tel": "1"}])
    side.read(TWO, sheet, name="sheet")
    side.read(TWO, crm, name="crm")
    sheet.records[:] = [{"mail": "x@y.com", "who": "X"}]

    side.read(TWO, sheet, name="sheet")

    assert [("a@b.com",), ("x@y.com",)] == side.rows(
        "select email from contact where deleted_at is null order by 1"
    )
    crm.records[:] = [{"mail": "x@y.com", "who": "X", "tel": "2"}]
    side.read(TWO, crm, name="crm")
    assert [("x@y.com",)] == side.rows("select email from contact where deleted_at is null")


def test_a_key_that_several_rows_have_is_told_and_touches_none(side: Side) -> None:
    side.do("insert into contact (email, name) values ('a@b.com', '1'), ('a@b.com', '2')")
    source = ListSource(records=[{"mail": "a@b.com", "who": "Ann", "customer": None}])

    ingestion = side.read(CONTACTS, source)

    assert 1 == (ingestion.counts or {})["letters"]
    assert [("2 rows of contact have the key a@b.com: which one is meant?",)] == side.rows(
        "select reason from hub.dead_letter"
    )
    assert [("1",), ("2",)] == side.rows("select name from contact order by 1")


def test_a_record_is_known_by_its_id_also_when_its_key_changes(side: Side) -> None:
    toml = CONTACTS.replace('key = ["email"]', 'key = ["email"]\nexternal_id = "no"')
    source = ListSource(records=[{"no": 7, "mail": "a@b.com", "who": "Ann", "customer": None}])
    side.read(toml, source)
    source.records[0] = {"no": 7, "mail": "ann@new.com", "who": "Ann", "customer": None}

    side.read(toml, source)

    assert [("ann@new.com", "Ann", None)] == contacts(side)


def test_a_row_that_postgres_refuses_leaves_the_others_alone(side: Side) -> None:
    toml = CONTACTS.replace('"contact"', '"client"').replace('key = ["email"]', 'key = ["note"]')
    toml = toml[: toml.index("email =")] + 'note = "mail"\nname = "who"\n'
    side.do("insert into client (name) values ('Taken')")
    source = ListSource(
        records=[{"mail": str(n), "who": "Taken" if n == 3 else f"New {n}"} for n in range(8)],
        page_size=8,
    )

    ingestion = side.read(toml, source)

    assert {"rows": 8, "inserted": 7, "letters": 1, "pages": 2} == ingestion.counts
    (reason,) = side.rows("select reason from hub.dead_letter")[0]
    assert reason.startswith("Postgres refuses it: duplicate key value")


def test_facts_are_measured_once_and_corrected_in_place(side: Side) -> None:
    side.do("insert into client (name) values ('Acme')")
    side.do("insert into campaign (name) values ('Spring')")
    row = {"customer": "Acme", "cmp": "Spring", "day": "2026-11-01", "sent": 5}
    source = ListSource(records=[row, {**row, "customer": "Unheard", "sent": 1}])

    ingestion = side.read(FACTS, source)

    assert {"rows": 2, "inserted": 1, "letters": 1, "pages": 2} == ingestion.counts
    source.records[0] = {**row, "sent": 6}
    assert 1 == (side.read(FACTS, source).counts or {})["updated"]
    assert [(6, 0)] == side.rows("select sent, delivered from delivery_metric_daily")
    assert [("reference",)] == side.rows("select kind from hub.dead_letter")
