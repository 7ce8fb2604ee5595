"""Which rows does a test need? Business rows made through the hub's own Database."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, TypeVar

from sqlmodel import SQLModel

from hub.store.database import Database, Provenance
from hub.store.entities import (
    Campaign,
    Client,
    Contact,
    Deal,
    DeliveryMetricDaily,
    ExcludedDay,
    Goal,
    Mailbox,
    SendingDomain,
    WarmupDaily,
)

_Row = TypeVar("_Row", bound=SQLModel)
_numbers = itertools.count(1)
FIRST_DAY = date(2026, 3, 2)  # a Monday


def _fact(kind: type[_Row], **values: Any) -> _Row:
    return kind(**values)


class Factory:
    """Makes rows and commits them; what is not said has a plausible value."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, rows: Iterable[_Row]) -> list[_Row]:
        """Insert rows in one transaction."""
        made = list(rows)
        with self._database.unit_of_work(Provenance(actor="factory", origin="test")) as session:
            session.add_all(made)
        return made

    def _one(self, row: _Row) -> _Row:
        return self.save([row])[0]

    def client(self, **values: Any) -> Client:
        return self._one(Client(**{"name": f"Client {next(_numbers)}", **values}))

    def clients(self, count: int, **values: Any) -> list[Client]:
        return self.save(
            Client(**{"name": f"Client {next(_numbers):05}", **values}) for _ in range(count)
        )

    def contact(self, **values: Any) -> Contact:
        return self._one(Contact(**{"name": f"Person {next(_numbers)}", **values}))

    def goal(self, **values: Any) -> Goal:
        return self._one(Goal(**{"name": f"Goal {next(_numbers)}", **values}))

    def deal(self, **values: Any) -> Deal:
        return self._one(Deal(**{"code": f"D{next(_numbers):05}", **values}))

    def deals(self, count: int, **values: Any) -> list[Deal]:
        return self.save(Deal(**{"code": f"D{next(_numbers):05}", **values}) for _ in range(count))

    def campaign(self, **values: Any) -> Campaign:
        return self._one(Campaign(**{"name": f"Campaign {next(_numbers)}", **values}))

    def sending_domain(self, **values: Any) -> SendingDomain:
        return self._one(SendingDomain(**{"name": f"d{next(_numbers)}.example", **values}))

    def mailbox(self, **values: Any) -> Mailbox:
        return self._one(Mailbox(**{"address": f"box{next(_numbers)}@mail.example", **values}))

    def excluded_day(self, **values: Any) -> ExcludedDay:
        return self._one(ExcludedDay(**{"day": FIRST_DAY, "reason": "mail server down", **values}))

    def delivery(self, campaign: Campaign, *, days: int = 1, **counts: int) -> None:
        """The same numbers for a campaign on each of some days, from `FIRST_DAY` on."""
        self.save(
            _fact(
                DeliveryMetricDaily,
                client_id=campaign.client_id,
                campaign_id=campaign.id,
                day=FIRST_DAY + timedelta(days=offset),
                **{"sent": 100, "delivered": 90, "inbox": 80, **counts},
            )
            for offset in range(days)
        )

    def warmup(self, mailbox: Mailbox, *, days: int = 1, **counts: int) -> None:
        """The same warm-up numbers for a mailbox on each of some days, from `FIRST_DAY` on."""
        self.save(
            _fact(
                WarmupDaily,
                client_id=mailbox.client_id,
                mailbox_id=mailbox.id,
                day=FIRST_DAY + timedelta(days=offset),
                **{"planned": 20, "sent": 18, "landed_inbox": 15, "landed_spam": 3, **counts},
            )
            for offset in range(days)
        )
