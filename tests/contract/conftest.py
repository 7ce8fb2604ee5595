"""Which stores does a test of the store ask? Postgres, and the one in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from store_sides import MemorySide, PostgresSide, StoreSide

from hub.store.database import Database


@pytest.fixture(scope="session")
def postgres_side(store_database_url: str) -> Iterator[PostgresSide]:
    """The Postgres of all tests of the store."""
    database = Database(store_database_url, application_name="store")
    impatient = Database(store_database_url, application_name="impatient")
    yield PostgresSide(database, impatient)
    database.dispose()
    impatient.dispose()


@pytest.fixture(params=["postgres", "memory"])
def store(request: pytest.FixtureRequest) -> StoreSide:
    """An empty store."""
    if request.param == "memory":
        return MemorySide()
    side: PostgresSide = request.getfixturevalue("postgres_side")
    side.empty()
    return side
