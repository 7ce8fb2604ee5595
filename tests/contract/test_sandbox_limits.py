"""Does the stand-in hold a client to Airtable's pace?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sandbox_base import BASE, CLIENTS, sample
from sandbox_server import SandboxServer

from hub.sandbox.airtable.errors import AirtableError
from hub.sandbox.airtable.limits import Limits, RateLimiter

TABLE = f"/v0/{BASE}/{CLIENTS}"
REFUSAL = {
    "error": {
        "type": "RATE_LIMIT_REACHED",
        "message": "Rate limit exceeded. Please try again later",
    }
}


class Time:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time_() -> Time:
    return Time()


def passes(limiter: RateLimiter, base: str = BASE, user: str = "usr1") -> bool:
    try:
        limiter.admit(base, user, counts_for_quota=True)
    except AirtableError as refusal:
        return refusal.status != 429
    return True


def test_five_requests_a_second_pass_and_the_sixth_costs_half_a_minute(time_: Time) -> None:
    limiter = RateLimiter(Limits(), time_)

    assert [True] * 5 + [False] == [passes(limiter) for _ in range(6)]
    time_.now += 29.9
    assert not passes(limiter)
    time_.now += 0.2
    assert passes(limiter)


def test_a_client_that_keeps_the_pace_is_never_refused(time_: Time) -> None:
    limiter = RateLimiter(Limits(), time_)
    for _ in range(100):
        assert passes(limiter)
        time_.now += 0.201


def test_another_base_has_its_own_allowance(time_: Time) -> None:
    limiter = RateLimiter(Limits(), time_)
    for _ in range(6):
        passes(limiter)

    assert passes(limiter, base="appOther000000000")


def test_a_user_has_fifty_a_second_over_all_bases(time_: Time) -> None:
    limiter = RateLimiter(Limits(), time_)
    let_through = [passes(limiter, base=f"app{number // 5:014d}") for number in range(60)]

    assert 50 == sum(let_through)
    assert passes(limiter, user="usr2", base="appOther000000000")


def test_the_penalty_can_be_chosen(time_: Time) -> None:
    limiter = RateLimiter(Limits(penalty_seconds=2), time_)
    for _ in range(6):
        passes(limiter)
    time_.now += 2.1

    assert passes(limiter)


def test_the_months_quota_is_another_kind_of_429(time_: Time) -> None:
    limiter = RateLimiter(Limits(monthly_calls=1), time_)
    limiter.admit(BASE, "usr1", counts_for_quota=True)
    with pytest.raises(AirtableError, match="PUBLIC_API_BILLING_LIMIT_EXCEEDED"):
        limiter.admit(BASE, "usr1", counts_for_quota=True)

    limiter.admit(BASE, "usr1", counts_for_quota=False)  # the meta API goes on


@pytest.fixture
def strict() -> Iterator[SandboxServer]:
    server = SandboxServer(limits=Limits(penalty_seconds=0)).start()
    server.load(sample())
    yield server
    server.stop()


def test_one_request_too_many_is_answered_429_on_the_wire(strict: SandboxServer) -> None:
    answers = [strict.call("GET", TABLE) for _ in range(40)]

    assert (429, REFUSAL) in answers
    assert 401 == strict.call("GET", TABLE, token="patWrong")[0]


def test_every_request_about_a_base_counts(strict: SandboxServer) -> None:
    for path in (f"/v0/meta/bases/{BASE}/tables", f"/v0/bases/{BASE}/webhooks"):
        assert (429, REFUSAL) in [strict.call("GET", path) for _ in range(40)]


def test_a_full_table_refuses_more() -> None:
    server = SandboxServer(limits=Limits(per_base=None, records_per_table=4)).start()
    server.load(sample())

    assert 422 == server.call("POST", TABLE, {"records": [{"fields": {}}] * 2})[0]
    assert 200 == server.call("POST", TABLE, {"records": [{"fields": {}}]})[0]
    server.stop()
