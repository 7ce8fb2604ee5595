"""How does a stream feel: fresh, late, failing, paused, and why?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.store.reports import StreamReport, Waiting
from hub.web import formats


@dataclass(frozen=True, kw_only=True, slots=True)
class Feeling:
    """A state as a person sees it: a word, an icon, a colour, and a sentence for why.

    `weight` orders streams, the worst first.
    """

    word: str
    tone: str
    icon: str
    why: str
    weight: int


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamDoor:
    """A configured stream: where it comes from, what it becomes, and how fresh it should be."""

    connection: str
    stream: str
    entity: str
    freshness: timedelta


def feel(door: StreamDoor | None, report: StreamReport | None, now: datetime) -> Feeling:
    """The feeling of one stream; `door` is None when the configuration no longer names it."""
    if report is None:
        return _waiting("It has not run yet; a worker takes it up.")
    if report.failing_since is not None:
        return Feeling(
            word="Failing",
            tone="bad",
            icon="circle-x",
            why=f"Since {formats.moment(report.failing_since)}: "
            + (report.error_message or "the reason stands in the log"),
            weight=0,
        )
    if report.hold_reason:
        return Feeling(
            word="Held", tone="warn", icon="triangle-alert", why=report.hold_reason, weight=1
        )
    if door is None:
        return Feeling(
            word="Removed",
            tone="idle",
            icon="circle-pause",
            why="The configuration does not name it any more.",
            weight=7,
        )
    if report.is_paused:
        return Feeling(
            word="Paused", tone="idle", icon="circle-pause", why="A person paused it.", weight=6
        )
    if report.run_status == "running" and report.backfilled_at is None:
        return Feeling(
            word="Running", tone="run", icon="loader", why="The first read is under way.", weight=3
        )
    if report.backfilled_at is None or report.pulled_at is None:
        return _waiting("It waits for its first read.")
    return _by_age(door, report.pulled_at, now)


def verdict(lines: list[Feeling], waiting: Waiting) -> str:
    """One sentence on everything."""
    if not lines:
        return "Nothing is connected yet."
    total = len(lines)
    counts = {
        word: sum(line.word == word for line in lines) for word in ("Failing", "Held", "Late")
    }
    troubled = [
        f"{count} {'is' if count == 1 else 'are'} {word.lower()}"
        for word, count in counts.items()
        if count
    ]
    if troubled:
        said = f"Of {total} {'stream' if total == 1 else 'streams'} {_listed(troubled)}."
    elif all(line.word == "Fresh" for line in lines):
        said = "The stream is fresh." if total == 1 else f"All {total} streams are fresh."
    else:
        said = "No stream is in trouble."
    wanting = [
        f"{count:,} {word if count == 1 else word + 's'}"
        for count, word in ((waiting.conflicts, "conflict"), (waiting.approvals, "stopped plan"))
        if count
    ]
    if not wanting:
        return said
    single = waiting.conflicts + waiting.approvals == 1
    return f"{said} {_listed(wanting)} {'waits' if single else 'wait'} for a person."


def _by_age(door: StreamDoor, pulled_at: datetime, now: datetime) -> Feeling:
    wanted = formats.span(door.freshness)
    if now - pulled_at > door.freshness:
        return Feeling(
            word="Late",
            tone="warn",
            icon="clock",
            why=f"Last read {formats.ago(pulled_at, now)}; at most {wanted} is wanted.",
            weight=2,
        )
    return Feeling(
        word="Fresh",
        tone="ok",
        icon="circle-check",
        why=f"Read {formats.ago(pulled_at, now)}; at most {wanted} is wanted.",
        weight=5,
    )


def _waiting(why: str) -> Feeling:
    return Feeling(word="Queued", tone="idle", icon="clock", why=why, weight=4)


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
