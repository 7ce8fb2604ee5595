"""Which campaigns run for each client, and what do clients and the business want of them?"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hub.demo.chance import Chance
from hub.demo.days import DAYS, Period
from hub.demo.identifiers import row_id
from hub.demo.profiles import Profile
from hub.demo.rows import HubRow, HubRows

_THEMES = (
    "Product launch", "Webinar invitation", "Trial follow-up", "Customer stories",
    "Spring outreach", "Renewal reminder", "Partner programme", "Event follow-up",
    "New market outreach", "Win-back",
)  # fmt: skip
_BUSINESS_GOALS = (
    ("Win six of ten deals", "win_rate", "0.6", "quarter"),
    ("Inbox placement over all clients", "inbox_rate", "0.92", "month"),
)


def make_campaigns(profiles: tuple[Profile, ...], period: Period, *, seed: int) -> HubRows:
    """One to three campaigns a client; clients that do not send yet have drafts."""
    return tuple(
        campaign for profile in profiles for campaign in _campaigns_of(profile, period, seed)
    )


def _campaigns_of(profile: Profile, period: Period, seed: int) -> list[HubRow]:
    chance = Chance(seed, "campaigns", profile.name)
    count = chance.whole(1, 3)
    share = -(-profile.daily_volume * 13 // (count * 100)) * 10
    campaigns: list[HubRow] = []
    for number, theme in enumerate(chance.sample(_THEMES, count)):
        status = _status(profile.status, number, chance)
        starts, ends = _dates(status, period, chance)
        campaigns.append(
            {
                "id": row_id(seed, "campaign", profile.name, theme),
                "client_id": profile.client_id,
                "name": f"{profile.name}: {theme}",
                "status": status,
                "starts_on": starts,
                "ends_on": ends,
                "daily_limit": share,
            }
        )
    return campaigns


def _status(client_status: str, number: int, chance: Chance) -> str:
    """The first campaign of an active client is always sending."""
    if client_status == "active":
        return "sending" if number == 0 else chance.pick({"sending": 0.55, "finished": 0.45})
    if client_status == "warming":
        return "ready" if number == 0 else "draft"
    return {"onboarding": "draft", "paused": "paused", "churned": "finished"}[client_status]


def _dates(status: str, period: Period, chance: Chance) -> tuple[date | None, date | None]:
    if status == "draft":
        return None, None
    if status == "ready":
        return period.today + timedelta(days=chance.whole(4, 20)), None
    before = timedelta(days=chance.whole(10, 60))
    starts = period.first - before
    if status == "sending":
        return starts, None
    if status == "paused":
        return starts, None
    return starts, period.first + timedelta(days=chance.whole(20, DAYS - 25))


def make_goals(profiles: tuple[Profile, ...], period: Period, *, seed: int) -> HubRows:
    """What each sending client wants a month, and two goals of the business itself."""
    quarter = date(period.today.year, 3 * ((period.today.month - 1) // 3) + 1, 1)
    goals: list[HubRow] = [
        {
            "id": row_id(seed, "goal", "", metric),
            "client_id": None,
            "name": name,
            "metric": metric,
            "target": Decimal(target),
            "period": span,
            "valid_from": quarter,
            "valid_to": None,
        }
        for name, metric, target, span in _BUSINESS_GOALS
    ]
    for profile in profiles:
        if profile.status in {"active", "warming"}:
            goals.extend(_goals_of(profile, quarter, seed))
    return tuple(goals)


def _goals_of(profile: Profile, quarter: date, seed: int) -> list[HubRow]:
    chance = Chance(seed, "goals", profile.name)
    replies = profile.daily_volume * 21 * profile.open_rate * profile.reply_rate * 0.93
    target = max(10, round(chance.scaled(replies, 0.15) / 10) * 10)
    goals: list[HubRow] = [
        {
            "id": row_id(seed, "goal", profile.name, "replied"),
            "client_id": profile.client_id,
            "name": f"{target:,} replies a month",
            "metric": "replied",
            "target": Decimal(target),
            "period": "month",
            "valid_from": quarter,
            "valid_to": None,
        }
    ]
    if chance.happens(0.5):
        goals.append(
            {
                "id": row_id(seed, "goal", profile.name, "delivery_rate"),
                "client_id": profile.client_id,
                "name": "Deliver 97 % of what is sent",
                "metric": "delivery_rate",
                "target": Decimal("0.97"),
                "period": "month",
                "valid_from": quarter,
                "valid_to": None,
            }
        )
    return goals
