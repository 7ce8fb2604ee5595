"""What must a person say to connect a base?"""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class Settings(BaseModel):
    """The keys of an Airtable connection in hub.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table_id_pattern: ClassVar[str] = r"tbl[A-Za-z0-9]{14}"
    field_id_pattern: ClassVar[str] = r"fld[A-Za-z0-9]{14}"

    endpoint: str = Field(
        default="https://api.airtable.com",
        pattern=r"^https?://",
        description="The server that speaks Airtable's Web API, without /v0.",
    )
    token: SecretStr = Field(
        description=(
            "A personal access token with the scopes data.records:read, data.records:write, "
            "schema.bases:read and webhook:manage, and access to the base."
        )
    )
    base: str = Field(pattern=r"^app[A-Za-z0-9]{14}$", description="The base's id, app…")
    requests_per_second: float = Field(
        default=5.0,
        gt=0,
        le=50,
        description="The most requests a second to the base, by all workers together.",
    )
    request_timeout_seconds: float = Field(
        default=15.0, gt=0, le=120, description="How long an answer may take."
    )
