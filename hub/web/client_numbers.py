"""What does a client's page tell of its mail: the funnel with its rates, and the warm-up?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from hub.core.metrics import Rate
from hub.store.client_reports import ExcludedDayReport, FunnelCounts, WarmupDay


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """One line of the funnel: a count, and its share of a named whole."""

    name: str
    description: str
    rate: Rate
    whole: str
    of_sent: Rate
    tone: str = ""

    @property
    def bar(self) -> float:
        """The length of the bar, from 0 to 100."""
        return round((self.of_sent.share or 0.0) * 100, 2)


@dataclass(frozen=True, kw_only=True, slots=True)
class WarmupLine:
    """One day of the warm-up, with its placement and why it is left out, if it is."""

    counts: WarmupDay
    of_plan: Rate
    placed: Rate
    excluded: str | None


def funnel_stages(counts: FunnelCounts) -> tuple[Stage, ...]:
    """Sent to replied; each rate over the whole that its definition names."""
    sent, delivered = counts.sent, counts.delivered
    return (
        _stage("Sent", "Messages handed to the mail server.", sent, (sent, "sent"), sent),
        _stage(
            "Delivered",
            "The remote server accepted them for good.",
            delivered,
            (sent, "sent"),
            sent,
        ),
        _stage(
            "Inbox",
            "Estimated to have reached the inbox.",
            counts.inbox,
            (delivered, "delivered"),
            sent,
        ),
        _stage("Opened", "A person opened them.", counts.opened, (delivered, "delivered"), sent),
        _stage(
            "Clicked", "A person clicked a link.", counts.clicked, (delivered, "delivered"), sent
        ),
        _stage("Replied", "They were replied to.", counts.replied, (delivered, "delivered"), sent),
    )


def beside_stages(counts: FunnelCounts) -> tuple[Stage, ...]:
    """What is lost on the way: bounces of what was sent, complaints of what was delivered."""
    sent, delivered = counts.sent, counts.delivered
    placed = counts.inbox + counts.spam_placed
    return (
        _stage(
            "Hard bounces",
            "The recipient does not exist.",
            counts.hard_bounced,
            (sent, "sent"),
            sent,
        ),
        _stage(
            "Soft bounces",
            "Temporary failures that never succeeded.",
            counts.soft_bounced,
            (sent, "sent"),
            sent,
        ),
        _stage(
            "Block bounces",
            "Refused for reputation or policy.",
            counts.block_bounced,
            (sent, "sent"),
            sent,
        ),
        _stage(
            "Spam placement",
            "Estimated to have landed in spam, of what was placed.",
            counts.spam_placed,
            (placed, "inbox + spam"),
            sent,
        ),
        _stage(
            "Complaints",
            "Recipients who reported spam.",
            counts.complained,
            (delivered, "delivered"),
            sent,
        ),
        _stage(
            "Unsubscribes",
            "Recipients who unsubscribed.",
            counts.unsubscribed,
            (delivered, "delivered"),
            sent,
        ),
    )


def warmup_lines(
    days: Iterable[WarmupDay], excluded: Iterable[ExcludedDayReport]
) -> tuple[WarmupLine, ...]:
    """Each day with its placement over what was placed; missing messages are shown, not counted."""
    reasons: dict[date, str] = {day.day: day.reason for day in excluded}
    return tuple(
        WarmupLine(
            counts=day,
            of_plan=Rate(count=day.sent, total=day.planned),
            placed=Rate(count=day.landed_inbox, total=day.landed_inbox + day.landed_spam),
            excluded=reasons.get(day.day),
        )
        for day in days
    )


def _stage(name: str, description: str, count: int, whole: tuple[int, str], sent: int) -> Stage:
    total, named = whole
    return Stage(
        name=name,
        description=description,
        rate=Rate(count=count, total=total),
        whole=named,
        of_sent=Rate(count=count, total=sent),
    )
