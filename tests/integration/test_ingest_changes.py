"""Is a change of a dataset's columns shown first, and is what did not fit mended later?"""

from __future__ import annotations

from pathlib import Path

import pytest
from ingest_side import ListSource, Side

from hub.contract import MalformedRow
from hub.errors import ConfigError
from hub.store import datasets
from hub.store.database import Database
from hub.sync.dataset_changes import apply_changes, plan_changes
from hub.sync.replay import replay

HEAD = """
[connection.legacy.stream.traffic]
key = ["number"]
[connection.legacy.stream.traffic.fields]
number = "id"
"""


@pytest.fixture
def side(database: Database, tmp_path: Path) -> Side:
    return Side(database=database, folder=tmp_path)


def source() -> ListSource:
    return ListSource(
        records=[
            {"id": 1, "rcpt": "a@b.com", "amt": "5", "extra": "x"},
            {"id": 2, "rcpt": "c@d.com", "amt": "six", "extra": "y"},
        ]
    )


def test_a_renamed_column_keeps_its_values_and_its_history(side: Side) -> None:
    side.read(HEAD + 'rcpt = "rcpt"\n', source())
    toml = HEAD + 'recipient = "rcpt"\n'
    refused = side.read(toml, source())
    assert isinstance(refused.error, ConfigError)
    assert "hub datasets plan traffic" in refused.error.message

    stream = side.stream(toml, source())
    assert ["rename rcpt to recipient: values and history follow"] == [
        effect.sentence
        for effect in plan_changes(side.database, stream)
        if effect.sentence.startswith("rename")
    ]
    apply_changes(side.database, stream, by="ann")

    assert {"rows": 2, "pages": 2} == side.read(toml, source()).counts
    assert [("a@b.com",), ("c@d.com",)] == side.rows(
        "select recipient from history.dataset__traffic order by 1"
    )


def test_a_retyped_column_lists_what_does_not_fit_and_loses_nothing(side: Side) -> None:
    side.read(HEAD + 'amount = "amt"\n', source())
    toml = HEAD + 'amount = { field = "amt", as = "integer" }\n'
    stream = side.stream(toml, source())

    effect = plan_changes(side.database, stream)[0]

    assert "make amount integer (was text): 2 values, 1 do not fit" in effect.sentence
    assert ("six",) == effect.samples
    assert apply_changes(side.database, stream, by="ann")
    assert [(5,), (None,)] == side.rows("select amount from dataset.traffic order by number")
    assert [("5",), ("six",)] == side.rows(
        "select distinct amount_was_text from history.dataset__traffic"
        " where amount_was_text is not null order by 1"
    )
    assert 1 == (side.read(toml, source()).counts or {})["letters"]


def test_a_retyped_column_in_which_all_fits_changes_in_place(side: Side) -> None:
    good = ListSource(records=[{"id": 1, "amt": "5"}, {"id": 2, "amt": " 6 "}])
    side.read(HEAD + 'amount = "amt"\n', good)
    toml = HEAD + 'amount = { field = "amt", as = "integer" }\n'

    apply_changes(side.database, side.stream(toml, good), by="ann")

    assert [(5,), (6,)] == side.rows("select amount from dataset.traffic order by number")
    assert [(5,), (6,)] == side.rows("select amount from history.dataset__traffic order by number")
    assert 2 == (side.read(toml, good).counts or {})["rows"]


def test_an_added_column_is_filled_by_the_read_that_follows(side: Side) -> None:
    incremental = source()
    incremental.is_incremental = True
    side.read(HEAD, incremental)
    toml = HEAD + 'extra = "extra"\n'

    assert apply_changes(side.database, side.stream(toml, incremental), by="ann")

    assert {"rows": 2, "updated": 2, "pages": 2} == side.read(toml, incremental).counts
    assert [("x",), ("y",)] == side.rows("select extra from dataset.traffic order by number")


def test_a_dropped_column_stays_in_history(side: Side) -> None:
    side.read(HEAD + 'extra = "extra"\n', source())
    stream = side.stream(HEAD, source())

    sentence = plan_changes(side.database, stream)[0].sentence
    apply_changes(side.database, stream, by="ann")

    assert "drop extra: 2 values leave the table and stay in history" == sentence
    assert [("x",), ("y",)] == side.rows("select extra from history.dataset__traffic order by 1")
    with side.database.reading() as session:
        assert ("number",) == tuple(c.name for c in datasets.needed(session, "traffic").columns)


def test_a_new_field_of_the_source_waits_for_a_word(side: Side) -> None:
    toml = '[connection.legacy.stream.traffic]\nkey = ["id"]\n'
    whole = ListSource(records=[{"id": 1, "a": "x"}])
    side.read(toml, whole)
    whole.records[0] = {"id": 1, "a": "x", "b": "new"}

    assert side.read(toml, whole).error is None
    stream = side.stream(toml, whole)
    assert "add b (text)" in plan_changes(side.database, stream)[0].sentence

    apply_changes(side.database, stream, by="ann")
    side.read(toml, whole)
    assert [("new",)] == side.rows("select b from dataset.traffic")


def test_a_key_that_does_not_tell_rows_apart_is_refused_and_changes_nothing(side: Side) -> None:
    toml = HEAD + 'kind = { constant = "k" }\n'
    side.read(toml, source())
    stream = side.stream(toml.replace('key = ["number"]', 'key = ["kind"]'), source())

    with pytest.raises(ConfigError, match="do not tell its rows apart"):
        apply_changes(side.database, stream, by="ann")

    assert {"rows": 2, "pages": 2} == side.read(toml, source()).counts


def test_what_did_not_fit_fits_after_the_mapping_was_mended(side: Side) -> None:
    toml = HEAD + 'amount = { field = "amt", as = "integer" }\n'
    read = source()
    read.is_incremental = True
    side.read(toml, read)
    mended = HEAD + 'amount = { field = "amt", as = "integer", values = { "six" = 6 } }\n'

    answer = replay(side.database, side.stream(mended, read))

    assert (1, 1, 0) == (answer.tried, answer.mended, answer.left)
    assert [(5,), (6,)] == side.rows("select amount from dataset.traffic order by number")
    assert [("replayed",)] == side.rows("select closed_by from hub.dead_letter")


def test_what_still_does_not_fit_stays_a_letter(side: Side) -> None:
    toml = HEAD + 'amount = { field = "amt", as = "integer" }\n'
    side.read(toml, source())

    answer = replay(side.database, side.stream(toml, source()))

    assert (1, 0, 1) == (answer.tried, answer.mended, answer.left)


def test_a_row_that_was_no_record_is_read_again_with_everything(side: Side) -> None:
    read = source()
    read.is_incremental = True
    read.malformed = {0: (MalformedRow(place="line 3", raw="3;;;;", reason="ragged"),)}
    side.read(HEAD, read)
    read.malformed = {}
    read.records.append({"id": 3, "rcpt": "e@f.com", "amt": "7"})

    answer = replay(side.database, side.stream(HEAD, read))

    assert 1 == answer.reads_anew
    assert 3 == (side.read(HEAD, read).counts or {})["rows"]
