"""What became of each campaign's messages, day by day?

The counts are conserved: what was sent was delivered, bounced or is still deferred, what was
delivered landed in the inbox or in spam, and each later step is part of the one before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from hub.demo.chance import Chance
from hub.demo.days import Period, weekday_level
from hub.demo.profiles import Profile
from hub.demo.rows import HubRow, HubRows, HubValue, id_of

_SENDING = frozenset({"sending", "finished", "paused"})


def make_delivery(
    profiles: tuple[Profile, ...],
    campaigns: HubRows,
    period: Period,
    *,
    outage_client: HubValue,
    seed: int,
) -> HubRows:
    """A row for each campaign and day on which it sent."""
    by_client: dict[HubValue, Profile] = {profile.client_id: profile for profile in profiles}
    siblings = Counter(campaign["client_id"] for campaign in campaigns)
    rows: list[HubRow] = []
    for campaign in campaigns:
        if campaign["status"] not in _SENDING:
            continue
        client = campaign["client_id"]
        rows.extend(
            _days_of(
                campaign,
                by_client[client],
                period,
                level=by_client[client].daily_volume / siblings[client],
                has_outage=client == outage_client,
                seed=seed,
            )
        )
    return tuple(rows)


def _days_of(
    campaign: HubRow,
    profile: Profile,
    period: Period,
    *,
    level: float,
    has_outage: bool,
    seed: int,
) -> Iterator[HubRow]:
    chance = Chance(seed, "delivery", str(id_of(campaign)))
    last = period.last
    if campaign["status"] == "paused":
        last = period.last - timedelta(days=chance.whole(10, 40))
    limit = campaign["daily_limit"]
    for day in period.days:
        if not _runs_on(campaign, day, last):
            continue
        usual = chance.scaled(level * weekday_level(day), 0.07)
        sent = min(round(usual), limit) if isinstance(limit, int) else round(usual)
        if has_outage and day == period.outage_day:
            sent = round(sent * 0.55)
        if sent:
            yield _funnel(
                campaign, profile, period, day, sent, has_outage=has_outage, chance=chance
            )


def _runs_on(campaign: HubRow, day: date, last: date) -> bool:
    starts, ends = campaign["starts_on"], campaign["ends_on"]
    return (
        (not isinstance(starts, date) or starts <= day)
        and (not isinstance(ends, date) or day <= ends)
        and day <= last
    )


def _funnel(
    campaign: HubRow,
    profile: Profile,
    period: Period,
    day: date,
    sent: int,
    *,
    has_outage: bool,
    chance: Chance,
) -> HubRow:
    blocked = day == period.blocklist_day
    in_outage = has_outage and day == period.outage_day
    block_rate = 0.24 if blocked else profile.block_rate
    soft_rate = 0.58 if in_outage else profile.soft_rate
    spam_rate = min(profile.spam_rate * 4, 0.35) if blocked else profile.spam_rate
    block = chance.count(sent, block_rate)
    hard = chance.count(sent - block, profile.hard_rate)
    soft = chance.count(sent - block - hard, soft_rate)
    deferred = chance.count(sent - block - hard - soft, 0.004) if day == period.last else 0
    delivered = sent - block - hard - soft - deferred
    spam = chance.count(delivered, spam_rate)
    inbox = delivered - spam
    opened = chance.count(inbox, profile.open_rate)
    return {
        "client_id": profile.client_id,
        "day": day,
        "campaign_id": campaign["id"],
        "sent": sent,
        "delivered": delivered,
        "inbox": inbox,
        "spam_placed": spam,
        "opened": opened,
        "clicked": chance.count(opened, profile.click_rate),
        "replied": chance.count(opened, profile.reply_rate),
        "hard_bounced": hard,
        "soft_bounced": soft,
        "block_bounced": block,
        "complained": chance.count(delivered, profile.complaint_rate),
        "unsubscribed": chance.count(delivered, profile.unsubscribe_rate),
    }
