"""Does each test get a migrated database of its own?"""

from __future__ import annotations

import pytest
from sqlalchemy import text

from hub.store.database import Database


@pytest.mark.parametrize("turn", [1, 2])
def test_what_one_test_writes_no_other_sees(database: Database, turn: int) -> None:
    with database.engine.begin() as connection:
        clients = connection.scalar(text("select count(*) from client"))
        connection.execute(text("insert into client (name) values ('left over')"))

    assert 0 == clients
