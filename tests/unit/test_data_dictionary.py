"""Does the data dictionary tell what everything in the database means?"""

from __future__ import annotations

import json

import pytest

from hub.errors import InvalidInput
from hub.store.declared import declared_metadata
from hub.store.dictionary import TableEntry, as_json, as_markdown, data_dictionary


def test_every_declared_table_is_in_the_dictionary() -> None:
    declared = {table.fullname for table in declared_metadata().sorted_tables}

    assert declared == {entry.name for entry in data_dictionary()}


@pytest.mark.parametrize("entry", data_dictionary(), ids=lambda entry: str(entry.name))
def test_every_table_and_column_has_a_label_and_a_sentence(entry: TableEntry) -> None:
    assert entry.description.endswith((".", "?"))
    for column in entry.columns:
        assert column.label[:1].isupper(), column.name
        assert column.description.endswith("."), column.name


def test_an_entry_says_unit_sensitivity_and_target() -> None:
    (deal,) = data_dictionary(["deal"])
    columns = {column.name: column for column in deal.columns}

    assert ("currency", "numeric(14, 2)") == (columns["amount"].unit, columns["amount"].type)
    assert "personal" == columns["owner"].pii
    assert "client" == columns["client_id"].references
    assert "won" in (columns["stage"].choices or ())


def test_the_dictionary_can_be_read_and_parsed() -> None:
    entries = data_dictionary(["client", "hub.run"])

    assert ["client", "hub.run"] == [
        table["name"] for table in json.loads(json.dumps(as_json(entries)))
    ]
    assert "| `name` | Name | varchar |" in as_markdown(entries)


def test_an_unknown_table_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match="valid are client"):
        data_dictionary(["clients"])
