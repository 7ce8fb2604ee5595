"""How eagerly is a connection attended: at once, or in windows; and who looks when nobody rings?

A profile has a price. `live` takes every change at once and looks after lost notifications often;
`thrifty` collects changes and, where the other side notifies, does not look on its own at all.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

PAGE = 100
DAYS_A_MONTH = 30
CALLS_A_WINDOW = 6
"""What one window of scattered edits costs: payloads, records, re-read and a few writes."""
QUIET_SHARE = 4
"""Where nothing has come for a while, the next look waits for a quarter of that while."""

QUIET = timedelta(milliseconds=300)
"""A row that was sent a moment ago and changes faster than this is not sent again yet."""
LONGEST_PUT_OFF = timedelta(seconds=10)
"""But after this long it is, however fast it changes."""


class Profile(enum.StrEnum):
    """How a connection weighs seconds against calls."""

    LIVE = "live"
    THRIFTY = "thrifty"


@dataclass(frozen=True, kw_only=True, slots=True)
class Looks:
    """How often to ask for changes that nobody told of: soon after one, later when it is quiet."""

    shortest: timedelta
    longest: timedelta

    def after(self, quiet_for: timedelta | None) -> timedelta:
        """The time until the next look; `quiet_for` is None where nothing ever came."""
        if quiet_for is None:
            return self.longest
        return min(max(quiet_for / QUIET_SHARE, self.shortest), self.longest)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rhythm:
    """What a profile means."""

    window: timedelta
    """Changes are collected for so long from the first one on; zero takes each at once."""
    looks_notified: Looks | None
    """Where the other side notifies: looks for what a lost notification would have told."""
    looks_alone: Looks
    """Where it cannot notify."""
    check_hook_every: timedelta
    read_all_every: timedelta

    def looks(self, *, is_notified: bool) -> Looks | None:
        """How to look for changes; None where it is not needed."""
        return self.looks_notified if is_notified else self.looks_alone


RHYTHMS = {
    Profile.LIVE: Rhythm(
        window=timedelta(),
        looks_notified=Looks(shortest=timedelta(minutes=1), longest=timedelta(minutes=5)),
        looks_alone=Looks(shortest=timedelta(seconds=5), longest=timedelta(minutes=1)),
        check_hook_every=timedelta(hours=1),
        read_all_every=timedelta(hours=1),
    ),
    Profile.THRIFTY: Rhythm(
        window=timedelta(minutes=15),
        looks_notified=None,
        looks_alone=Looks(shortest=timedelta(minutes=15), longest=timedelta(hours=1)),
        check_hook_every=timedelta(hours=1),
        read_all_every=timedelta(days=1),
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Price:
    """The calls that a profile is expected to cost in a month of thirty days."""

    looks: int
    hook_checks: int
    complete_reads: int
    windows_at_most: int | None
    """Where changes are collected: what windows cost if there is always something in them."""
    calls_an_edit_in: int = 2
    calls_an_edit_out: int = 3

    @property
    def at_rest(self) -> int:
        """What is spent although nobody edits anything."""
        return self.looks + self.hook_checks + self.complete_reads


def price(profile: Profile, *, is_notified: bool, tables: Iterable[tuple[int, timedelta]]) -> Price:
    """What a profile costs; `tables` gives records and how often they are read completely."""
    rhythm = RHYTHMS[profile]
    looks = rhythm.looks(is_notified=is_notified)
    month = timedelta(days=DAYS_A_MONTH)
    windows = None if not rhythm.window else math.ceil(month / rhythm.window) * CALLS_A_WINDOW
    return Price(
        looks=math.ceil(month / looks.longest) if looks else 0,
        # A look at the changes shows that the hook lives, too.
        hook_checks=0
        if looks and looks.longest <= rhythm.check_hook_every
        else math.ceil(month / rhythm.check_hook_every),
        complete_reads=math.ceil(
            sum(max(1, math.ceil(records / PAGE)) * (month / every) for records, every in tables)
        ),
        windows_at_most=windows,
    )
