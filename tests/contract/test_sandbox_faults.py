"""Does the real client suffer each fault that is asked for, and can a test read what happened?"""

from __future__ import annotations

import contextlib
import http.client
import time
from typing import Any

import pytest
import requests
from hook_receiver import HookReceiver
from pyairtable import Api, Table
from sandbox_base import BASE, CLIENT_0, CLIENT_1, CLIENTS, field, sample
from sandbox_server import SandboxServer

TABLE = f"/v0/{BASE}/{CLIENTS}"


@pytest.fixture
def loaded(sandbox: SandboxServer) -> SandboxServer:
    sandbox.load(sample())
    return sandbox


@pytest.fixture
def clients(loaded: SandboxServer) -> Table:
    return Api(loaded.token, endpoint_url=loaded.url, retry_strategy=None).table(BASE, CLIENTS)


def names(loaded: SandboxServer) -> list[str]:
    return [each["fields"]["Name"] for each in loaded.call("GET", TABLE)[1]["records"]]


def test_a_connection_dropped_before_the_write_leaves_nothing(
    loaded: SandboxServer, clients: Table
) -> None:
    loaded.fault("drop_before", method="POST", path=CLIENTS)
    with pytest.raises(requests.ConnectionError):
        clients.create({"Name": "lost"})

    assert ["C0", "C1", "C2"] == names(loaded)


def test_a_connection_dropped_after_the_write_leaves_the_record(
    loaded: SandboxServer, clients: Table
) -> None:
    loaded.fault("drop_after", method="POST", path=CLIENTS)
    with pytest.raises(requests.ConnectionError):
        clients.create({"Name": "there"})

    assert "there" in names(loaded)


def test_the_clients_own_retries_create_the_record_again(loaded: SandboxServer) -> None:
    loaded.fault("drop_after", method="POST", path=CLIENTS, times=2)
    Api(loaded.token, endpoint_url=loaded.url).table(BASE, CLIENTS).create({"Name": "thrice"})

    assert 3 == names(loaded).count("thrice")


@pytest.mark.parametrize(
    ("status", "kind"), [(429, "RATE_LIMIT_REACHED"), (500, "SERVER_ERROR"), (503, "RETRIABLE")]
)
def test_a_status_is_answered_as_often_as_asked(
    loaded: SandboxServer, clients: Table, status: int, kind: str
) -> None:
    loaded.fault("status", status=status, times=2)
    for _ in range(2):
        with pytest.raises(requests.HTTPError, match=kind):
            clients.all()

    assert 3 == len(clients.all())


def test_html_instead_of_json_is_answered(loaded: SandboxServer) -> None:
    loaded.fault("html")
    status, body = loaded.call("GET", TABLE)

    assert 502 == status
    assert body.startswith(b"<!DOCTYPE html>")


def test_truncated_json_reaches_the_client(loaded: SandboxServer, clients: Table) -> None:
    loaded.fault("truncate")
    with pytest.raises(requests.JSONDecodeError):
        clients.all()


def test_a_partial_list_says_that_it_is_complete(loaded: SandboxServer, clients: Table) -> None:
    loaded.fault("partial_list")

    assert 1 == len(clients.all())
    assert 3 == len(clients.all())


def test_a_schema_answer_loses_most_fields(loaded: SandboxServer, clients: Table) -> None:
    loaded.fault("partial_schema", path="/meta/")

    assert 1 == len(clients.schema().fields)
    assert 7 == len(clients.base.schema(force=True).table(clients.id).fields)


def test_an_answer_waits(loaded: SandboxServer, clients: Table) -> None:
    loaded.fault("delay", seconds=0.2)
    begun = time.monotonic()
    clients.all()

    assert time.monotonic() - begun >= 0.2


def test_an_expired_iterator_stops_a_scan(loaded: SandboxServer, clients: Table) -> None:
    loaded.fault("expire_iterators", skip=1)
    with pytest.raises(requests.HTTPError, match="LIST_RECORDS_ITERATOR_NOT_AVAILABLE"):
        clients.all(page_size=1)


def test_an_iterator_expires_when_it_is_left_alone(loaded: SandboxServer) -> None:
    offset = loaded.call("GET", f"{TABLE}?pageSize=1")[1]["offset"]
    loaded.advance(301)
    status, answer = loaded.call("GET", f"{TABLE}?pageSize=1&offset={offset}")

    assert (422, {"error": {"type": "LIST_RECORDS_ITERATOR_NOT_AVAILABLE"}}) == (status, answer)


def test_a_persons_edit_lands_between_a_read_and_its_write(
    loaded: SandboxServer, clients: Table
) -> None:
    read = clients.get(CLIENT_0)
    loaded.fault(
        "edit_before",
        method="PATCH",
        base=BASE,
        table=CLIENTS,
        edit={"user": "Robin", "update": [{"id": CLIENT_0, "fields": {"Name": "Robin's"}}]},
    )
    answer = clients.update(CLIENT_0, {"Name": "ours"})
    log = [(each["user"], each["before"], each["after"]) for each in loaded.edits()]

    assert "C0" == read["fields"]["Name"]
    assert "ours" == answer["fields"]["Name"]
    assert [("Robin", "C0", "Robin's"), ("Owner", "Robin's", "ours")] == log


def test_only_the_requests_that_match_are_struck(loaded: SandboxServer, clients: Table) -> None:
    loaded.fault("status", status=500, method="PATCH", path=CLIENT_1, skip=1)

    clients.update(CLIENT_0, {"Name": "a"})
    clients.update(CLIENT_1, {"Name": "b"})  # the one that is skipped
    with pytest.raises(requests.HTTPError):
        clients.update(CLIENT_1, {"Name": "c"})
    assert [] == loaded.faults()


def test_the_journal_names_every_request_and_fault(loaded: SandboxServer, clients: Table) -> None:
    loaded.fault("status", status=500, method="PATCH")
    with pytest.raises(requests.HTTPError):
        clients.update(CLIENT_0, {"Name": "a"})
    clients.update(CLIENT_0, {"Name": "a"})
    clients.all()

    seen = [(each["method"], each["status"], each["write"], each["faults"])
            for each in loaded.requests()]  # fmt: skip
    assert [
        ("PATCH", 500, True, ["status"]),
        ("PATCH", 200, True, []),
        ("GET", 200, False, []),
    ] == seen
    assert 2 == loaded.write_count()


def test_a_fault_that_is_none_is_refused(loaded: SandboxServer) -> None:
    with pytest.raises(ValueError, match="valid are drop_before"):
        loaded.fault("earthquake")


@pytest.mark.parametrize(("status", "kind"), [(403, "MODEL_NOT_FOUND"), (404, "NOT_FOUND")])
def test_a_new_record_may_not_be_there_for_a_while(
    loaded: SandboxServer, clients: Table, status: int, kind: str
) -> None:
    made = clients.create({"Name": "new"})["id"]
    loaded.fault("hide_new", path=made, seconds=5, status=status, times=99)
    with pytest.raises(requests.HTTPError, match=f"{status}.*{kind}"):
        clients.get(made)
    loaded.advance(6)

    assert "new" == clients.get(made)["fields"]["Name"]


def test_permission_is_withdrawn_in_the_middle_of_a_scan(
    loaded: SandboxServer, clients: Table
) -> None:
    loaded.fault("status", status=403, skip=1)
    with pytest.raises(requests.HTTPError, match="INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"):
        clients.all(page_size=1)


@pytest.mark.parametrize(("rename", "seen"), [("Company", {"Company"}), (None, set[str]())])
def test_the_schema_changes_in_the_middle_of_a_scan(
    loaded: SandboxServer, clients: Table, rename: str | None, seen: set[str]
) -> None:
    loaded.fault("schema_before", skip=1, base=BASE, table=CLIENTS, field="Hub ID", rename=rename)
    clients.update(CLIENT_1, {"Hub ID": "x"})
    loaded.edit(BASE, CLIENTS, update=[{"id": CLIENT_0, "fields": {"Name": "a"}}])
    _, second, _ = clients.all(page_size=1, fields=None)

    assert seen == set(second["fields"]) & {"Company", "Hub ID"}


def test_the_same_seed_gives_the_same_bad_day(loaded: SandboxServer) -> None:
    rates = {"status": 0.2, "html": 0.1, "truncate": 0.1, "drop_before": 0.05, "delay": 0.0}

    first, second, other = (_bad_day(loaded, seed, rates) for seed in (7, 7, 8))
    assert first == second
    assert first != other
    assert {"status", "html", "truncate", "drop_before"} == {
        kind for _, faults in first for kind in faults
    }


def _bad_day(
    loaded: SandboxServer, seed: int, rates: dict[str, float]
) -> list[tuple[int | None, list[str]]]:
    last = len(loaded.requests())
    loaded.chaos(seed, rates)
    for _ in range(60):
        with contextlib.suppress(OSError, http.client.HTTPException):
            loaded.call("GET", TABLE)
    loaded.clear_faults()
    return [(each["status"], each["faults"]) for each in loaded.requests(after=last)]


def test_chaos_of_an_unknown_kind_is_refused(loaded: SandboxServer) -> None:
    with pytest.raises(ValueError, match="earthquake: valid are delay"):
        loaded.chaos(1, {"earthquake": 0.5})


HOOK: dict[str, Any] = {"specification": {"options": {"filters": {"dataTypes": ["tableData"]}}}}


@pytest.mark.parametrize(("kind", "count"), [("ping_lost", 0), ("ping_doubled", 2)])
def test_a_ping_is_lost_or_doubled(loaded: SandboxServer, kind: str, count: int) -> None:
    receiver = HookReceiver()
    loaded.call("POST", f"/v0/bases/{BASE}/webhooks", {**HOOK, "notificationUrl": receiver.url})
    loaded.fault(kind)
    loaded.edit(BASE, CLIENTS, update=[{"id": CLIENT_0, "fields": {"Name": "a"}}])
    receiver.wait(count)
    _until_settled(loaded)
    loaded.edit(BASE, CLIENTS, update=[{"id": CLIENT_0, "fields": {"Name": "b"}}])

    assert count + 1 == len(receiver.wait(count + 1))
    receiver.close()


def _until_settled(loaded: SandboxServer) -> None:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        (hook,) = loaded.call("GET", f"/v0/bases/{BASE}/webhooks")[1]["webhooks"]
        if hook["lastSuccessfulNotificationTime"]:
            return
    raise AssertionError("the ping was never settled")


def test_the_control_door_is_closed_to_browsers(loaded: SandboxServer) -> None:
    headers = {"Origin": loaded.url}

    assert 403 == loaded.call("GET", "/_control/edits", token=None, headers=headers)[0]
    assert 200 == loaded.call("GET", "/_control/edits", token=None)[0]


def test_the_edit_log_tells_creations_and_destructions(
    loaded: SandboxServer, clients: Table
) -> None:
    made = clients.create({"Name": "n"})
    clients.delete(made["id"])

    assert [
        ("create", None, None, None),
        ("create", field("Name"), None, "n"),
        ("destroy", None, None, None),
        ("destroy", field("Name"), "n", None),
    ] == [(each["kind"], each["field"], each["before"], each["after"]) for each in loaded.edits()]
