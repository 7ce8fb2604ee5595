"""Does the overview tell the truth about streams and about one client's numbers?"""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy import text
from sqlmodel import SQLModel
from starlette.testclient import TestClient
from web_site import built_app, client_of

from hub.queue import JobKind, JobQueue
from hub.store.database import Database, Provenance
from hub.store.entities import (
    Campaign,
    Client,
    DeliveryMetricDaily,
    ExcludedDay,
    Mailbox,
    WarmupDaily,
)
from hub.store.integration import Alert, Ping, Run, StreamState

PAGE = {"Accept": "text/html"}
TODAY = datetime.now(UTC).date()


@pytest.fixture
def home(tmp_path: Path, database_url: str, redis_url: str) -> TestClient:
    return client_of(built_app(tmp_path, database_url, redis_url))


def store(database: Database, *rows: SQLModel) -> None:
    with database.unit_of_work(Provenance(actor="test", origin="test")) as session:
        for row in rows:
            session.add(row)
            session.flush()


def ago(**span: float) -> datetime:
    return datetime.now(UTC) - timedelta(**span)


def stream(name: str = "clients", **given: Any) -> StreamState:
    return StreamState(
        connection="crm", stream=name, backfilled_at=ago(days=9), pulled_at=ago(seconds=20), **given
    )


def state_of(home: TestClient, name: str) -> str:
    row = home.get("/pulse").text.split(f'id="stream-crm-{name}"')[1].split("</tr>")[0]
    return row.split("</svg>")[1].split("</span>")[0]


def sent_on(client: Client, campaign: Campaign, day: date, **counts: Any) -> DeliveryMetricDaily:
    return DeliveryMetricDaily(client_id=client.id, campaign_id=campaign.id, day=day, **counts)


@pytest.fixture
def acme(database: Database) -> UUID:
    """A client with ten days of mail, the fifth of them excluded."""
    client = Client(name="Acme & Sons")
    campaign = Campaign(name="Autumn", client_id=client.id)
    mailbox = Mailbox(address="ada@acme.example", client_id=client.id)
    days = [TODAY - timedelta(days=back) for back in range(10)]
    store(
        database,
        client,
        campaign,
        mailbox,
        *(
            sent_on(client, campaign, day, sent=1000, delivered=980, inbox=900, spam_placed=80)
            for day in days
        ),
        *(
            WarmupDaily(
                client_id=client.id,
                mailbox_id=mailbox.id,
                day=day,
                planned=40,
                sent=36,
                landed_inbox=30,
                landed_spam=5,
                missing=1,
            )
            for day in days
        ),
        ExcludedDay(client_id=client.id, day=days[4], reason="The relay <was> down"),
    )
    return client.id


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "Fresh"),
        ({"failing_since": ago(minutes=3), "error_message": "no token"}, "Failing"),
        ({"hold_reason": "120 deletes"}, "Held"),
        ({"is_paused": True}, "Paused"),
        # A failure matters more than a pause.
        ({"is_paused": True, "failing_since": ago(minutes=3)}, "Failing"),
    ],
)
def test_a_stream_says_how_it_feels(
    home: TestClient, database: Database, given: dict[str, Any], expected: str
) -> None:
    store(database, stream(**given))

    assert state_of(home, "clients") == expected


def test_a_stream_that_was_not_read_for_long_is_late(home: TestClient, database: Database) -> None:
    late = stream()
    late.pulled_at = ago(minutes=6)
    store(database, late)

    assert state_of(home, "clients") == "Late"


def test_a_configured_stream_that_never_ran_is_queued(home: TestClient) -> None:
    assert state_of(home, "clients") == state_of(home, "deals") == "Queued"
    assert "No stream is in trouble." in home.get("/pulse").text


def test_a_first_read_under_way_is_running(home: TestClient, database: Database) -> None:
    store(
        database,
        StreamState(connection="crm", stream="clients"),
        Run(connection="crm", stream="clients", kind="backfill", trigger="x", status="running"),
    )

    assert state_of(home, "clients") == "Running"


def test_the_worst_stream_stands_first(home: TestClient, database: Database) -> None:
    store(database, stream("clients"), stream("deals", failing_since=ago(minutes=1)))

    text = home.get("/pulse").text

    assert text.index("stream-crm-deals") < text.index("stream-crm-clients")
    assert "Of 2 streams 1 is failing." in text


def test_waiting_pings_show_as_lag(home: TestClient, database: Database) -> None:
    store(database, stream(), Ping(connection="crm", source="hook", received_at=ago(seconds=75)))

    assert "1 min 15 s" in home.get("/pulse").text


def test_an_open_alert_says_what_to_do(home: TestClient, database: Database) -> None:
    store(
        database,
        Alert(key="a", severity="error", title="It stopped", next_step="Set a new token"),
        Alert(key="b", severity="error", title="Over", next_step="x", closed_at=ago(hours=1)),
    )

    page = home.get("/pulse").text

    assert "It stopped" in page
    assert "Set a new token" in page
    assert "Over" not in page


def test_the_funnel_leaves_excluded_days_out_and_says_so(home: TestClient, acme: UUID) -> None:
    page = home.get(f"/?client={acme}", headers=PAGE).text

    assert "9,000 messages on 9 days." in page
    assert "The relay &lt;was&gt; down" in page
    assert "Acme &amp; Sons" in page


def test_excluded_days_count_when_asked(home: TestClient, acme: UUID) -> None:
    page = home.get(f"/?client={acme}&excluded=1", headers=PAGE).text

    assert "10,000 messages on 10 days." in page


def test_the_busiest_client_is_shown_when_nobody_chose(home: TestClient, acme: UUID) -> None:
    assert f'<option value="{acme}" selected>' in home.get("/", headers=PAGE).text


def test_the_funnel_comes_as_csv_with_denominators_and_intervals(
    home: TestClient, acme: UUID
) -> None:
    answer = home.get(f"/clients/funnel.csv?client={acme}")
    rows = {row["stage"]: row for row in csv.DictReader(io.StringIO(answer.text))}

    assert answer.headers["Content-Type"].startswith("text/csv")
    assert rows["Inbox"]["of"] == "delivered"
    assert (rows["Inbox"]["messages"], rows["Inbox"]["of_messages"]) == ("8100", "8820")
    assert rows["Inbox"]["rate"] == "0.918367"
    assert float(rows["Inbox"]["low_95"]) < 0.918367 < float(rows["Inbox"]["high_95"])
    assert rows["Spam placement"]["of_messages"] == "8820"


def test_the_warmup_comes_as_csv_with_the_reason_of_excluded_days(
    home: TestClient, acme: UUID
) -> None:
    answer = home.get(f"/clients/warmup.csv?client={acme}&days=7")
    rows = list(csv.DictReader(io.StringIO(answer.text)))

    assert len(rows) == 7
    assert [row["excluded"] for row in rows if row["excluded"]] == ["The relay <was> down"]
    assert (rows[0]["planned"], rows[0]["sent"]) == ("40", "36")


def test_a_reason_that_looks_like_a_formula_stays_a_text(
    home: TestClient, database: Database, acme: UUID
) -> None:
    with database.unit_of_work(Provenance(actor="test", origin="test")) as session:
        session.execute(text("update excluded_day set reason = '=1+1'"))

    assert "'=1+1" in home.get(f"/clients/warmup.csv?client={acme}").text


def test_a_client_without_mail_says_why_and_what_to_do(
    home: TestClient, database: Database
) -> None:
    quiet = Client(name="Quiet Ltd")
    store(database, quiet)

    page = home.get(f"/?client={quiet.id}", headers=PAGE).text

    assert "Nothing was sent for Quiet Ltd in these 90 days" in page
    assert "No mailbox of Quiet Ltd was warmed up" in page


def test_an_empty_hub_says_where_clients_come_from(home: TestClient) -> None:
    assert "There is no client yet." in home.get("/", headers=PAGE).text
    assert home.get("/clients/funnel.csv").status_code == 404


def test_a_hub_without_connections_says_how_to_add_one(
    tmp_path: Path, database_url: str, redis_url: str
) -> None:
    bare = client_of(built_app(tmp_path, database_url, redis_url, settings=""))

    page = bare.get("/", headers=PAGE).text

    assert "Nothing is connected yet." in page
    assert "hub config check" in page


def test_the_doors_lead_to_the_grid_the_explorer_and_the_jobs(home: TestClient) -> None:
    page = home.get("/", headers=PAGE).text

    for address in ("http://127.0.0.1:9/app00000000000000", "/graphql", "/rq/"):
        assert f'href="{address}"' in page


def test_a_stream_that_was_never_read_completely_is_not_called_fresh(
    home: TestClient, database: Database
) -> None:
    unread = stream()
    unread.backfilled_at = None
    store(database, unread)

    assert state_of(home, "clients") == "Queued"


def test_the_jobs_are_counted_and_a_missing_worker_is_said(
    home: TestClient, redis_url: str
) -> None:
    queue = JobQueue(redis_url)
    queue.enqueue(JobKind(function="operator.truediv", queue="live"), 1, 0, description="x")
    worker = SimpleWorker(["live"], connection=queue.connection(), serializer=JSONSerializer)
    worker.work(burst=True, logging_level="CRITICAL")
    queue.enqueue(JobKind(function="operator.add", queue="live"), 1, 2, description="y")

    alone = " ".join(home.get("/pulse").text.split())
    worker.register_birth()  # type: ignore[no-untyped-call]  # of RQ
    together = home.get("/pulse").text
    queue.close()

    assert "1 job waits" in alone
    assert 'href="/rq/0/view/jobs/live/failed/8/asc/1">1 failed</a>' in alone
    assert "No worker listens" in alone
    assert "No worker listens" not in together


def test_without_redis_the_overview_says_that_nothing_moves(
    tmp_path: Path, database_url: str
) -> None:
    client = client_of(built_app(tmp_path, database_url, "redis://127.0.0.1:1/0"))

    assert "The Redis server does not answer" in client.get("/", headers=PAGE).text
