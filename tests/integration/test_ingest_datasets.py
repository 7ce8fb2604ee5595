"""Does what a source says become a dataset: typed, complete, captured, and nothing twice?"""

from __future__ import annotations

from pathlib import Path

import pytest
from ingest_side import ListSource, Record, Side

from hub.contract import MalformedRow
from hub.errors import ConfigError, RemoteUnavailable
from hub.store.database import Database

TOML = """
[connection.legacy.stream.traffic]
dataset = "email_traffic"
key = ["number"]
"""
MAPPED = """
[connection.legacy.stream.traffic]
dataset = "email_traffic"
key = ["number"]
[connection.legacy.stream.traffic.fields]
number = "id"
recipient = { field = "rcpt", transform = ["email"] }
bounce = { field = "k", values = { "H" = "hard", "S" = "soft" } }
amount = { field = "amt", transform = ["number"] }
sent_at = { field = "ts", as = "timestamp" }
client_id = { field = "customer", lookup = "client.name" }
source = { constant = "legacy" }
"""


@pytest.fixture
def side(database: Database, tmp_path: Path) -> Side:
    return Side(database=database, folder=tmp_path)


def records(count: int) -> list[Record]:
    return [{"number": n, "name": f"row {n}", "amount": n / 2} for n in range(1, count + 1)]


def test_discovered_fields_become_a_typed_table(side: Side) -> None:
    ingestion = side.read(TOML, ListSource(records=records(7)))

    assert ingestion.error is None
    assert {"rows": 7, "inserted": 7, "pages": 4} == ingestion.counts
    assert [(7, "row 7", 3.5)] == [
        (n, name, float(amount))
        for n, name, amount in side.rows(
            "select number, name, amount from dataset.email_traffic order by number desc limit 1"
        )
    ]
    assert [("bigint",), ("text",), ("numeric",)] == side.rows(
        "select data_type from information_schema.columns where table_schema = 'dataset'"
        " and column_name in ('number', 'name', 'amount') order by ordinal_position"
    )


def test_only_what_really_changed_is_written_and_every_change_is_captured(side: Side) -> None:
    source = ListSource(records=records(7))
    side.read(TOML, source)
    source.records[2] = {"number": 3, "name": "other", "amount": 1.5}

    ingestion = side.read(TOML, source)

    assert {"rows": 7, "updated": 1, "pages": 4} == ingestion.counts
    assert [("legacy.traffic", "ingest", 7), ("legacy.traffic", "ingest", 1)] == side.rows(
        "select actor, origin, count(*) from hub.change c join hub.table_dictionary t"
        " on t.id = c.table_id where t.name = 'dataset.email_traffic'"
        " group by operation, actor, origin order by operation"
    )
    assert [("row 3",), ("other",)] == side.rows(
        "select name from history.dataset__email_traffic where number = 3 order by tx_from"
    )


def test_a_complete_read_buries_what_is_gone_and_a_return_revives_it(side: Side) -> None:
    source = ListSource(records=records(8))
    side.read(TOML, source)
    gone = source.records.pop(4)

    assert 1 == (side.read(TOML, source).counts or {})["deleted"]
    assert [(5,)] == side.rows(
        "select number from dataset.email_traffic where deleted_at is not null"
    )

    source.records.append(gone)
    assert 1 == (side.read(TOML, source).counts or {})["revived"]
    assert [(8,)] == side.rows(
        "select count(*) from dataset.email_traffic where deleted_at is null"
    )


def test_a_source_that_shows_almost_nothing_any_more_deletes_nothing(side: Side) -> None:
    source = ListSource(records=records(40))
    side.read(TOML, source)
    source.records[:] = source.records[:5]

    ingestion = side.read(TOML, source)

    assert "a person is asked" in ingestion.notes[0]
    assert [(40,)] == side.rows(
        "select count(*) from dataset.email_traffic where deleted_at is null"
    )
    assert [("delete_gone", 35)] == side.rows(
        "select action, jsonb_array_length(items) from hub.approval where decision is null"
    )


def test_a_mapping_renames_retypes_and_finds_clients(side: Side) -> None:
    side.do("insert into client (name) values ('Acme Corp')")
    source = ListSource(
        records=[
            {
                "id": 1,
                "rcpt": "Ann <A@B.com>",
                "k": "H",
                "amt": "$1,234.50",
                "ts": "2026-01-01T10:00:00+02:00",
                "customer": " acme  corp ",
            },
            {"id": 2, "rcpt": "", "k": "?", "amt": None, "ts": None, "customer": "Unheard Of"},
        ]
    )

    ingestion = side.read(MAPPED, source)

    assert ingestion.error is None
    assert 1 == (ingestion.counts or {})["parked"]
    assert [
        (1, "a@b.com", "hard", "1234.50", "2026-01-01 08:00:00+00", "Acme Corp", "legacy"),
        (2, None, "?", None, None, None, "legacy"),
    ] == side.rows(
        "select number, recipient, bounce, amount::text, sent_at::text, c.name, source"
        " from dataset.email_traffic t left join client c on c.id = t.client_id order by number"
    )


def test_a_parked_name_is_found_as_soon_as_somebody_bears_it(side: Side) -> None:
    source = ListSource(
        records=[{"id": 1, "rcpt": "", "k": "", "amt": "", "ts": "", "customer": "Newcomer"}]
    )
    side.read(MAPPED, source)
    assert [("client.name", "Newcomer")] == side.rows(
        "select lookup, given from hub.parked_reference"
    )
    side.do("insert into client (name) values ('Newcomer')")

    ingestion = side.read(MAPPED, ListSource(is_incremental=True))

    assert 1 == (ingestion.counts or {})["settled"]
    assert [("Newcomer",)] == side.rows(
        "select c.name from dataset.email_traffic t join client c on c.id = t.client_id"
    )
    assert [] == side.rows("select 1 from hub.parked_reference")


def test_one_bad_cell_fails_neither_its_row_nor_its_page(side: Side) -> None:
    source = ListSource(
        records=[
            {"id": "1", "rcpt": "a@b.com", "k": "H", "amt": "5", "ts": "yesterday"},
            {"id": "2", "rcpt": "c@d.com", "k": "H", "amt": "6", "ts": "2026-01-02"},
            {"id": None, "rcpt": "e@f.com", "k": "H", "amt": "7", "ts": "2026-01-02"},
        ],
        malformed={0: (MalformedRow(place="list, line 9", raw="1;2;3;4", reason="too long"),)},
    )

    ingestion = side.read(
        MAPPED.replace('number = "id"', 'number = { field = "id", as = "integer" }'), source
    )

    assert 3 == (ingestion.counts or {})["letters"]
    assert 2 == (ingestion.counts or {})["inserted"]
    assert [
        ("cell", "1", "sent_at: 'yesterday' is not a time such as 2026-11-24T10:31:00Z"),
        ("key", None, "number: number is empty, and without it the row is no record"),
        ("row", None, "too long"),
    ] == side.rows("select kind, row_key, reason from hub.dead_letter order by kind")


def test_a_row_that_is_read_rightly_later_needs_no_letter_any_more(side: Side) -> None:
    source = ListSource(
        records=[{"id": 1, "rcpt": "a@b.com", "k": "H", "amt": "5", "ts": "yesterday"}],
        is_incremental=True,
    )
    side.read(MAPPED, source)
    source.records.append({"id": 1, "rcpt": "a@b.com", "k": "H", "amt": "5", "ts": "2026-01-02"})

    side.read(MAPPED, source)

    assert [("read",)] == side.rows("select closed_by from hub.dead_letter")


def test_of_rows_with_one_key_the_last_stands_and_the_others_are_counted(side: Side) -> None:
    doubled = [*records(3), {"number": 2, "name": "the last", "amount": 9.0}]

    ingestion = side.read(TOML, ListSource(records=doubled, page_size=10))

    assert 1 == (ingestion.counts or {})["doubled"]
    assert [("the last",)] == side.rows("select name from dataset.email_traffic where number = 2")


def test_rows_without_a_key_are_told_apart_by_all_they_hold(side: Side) -> None:
    toml = TOML.replace('key = ["number"]\n', "")
    same: Record = {"name": "twin", "amount": 1.0}
    source = ListSource(records=[same, {"name": "other", "amount": 2.0}, same, same], page_size=2)
    side.read(toml, source)
    side.read(toml, source)
    assert [("other", 1), ("twin", 3)] == side.rows(
        "select name, count(*) from dataset.email_traffic group by 1 order by 1"
    )

    source.records.pop()
    side.read(toml, source)

    assert [("other", 1), ("twin", 2)] == side.rows(
        "select name, count(*) from dataset.email_traffic where deleted_at is null"
        " group by 1 order by 1"
    )


def test_a_read_that_was_cut_off_goes_on_behind_its_last_page(side: Side) -> None:
    source = ListSource(records=records(9))

    def fail(number: int) -> None:
        if number == 2:
            raise RemoteUnavailable("The list does not answer.")

    source.before_page = fail
    ingestion = side.read(TOML, source)
    assert ingestion.error is not None
    assert {"rows": 6, "inserted": 6, "pages": 2} == ingestion.counts

    source.before_page = None
    again = side.read(TOML, source)

    assert {"rows": 3, "inserted": 3, "pages": 2} == again.counts
    assert [("failed",), ("succeeded",)] == side.rows(
        "select status from hub.run order by started_at"
    )


def test_facts_are_loaded_without_a_change_each_and_keep_what_they_replace(side: Side) -> None:
    toml = TOML + "append = true\n"
    source = ListSource(records=records(7))
    side.read(toml, source)
    source.records[0] = {"number": 1, "name": "corrected", "amount": 7.0}
    source.records.pop()

    ingestion = side.read(toml, source)

    assert {"rows": 6, "updated": 1, "pages": 3} == ingestion.counts
    assert [] == side.rows("select 1 from hub.change")
    assert [("I", 3), ("I", 3), ("I", 1), ("U", 1)] == side.rows(
        "select operation::text, row_count from hub.fact_notice order by id"
    )
    assert [("row 1",)] == side.rows("select name from history.dataset__email_traffic")
    assert [(7,)] == side.rows("select count(*) from dataset.email_traffic")


def test_facts_without_a_key_are_appended_once(side: Side) -> None:
    toml = TOML.replace('key = ["number"]\n', 'append = true\ncursor = "number"\n')
    source = ListSource(records=records(7), is_incremental=True)
    side.read(toml, source)
    side.read(toml, source)

    assert isinstance(side.read(toml, source, anew=True).error, ConfigError)
    assert [(7, 7)] == side.rows("select count(*), count(distinct id) from dataset.email_traffic")
