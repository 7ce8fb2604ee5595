"""From which domains and mailboxes is mail sent for each client?"""

from __future__ import annotations

from dataclasses import dataclass

from hub.demo.chance import Chance
from hub.demo.identifiers import row_id
from hub.demo.people import FIRST_NAMES
from hub.demo.profiles import Profile
from hub.demo.rows import HubRow, HubRows, HubValue

_DOMAIN_STATES = {
    "active": {"ready": 1.0},
    "warming": {"warming": 1.0},
    "onboarding": {"bought": 0.5, "dns_ready": 0.5},
    "paused": {"ready": 1.0},
    "churned": {"retired": 1.0},
}
_MAILBOX_STATES = {
    "active": {"sending": 0.68, "ready": 0.1, "warming": 0.08, "rehab": 0.08, "paused": 0.06},
    "warming": {"warming": 1.0},
    "onboarding": {"created": 1.0},
    "paused": {"paused": 1.0},
    "churned": {"retired": 1.0},
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Sending:
    """Sending domains and their mailboxes."""

    domains: HubRows
    mailboxes: HubRows


def make_sending(profiles: tuple[Profile, ...], *, seed: int) -> Sending:
    """One domain for every two mailboxes of a client."""
    domains: list[HubRow] = []
    mailboxes: list[HubRow] = []
    for profile in profiles:
        chance = Chance(seed, "sending", profile.name)
        own = [
            _domain(profile, prefix, chance, seed)
            for prefix in ("mail", "get")[: (profile.mailboxes + 1) // 2]
        ]
        domains.extend(own)
        firsts = chance.sample(FIRST_NAMES, profile.mailboxes)
        for number, first in enumerate(firsts):
            domain = own[number // 2]
            mailboxes.append(_mailbox(profile, domain, first, number, chance, seed))
    return Sending(domains=tuple(domains), mailboxes=tuple(mailboxes))


def _domain(profile: Profile, prefix: str, chance: Chance, seed: int) -> HubRow:
    name = f"{prefix}-{profile.slug}.example"
    state = chance.pick(_DOMAIN_STATES[profile.status])
    checked = state != "bought"
    return {
        "id": row_id(seed, "sending_domain", name),
        "client_id": profile.client_id,
        "name": name,
        "state": state,
        "has_spf": checked,
        "has_dkim": checked,
        "has_dmarc": checked and chance.happens(0.9),
    }


def _mailbox(
    profile: Profile, domain: HubRow, first: str, number: int, chance: Chance, seed: int
) -> HubRow:
    address = f"{first.lower()}@{domain['name']}"
    state = chance.pick(_MAILBOX_STATES[profile.status])
    # The first mailbox of an active client always sends: its campaigns need one.
    if profile.status == "active" and number == 0:
        state = "sending"
    row: dict[str, HubValue] = {
        "id": row_id(seed, "mailbox", address),
        "client_id": profile.client_id,
        "sending_domain_id": domain["id"],
        "address": address,
        "state": state,
        "daily_limit": -(-profile.daily_volume * 3 // (2 * profile.mailboxes * 10)) * 10,
    }
    return row
