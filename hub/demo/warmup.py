"""How did each mailbox warm up: what the plan allowed, what went out, where it landed?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from hub.demo.chance import Chance
from hub.demo.days import Period
from hub.demo.rows import HubRow, HubRows, HubValue, id_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Ramp:
    """A plan: how much on the first day, how much more each day, and where it ends."""

    start: int
    step: int
    top: int
    first_days: int = 0

    def planned(self, day_number: int) -> int:
        """What the plan allows on this day; the first one is 0."""
        if day_number < self.first_days:
            return self.start
        return min(self.start + self.step * (day_number - self.first_days), self.top)


# Ramps that vendors of warm-up publish.
RAMPS = (
    Ramp(start=5, step=2, top=33),
    Ramp(start=5, step=1, top=20),
    Ramp(start=3, step=1, top=25, first_days=14),
)
# Days since the warm-up began, by what the mailbox does now.
_AGES = {
    "warming": (6, 24),
    "ready": (28, 60),
    "sending": (35, 88),
    "paused": (50, 110),
    "rehab": (50, 110),
    "retired": (120, 160),
}
_RETIRED_AFTER_DAYS = 75


def make_warmup(
    mailboxes: HubRows, period: Period, *, outage_client: HubValue, seed: int
) -> HubRows:
    """A row for each mailbox and day of its warm-up; one that was just created has none."""
    return tuple(
        row
        for mailbox in mailboxes
        if mailbox["state"] in _AGES
        for row in _days_of(mailbox, period, outage_client == mailbox["client_id"], seed)
    )


def _days_of(mailbox: HubRow, period: Period, has_outage: bool, seed: int) -> Iterator[HubRow]:
    state = str(mailbox["state"])
    chance = Chance(seed, "warmup", str(id_of(mailbox)))
    ramp = chance.choose(RAMPS)
    began = period.today - timedelta(days=chance.whole(*_AGES[state]))
    until = _until(state, began, period, chance)
    rehab_from = period.today - timedelta(days=chance.whole(4, 7))
    inbox_first = chance.between(0.55, 0.72)
    inbox_later = chance.between(0.93, 0.985)
    for day in period.days:
        if not began <= day <= until:
            continue
        number = (day - began).days
        planned = ramp.planned(number)
        inbox_rate = inbox_later - (inbox_later - inbox_first) * math.exp(-number / 9)
        if state == "rehab" and day >= rehab_from:
            planned, inbox_rate = max(planned // 2, 1), 0.78
        if day == period.blocklist_day:
            inbox_rate *= 0.6
        yield _row(
            mailbox,
            day,
            planned,
            inbox_rate,
            in_outage=has_outage and day == period.outage_day,
            chance=chance,
        )


def _until(state: str, began: date, period: Period, chance: Chance) -> date:
    if state == "paused":
        return period.last - timedelta(days=chance.whole(5, 30))
    if state == "retired":
        return began + timedelta(days=_RETIRED_AFTER_DAYS)
    return period.last


def _row(
    mailbox: HubRow,
    day: date,
    planned: int,
    inbox_rate: float,
    *,
    in_outage: bool,
    chance: Chance,
) -> HubRow:
    sent = chance.count(planned, 0.97)
    if in_outage:
        sent = chance.count(sent, 0.3)
    elif chance.happens(0.03):
        # Now and then the platform pauses for hours, or makes up for it.
        sent = round(planned * chance.between(0.4, 1.15))
    missing = chance.count(sent, 0.4 if in_outage else 0.02)
    inbox = chance.count(sent - missing, inbox_rate)
    return {
        "client_id": mailbox["client_id"],
        "day": day,
        "mailbox_id": mailbox["id"],
        "planned": planned,
        "sent": sent,
        "received": chance.count(planned, 0.9 if not in_outage else 0.2),
        "landed_inbox": inbox,
        "landed_spam": sent - missing - inbox,
        "missing": missing,
        "replied": chance.count(inbox, 0.33),
    }
