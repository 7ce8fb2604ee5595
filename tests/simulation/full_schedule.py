"""What happens in a seed of the full simulation, in which order?

Made from the seed alone. Whom an event hits is drawn from the event's own seed when it is played;
how far the workers are by then is the machine's affair, as in life.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from simulation.steps import INSIDE, OUTSIDE

THEIR_EDITS: Mapping[str, float] = {
    "their update": 34,
    "their clear": 4,
    "their link": 6,
    "their create": 3,
    "their delete": 2,
    "their restore": 2,
    "their paste": 0.7,
    "their duplicate": 0.4,
    "their two links": 0.4,
    "their hub id": 0.6,
}
OUR_EDITS: Mapping[str, float] = {
    "our update": 26,
    "our sql update": 12,
    "our clear": 4,
    "our link": 6,
    "our insert": 3,
    "our sql insert": 1,
    "our delete": 1.5,
    "our sql delete": 0.8,
    "our restore": 1,
    "our resolution": 2,
}
REQUEST_FAULTS: Mapping[str, float] = {
    "drop_before": 2,
    "drop_after": 3,
    "delay": 2,
    "delay_after": 2,
    "status": 3,
    "html": 1.5,
    "truncate": 2,
    "partial_list": 3,
    "expire_iterators": 2,
    "edit_before": 5,
    "edit_after": 4,
    "hide_new": 1,
    "schema_before": 1.5,
}
PING_FAULTS: Mapping[str, float] = {
    "ping_lost": 2,
    "ping_doubled": 2,
    "ping_delayed": 2,
    "ping_reordered": 2,
}
TROUBLE: Mapping[str, float] = {
    "fault": 60,
    "doom": 6,
    "kill worker": 3,
    "kill scheduler": 0.7,
    "postgres crash": 1,
    "redis flush": 1.2,
    "redis crash": 0.8,
    "clock jump": 3,
    "week passes": 0.3,
    "hook gone": 0.7,
    "lease lost": 2,
    "stall": 1.5,
    "reconcile": 1.5,
    "schema edit": 4,
}
_TROUBLE_SHARE = 0.24
_REST_SHARE = 0.1
STEPS = tuple([*OUTSIDE, *INSIDE])


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One thing that happens; `detail` is the fault's kind or the condemned step."""

    kind: str
    seed: int
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.detail} ({self.seed})".replace("  ", " ")


def events(seed: int) -> Iterator[Event]:
    """The seed's events, without an end; whoever plays them says when it is enough."""
    drawn = random.Random(f"full schedule {seed}")  # noqa: S311  repeatable, no secret
    edits = {**THEIR_EDITS, **OUR_EDITS}
    # Each seed begins with one named kill, so that all steps have their turn.
    yield Event(kind="doom", seed=drawn.randrange(1 << 30), detail=_moment(drawn, seed))
    while True:
        number = drawn.randrange(1 << 30)
        turn = drawn.random()
        if turn < _REST_SHARE:
            yield Event(kind="rest", seed=number)
        elif turn < _REST_SHARE + _TROUBLE_SHARE:
            kind = _pick(drawn, TROUBLE)
            yield Event(kind=kind, seed=number, detail=_detail(drawn, kind))
        else:
            yield Event(kind=_pick(drawn, edits), seed=number)


def _detail(drawn: random.Random, kind: str) -> str:
    if kind == "fault":
        return _pick(drawn, {**REQUEST_FAULTS, **PING_FAULTS})
    return _moment(drawn, drawn.randrange(len(STEPS))) if kind == "doom" else ""


def _moment(drawn: random.Random, number: int) -> str:
    return f"{STEPS[number % len(STEPS)]}.{drawn.choice(('before', 'after'))}"


def _pick(drawn: random.Random, weights: Mapping[str, float]) -> str:
    (kind,) = drawn.choices(list(weights), list(weights.values()))
    return kind
