"""Do pyairtable's schema calls and its ORM work on the stand-in?"""

from __future__ import annotations

import pytest
import requests
from pyairtable import Api, Base
from pyairtable.orm import Model
from pyairtable.orm import fields as orm
from sandbox_base import BASE, CLIENT_0, CLIENTS, DEALS, KITCHEN, field, sample
from sandbox_server import SandboxServer


@pytest.fixture
def api(sandbox: SandboxServer) -> Api:
    sandbox.load(sample(deals=2))
    return Api(sandbox.token, endpoint_url=sandbox.url)


@pytest.fixture
def base(api: Api) -> Base:
    return api.base(BASE)


def test_bases_and_their_tables_are_listed(api: Api) -> None:
    assert [(BASE, "Sample", "create")] == [
        (base.id, base.name, base.permission_level) for base in api.bases()
    ]
    assert ["Clients", "Deals", "Kitchen / sink"] == [
        table.name for table in api.base(BASE).tables()
    ]


def test_the_schema_of_every_field_type_is_understood(base: Base) -> None:
    schema = base.schema()

    assert 28 == len(schema.table(KITCHEN).fields)
    assert DEALS == schema.table("Clients").field("Deals").options.linked_table_id  # type: ignore[union-attr]  # a link field
    assert [field("Name")] == schema.table(CLIENTS).view("Won").visible_field_ids


def test_the_owner_of_the_token_is_told(sandbox: SandboxServer, api: Api) -> None:
    assert "owner@sandbox.example" == api.whoami()["email"]  # type: ignore[typeddict-item]  # there with the scope
    reader = Api("patReader", endpoint_url=sandbox.url).whoami()
    assert "email" not in reader
    assert ["data.records:read", "schema.bases:read"] == reader["scopes"]


def test_a_table_is_created_and_renamed(base: Base) -> None:
    table = base.create_table(
        "Fresh", [{"name": "N", "type": "singleLineText"}], description="What is new"
    )
    schema = table.schema()
    schema.name = "Fresher"
    schema.save()

    assert "Fresher" == base.table(table.id, validate=True, force=True).name
    assert "What is new" == base.schema().table("Fresher").description
    assert ["Grid view"] == [view.name for view in schema.views]


def test_fields_are_created_and_renamed(base: Base) -> None:
    made = base.table(CLIENTS).create_field(
        "Score", "number", options={"precision": 1}, description="0 to 10"
    )
    made.name = "Points"
    made.description = ""
    made.save()

    found = base.schema(force=True).table(CLIENTS).field("Points")
    assert made.id == found.id
    assert not found.description
    assert base.table(CLIENTS).create({"Points": 1.5})["fields"]["Points"] == 1.5


def test_a_link_field_brings_its_inverse(base: Base) -> None:
    made = base.table(KITCHEN).create_field(
        "For client", "multipleRecordLinks", options={"linkedTableId": CLIENTS}
    )
    inverse = base.schema(force=True).table(CLIENTS).field("Kitchen / sink")

    assert made.id == inverse.options.inverse_link_field_id  # type: ignore[union-attr]  # a link field
    row = base.table(KITCHEN).create({"For client": [CLIENT_0]})
    assert [row["id"]] == base.table(CLIENTS).get(CLIENT_0)["fields"]["Kitchen / sink"]


def test_a_base_is_created(api: Api) -> None:
    made = api.workspace("wspSandbox0000000").create_base(
        "Another", [{"name": "T", "fields": [{"name": "N", "type": "singleLineText"}]}]
    )

    assert {"N": "x"} == made.table("T").create({"N": "x"})["fields"]


@pytest.mark.parametrize(
    ("name", "kind", "options", "error"),
    [
        ("Name", "singleLineText", None, "DUPLICATE_OR_EMPTY_FIELD_NAME"),
        ("name", "singleLineText", None, "DUPLICATE_OR_EMPTY_FIELD_NAME"),  # whatever the case
        (" ", "singleLineText", None, "DUPLICATE_OR_EMPTY_FIELD_NAME"),
        ("F", "formula", {"formula": "1"}, "UNSUPPORTED_FIELD_TYPE_FOR_CREATE"),
        ("F", "number", None, "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE"),
        ("F", "number", {"precision": 9}, "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE"),
        ("F", "rating", {"max": 11, "icon": "star", "color": "redBright"}, "INVALID_FIELD_TYPE"),
        ("F", "checkbox", {"icon": "check", "color": "mauve"}, "INVALID_FIELD_TYPE_OPTIONS"),
        ("F", "singleSelect", {"choices": [{"name": "a"}, {"name": "a"}]}, "INVALID_FIELD_TYPE"),
        ("F", "date", {"dateFormat": {"name": "iso", "format": "l"}}, "INVALID_FIELD_TYPE"),
        ("F", "multipleRecordLinks", {"linkedTableId": "tblNowhere0000000"}, "INVALID_FIELD_TYPE"),
        ("F", "wishes", None, "INVALID_FIELD_TYPE_FOR_CREATE"),
    ],
)
def test_a_field_that_cannot_be_is_refused(
    base: Base, name: str, kind: str, options: dict[str, object] | None, error: str
) -> None:
    before = len(base.schema(force=True).table(CLIENTS).fields)
    with pytest.raises(requests.HTTPError, match=error):
        base.table(CLIENTS).create_field(name, kind, options=options)

    assert before == len(base.schema(force=True).table(CLIENTS).fields)


@pytest.mark.parametrize(
    ("name", "fields", "error"),
    [
        ("clients", [{"name": "N", "type": "singleLineText"}], "DUPLICATE_TABLE_NAME"),
        ("T", [], "INVALID_REQUEST_UNKNOWN"),
        ("T", [{"name": "N", "type": "checkbox"}], "INVALID_PRIMARY_FIELD_TYPE"),
        ("T", [{"name": "N", "type": "singleLineText"}] * 2, "DUPLICATE_OR_EMPTY_FIELD_NAME"),
    ],
)
def test_a_table_that_cannot_be_is_refused(
    base: Base, name: str, fields: list[dict[str, object]], error: str
) -> None:
    with pytest.raises(requests.HTTPError, match=error):
        base.create_table(name, fields)

    assert 3 == len(base.schema(force=True).tables)


def test_the_object_mapper_reads_writes_and_follows_links(sandbox: SandboxServer, api: Api) -> None:
    class Client(Model):
        name = orm.TextField("Name")
        stage = orm.SelectField("Stage")
        deal_count = orm.CountField("Deal count")

        class Meta:
            base_id = BASE
            table_name = CLIENTS
            api_key = sandbox.token

    class Deal(Model):
        title = orm.TextField("Title")
        amount = orm.NumberField("Amount")
        client = orm.SingleLinkField[Client]("Client", Client)

        class Meta:
            base_id = BASE
            table_name = DEALS
            api_key = sandbox.token

    for model in (Client, Deal):  # the mapper makes its own client, without an endpoint to choose
        model.meta.api.endpoint_url = api.endpoint_url
    client = Client(name="Mapped", stage="Won")
    client.save()
    deal = Deal(title="Big", amount=10, client=client)
    deal.save()
    client.fetch()

    found = Deal.from_id(deal.id)
    assert found.client is not None
    found.client.fetch()
    assert ("Mapped", 1) == (found.client.name, client.deal_count)
    assert deal.delete()
