"""Do base and central rows agree at their first meeting, so that nothing needs to be moved?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from sandbox_server import SandboxServer
from sqlalchemy import text
from sqlmodel import Session

from connectors.airtable.settings import Settings
from hub.config import load_config
from hub.demo.base_file import base_json
from hub.demo.base_plan import BASE
from hub.demo.company import Company, build
from hub.demo.loading import load_central
from hub.demo.settings import CONNECTION, demo_config_text
from hub.errors import HubError
from hub.store.database import Database
from hub.store.entity_descriptions import describe_entities
from hub.sync.attend import attend
from hub.wiring import Wiring, build_wiring

TODAY = date(2026, 11, 25)


@pytest.fixture
def company() -> Company:
    return build(today=TODAY)


@pytest.fixture
def wiring(
    company: Company, sandbox: SandboxServer, database_url: str, redis_url: str, tmp_path: Path
) -> Iterator[Wiring]:
    sandbox.sandbox.load(base_json(company))
    path = tmp_path / "hub.toml"
    text = demo_config_text(company, airtable_url=sandbox.url)
    path.write_text(
        text.replace('kind = "airtable"', 'kind = "airtable"\nrequests_per_second = 50')
    )
    config = load_config(
        path,
        {"AIRTABLE_TOKEN": sandbox.token, "DATABASE_URL": database_url, "REDIS_URL": redis_url},
        connection_models={"airtable": Settings},
        known_entities=describe_entities(),
    )
    made = build_wiring(config, application_name="test")
    yield made
    made.database.dispose()


def count(session: Session, query: str) -> int:
    return int(session.execute(text(f"select count(*) from {query}")).scalar_one())  # noqa: S608  # texts of the test


def test_the_first_complete_read_moves_nothing_and_links_everything(
    company: Company, wiring: Wiring, sandbox: SandboxServer, database: Database
) -> None:
    load_central(company, database)
    told: list[str] = []

    def report(error: HubError, connection: str, stream: str | None, run_id: UUID) -> None:
        told.append(f"{connection} {stream}: {error.message}")

    for _ in range(10):
        # A slow machine may need more than one turn.
        turn = attend(wiring.sync_connection(CONNECTION), trigger="schedule", report=report)
        if not turn.is_unfinished:
            break

    assert told == []
    assert sandbox.write_count() == 0
    with database.reading() as session:
        assert count(session, "hub.change where origin <> 'demo'") == 0
        assert count(session, "hub.conflict") == 0
        assert count(session, "hub.record_link") == sum(
            len(company.rows[plan.entity]) for plan in BASE
        )
