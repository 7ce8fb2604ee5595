"""What happens to records whose Hub ID a person typed, and to the rows those ids are of?"""

from __future__ import annotations

from sync_world import BASE, CLIENTS, COUNTRY, HUB_ID, NAME, World

from hub.store.entities.base import new_id

PAGE = f"/v0/{BASE}/{CLIENTS}"


def _acme(world: World) -> str:
    (acme,) = world.add(CLIENTS, {NAME: "Acme", COUNTRY: "Kenya"})
    world.settle()
    world.sql("update client set country = 'Uganda'")
    world.settle()
    return acme


def _by_name(world: World) -> dict[str, tuple[str, str, str]]:
    """name -> (record, Hub ID, country)."""
    return {
        fields[NAME]: (record, str(fields[HUB_ID]), str(fields.get(COUNTRY)))
        for record, fields in world.records(CLIENTS).items()
    }


def _ids(world: World) -> dict[str, str]:
    return {str(row["name"]): str(row["id"]) for row in world.query("select id, name from client")}


def test_a_create_does_not_write_over_another_record_that_was_given_its_id(world: World) -> None:
    acme = _acme(world)
    mine = _ids(world)["Acme"]
    beta = new_id()

    # Before the hub has looked: its next look at the records comes after the create.
    world.add_rows("client", {beta: {"name": "Beta", "country": "Peru"}})
    world.sandbox.fault("status", path="payloads", status=503, times=1)
    world.edit(CLIENTS, acme, {HUB_ID: str(beta)})
    world.ring()
    world.attend()
    world.settle()

    there = _by_name(world)
    assert (acme, mine, "Uganda") == there["Acme"]
    assert (str(beta), "Peru") == there["Beta"][1:]
    assert {"Acme": mine, "Beta": str(beta)} == _ids(world)
    assert 0 == world.scalar("select count(*) from hub.conflict")


def test_an_id_given_between_our_look_and_our_create_costs_no_value(world: World) -> None:
    acme = _acme(world)
    mine = _ids(world)["Acme"]
    beta = new_id()
    world.add_rows("client", {beta: {"name": "Beta", "country": "Peru"}})

    world.sandbox.fault(
        "edit_before",
        method="PATCH",
        path=PAGE,
        base=BASE,
        table=CLIENTS,
        edit={"update": [{"id": acme, "fields": {HUB_ID: str(beta)}}]},
    )
    world.settle()

    there = _by_name(world)
    assert (acme, mine, "Uganda") == there["Acme"]
    assert (str(beta), "Peru") == there["Beta"][1:]
    assert {"Acme": mine, "Beta": str(beta)} == _ids(world)


def test_a_record_that_stands_alone_with_the_id_becomes_the_rows_own(world: World) -> None:
    world.settle()
    beta = new_id()
    world.add_rows("client", {beta: {"name": "Beta", "country": "Peru"}})
    world.sandbox.fault("status", path="payloads", status=503, times=1)
    (record,) = world.add(CLIENTS, {NAME: "Beta", HUB_ID: str(beta)})

    world.ring()
    world.attend()
    world.settle()

    assert {"Beta": (record, str(beta), "Peru")} == _by_name(world)


def test_of_two_records_with_the_id_the_older_is_the_rows_own(world: World) -> None:
    world.settle()
    beta = new_id()
    world.add_rows("client", {beta: {"name": "Beta"}})
    world.sandbox.fault("status", path="payloads", status=503, times=1)
    (older,) = world.add(CLIENTS, {NAME: "Beta", HUB_ID: str(beta)})
    world.sandbox.advance(60)
    (newer,) = world.add(CLIENTS, {NAME: "Beta 2", HUB_ID: str(beta)})

    world.ring()
    world.attend()
    world.settle()

    there = _by_name(world)
    assert (older, str(beta)) == there["Beta"][:2]
    assert newer == there["Beta 2"][0]
    assert str(beta) != there["Beta 2"][1] == _ids(world)["Beta 2"]


def test_new_rows_are_looked_up_a_hundred_with_one_call(world: World) -> None:
    world.settle()
    world.add_rows("client", {new_id(): {"name": f"Client {n:03}"} for n in range(100)})
    before = len(world.sandbox.requests())

    world.settle()

    asked = [r for r in world.sandbox.requests()[before:] if r["path"].startswith(PAGE)]
    looked_up = [r for r in asked if r["method"] == "GET" and HUB_ID in r["query"]]
    written = [r for r in asked if r["method"] == "PATCH"]
    assert (1, 10) == (len(looked_up), len(written))
