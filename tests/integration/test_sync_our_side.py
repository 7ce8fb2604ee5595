"""Does a change at the hub reach a cell that stands still, and a conflict that is open?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sync_world import BASE, CLIENTS, COUNTRY, NAME, NOTE, STATUS, TAGS, World

from hub.core.policies import ConflictPolicy

ASK = ConflictPolicy.ASK


def _quarrel(world: World) -> str:
    """Both sides changed a country, and a person is asked."""
    world.set_policy("clients", "country", conflict=ASK)
    (acme,) = world.add(CLIENTS, {NAME: "Acme", COUNTRY: "Kenya"})
    world.settle()
    world.sql("update client set country = 'Ours'")
    world.edit(CLIENTS, acme, {COUNTRY: "Theirs"}, user="Berta")
    world.settle()
    return acme


def _conflict(world: World) -> dict[str, Any]:
    (found,) = world.query("select * from hub.conflict")
    return found


def test_an_open_conflict_shows_what_the_hub_holds_now(world: World) -> None:
    _quarrel(world)
    requests = len(world.sandbox.requests())

    world.sql("update client set country = 'Ours, later'", actor="Otto")
    world.settle()

    found = _conflict(world)
    assert ("open", "Ours, later", "Otto", "Theirs", "Berta") == (
        found["status"],
        found["ours"],
        found["our_actor"],
        found["theirs"],
        found["their_actor"],
    )
    asked = world.sandbox.requests()[requests:]
    assert [] == [r for r in asked if CLIENTS in r["path"]]  # nobody had to read the record


def test_typing_their_value_closes_the_conflict_without_a_write(world: World) -> None:
    acme = _quarrel(world)
    writes = world.sandbox.write_count()

    world.sql("update client set country = 'Theirs'")
    world.settle()

    assert "settled" == _conflict(world)["status"]
    assert 0 == world.scalar("select count(*) from hub.frozen_cell")
    assert writes == world.sandbox.write_count()
    world.sql("update client set country = 'Uganda'")
    world.settle()
    assert "Uganda" == world.records(CLIENTS)[acme][COUNTRY]


def test_taking_our_edit_back_lets_theirs_stand(world: World) -> None:
    _quarrel(world)

    world.sql("update client set country = 'Kenya'")
    world.settle()

    assert "Theirs" == world.scalar("select country from client")
    assert ("settled", "theirs") == (_conflict(world)["status"], _conflict(world)["winner"])


def test_an_edit_of_another_cell_passes_beside_an_open_conflict(world: World) -> None:
    acme = _quarrel(world)

    world.sql("update client set note = 'call back'")
    world.settle()

    assert "call back" == world.records(CLIENTS)[acme][NOTE]
    assert ("open", "Ours") == (_conflict(world)["status"], _conflict(world)["ours"])


def test_a_corrected_value_is_sent_although_the_cell_stood_still(world: World) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme", STATUS: "active"})
    world.settle()
    world.sql("update client set status = 'churned'")  # no option of the base
    world.settle()
    frozen = world.scalar("select detail from hub.frozen_cell")

    world.sql("update client set status = 'paused'")
    world.settle()

    assert "not an option" in frozen
    assert "paused" == world.records(CLIENTS)[acme][STATUS]
    assert 0 == world.scalar("select count(*) from hub.frozen_cell")


def test_a_value_that_still_does_not_fit_says_so_anew(world: World) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme", TAGS: ["big"]})
    world.settle()
    world.sql("update client set tags = '{huge}'")
    world.settle()

    world.sql("update client set tags = '{tiny}'")
    world.settle()

    assert "'tiny'" in world.scalar("select detail from hub.frozen_cell")
    assert ["big"] == world.records(CLIENTS)[acme][TAGS]


def test_of_a_record_that_was_refused_only_the_culprit_stands_still(world: World) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme", COUNTRY: "Kenya"})
    world.settle()
    world.sql("update client set note = repeat('x', 100001), country = 'Uganda'")
    world.settle()
    refused = world.query("select field from hub.frozen_cell where reason = 'rejected'")
    sent = world.records(CLIENTS)[acme][COUNTRY]

    world.sql("update client set note = 'short'")
    world.settle()

    assert ([{"field": "note"}], "Uganda") == (refused, sent)
    assert "short" == world.records(CLIENTS)[acme][NOTE]


@pytest.mark.parametrize("is_read", [True, False], ids=["answered", "answer lost"])
def test_the_write_of_a_new_option_is_confirmed_by_its_echo(world: World, *, is_read: bool) -> None:
    world.streams["clients"] = replace(world.streams["clients"], allow_new_options=True)
    (acme,) = world.add(CLIENTS, {NAME: "Acme", TAGS: ["big"]})
    world.settle()

    world.sql("update client set tags = '{big,huge}'")
    if not is_read:
        # New options go in a request of their own.
        world.sandbox.fault("drop_after", method="PATCH", path=f"/v0/{BASE}/{CLIENTS}", skip=1)
    world.settle()

    assert ["big", "huge"] == sorted(world.records(CLIENTS)[acme][TAGS])
    told = world.query(
        "select outcome, closed_at is not null as closed from hub.write_intent"
        " where field = 'tags' and sent is not null"
    )
    assert [{"outcome": "confirmed", "closed": True}] == told


def test_an_edit_that_a_new_option_overwrote_is_found(world: World) -> None:
    world.streams["clients"] = replace(world.streams["clients"], allow_new_options=True)
    world.set_policy("clients", "tags", conflict=ConflictPolicy.SOURCE)
    (acme,) = world.add(CLIENTS, {NAME: "Acme", TAGS: ["big"]})
    world.settle()

    world.sql("update client set tags = '{big,huge}'")
    world.sandbox.fault(
        "edit_before",
        method="PATCH",
        path=f"/v0/{BASE}/{CLIENTS}",
        base=BASE,
        table=CLIENTS,
        edit={"update": [{"id": acme, "fields": {TAGS: ["big", "shy"]}}]},
    )
    world.settle()

    assert "lost_update" == _conflict(world)["cause"]
    # Of a set nothing has to lose: their tag joins ours.
    assert ["big", "huge", "shy"] == sorted(world.records(CLIENTS)[acme][TAGS])
    assert ["big", "huge", "shy"] == sorted(world.scalar("select tags from client"))
