"""How does seeded chance fall, so that a second build throws the same dice?"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")
# Day-to-day noise of a rate on the logit scale: what real senders show.
DAY_NOISE = 0.16
_NORMAL_FROM = 12.0


class Chance:
    """One stream of chance, named by what it is for.

    Each client, campaign and mailbox has its own, so that one more of them changes no other.
    """

    def __init__(self, seed: int, *purpose: str) -> None:
        # Demo data, not secrets; a text seed is hashed the same way on every machine.
        self._random = random.Random("\x1f".join((str(seed), *purpose)))  # noqa: S311

    def pick(self, weights: Mapping[T, float]) -> T:
        """One of the keys, by weight."""
        return self._random.choices(list(weights), list(weights.values()))[0]

    def choose(self, items: tuple[T, ...]) -> T:
        """One of `items`."""
        return self._random.choice(items)

    def sample(self, items: tuple[T, ...], count: int) -> list[T]:
        """`count` different ones of `items`."""
        return self._random.sample(items, count)

    def whole(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return self._random.randint(low, high)

    def between(self, low: float, high: float) -> float:
        """A number from `low` to `high`."""
        return self._random.uniform(low, high)

    def log_between(self, low: float, high: float) -> float:
        """A number from `low` to `high`, small ones more often."""
        return math.exp(self._random.uniform(math.log(low), math.log(high)))

    def happens(self, probability: float) -> bool:
        """Whether something of this probability happens."""
        return self._random.random() < probability

    def noisy(self, rate: float, noise: float = DAY_NOISE) -> float:
        """Today's rate: the usual one, moved on the logit scale."""
        rate = min(max(rate, 1e-6), 1 - 1e-6)
        logit = math.log(rate / (1 - rate)) + self._random.gauss(0, noise)
        return 1 / (1 + math.exp(-logit))

    def scaled(self, value: float, spread: float) -> float:
        """`value` times a factor around one."""
        return value * math.exp(self._random.gauss(0, spread))

    def count(self, trials: int, rate: float, noise: float = DAY_NOISE) -> int:
        """How many of `trials` happen on a day whose own rate is noisy."""
        return self._binomial(trials, self.noisy(rate, noise))

    def _binomial(self, trials: int, rate: float) -> int:
        if trials <= 0 or rate <= 0:
            return 0
        if rate > 0.5:
            return trials - self._binomial(trials, 1 - rate)
        mean = trials * rate
        if mean >= _NORMAL_FROM:
            drawn = round(self._random.gauss(mean, math.sqrt(mean * (1 - rate))))
            return min(max(drawn, 0), trials)
        # Few successes: jump from one to the next by geometric waiting times.
        position, happened = 0, 0
        scale = math.log1p(-rate)
        while True:
            position += int(math.log(1 - self._random.random()) / scale) + 1
            if position > trials:
                return happened
            happened += 1
