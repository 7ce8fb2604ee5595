"""What happens in a seed's world, in which order, and what goes wrong meanwhile?

A schedule is made from the seed alone; whom and what an operation hits is drawn from its own seed
when it is played, so that a schedule can be cut short and still replays.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from simulation.steps import INSIDE, OUTSIDE

THEIR_EDITS = {
    "their update": 30,
    "their clear": 4,
    "their link": 6,
    "their create": 4,
    "their delete": 3,
    "their restore": 2,
    "their paste": 1,
    "their duplicate": 0.4,
    "their two links": 0.5,
    "their hub id": 0.8,
}
OUR_EDITS = {
    "our update": 24,
    "our sql update": 8,
    "our clear": 4,
    "our link": 6,
    "our insert": 4,
    "our tombstone": 2,
    "our sql delete": 1,
    "our revival": 1,
    "our resolution": 2,
}
ACTS = {"crash": 10, "their update": 6, "our update": 6, "their delete": 0.5, "takeover": 2}
FAULTS = {
    "drop_before": 2,
    "drop_after": 3,
    "status": 3,
    "html": 1,
    "truncate": 2,
    "partial_list": 2,
    "expire_iterators": 1,
    "edit_before": 5,
    "edit_after": 4,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedFault:
    """A fault of the stand-in: at the first request that matches, after `skip` of them."""

    kind: str
    method: str
    path: str
    skip: int
    status: int
    seed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Interruption:
    """What happens before or after the n-th call of a step of the worker."""

    step: str
    moment: str
    call: int
    act: str
    seed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """One thing that happens; the clock moves on by `gap` seconds before it."""

    kind: str
    seed: int
    gap: int
    faults: tuple[PlannedFault, ...] = ()
    interruptions: tuple[Interruption, ...] = ()
    releases: bool = True


def make_schedule(seed: int, length: int) -> tuple[Operation, ...]:
    """The operations of a seed: edits on both sides, and visits of workers in between."""
    drawn = random.Random(f"schedule {seed}")  # noqa: S311  repeatable, no secret
    return tuple(_operation(drawn) for _ in range(length))


def _operation(drawn: random.Random) -> Operation:
    gap = drawn.choice((0, 0, 0, 4))
    seed = drawn.randrange(1 << 30)
    turn = drawn.random()
    if turn < 0.74:
        kinds = {**THEIR_EDITS, **OUR_EDITS}
        return Operation(kind=_pick(drawn, kinds), seed=seed, gap=gap)
    if turn < 0.76:
        return Operation(kind="reconcile", seed=seed, gap=gap)
    if turn < 0.765:
        return Operation(kind="hook gone", seed=seed, gap=gap)
    if turn < 0.775:
        return Operation(kind="tend", seed=seed, gap=gap)
    faults = tuple(_fault(drawn) for _ in range(drawn.choice((0, 0, 1, 1, 2))))
    interruptions = tuple(_interruption(drawn) for _ in range(drawn.choice((0, 1, 1, 2))))
    return Operation(
        kind="visit",
        seed=seed,
        gap=gap,
        faults=faults,
        interruptions=interruptions,
        releases=drawn.random() < 0.8,
    )


def _fault(drawn: random.Random) -> PlannedFault:
    kind = _pick(drawn, FAULTS)
    method, path = drawn.choice(
        (
            ("PATCH", "/tbl"),
            ("PATCH", "/tbl"),
            ("PATCH", "/tbl"),
            ("GET|POST", "/tbl"),
            ("GET|POST", "/tbl"),
            ("GET", "/payloads"),
            ("DELETE", "/tbl"),
            (".*", "/v0/"),
        )
    )
    if kind == "partial_list":
        method, path = "GET|POST", "/tbl"
    return PlannedFault(
        kind=kind,
        method=method,
        path=path,
        skip=drawn.choice((0, 0, 0, 1, 2)),
        status=drawn.choice((500, 503, 429)),
        seed=drawn.randrange(1 << 30),
    )


def _interruption(drawn: random.Random) -> Interruption:
    act = _pick(drawn, ACTS)
    # While a transaction of the worker is open, another worker would wait for it for ever.
    steps = [*OUTSIDE, *INSIDE] if act == "crash" else OUTSIDE
    return Interruption(
        step=drawn.choice(list(steps)),
        moment=drawn.choice(("before", "after")),
        call=drawn.choice((1, 1, 1, 2, 3)),
        act=act,
        seed=drawn.randrange(1 << 30),
    )


def _pick(drawn: random.Random, weights: Mapping[str, float]) -> str:
    (kind,) = drawn.choices(list(weights), list(weights.values()))
    return kind
