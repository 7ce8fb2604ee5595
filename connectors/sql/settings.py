"""What must a person say to read a database?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import ArgumentError

from hub.core.durations import parse_duration

DRIVERS = {
    "postgresql": "postgresql+psycopg2",
    "postgres": "postgresql+psycopg2",
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
    "sqlite": "sqlite",
}
"""The driver for each scheme that people write."""

_READS = re.compile(r"^\s*(select|with)\b", re.IGNORECASE)


def _is_address(url: SecretStr) -> SecretStr:
    try:
        name = make_url(url.get_secret_value()).drivername
    except ArgumentError:
        raise ValueError(
            'an address is needed, such as "postgresql://reader:…@host/database" or '
            '"sqlite:////data/bounces.db"'
        ) from None
    if name.split("+")[0] not in DRIVERS:
        raise ValueError(f"no driver for {name}: valid are {', '.join(DRIVERS)}")
    return url


Span = Annotated[timedelta, BeforeValidator(parse_duration)]


class Settings(BaseModel):
    """The keys of a connection to a database in hub.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Annotated[SecretStr, AfterValidator(_is_address)] = Field(
        description=(
            "The database's address. Postgres, MySQL, MariaDB and SQLite; give a user that may "
            "only read. The hub opens read-only sessions all the same."
        )
    )
    changes: Mapping[str, str] = Field(
        default_factory=dict,
        description=(
            "For tables that are kept equal with the hub: the column of each that holds the time "
            'of its last change, `{ clients = "updated_at" }`. An index on it is needed; the hub '
            "sets it when it writes. Deletions are found by the complete reads."
        ),
    )
    settle_seconds: float = Field(
        default=1.0,
        ge=0,
        le=600,
        description="How old a change must be to be told: as long as a transaction there lasts.",
    )
    request_timeout_seconds: float = Field(
        default=60.0, gt=0, le=3600, description="How long the database may take to answer."
    )


class StreamSettings(BaseModel):
    """The keys of a stream that is read from a database: a table, or a query."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str | None = Field(
        default=None, min_length=1, description="The table or view; schema.table where needed."
    )
    query: str | None = Field(
        default=None, description="In place of a table: one SELECT, without a semicolon."
    )
    cursor: str | None = Field(
        default=None,
        min_length=1,
        description=(
            "A column that only grows and changes with every change of a row, such as updated_at "
            "or a serial number: then only what is new is read. An index on it is needed. "
            "Left out, the whole table is read each time."
        ),
    )
    lag: Span = Field(
        default=timedelta(0),
        json_schema_extra={"default": "0s"},
        description=(
            'How far back every read looks again, such as "5m": rows whose transaction took so '
            "long to commit are not missed. Only where the cursor is a time."
        ),
    )

    @model_validator(mode="after")
    def _is_one_relation(self) -> Self:
        if (self.table is None) == (self.query is None):
            raise ValueError("name either a table or a query")
        if self.query is not None and (not _READS.match(self.query) or ";" in self.query):
            raise ValueError("a query is one SELECT, without a semicolon")
        return self
