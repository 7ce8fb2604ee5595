"""How does the stand-in have a bad day that can be had again?"""

from __future__ import annotations

import random
from dataclasses import dataclass

from hub.sandbox.airtable.json_values import Fields, Json

# What chaos may do by itself: all of it needs no further word on what to change.
DEFAULT_RATES = {
    "delay": 0.05,
    "drop_before": 0.02,
    "drop_after": 0.02,
    "status": 0.03,
    "html": 0.01,
    "truncate": 0.01,
    "expire_iterators": 0.01,
}


class BadChaos(ValueError):
    """The rates do not fit."""


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault that chaos chose."""

    kind: str
    seconds: float
    status: int


class Chaos:
    """Chooses a fault for some requests; the same seed chooses the same for the same sequence."""

    def __init__(self, seed: int, rates: dict[str, float]) -> None:
        self.seed = seed
        self.rates = rates
        self._random = random.Random(seed)  # noqa: S311  repeatable on purpose

    @classmethod
    def of(cls, body: Json) -> Chaos:
        rates = body.get("rates") or DEFAULT_RATES
        unknown = set(rates) - set(DEFAULT_RATES)
        if unknown:
            raise BadChaos(f"{', '.join(sorted(unknown))}: valid are {', '.join(DEFAULT_RATES)}")
        try:
            shares = {kind: float(share) for kind, share in rates.items()}
            seed = int(body.get("seed", 0))
        except (TypeError, ValueError) as error:
            raise BadChaos(str(error)) from error
        if any(share < 0 for share in shares.values()) or sum(shares.values()) > 1:
            raise BadChaos("the shares are from 0 to 1 and not above 1 in all")
        return cls(seed, shares)

    def choose(self) -> Strike | None:
        draw = self._random.random()
        seconds = round(self._random.uniform(0.0, 0.2), 3)
        status = self._random.choice((429, 500, 502, 503))
        for kind in sorted(self.rates):
            if draw < self.rates[kind]:
                return Strike(kind, seconds, status)
            draw -= self.rates[kind]
        return None

    def public(self) -> Fields:
        return {"seed": self.seed, "rates": self.rates}
