"""What kind of sender is each client: how far with us, how big, how well received?"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from hub.demo.chance import Chance
from hub.demo.rows import HubRow, HubRows, id_of, text_in

_STATUS_WEIGHTS = {
    "active": 0.66,
    "warming": 0.13,
    "onboarding": 0.08,
    "paused": 0.08,
    "churned": 0.05,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """A client's level and usual rates."""

    client_id: UUID
    name: str
    slug: str
    status: str
    mailboxes: int
    daily_volume: int
    hard_rate: float
    soft_rate: float
    block_rate: float
    spam_rate: float
    open_rate: float
    click_rate: float
    reply_rate: float
    complaint_rate: float
    unsubscribe_rate: float


def make_profiles(clients: HubRows, slugs: dict[str, str], *, seed: int) -> tuple[Profile, ...]:
    """A profile for each client; the sheet's status counts, else chance tells one.

    The first client that may be is active and well visible, so that there is one to look at.
    """
    shown = next((c["id"] for c in clients if c["status"] in {None, "active"}), None)
    return tuple(
        _profile(client, slugs, seed, is_shown=client["id"] == shown) for client in clients
    )


def _profile(client: HubRow, slugs: dict[str, str], seed: int, *, is_shown: bool) -> Profile:
    name = text_in(client, "name")
    chance = Chance(seed, "profile", name)
    status = chance.pick(_STATUS_WEIGHTS)
    return Profile(
        client_id=id_of(client),
        name=name,
        slug=slugs[name],
        status="active" if is_shown else str(client["status"] or status),
        mailboxes=4 if is_shown else chance.whole(2, 4),
        daily_volume=2400 if is_shown else round(chance.log_between(120, 2500)),
        hard_rate=chance.between(0.006, 0.017),
        soft_rate=chance.between(0.003, 0.008),
        block_rate=chance.between(0.002, 0.006),
        spam_rate=chance.between(0.02, 0.07),
        open_rate=chance.between(0.34, 0.52),
        click_rate=chance.between(0.05, 0.11),
        reply_rate=chance.between(0.05, 0.11),
        complaint_rate=chance.between(0.0002, 0.0008),
        unsubscribe_rate=chance.between(0.002, 0.006),
    )
