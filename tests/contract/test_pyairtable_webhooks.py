"""Do pyairtable's webhook calls work on the stand-in, ping included?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from hook_receiver import HookReceiver
from pyairtable import Api, Base
from pyairtable.models import WebhookNotification
from sandbox_base import BASE, CLIENT_0, CLIENTS, field, sample
from sandbox_server import SandboxServer

EVERYTHING: dict[str, Any] = {
    "options": {
        "filters": {"dataTypes": ["tableData", "tableFields", "tableMetadata"]},
        "includes": {"includePreviousCellValues": True},
    }
}


@pytest.fixture
def base(sandbox: SandboxServer) -> Base:
    sandbox.load(sample(deals=2))
    return Api(sandbox.token, endpoint_url=sandbox.url).base(BASE)


@pytest.fixture
def receiver() -> Iterator[HookReceiver]:
    receiver = HookReceiver()
    yield receiver
    receiver.close()


def test_a_hook_is_created_listed_refreshed_and_deleted(base: Base) -> None:
    made = base.add_webhook("http://127.0.0.1:9/nobody", EVERYTHING)
    hook = base.webhook(made.id)
    expires = hook.expiration_time
    hook.extend_expiration()

    assert made.expiration_time == expires
    assert hook.is_hook_enabled
    assert hook.are_notifications_enabled
    assert 1 == hook.cursor_for_next_payload
    hook.disable_notifications()
    assert not base.webhook(made.id).are_notifications_enabled
    hook.delete()
    assert [] == base.webhooks()


def test_a_persons_edit_becomes_one_payload_with_its_author(
    sandbox: SandboxServer, base: Base
) -> None:
    hook = base.webhook(base.add_webhook("http://127.0.0.1:9/nobody", EVERYTHING).id)
    sandbox.edit(BASE, CLIENTS, user="Robin", update=[
        {"id": CLIENT_0, "fields": {"Stage": "Won", "Name": "Renamed"}}])  # fmt: skip
    first = next(iter(hook.payloads()))

    assert first.action_metadata is not None
    assert "client" == first.action_metadata.source
    assert "Robin" == first.action_metadata.source_metadata["user"]["name"]
    change = first.changed_tables_by_id[CLIENTS].changed_records_by_id[CLIENT_0]
    assert "Renamed" == change.current.cell_values_by_field_id[field("Name")]
    assert "Won" == change.current.cell_values_by_field_id[field("Stage")]["name"]
    assert change.previous is not None
    assert "C0" == change.previous.cell_values_by_field_id[field("Name")]
    assert 1 == first.cursor


def test_a_ping_carries_a_signature_that_the_client_accepts(
    sandbox: SandboxServer, base: Base, receiver: HookReceiver
) -> None:
    made = base.add_webhook(receiver.url, EVERYTHING)
    sandbox.edit(BASE, CLIENTS, update=[{"id": CLIENT_0, "fields": {"Stage": "Won"}}])
    body, mac = receiver.wait(1)[0]

    notification = WebhookNotification.from_request(body.decode(), mac, made.mac_secret_base64)
    assert (BASE, made.id) == (notification.base.id, notification.webhook.id)
    with pytest.raises(ValueError, match="validation"):
        WebhookNotification.from_request(body.decode() + " ", mac, made.mac_secret_base64)


def test_120_edits_are_read_in_pages_without_a_gap(sandbox: SandboxServer, base: Base) -> None:
    hook = base.webhook(base.add_webhook("http://127.0.0.1:9/nobody", EVERYTHING).id)
    for number in range(120):
        sandbox.edit(BASE, CLIENTS, update=[{"id": CLIENT_0, "fields": {"Name": f"N{number}"}}])
    payloads = [
        payload
        for payload in hook.payloads()
        if CLIENT_0 in payload.changed_tables_by_id.get(CLIENTS, _Nothing).changed_records_by_id
    ]
    numbers = [payload.base_transaction_number for payload in payloads]

    assert 120 == len(payloads)
    assert sorted(numbers) == numbers
    assert len(set(numbers)) == 120
    rest = list(hook.payloads(cursor=payloads[99].cursor or 0))
    assert payloads[99].base_transaction_number == rest[0].base_transaction_number


class _Nothing:
    changed_records_by_id: dict[str, object] = {}  # noqa: RUF012  stays empty


def test_renaming_a_field_is_told(base: Base) -> None:
    hook = base.webhook(base.add_webhook("http://127.0.0.1:9/nobody", EVERYTHING).id)
    name = base.schema().table(CLIENTS).field("Name")
    name.name = "Company"
    name.save()
    (payload,) = hook.payloads()

    changed = payload.changed_tables_by_id[CLIENTS].changed_fields_by_id[field("Name")]
    assert "Company" == changed.current.name


def test_the_eleventh_hook_is_refused(base: Base) -> None:
    for _ in range(10):
        base.add_webhook("http://127.0.0.1:9/nobody", EVERYTHING)
    with pytest.raises(requests.HTTPError, match="TOO_MANY_WEBHOOKS_IN_BASE"):
        base.add_webhook("http://127.0.0.1:9/nobody", EVERYTHING)
