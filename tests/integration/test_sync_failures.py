"""When the other side fails in the middle, is nothing lost, doubled or taken for deleted?"""

from __future__ import annotations

from collections import Counter

import pytest
from sync_world import BASE, CLIENTS, COUNTRY, DEALS, HUB_ID, NAME, World

from hub.store.entities.base import new_id

PAGE = f"/v0/{BASE}/{CLIENTS}"
PAYLOADS = "/payloads"


def _names(world: World) -> Counter[str]:
    return Counter(fields.get(NAME, "") for fields in world.records(CLIENTS).values())


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
def test_a_create_whose_answer_is_lost_is_made_once(world: World, kind: str) -> None:
    world.settle()
    row_id = new_id()
    world.add_rows("client", {row_id: {"name": "Acme", "country": "Kenya"}})

    world.sandbox.fault(kind, method="PATCH", path=PAGE)
    world.settle()

    assert {"Acme": 1} == _names(world)
    assert 0 == world.scalar("select count(*) from hub.write_intent where outcome is null")
    assert 1 == world.scalar("select count(*) from hub.record_link")


def test_an_edit_of_a_record_whose_create_was_lost_is_not_overwritten(world: World) -> None:
    world.settle()
    world.add_rows("client", {new_id(): {"name": "Acme", "country": "Kenya"}})
    world.sandbox.fault("drop_after", method="PATCH", path=PAGE)
    world.ring()
    world.attend()
    (record,) = world.records(CLIENTS)

    world.edit(CLIENTS, record, {COUNTRY: "Uganda"})
    world.settle()

    assert "Uganda" == world.records(CLIENTS)[record][COUNTRY]
    assert "Uganda" == world.client("Acme")["country"]  # type: ignore[index]
    assert {"Acme": 1} == _names(world)


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "truncate", "html", "status"])
def test_an_update_that_fails_arrives_in_the_end(world: World, kind: str) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme"})
    world.settle()
    world.sql("update client set country = 'Kenya' where name = 'Acme'")

    world.sandbox.fault(kind, method="PATCH", path=PAGE)
    world.settle()

    assert "Kenya" == world.records(CLIENTS)[acme][COUNTRY]
    assert 0 == world.scalar("select count(*) from hub.conflict")


@pytest.mark.parametrize("kind", ["drop_before", "truncate", "html", "status"])
@pytest.mark.parametrize("path", [PAYLOADS, PAGE])
def test_a_read_that_fails_is_read_again(world: World, kind: str, path: str) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme"})
    world.settle()
    world.edit(CLIENTS, acme, {COUNTRY: "Kenya"})

    world.sandbox.fault(kind, method="GET", path=path)
    world.settle()

    assert "Kenya" == world.client("Acme")["country"]  # type: ignore[index]


def test_a_failure_is_written_down_for_a_person_and_forgotten_when_it_is_over(
    world: World,
) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme"})
    world.settle()
    world.edit(CLIENTS, acme, {COUNTRY: "Kenya"})
    world.sandbox.fault("status", method="GET", path=PAYLOADS, status=503)

    world.ring()
    world.attend()
    failing = world.scalar("select error_message from hub.stream_state limit 1")
    status = world.scalar("select status from hub.run order by started_at desc limit 1")
    world.settle()

    assert "read changes" in failing
    assert "failed" == status
    assert world.scalar("select max(failing_since) from hub.stream_state") is None
    assert [] == world.reports


def test_a_record_that_the_source_refuses_costs_no_other(world: World) -> None:
    world.settle()
    ids = [new_id() for _ in range(5)]
    world.add_rows("client", {row: {"name": f"Client {n}"} for n, row in enumerate(ids)})

    # The batch of five is refused as a whole, then alone one of them.
    world.sandbox.fault(
        "status",
        method="PATCH",
        path=PAGE,
        times=2,
        status=422,
        type="INVALID_VALUE_FOR_COLUMN",
        message='Field "Name" cannot accept the provided value',
    )
    world.settle()

    assert 4 <= len(world.records(CLIENTS))


def test_a_hook_that_is_gone_is_made_anew_and_what_it_missed_is_found(world: World) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme"})
    world.settle()
    hook = world.scalar("select external_id from hub.hook where closed_at is null")
    world.sandbox.call("DELETE", f"/v0/bases/{BASE}/webhooks/{hook}")

    world.edit(CLIENTS, acme, {COUNTRY: "Kenya"})
    world.settle()

    assert "Kenya" == world.client("Acme")["country"]  # type: ignore[index]
    assert 1 == world.scalar("select count(*) from hub.hook where closed_at is null")
    assert 1 == world.scalar("select count(*) from hub.alert where key = 'hook:world'")


def test_a_hook_that_expired_is_made_anew(world: World) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme"})
    world.settle()
    world.sandbox.advance(9 * 24 * 3600)

    world.edit(CLIENTS, acme, {COUNTRY: "Kenya"})
    world.tend()
    world.settle()

    assert "Kenya" == world.client("Acme")["country"]  # type: ignore[index]


def test_a_wrong_token_is_told_once_and_loses_nothing(world: World) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme"})
    world.settle()
    world.edit(CLIENTS, acme, {COUNTRY: "Kenya"})
    world.sandbox.fault("status", path="/v0/", times=6, status=401, type="AUTHENTICATION_REQUIRED")

    for _ in range(3):
        world.ring()
        world.attend()
    alerts = world.query("select title, next_step from hub.alert where closed_at is null")
    world.sandbox.clear_faults()
    world.settle()

    assert any("token" in alert["title"] for alert in alerts)
    assert len(world.reports) == len(alerts)
    assert "Kenya" == world.client("Acme")["country"]  # type: ignore[index]


def test_a_used_up_quota_is_told_and_not_waited_for(world: World) -> None:
    world.add(CLIENTS, {NAME: "Acme"})
    world.settle()
    world.sandbox.fault(
        "status", path=PAYLOADS, status=429, type="PUBLIC_API_BILLING_LIMIT_EXCEEDED"
    )

    world.ring()
    world.attend()
    spent = len(world.sandbox.requests())
    for _ in range(5):
        world.ring()
        assert "monthly" in str(world.attend().held_because)

    assert spent == len(world.sandbox.requests())
    assert "monthly" in world.scalar("select title from hub.alert where closed_at is null")
    assert ["QUOTA_EXCEEDED"] == [error.code for error in world.reports]


def test_a_table_that_vanished_touches_no_row_and_stops_only_its_stream(world: World) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme"})
    world.add(DEALS, {"fldCode0000000000": "D1", "fldClient00000000": [acme]})
    world.settle()

    world.sandbox.remove(BASE, DEALS)
    world.edit(CLIENTS, acme, {COUNTRY: "Kenya"})
    world.settle()
    world.sql("update hub.stream_state set needs_reconcile = true")
    world.settle()

    assert 1 == world.scalar("select count(*) from deal where deleted_at is null")
    assert "Kenya" == world.client("Acme")["country"]  # type: ignore[index]
    told = world.query("select title from hub.alert where stream = 'deals'")
    assert any("tblDeals" in row["title"] for row in told)


def test_a_field_that_vanished_leaves_the_others_alone(world: World) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme", COUNTRY: "Kenya"})
    world.settle()

    world.sandbox.remove(BASE, CLIENTS, COUNTRY)
    world.edit(CLIENTS, acme, {NAME: "Acme Inc"})
    world.settle()

    found = world.client("Acme Inc")
    assert found is not None
    assert "Kenya" == found["country"]


def test_a_renamed_option_changes_nothing(world: World) -> None:
    status = "fldStatus00000000"
    (acme,) = world.add(CLIENTS, {NAME: "Acme", status: "active"})
    world.settle()
    changes = world.scalar("select count(*) from hub.change")

    renamed = world.sandbox.call(
        "POST",
        "/_control/rename-choice",
        {"base": BASE, "table": CLIENTS, "field": status, "old": "active", "new": "Live"},
        token=None,
    )
    world.settle()
    world.edit(CLIENTS, acme, {COUNTRY: "Kenya"})
    world.sql("update client set status = 'paused' where name = 'Acme'")
    world.settle()
    world.sql("update client set status = 'active' where name = 'Acme'")
    world.settle()

    assert 200 == renamed[0]
    assert changes + 3 == world.scalar("select count(*) from hub.change")
    assert "Live" == world.records(CLIENTS)[acme][status]


def test_a_value_that_the_server_normalises_costs_one_write(world: World) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme"})
    world.settle()

    # Staff has no decimals at Airtable's side, the note of the hub is kept as it is.
    world.sql("update client set note = E'two lines\\r\\nhere ' where name = 'Acme'")
    world.settle()
    writes = world.sandbox.write_count()
    world.settle()

    assert 1 == writes == world.sandbox.write_count()
    assert world.records(CLIENTS)[acme][HUB_ID]


def test_a_backfill_that_is_interrupted_goes_on(world: World) -> None:
    world.add(CLIENTS, *({NAME: f"Client {number:03}"} for number in range(350)))

    world.sandbox.fault("status", method="GET", path=PAGE, skip=2, status=503)
    world.settle()

    assert 350 == world.scalar("select count(*) from client")


def test_a_backfill_whose_iterator_expired_begins_again(world: World) -> None:
    world.add(CLIENTS, *({NAME: f"Client {number:03}"} for number in range(250)))

    world.sandbox.fault("expire_iterators", method="GET", path=PAGE, skip=1)
    world.settle()

    assert 250 == world.scalar("select count(*) from client")
