"""Does the base file hold what the central rows hold, in the forms that Airtable gives?"""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pyairtable.models.schema import BaseSchema

from connectors.airtable.settings import Settings
from hub.config import load_config
from hub.core.values import ValueKind, canonical
from hub.demo.base_file import base_json, write_base_file
from hub.demo.base_ids import BaseIds
from hub.demo.base_plan import BASE, HUB_ID, FieldPlan, TablePlan
from hub.demo.base_schema import choices_of
from hub.demo.company import Company, build
from hub.demo.settings import demo_config_text
from hub.store.entity_descriptions import describe_entities

TODAY = date(2026, 11, 25)
KINDS = {
    "number": ValueKind.DECIMAL,
    "currency": ValueKind.DECIMAL,
    "date": ValueKind.DATE,
    "checkbox": ValueKind.BOOLEAN,
    "singleSelect": ValueKind.CHOICE,
}


@pytest.fixture(scope="module")
def company() -> Company:
    return build(today=TODAY)


@pytest.fixture(scope="module")
def base(company: Company) -> dict[str, Any]:
    made: dict[str, Any] = base_json(company)["bases"][0]
    return made


def fields_of(base: dict[str, Any], plan: TablePlan) -> dict[str, dict[str, Any]]:
    table = next(table for table in base["tables"] if table["name"] == plan.name)
    return {field["id"]: field for field in table["fields"]}


def test_the_schema_is_one_that_pyairtable_reads(base: dict[str, Any]) -> None:
    schema = BaseSchema.model_validate({"tables": base["tables"]})

    assert [table.name for table in schema.tables] == [
        "Clients", "Contacts", "Deals", "Campaigns", "Goals", "Mailboxes", "Sending domains",
        "Excluded days",
    ]  # fmt: skip
    for table in schema.tables:
        assert table.field("Hub ID").type == "singleLineText"
        assert table.field("Hub note").type == "multilineText"
        assert table.field("Last modified").type == "lastModifiedTime"
        assert table.views


def test_every_id_has_its_prefix_and_stands_once(base: dict[str, Any]) -> None:
    ids = [base["id"], *re.findall(r'"id": "(\w+)"', json.dumps(base["tables"]))]
    ids += [record["id"] for records in base["records"].values() for record in records]

    assert all(re.fullmatch(r"(app|tbl|fld|viw|sel|rec)[A-Za-z0-9]{14}", each) for each in ids)
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("plan", BASE, ids=lambda plan: plan.stream)
def test_each_cell_equals_its_column(
    company: Company, base: dict[str, Any], plan: TablePlan
) -> None:
    ids = BaseIds(seed=company.seed)
    records = base["records"][ids.table(plan.stream)]
    rows = company.rows[plan.entity]
    hub_ids = {ids.record(stream.stream, row["id"]): row["id"]
               for stream in BASE for row in company.rows[stream.entity]
               if isinstance(row["id"], UUID)}  # fmt: skip

    assert len(records) == len(rows)
    for record, row in zip(records, rows, strict=True):
        assert record["fields"][ids.field(plan.stream, HUB_ID)] == str(row["id"])
        for field in plan.fields:
            cell = record["fields"].get(ids.field(plan.stream, field.column))
            assert _hub_form(field, cell, hub_ids) == _stored_form(field, row[field.column])


def _hub_form(field: FieldPlan, cell: Any, hub_ids: dict[str, Any]) -> object:
    if field.link is not None:
        return None if cell is None else hub_ids[cell[0]]
    if field.choices and cell is not None:
        return choices_of(field, ())[cell]
    return canonical(KINDS.get(field.type, ValueKind.TEXT), cell)


def _stored_form(field: FieldPlan, value: object) -> object:
    if isinstance(value, UUID):
        return value
    if isinstance(value, Decimal):
        return canonical(ValueKind.DECIMAL, value)
    return canonical(KINDS.get(field.type, ValueKind.TEXT), value)


@pytest.mark.parametrize("plan", BASE, ids=lambda plan: plan.stream)
def test_empty_cells_are_left_out_and_choices_are_known(
    company: Company, base: dict[str, Any], plan: TablePlan
) -> None:
    fields = fields_of(base, plan)
    for record in base["records"][BaseIds(seed=company.seed).table(plan.stream)]:
        for field_id, cell in record["fields"].items():
            assert cell is not False
            assert cell not in (None, "", [])
            assert fields[field_id]["type"] != "lastModifiedTime"
            if fields[field_id]["type"] == "singleSelect":
                names = [choice["name"] for choice in fields[field_id]["options"]["choices"]]
                assert cell in names


def test_links_stand_at_both_ends(company: Company, base: dict[str, Any]) -> None:
    by_id = {record["id"]: record for records in base["records"].values() for record in records}
    links = {
        field["id"]: field["options"]
        for table in base["tables"]
        for field in table["fields"]
        if field["type"] == "multipleRecordLinks"
    }
    to_one = {each for each, options in links.items() if options["prefersSingleRecordLink"]}

    for record in by_id.values():
        for field_id in links.keys() & record["fields"].keys():
            inverse = links[field_id].get("inverseLinkFieldId")
            linked = record["fields"][field_id]
            assert field_id not in to_one or len(linked) == 1
            assert inverse is None or all(
                record["id"] in by_id[other]["fields"][inverse] for other in linked
            )


def test_last_modified_does_not_move_when_the_hub_writes_its_own_fields(
    base: dict[str, Any],
) -> None:
    for table in base["tables"]:
        fields = {field["name"]: field for field in table["fields"]}
        watched = fields["Last modified"]["options"]["referencedFieldIds"]
        assert table["primaryFieldId"] in watched
        assert fields["Hub ID"]["id"] not in watched
        assert fields["Hub note"]["id"] not in watched


def test_writing_the_file_leaves_nothing_unfinished(company: Company, tmp_path: Path) -> None:
    path = tmp_path / "base.json"

    write_base_file(company, path, token="patDemo")

    written = json.loads(path.read_text(encoding="utf-8"))
    assert written == json.loads(json.dumps(base_json(company, token="patDemo")))
    assert [path] == list(tmp_path.iterdir())
    assert written["tokens"][0]["token"] == "patDemo"


def test_the_demo_configuration_is_valid_and_names_what_the_base_has(
    company: Company, base: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "hub.toml"
    path.write_text(demo_config_text(company, airtable_url="http://127.0.0.1:8400"))

    config = load_config(
        path,
        {"AIRTABLE_TOKEN": "patDemo"},
        connection_models={"airtable": Settings},
        known_entities=describe_entities(),
    )

    streams = config.connections["operations"].streams
    assert {stream.table for stream in streams.values()} == {t["id"] for t in base["tables"]}
    known = {field["id"] for table in base["tables"] for field in table["fields"]}
    for stream in streams.values():
        assert {field.field for field in stream.fields.values()} <= known
        assert {stream.hub_id_field, stream.note_field, stream.modified_field} <= known
    assert streams["deals"].fields["stage"].values == {
        "Prospecting": "prospecting", "Engaging": "engaging", "Won": "won", "Lost": "lost",
    }  # fmt: skip


def test_the_configuration_explains_each_setting_once(company: Company) -> None:
    text = demo_config_text(
        company, airtable_url="http://127.0.0.1:8400", grid_url="http://127.0.0.1:8400/app"
    )

    assert 'grid_url = "http://127.0.0.1:8400/app"' in text
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert len(comments) > 12
    assert len(set(comments)) == len(comments)
    assert "${AIRTABLE_TOKEN}" in text
