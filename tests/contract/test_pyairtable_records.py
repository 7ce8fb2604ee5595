"""Does the unmodified pyairtable client read and write records on the stand-in?"""

from __future__ import annotations

import pytest
import requests
from pyairtable import Api, Table
from pyairtable.formulas import match
from sandbox_base import BASE, CLIENT_0, CLIENT_1, CLIENTS, DEALS, KITCHEN, field, sample
from sandbox_server import SandboxServer


@pytest.fixture
def api(sandbox: SandboxServer) -> Api:
    sandbox.load(sample(clients=3, deals=250))
    return Api(sandbox.token, endpoint_url=sandbox.url)


@pytest.fixture
def clients(api: Api) -> Table:
    return api.table(BASE, CLIENTS)


@pytest.fixture
def deals(api: Api) -> Table:
    return api.table(BASE, "Deals")


def test_all_pages_are_read_without_a_gap(deals: Table) -> None:
    names = [record["fields"]["Title"] for record in deals.all()]

    assert [f"D{number}" for number in range(250)] == names


def test_pages_have_the_asked_size(deals: Table) -> None:
    assert [100, 100, 50] == [len(page) for page in deals.iterate()]
    assert [30] * 8 + [10] == [len(page) for page in deals.iterate(page_size=30)]


def test_max_records_bounds_all_pages(deals: Table) -> None:
    assert 120 == len(deals.all(max_records=120))
    assert "D0" == deals.all(max_records=1)[0]["fields"]["Title"]


def test_only_the_named_fields_are_answered(deals: Table) -> None:
    assert {"Amount": 0} == deals.all(fields=["Amount"], max_records=1)[0]["fields"]
    assert {field("Amount"): 0} == deals.all(
        fields=[field("Amount")], use_field_ids=True, max_records=1
    )[0]["fields"]


def test_sorting_goes_by_several_fields_and_directions(deals: Table) -> None:
    found = deals.all(sort=["Client", "-Amount"], max_records=2)

    assert [249, 246] == [record["fields"]["Amount"] for record in found]


def test_a_view_filters_and_orders(clients: Table) -> None:
    clients.update(CLIENT_0, {"Stage": "Won"})
    clients.update(CLIENT_1, {"Stage": "Won"})

    assert ["C1", "C0"] == [each["fields"]["Name"] for each in clients.all(view="Won")]
    assert ["C0", "C1"] == [
        each["fields"]["Name"] for each in clients.all(view="viwWon00000000000", sort=["Name"])
    ]


def test_a_formula_made_by_the_client_finds_its_records(deals: Table) -> None:
    assert ["D7"] == [each["fields"]["Title"] for each in deals.all(formula=match({"Title": "D7"}))]
    assert 8 == len(deals.all(formula="AND({Amount}>240, NOT({Amount}=245), {Title}!='')"))


def test_99_record_ids_are_found_in_one_call(deals: Table) -> None:
    wanted = [each["id"] for each in deals.all()][20:119]
    formula = "OR(" + ",".join(f"RECORD_ID()='{each}'" for each in wanted) + ")"

    assert wanted == [each["id"] for each in deals.all(formula=formula)]


def test_a_long_formula_goes_by_post(deals: Table) -> None:
    formula = "OR(" + ",".join(f"{{Title}}='{'x' * 100}{number}'" for number in range(200)) + ")"

    assert [] == deals.all(formula=formula)


def test_a_record_is_created_read_changed_and_deleted(clients: Table) -> None:
    made = clients.create({"Name": "New", "Stage": "Won"})
    changed = clients.update(made["id"], {"Stage": None})
    replaced = clients.update(made["id"], {"Stage": "Lost"}, replace=True)

    assert "Won" == made["fields"]["Stage"]
    assert "New" == changed["fields"]["Name"]
    assert "Stage" not in changed["fields"]
    assert "Name" not in replaced["fields"]
    assert replaced == clients.get(made["id"])
    assert {"id": made["id"], "deleted": True} == clients.delete(made["id"])
    with pytest.raises(requests.HTTPError, match="403"):
        clients.get(made["id"])


def test_batches_of_more_than_ten_are_sent_in_parts(sandbox: SandboxServer, deals: Table) -> None:
    before = sandbox.write_count()
    made = deals.batch_create([{"Title": f"N{number}"} for number in range(25)])
    changed = deals.batch_update(
        [{"id": each["id"], "fields": {"Amount": 1}} for each in made[:12]]
    )
    gone = deals.batch_delete([each["id"] for each in made])

    assert [f"N{number}" for number in range(25)] == [each["fields"]["Title"] for each in made]
    assert [1] * 12 == [each["fields"]["Amount"] for each in changed]
    assert [each["id"] for each in made] == [each["id"] for each in gone]
    assert 3 + 2 + 3 == sandbox.write_count() - before


def test_an_upsert_creates_what_it_does_not_find(clients: Table) -> None:
    answer = clients.batch_upsert(
        [{"fields": {"Name": "C1", "Stage": "Won"}}, {"fields": {"Name": "C9"}}], ["Name"]
    )

    assert [CLIENT_1] == answer["updatedRecords"]
    assert 1 == len(answer["createdRecords"])
    assert ["C1", "C9"] == [each["fields"]["Name"] for each in answer["records"]]
    assert "Won" == clients.get(CLIENT_1)["fields"]["Stage"]


def test_an_upsert_with_an_empty_key_creates(clients: Table) -> None:
    answer = clients.batch_upsert([{"fields": {"Hub ID": None, "Name": "x"}}], ["Hub ID"])

    assert 1 == len(answer["createdRecords"])


def test_an_upsert_that_replaces_clears_the_other_fields(clients: Table) -> None:
    clients.batch_upsert([{"fields": {"Name": "C1"}}], ["Name"], replace=True)

    assert "Stage" not in clients.get(CLIENT_1)["fields"]


def test_typecast_makes_options_and_linked_records(deals: Table, clients: Table) -> None:
    clients.update(CLIENT_0, {"Stage": "Brand new"}, typecast=True)
    made = deals.create({"Title": "x", "Amount": "1,200.5", "Client": ["C2", "Newcomer"]},
                        typecast=True)  # fmt: skip

    assert "Brand new" == clients.get(CLIENT_0)["fields"]["Stage"]
    assert 1200.5 == made["fields"]["Amount"]
    linked = [clients.get(each)["fields"]["Name"] for each in made["fields"]["Client"]]
    assert ["C2", "Newcomer"] == linked


def test_the_answer_is_keyed_as_asked(api: Api) -> None:
    table = Api(api.api_key, endpoint_url=api.endpoint_url, use_field_ids=True).table(BASE, CLIENTS)

    assert {field("Name"): "k"}.items() <= table.create({"Name": "k"})["fields"].items()
    assert field("Name") in table.all()[0]["fields"]
    assert field("Name") in table.get(CLIENT_0)["fields"]


def test_a_table_name_may_hold_a_slash(api: Api) -> None:
    made = api.table(BASE, "Kitchen / sink").create({"Key": "k"})

    assert "k" == api.table(BASE, KITCHEN).get(made["id"])["fields"]["Key"]


def test_a_record_is_found_by_way_of_another_table(api: Api) -> None:
    assert "C0" == api.table(BASE, DEALS).get(CLIENT_0)["fields"]["Name"]


def test_cells_come_as_strings_when_asked(deals: Table) -> None:
    (found, *_) = deals.all(cell_format="string", time_zone="UTC", user_locale="en-gb")

    assert {"Title": "D0", "Amount": "0.00", "Client": "C0", "Client stage": "Lead"} == found[
        "fields"
    ]
