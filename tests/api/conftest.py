"""What do the tests of the API start from?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from api_client import Api
from factories import Factory

from hub.store.database import Database
from hub_graphql.app import create_graphql_app


@pytest.fixture
def api(database: Database) -> Api:
    """A client of the API on this test's database."""
    return Api(create_graphql_app(database), database)


@pytest.fixture
def make(database: Database) -> Factory:
    """Makes rows in this test's database."""
    return Factory(database)


@pytest.fixture
def offline_api() -> Iterator[Api]:
    """A client of the API whose Postgres is not there."""
    database = Database("postgresql://hub@127.0.0.1:1/hub")
    yield Api(create_graphql_app(database), database)
    database.dispose()
