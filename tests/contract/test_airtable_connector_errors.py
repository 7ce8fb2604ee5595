"""Is each failure of the other side told as what it is, once, and without the token?"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from airtable_side import (
    CLIENTS_ADDRESS,
    HUB_1,
    NAME,
    AttentiveLimiter,
    connect,
    item,
)
from sandbox_base import BASE, CLIENT_0, CLIENTS, sample
from sandbox_server import SandboxServer

from connectors.airtable.connector import AirtableConnector
from hub.contract import Priority
from hub.errors import (
    ConfigError,
    CursorExpired,
    HubError,
    OutcomeUnknown,
    PermissionLost,
    QuotaExceeded,
    RateLimited,
    RecordRejected,
    RemoteMissing,
    RemoteUnavailable,
)

ROUTINE = Priority.ROUTINE
TABLE = f"/v0/{BASE}/{CLIENTS}"
TOKEN = "patVerySecret.0123456789abcdef"
Call = Callable[[AirtableConnector], object]


def read(connector: AirtableConnector) -> object:
    return connector.read_page(CLIENTS_ADDRESS, None, ROUTINE)


def update(connector: AirtableConnector) -> object:
    return connector.write(CLIENTS_ADDRESS, [item(HUB_1, CLIENT_0, Name="Ours")], ROUTINE)


def create(connector: AirtableConnector) -> object:
    return connector.write(CLIENTS_ADDRESS, [item(HUB_1, Name="New")], ROUTINE)


def delete(connector: AirtableConnector) -> None:
    connector.delete(CLIENTS_ADDRESS, [CLIENT_0], ROUTINE)


def make_hook(connector: AirtableConnector) -> object:
    return connector.create_hook(None)


WRITES = [update, create, delete, make_hook]


@pytest.fixture
def loaded(sandbox: SandboxServer) -> SandboxServer:
    sandbox.load({"bases": sample()["bases"]})  # any token is the owner's
    return sandbox


@pytest.fixture
def limiter() -> AttentiveLimiter:
    return AttentiveLimiter()


@pytest.fixture
def connector(loaded: SandboxServer, limiter: AttentiveLimiter) -> AirtableConnector:
    """A connector that has read the schema, with a token that nobody may see."""
    made = connect(loaded, limiter, token=TOKEN, request_timeout_seconds=1)
    made.discover()
    return made


def failure(call: Call, connector: AirtableConnector) -> HubError:
    """The error of one call; no part of it shows the token."""
    with pytest.raises(HubError) as caught:
        call(connector)
    chain: list[BaseException] = [caught.value]
    while chain[-1].__cause__ is not None:
        chain.append(chain[-1].__cause__)
    shown = "".join(f"{error} {error!r} {getattr(error, 'detail', '')}" for error in chain)
    assert TOKEN not in shown
    assert caught.value.message.startswith("[airtable] ")
    return caught.value


def test_a_failure_is_a_family_of_errors_and_one_request(
    connector: AirtableConnector, loaded: SandboxServer
) -> None:
    cases: list[tuple[Call, int, str | None, type[HubError]]] = [
        (read, 401, "AUTHENTICATION_REQUIRED", PermissionLost),
        (update, 401, "AUTHENTICATION_REQUIRED", PermissionLost),
        (read, 403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", PermissionLost),
        (update, 403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", PermissionLost),
        (read, 404, "NOT_FOUND", RemoteMissing),
        (update, 404, "MODEL_ID_NOT_FOUND", RemoteMissing),
        (read, 422, "INVALID_FILTER_BY_FORMULA", ConfigError),
        (read, 422, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE", CursorExpired),
        (read, 422, "INVALID_OFFSET_VALUE", CursorExpired),
        (update, 422, "INVALID_VALUE_FOR_COLUMN", RecordRejected),
        (create, 422, "INVALID_MULTIPLE_CHOICE_OPTIONS", RecordRejected),
        (read, 429, "RATE_LIMIT_REACHED", RateLimited),
        (update, 429, "RATE_LIMIT_REACHED", RateLimited),
        (read, 429, "PUBLIC_API_BILLING_LIMIT_EXCEEDED", QuotaExceeded),
        (update, 429, "PUBLIC_API_BILLING_LIMIT_EXCEEDED", QuotaExceeded),
        (read, 500, "SERVER_ERROR", RemoteUnavailable),
        (read, 503, None, RemoteUnavailable),
        (update, 500, "SERVER_ERROR", OutcomeUnknown),
        (create, 502, None, OutcomeUnknown),
        (delete, 504, None, OutcomeUnknown),
        (update, 503, "RETRIABLE_ERROR", RemoteUnavailable),  # it says that nothing happened
        (read, 413, "REQUEST_TOO_LARGE", ConfigError),
    ]
    for call, status, kind, family in cases:
        loaded.clear_faults()
        loaded.fault("status", status=status, type=kind, message="No.", times=5)
        before = len(loaded.requests())

        error = failure(call, connector)

        assert (family, 1) == (type(error), len(loaded.requests()) - before), (call, status, kind)


def test_a_429_slows_everybody_down(
    connector: AirtableConnector, loaded: SandboxServer, limiter: AttentiveLimiter
) -> None:
    loaded.fault("status", status=429, type="RATE_LIMIT_REACHED")

    error = failure(read, connector)

    assert isinstance(error, RateLimited)
    assert [error.retry_after_seconds] == limiter.penalties == [30.0]


def test_a_used_up_month_is_not_waited_for(
    connector: AirtableConnector, loaded: SandboxServer, limiter: AttentiveLimiter
) -> None:
    loaded.fault("status", status=429, type="PUBLIC_API_BILLING_LIMIT_EXCEEDED")

    error = failure(update, connector)

    assert not error.retryable
    assert [] == limiter.penalties


@pytest.mark.parametrize("call", WRITES)
@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "truncate"])
def test_a_write_whose_answer_is_lost_is_not_repeated(
    connector: AirtableConnector, loaded: SandboxServer, call: Call, kind: str
) -> None:
    loaded.fault(kind, times=3)
    before = len(loaded.requests())

    error = failure(call, connector)

    assert OutcomeUnknown is type(error)
    assert 1 == len(loaded.requests()) - before


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "truncate", "html"])
def test_a_read_whose_answer_is_lost_may_be_tried_again(
    connector: AirtableConnector, loaded: SandboxServer, kind: str
) -> None:
    loaded.fault(kind, times=1)

    error = failure(read, connector)

    assert RemoteUnavailable is type(error)
    assert error.retryable
    assert read(connector)


@pytest.mark.parametrize(("call", "family"), [(read, RemoteUnavailable), (update, OutcomeUnknown)])
def test_a_proxys_page_is_no_answer(
    connector: AirtableConnector, loaded: SandboxServer, call: Call, family: type[HubError]
) -> None:
    loaded.fault("html")

    assert family is type(failure(call, connector))


def test_a_lost_answer_does_not_mean_a_lost_write(
    connector: AirtableConnector, loaded: SandboxServer
) -> None:
    loaded.fault("drop_after", method="PATCH")

    failure(update, connector)

    record = connector.read_records(CLIENTS_ADDRESS, [CLIENT_0], ROUTINE)[CLIENT_0]
    assert "Ours" == record.fields[NAME]


@pytest.mark.parametrize(("call", "family"), [(read, RemoteUnavailable), (update, OutcomeUnknown)])
def test_no_answer_is_waited_for_longer_than_configured(
    connector: AirtableConnector, loaded: SandboxServer, call: Call, family: type[HubError]
) -> None:
    loaded.fault("delay", seconds=5)
    begun = time.monotonic()

    error = failure(call, connector)

    assert family is type(error)
    assert 0.9 < time.monotonic() - begun < 4.5


@pytest.mark.parametrize("call", [read, update, create])
def test_a_server_that_is_not_there_has_done_nothing(
    connector: AirtableConnector, loaded: SandboxServer, free_port: int, call: Call
) -> None:
    nobody = connect(loaded, endpoint=f"http://127.0.0.1:{free_port}", token=TOKEN)
    nobody.use_schema(connector.schema)

    error = failure(call, nobody)

    assert RemoteUnavailable is type(error)
    assert f"127.0.0.1:{free_port}" in error.message


def test_an_expired_page_cursor_begins_the_read_again(sandbox: SandboxServer) -> None:
    sandbox.load(sample(clients=150))
    connector = connect(sandbox)
    cursor = connector.read_page(CLIENTS_ADDRESS, None, ROUTINE).next_cursor
    sandbox.fault("expire_iterators")

    with pytest.raises(CursorExpired):
        connector.read_page(CLIENTS_ADDRESS, cursor, ROUTINE)


def test_a_vanished_table_is_no_empty_table(
    connector: AirtableConnector, loaded: SandboxServer
) -> None:
    loaded.remove(BASE, CLIENTS)

    for call in (read, update):
        assert isinstance(failure(call, connector), ConfigError)


def test_a_table_of_another_base_is_missing_with_its_alternatives(
    connector: AirtableConnector,
) -> None:
    address = replace(CLIENTS_ADDRESS, table="tblElsewhere00000")

    error = failure(lambda c: c.write(address, [item(HUB_1, Name="x")], ROUTINE), connector)

    assert RemoteMissing is type(error)
    assert CLIENTS in error.message


def test_a_refusal_names_field_and_value(
    connector: AirtableConnector, loaded: SandboxServer
) -> None:
    bad = item(HUB_1, CLIENT_0, Deals=["nonsense"])

    error = failure(lambda c: c.write(CLIENTS_ADDRESS, [bad], ROUTINE), connector)

    assert RecordRejected is type(error)
    assert "write clients" in error.message
