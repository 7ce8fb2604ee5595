"""Which settings does a connection to Airtable have?"""

from __future__ import annotations

import enum
import re
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from hub.config.values import WebAddress


class AirtableProfile(enum.StrEnum):
    """How many calls of the monthly quota may be spent on being quick."""

    LIVE = "live"
    THRIFTY = "thrifty"


def _base_id(value: str) -> str:
    if not re.fullmatch(r"app[A-Za-z0-9]{14}", value):
        raise ValueError('a base\'s id is "app" and 14 letters or digits, as in its address')
    return value


class AirtableConfig(BaseModel):
    """One base of Airtable, or of a server that speaks Airtable's Web API."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    table_id_pattern: ClassVar[str] = r"tbl[A-Za-z0-9]{14}"
    field_id_pattern: ClassVar[str] = r"fld[A-Za-z0-9]{14}"

    endpoint: WebAddress = "https://api.airtable.com"
    """The server to call, so that any server that speaks Airtable's API can be named."""
    token: SecretStr = Field(json_schema_extra={"env": "AIRTABLE_TOKEN"})
    """A personal access token that can read and write the base, its schema and its webhooks."""
    base: Annotated[str, AfterValidator(_base_id)]
    """The id of the base."""
    grid_url: WebAddress | None = None
    """Where people edit the base; the pages of the hub link to it."""
    profile: AirtableProfile = AirtableProfile.LIVE
    """`live` answers within seconds, `thrifty` collects edits in windows and spends fewer calls."""
    requests_per_second: float = Field(default=4.5, gt=0, le=50)
    """How many calls a second all workers together may make; Airtable allows 5 a base."""
