"""Is the owner of a webhook called, again and again if need be, and given up on in the end?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hook_receiver import HookReceiver
from sandbox_base import BASE, CLIENT_0, CLIENTS, sample
from sandbox_server import SandboxServer

from hub.sandbox.airtable.hooks import Hook
from hub.sandbox.airtable.notifier import MOST_RETRIES, PingTiming, ping_body, signature

HOOKS = f"/v0/bases/{BASE}/webhooks"


@pytest.fixture
def receiver() -> Iterator[HookReceiver]:
    receiver = HookReceiver()
    yield receiver
    receiver.close()


@pytest.fixture
def loaded(sandbox: SandboxServer) -> SandboxServer:
    sandbox.load(sample())
    return sandbox


def make_hook(server: SandboxServer, url: str) -> str:
    body = {
        "notificationUrl": url,
        "specification": {"options": {"filters": {"dataTypes": ["tableData"]}}},
    }
    return str(server.call("POST", HOOKS, body)[1]["id"])


def edit(server: SandboxServer, name: str) -> None:
    server.edit(BASE, CLIENTS, update=[{"id": CLIENT_0, "fields": {"Name": name}}])


def state(server: SandboxServer) -> dict[str, Any]:
    found: dict[str, Any] = server.call("GET", HOOKS)[1]["webhooks"][0]
    return found


def until(server: SandboxServer, accepts: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found = state(server)
        if accepts(found):
            return found
    raise AssertionError(f"still {found}")


def test_the_published_signature_is_reproduced() -> None:
    hook = Hook(
        id="ach00000000000000",
        base_id="app00000000000000",
        url=None,
        secret="MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        specification={},
        expires="",
    )
    body = ping_body(hook, "2022-02-01T21:25:05.663Z")

    assert (
        "hmac-sha256=997ae1f19848fdf4e8e07db1c9650045193abc5dc4b82b4c70466ecafe7b6f7d"
        == signature(hook.secret, body)
    )


def test_a_ping_that_arrives_is_noted(loaded: SandboxServer, receiver: HookReceiver) -> None:
    make_hook(loaded, receiver.url)
    edit(loaded, "a")
    receiver.wait(1)
    found = until(loaded, lambda hook: hook["lastNotificationResult"] is not None)

    assert found["lastNotificationResult"]["success"]
    assert found["lastSuccessfulNotificationTime"] is not None


def test_a_refused_ping_is_tried_again_after_ten_seconds(
    loaded: SandboxServer, receiver: HookReceiver
) -> None:
    receiver.status = 503
    make_hook(loaded, receiver.url)
    edit(loaded, "a")
    found = until(loaded, lambda hook: hook["lastNotificationResult"] is not None)
    receiver.status = 200
    assert {
        "success": False,
        "retryNumber": 0,
        "willBeRetried": True,
        "error": {"message": "The HTTP request returned a 503 status code instead of 200 or 204"},
    }.items() <= found["lastNotificationResult"].items()
    loaded.advance(9)
    assert 1 == len(receiver.pings)
    loaded.advance(2)
    receiver.wait(2)

    assert (
        1
        == until(loaded, lambda hook: hook["lastNotificationResult"]["success"])[
            "lastNotificationResult"
        ]["retryNumber"]
    )


def test_after_all_tries_notifications_are_off_but_payloads_go_on(
    loaded: SandboxServer, receiver: HookReceiver
) -> None:
    receiver.status = 500
    hook_id = make_hook(loaded, receiver.url)
    edit(loaded, "a")
    for tries in range(1, MOST_RETRIES + 2):
        receiver.wait(tries)
        until(loaded, partial(_was_tried, times=tries))
        loaded.advance(10 * 2**tries)
    off = until(loaded, lambda hook: not hook["areNotificationsEnabled"])
    edit(loaded, "b")  # owed until notifications are on again

    assert not off["lastNotificationResult"]["willBeRetried"]
    assert off["isHookEnabled"]
    assert MOST_RETRIES + 1 == len(receiver.pings)
    receiver.status = 200
    loaded.call("POST", f"{HOOKS}/{hook_id}/enableNotifications", {"enable": True})
    receiver.wait(MOST_RETRIES + 2)


def _was_tried(hook: dict[str, Any], times: int) -> bool:
    return (hook["lastNotificationResult"] or {}).get("retryNumber") == times - 1


def test_a_receiver_that_is_not_there_is_a_failed_ping(loaded: SandboxServer) -> None:
    make_hook(loaded, "http://127.0.0.1:9/nobody")
    edit(loaded, "a")
    found = until(loaded, lambda hook: hook["lastNotificationResult"] is not None)

    assert "ConnectionRefusedError" in found["lastNotificationResult"]["error"]["message"]


def test_a_ping_that_is_owed_survives_a_restart(tmp_path: Any, receiver: HookReceiver) -> None:
    timing = PingTiming(first_pause=timedelta(seconds=0.2))
    receiver.status = 500
    first = SandboxServer(tmp_path, ping_timing=timing).start()
    first.load(sample())
    make_hook(first, receiver.url)
    edit(first, "a")
    receiver.wait(1)
    first.stop()
    receiver.status = 200
    seen = len(receiver.pings)
    second = SandboxServer(tmp_path, ping_timing=timing).start()

    receiver.wait(seen + 1)
    second.stop()
