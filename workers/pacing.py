"""How eagerly may each connection be attended: what its profile wants, and its budget leaves?

Settled once a minute from the ledger and written down, so that every process goes by it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta

import structlog
from sqlmodel import Session

from hub import clock
from hub.config import Connection
from hub.core.budget import NEAR, Level, Ration, ration
from hub.core.forecast import LOOKED_BACK, Forecast, forecast, month_of
from hub.core.pace import RHYTHMS, Profile, Rhythm
from hub.store import ledger, paces, runs
from hub.store.database import Database, Provenance

log = structlog.get_logger(__name__)
_PACING = Provenance(actor="scheduler", origin="scheduler")


class Pacing:
    """The pace of every connection, as it was last settled."""

    def __init__(self, database: Database, connections: Mapping[str, Connection]) -> None:
        self._database = database
        self._connections = connections
        self._rations: dict[str, Ration] = {}

    def rhythm_of(self, name: str) -> Rhythm:
        """What the connection's profile means; a budget that runs short looks thriftily."""
        profile = self._connections[name].profile
        return RHYTHMS[profile if self._looks_unasked(name) else Profile.THRIFTY]

    def window_of(self, name: str) -> timedelta:
        """For how long the connection's changes are collected."""
        found = self._rations.get(name)
        return found.window if found else RHYTHMS[self._connections[name].profile].window

    def reads_completely(self, name: str) -> bool:
        """Whether time alone may ask for a complete read."""
        found = self._rations.get(name)
        return found is None or found.reads_completely

    def is_held(self, name: str) -> bool:
        """Whether nothing may be done at all."""
        found = self._rations.get(name)
        return bool(found and found.until and found.until > clock.now())

    def _looks_unasked(self, name: str) -> bool:
        found = self._rations.get(name)
        return found is None or found.looks_unasked

    def settle(self) -> None:
        """Hold what was spent against the budgets."""
        now = clock.now()
        with self._database.unit_of_work(_PACING) as session:
            since = month_of(now) - timedelta(days=LOOKED_BACK)
            calls: dict[str, Counter[date]] = {}
            for spent in ledger.calls_since(session, since):
                calls.setdefault(spent.connection, Counter())[spent.day] += spent.calls
            standing = paces.all_paces(session)
            for name, connection in self._connections.items():
                expected = forecast(calls.get(name, {}), now)
                found = self._settled(connection, expected, standing.get(name), now)
                self._rations[name] = found
                if connection.calls_per_month is not None:
                    _tell(session, name, connection.calls_per_month, expected, found)
                before = standing.get(name)
                if before is None or _differs(before, found, connection):
                    log.info("pace", connection=name, pace=found.level.value, reason=found.reason)
                    paces.save_pace(
                        session,
                        name,
                        profile=connection.profile,
                        level=found.level,
                        window_seconds=int(found.window.total_seconds()),
                        reason=found.reason,
                        calls_per_month=connection.calls_per_month,
                        held_until=found.until,
                    )

    def _settled(
        self, connection: Connection, expected: Forecast, before: paces.Pace | None, now: datetime
    ) -> Ration:
        window = RHYTHMS[connection.profile].window
        if before is not None and before.level is Level.REFUSED and before.is_held:
            return Ration(
                level=Level.REFUSED, window=window, reason=before.reason, until=before.held_until
            )
        return ration(connection.calls_per_month, expected, window, now)


def _differs(before: paces.Pace, found: Ration, connection: Connection) -> bool:
    was = before.profile, before.level, before.window_seconds, before.calls_per_month
    now = connection.profile, found.level, int(found.window.total_seconds())
    return was != (*now, connection.calls_per_month) or before.held_until != found.until


def _tell(session: Session, name: str, budget: int, expected: Forecast, found: Ration) -> None:
    """One alert while the month is expected to cost more than its budget."""
    key = f"budget:{name}"
    if found.level in {Level.FULL, Level.NO_SCANS}:
        if expected.expected <= budget * NEAR:
            runs.close_alert(session, key)
        return
    runs.raise_alert(
        session,
        key,
        severity="error" if found.level in {Level.SCARCE, Level.SPENT} else "warning",
        title=f"[{name}] {found.reason}.",
        next_step=(
            "`hub quota` shows what the calls go to. Raise calls_per_month, take profile thrifty,"
            " or read tables completely less often (reconcile_every)."
        ),
        connection=name,
    )
