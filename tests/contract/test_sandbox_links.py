"""Are links the same from both sides, whatever is done to either?"""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_base import (
    BASE,
    CLIENT_0,
    CLIENT_1,
    CLIENTS,
    DEAL_0,
    DEAL_1,
    DEALS,
    KITCHEN,
    sample,
)
from sandbox_server import SandboxServer


@pytest.fixture
def loaded(sandbox: SandboxServer) -> SandboxServer:
    sandbox.load(sample(deals=2))  # the first deal is the first client's, the second the second's
    return sandbox


def cell(server: SandboxServer, table: str, record: str, name: str) -> Any:
    return server.call("GET", f"/v0/{BASE}/{table}/{record}")[1]["fields"].get(name)


def write(server: SandboxServer, table: str, record: str, fields: dict[str, Any]) -> None:
    status, answer = server.call("PATCH", f"/v0/{BASE}/{table}/{record}", {"fields": fields})
    assert 200 == status, answer


def test_a_loaded_link_stands_on_both_sides(loaded: SandboxServer) -> None:
    assert [DEAL_0] == cell(loaded, CLIENTS, CLIENT_0, "Deals")


def test_writing_one_side_changes_the_other(loaded: SandboxServer) -> None:
    write(loaded, DEALS, DEAL_0, {"Client": [CLIENT_1]})

    assert None is cell(loaded, CLIENTS, CLIENT_0, "Deals")
    assert [DEAL_1, DEAL_0] == cell(loaded, CLIENTS, CLIENT_1, "Deals")


def test_writing_the_inverse_side_changes_the_other(loaded: SandboxServer) -> None:
    write(loaded, CLIENTS, CLIENT_0, {"Deals": [DEAL_1]})

    assert None is cell(loaded, DEALS, DEAL_0, "Client")
    assert [CLIENT_1, CLIENT_0] == cell(loaded, DEALS, DEAL_1, "Client")


def test_a_destroyed_record_leaves_every_link_cell(loaded: SandboxServer) -> None:
    loaded.call("DELETE", f"/v0/{BASE}/{CLIENTS}/{CLIENT_0}")

    assert None is cell(loaded, DEALS, DEAL_0, "Client")


def test_a_record_brought_back_has_its_links_again(loaded: SandboxServer) -> None:
    loaded.edit(BASE, CLIENTS, delete=[CLIENT_0])
    loaded.restore(BASE, CLIENTS, [CLIENT_0])

    assert [CLIENT_0] == cell(loaded, DEALS, DEAL_0, "Client")
    assert [DEAL_0] == cell(loaded, CLIENTS, CLIENT_0, "Deals")


def test_counts_totals_and_lookups_follow(loaded: SandboxServer) -> None:
    write(loaded, DEALS, DEAL_0, {"Amount": 7, "Client": [CLIENT_1]})
    write(loaded, CLIENTS, CLIENT_1, {"Stage": "Won"})

    assert (2, 8) == (
        cell(loaded, CLIENTS, CLIENT_1, "Deal count"),
        cell(loaded, CLIENTS, CLIENT_1, "Total"),
    )
    assert (0, 0) == (
        cell(loaded, CLIENTS, CLIENT_0, "Deal count"),
        cell(loaded, CLIENTS, CLIENT_0, "Total"),
    )
    assert ["Won"] == cell(loaded, DEALS, DEAL_0, "Client stage")


def test_both_ends_in_one_batch_agree(loaded: SandboxServer) -> None:
    records = [
        {"id": DEAL_0, "fields": {"Client": [CLIENT_1]}},
        {"id": DEAL_1, "fields": {"Client": [CLIENT_0]}},
    ]
    loaded.call("PATCH", f"/v0/{BASE}/{DEALS}", {"records": records})

    assert [DEAL_1] == cell(loaded, CLIENTS, CLIENT_0, "Deals")
    assert [DEAL_0] == cell(loaded, CLIENTS, CLIENT_1, "Deals")


def test_a_link_within_a_table_has_no_other_side(loaded: SandboxServer) -> None:
    path = f"/v0/{BASE}/{KITCHEN}"
    first = loaded.call("POST", path, {"fields": {"Key": "a"}})[1]["id"]
    second = loaded.call("POST", path, {"fields": {"Key": "b", "Self": [first]}})[1]["id"]

    assert None is cell(loaded, KITCHEN, first, "Self")
    loaded.call("DELETE", f"{path}/{first}")
    assert None is cell(loaded, KITCHEN, second, "Self")


def test_a_link_moves_the_other_sides_last_modified_time(loaded: SandboxServer) -> None:
    before = cell(loaded, CLIENTS, CLIENT_1, "Modified")
    write(loaded, DEALS, DEAL_0, {"Client": [CLIENT_1]})

    assert cell(loaded, CLIENTS, CLIENT_1, "Modified") > before


def test_a_computed_change_does_not_move_it(loaded: SandboxServer) -> None:
    before = cell(loaded, CLIENTS, CLIENT_0, "Modified")
    write(loaded, DEALS, DEAL_0, {"Amount": 99})

    assert before == cell(loaded, CLIENTS, CLIENT_0, "Modified")
    assert 99 == cell(loaded, CLIENTS, CLIENT_0, "Total")
