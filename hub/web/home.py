"""What does a person see at `/`: what runs and how it feels, one client's numbers, the doors?"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from hub.queue import JobQueue
from hub.store import client_reports, reports
from hub.store.client_reports import Period
from hub.store.database import Database
from hub.store.reports import StreamReport
from hub.sync.quota import read_quota
from hub.web.client_numbers import beside_stages, funnel_stages, warmup_lines
from hub.web.feelings import Feeling, StreamDoor, feel, verdict
from hub.web.templating import render

PERIODS = (7, 28, 90)
_LIVE = {"Cache-Control": "no-store"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Door:
    """A way out of the overview: where to edit, to ask, to watch."""

    title: str
    text: str
    url: str
    icon: str
    is_elsewhere: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamLine:
    """One line of the table of streams."""

    connection: str
    stream: str
    entity: str | None
    feeling: Feeling
    report: StreamReport | None


class Home:
    """The overview page, its live part, and its numbers as CSV."""

    def __init__(
        self,
        database: Database,
        queue: JobQueue,
        *,
        streams: Sequence[StreamDoor],
        doors: Sequence[Door],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._queue = queue
        self._streams = {(door.connection, door.stream): door for door in streams}
        self._doors = doors
        self._clock = clock

    def page(self, request: Request) -> Response:
        """The whole page; runs in a thread."""
        with self._database.reading() as session:
            content = render(
                "home.html",
                here="home",
                doors=self._doors,
                **self._pulse(session),
                **self._client(session, request.query_params),
            )
        return HTMLResponse(content, headers=_LIVE)

    def pulse(self, _request: Request) -> Response:
        """The part of the page that changes by itself."""
        with self._database.reading() as session:
            return HTMLResponse(render("pulse.html", **self._pulse(session)), headers=_LIVE)

    def warmup_csv(self, request: Request) -> Response:
        """The warm-up of one client, a line a day."""
        shown = self._one_client(request)
        return _csv(
            "warmup",
            ("day", "mailboxes", "planned", "sent", "inbox", "spam", "missing", "excluded"),
            [
                (
                    line.counts.day,
                    line.counts.mailboxes,
                    line.counts.planned,
                    line.counts.sent,
                    line.counts.landed_inbox,
                    line.counts.landed_spam,
                    line.counts.missing,
                    line.excluded or "",
                )
                for line in shown["warmup"]
            ],
        )

    def funnel_csv(self, request: Request) -> Response:
        """The funnel of one client, a line a stage."""
        shown = self._one_client(request)
        return _csv(
            "funnel",
            ("stage", "messages", "of", "of_messages", "rate", "low_95", "high_95"),
            [
                (
                    stage.name,
                    stage.rate.count,
                    stage.whole,
                    stage.rate.total,
                    _six(stage.rate.share),
                    _six(stage.rate.interval.low if stage.rate.interval else None),
                    _six(stage.rate.interval.high if stage.rate.interval else None),
                )
                for stage in (*shown["stages"], *shown["beside"])
            ],
        )

    def _one_client(self, request: Request) -> dict[str, Any]:
        with self._database.reading() as session:
            shown = self._client(session, request.query_params)
        if shown["client"] is None:
            raise HTTPException(404, "There is no client yet.")
        return shown

    def _pulse(self, session: Session) -> dict[str, Any]:
        now = self._clock()
        found = {(row.connection, row.stream): row for row in reports.stream_reports(session)}
        lines = [
            StreamLine(
                connection=key[0],
                stream=key[1],
                entity=door.entity if door else None,
                feeling=feel(door, found.get(key), now),
                report=found.get(key),
            )
            for key in {**self._streams, **found}
            for door in (self._streams.get(key),)
        ]
        lines.sort(key=lambda line: (line.feeling.weight, line.connection, line.stream))
        waiting = reports.waiting(session)
        return {
            "now": now,
            "lines": lines,
            "waiting": waiting,
            "jobs": self._queue.pulse(),
            "alerts": reports.open_alerts(session),
            "quotas": read_quota(session, now),
            "verdict": verdict([line.feeling for line in lines], waiting),
        }

    def _client(self, session: Session, query: QueryParams) -> dict[str, Any]:
        today = self._clock().date()
        clients = client_reports.client_names(session)
        days = _days(query.get("days"))
        with_excluded = query.get("excluded") == "1"
        chosen = _uuid(query.get("client"))
        if chosen is None:
            since = today - timedelta(days=max(PERIODS))
            chosen = client_reports.busiest_client(session, since) or next(
                (client.id for client in clients), None
            )
        client = next((client for client in clients if client.id == chosen), None)
        if client is None and query.get("client"):
            raise HTTPException(404, "There is no such client; it may have been deleted.")
        shown: dict[str, Any] = {
            "clients": clients,
            "client": client,
            "days": days,
            "periods": PERIODS,
            "with_excluded": with_excluded,
        }
        if client is None:
            return shown
        until = client_reports.last_day(session, client.id) or today
        period = Period(since=until - timedelta(days=days), until=until)
        counts = client_reports.funnel_counts(
            session, client.id, period, with_excluded=with_excluded
        )
        excluded = client_reports.excluded_days(session, client.id, period)
        return shown | {
            "period": period,
            "first_day": period.since + timedelta(days=1),
            "counts": counts,
            "stages": funnel_stages(counts),
            "beside": beside_stages(counts),
            "excluded": excluded,
            "warmup": warmup_lines(
                client_reports.warmup_days(session, client.id, period), excluded
            ),
        }


def _days(text: str | None) -> int:
    return int(text) if text in {str(days) for days in PERIODS} else max(PERIODS)


def _uuid(text: str | None) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise HTTPException(
            404, "The address names no client; choose one on the overview."
        ) from None


def _six(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}"


def _inert(cell: object) -> object:
    """A text that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in tuple("=+-@\t\r") else cell


def _csv(name: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> Response:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([_inert(cell) for cell in row] for row in rows)
    return Response(
        text.getvalue(),
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"', **_LIVE},
    )
