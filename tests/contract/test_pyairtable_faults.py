"""What does the caller of pyairtable see of each fault, and what took effect?"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
import requests
from hook_receiver import HookReceiver
from pyairtable import Api, Table, retry_strategy
from pyairtable.api.types import UpdateRecordDict
from pyairtable.models import WebhookNotification
from sandbox_base import BASE, CLIENT_0, CLIENT_1, CLIENTS, record, sample
from sandbox_server import SandboxServer

RATES = {"status": 0.15, "html": 0.1, "truncate": 0.1, "drop_before": 0.1, "drop_after": 0.1}
HASTY = retry_strategy(total=2, backoff_factor=0.01)
HOOK = {"options": {"filters": {"dataTypes": ["tableData"]}}}


@pytest.fixture
def loaded(sandbox: SandboxServer) -> SandboxServer:
    sandbox.load(sample(clients=25))
    return sandbox


def table(loaded: SandboxServer, **given: Any) -> Table:
    given.setdefault("retry_strategy", None)
    return Api(loaded.token, endpoint_url=loaded.url, **given).table(BASE, CLIENTS)


def statuses(loaded: SandboxServer) -> list[int | None]:
    return [each["status"] for each in loaded.requests()]


def until(accepts: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not accepts():
        assert time.monotonic() < deadline


def test_429_is_asked_again_until_it_is_over(loaded: SandboxServer) -> None:
    loaded.fault("status", status=429, times=2)

    assert 25 == len(table(loaded, retry_strategy=HASTY).all())
    assert [429, 429, 200] == statuses(loaded)


def test_429_without_end_is_given_up(loaded: SandboxServer) -> None:
    loaded.fault("status", status=429, times=99)
    with pytest.raises(requests.exceptions.RetryError, match="429"):
        table(loaded, retry_strategy=HASTY).all()

    assert [429, 429, 429] == statuses(loaded)


def test_a_429_that_names_its_pause_is_asked_again_after_it(loaded: SandboxServer) -> None:
    loaded.fault("status", status=429, retry_after=0)
    clients = table(loaded, retry_strategy=HASTY)

    assert "made" == clients.create({"Name": "made"})["fields"]["Name"]
    assert [429, 200] == statuses(loaded)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_burst_of_5xx_is_told_each_time_then_over(loaded: SandboxServer, status: int) -> None:
    loaded.fault("status", status=status, times=3)
    clients = table(loaded)
    for _ in range(3):
        with pytest.raises(requests.HTTPError, match=str(status)):
            clients.update(CLIENT_0, {"Name": "x"})

    assert "C0" == clients.get(CLIENT_0)["fields"]["Name"]


def test_html_instead_of_json_is_an_http_error(loaded: SandboxServer) -> None:
    loaded.fault("html")
    with pytest.raises(requests.HTTPError, match="502 Server Error"):
        table(loaded).all()


def test_a_truncated_answer_to_a_write_hides_that_it_took_effect(loaded: SandboxServer) -> None:
    loaded.fault("truncate", method="PATCH")
    with pytest.raises(requests.JSONDecodeError):
        table(loaded).update(CLIENT_0, {"Name": "there"})

    assert "there" == table(loaded).get(CLIENT_0)["fields"]["Name"]


@pytest.mark.parametrize(("kind", "at_once"), [("delay", "C0"), ("delay_after", "late")])
def test_a_write_takes_effect_though_its_client_did_not_wait(
    loaded: SandboxServer, kind: str, at_once: str
) -> None:
    loaded.fault(kind, method="PATCH", seconds=0.5)
    clients = table(loaded, timeout=(1, 0.1))
    with pytest.raises(requests.ReadTimeout):
        clients.update(CLIENT_0, {"Name": "late"})

    assert at_once == table(loaded).get(CLIENT_0)["fields"]["Name"]
    until(lambda: "PATCH" in {each["method"] for each in loaded.requests()})
    assert "late" == table(loaded).get(CLIENT_0)["fields"]["Name"]


def test_permission_is_withdrawn_in_the_middle_of_a_batch(loaded: SandboxServer) -> None:
    loaded.fault("status", status=403, method="PATCH", skip=1)
    wish: list[UpdateRecordDict] = [
        {"id": record(f"Client{number:05d}"), "fields": {"Name": "x"}} for number in range(25)
    ]
    with pytest.raises(requests.HTTPError, match="403"):
        table(loaded).batch_update(wish)

    assert ["x"] * 10 == [
        each["fields"]["Name"] for each in table(loaded).all() if each["fields"]["Name"] == "x"
    ]


def test_a_field_that_is_read_vanishes_in_the_middle_of_a_scan(loaded: SandboxServer) -> None:
    loaded.fault("schema_before", skip=1, base=BASE, table=CLIENTS, field="Stage")
    pages = table(loaded).iterate(page_size=10, fields=["Stage"])
    assert 10 == len(next(pages))
    with pytest.raises(requests.HTTPError, match="UNKNOWN_FIELD_NAME"):
        next(pages)


def test_a_persons_edit_after_the_write_is_not_in_its_answer(loaded: SandboxServer) -> None:
    edit = {"user": "Robin", "update": [{"id": CLIENT_1, "fields": {"Name": "later"}}]}
    loaded.fault("edit_after", method="PATCH", base=BASE, table=CLIENTS, edit=edit)

    assert "ours" == table(loaded).update(CLIENT_1, {"Name": "ours"})["fields"]["Name"]
    assert "later" == table(loaded).get(CLIENT_1)["fields"]["Name"]


@pytest.fixture
def receiver() -> Iterator[HookReceiver]:
    receiver = HookReceiver()
    yield receiver
    receiver.close()


def times(receiver: HookReceiver, secret: str, count: int) -> list[datetime]:
    """When each ping says that it was sent; the client accepts every signature."""
    return [
        WebhookNotification.from_request(body.decode(), mac, secret).timestamp
        for body, mac in receiver.wait(count)
    ]


def rename(loaded: SandboxServer, name: str) -> None:
    loaded.edit(BASE, CLIENTS, update=[{"id": CLIENT_0, "fields": {"Name": name}}])


def test_a_ping_arrives_late(loaded: SandboxServer, receiver: HookReceiver) -> None:
    made = table(loaded).base.add_webhook(receiver.url, HOOK)
    loaded.fault("ping_delayed", seconds=1.5)
    begun = datetime.now().astimezone()
    rename(loaded, "a")
    (sent,) = times(receiver, made.mac_secret_base64, 1)

    assert (datetime.now().astimezone() - begun).total_seconds() >= 1.5
    assert (sent - begun).total_seconds() < 1.5


def test_pings_overtake_each_other(loaded: SandboxServer, receiver: HookReceiver) -> None:
    base = table(loaded).base
    made = base.add_webhook(receiver.url, HOOK)
    loaded.fault("ping_reordered")
    rename(loaded, "a")
    until(lambda: not loaded.faults())
    rename(loaded, "b")
    later, earlier = times(receiver, made.mac_secret_base64, 2)

    assert earlier < later
    assert 2 == len(list(base.webhook(made.id).payloads()))


def bad_day(loaded: SandboxServer, seed: int) -> tuple[list[str], list[str]]:
    """Reads and writes under chaos: the journal without its times, and the edits that were made."""
    loaded.reset()
    loaded.load(sample(clients=25))
    loaded.chaos(seed, RATES)
    clients = table(loaded)
    for number in range(40):
        with contextlib.suppress(requests.RequestException):
            if number % 2:
                clients.update(CLIENT_0, {"Name": f"N{number}"})
            else:
                clients.all(formula="{Stage}='Lead'")
    loaded.clear_faults()
    journal = [
        {key: value for key, value in each.items() if key not in ("at", "milliseconds")}
        for each in loaded.requests()
    ]
    edits = [(each["user"], each["before"], each["after"]) for each in loaded.edits()]
    return [json.dumps(each) for each in journal], [json.dumps(each) for each in edits]


def test_the_same_seed_gives_the_same_journal_and_the_same_edits(loaded: SandboxServer) -> None:
    first, second, other = (bad_day(loaded, seed) for seed in (11, 11, 12))

    assert first == second
    assert first != other
    told = "".join(first[0])
    assert [] == [kind for kind in RATES if f'"{kind}"' not in told]
