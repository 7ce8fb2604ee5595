"""What must a person say to connect a base?"""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


class Settings(BaseModel):
    """The keys of an Airtable connection in hub.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table_id_pattern: ClassVar[str] = r"tbl[A-Za-z0-9]{14}"
    field_id_pattern: ClassVar[str] = r"fld[A-Za-z0-9]{14}"

    endpoint: str = Field(
        default="https://api.airtable.com",
        pattern=r"^https?://",
        description=(
            "The server that speaks Airtable's Web API, without /v0. The token travels with every "
            "request: plain http is accepted on this machine only."
        ),
    )
    token: SecretStr = Field(
        description=(
            "A personal access token with the scopes data.records:read, data.records:write, "
            "schema.bases:read and webhook:manage, and access to the base."
        )
    )
    base: str = Field(pattern=r"^app[A-Za-z0-9]{14}$", description="The base's id, app…")
    requests_per_second: int = Field(
        default=5,
        ge=1,
        le=50,
        description="The most requests a second to the base, by all workers together.",
    )
    request_timeout_seconds: float = Field(
        default=15.0, gt=0, le=120, description="How long an answer may take."
    )

    @field_validator("endpoint")
    @classmethod
    def _keeps_the_token_secret(cls, endpoint: str) -> str:
        address = urlsplit(endpoint)
        if address.scheme == "http" and address.hostname not in _THIS_MACHINE:
            raise ValueError("plain http would show the token to everybody on the way: use https")
        return endpoint
