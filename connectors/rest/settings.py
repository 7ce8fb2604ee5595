"""What must a person say to read a JSON API: where it is, who we are, how it counts pages?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

import jmespath
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
)

from hub.core.durations import parse_duration

FROZEN = ConfigDict(frozen=True, extra="forbid")


def _is_path(path: str) -> str:
    try:
        if path:
            jmespath.compile(path)
    except jmespath.exceptions.ParseError as exc:
        raise ValueError(f'a path such as "data.items" is needed ({exc.msg})') from None
    return path


Path = Annotated[str, AfterValidator(_is_path)]
"""Where something stands in an answer, as JMESPath: names with dots between them."""
Span = Annotated[timedelta, BeforeValidator(parse_duration)]


class BearerAuth(BaseModel):
    """A token in the Authorization header."""

    model_config = FROZEN
    type: Literal["bearer"] = Field(description="Always bearer.")
    token: SecretStr = Field(description="The token.")


class HeaderAuth(BaseModel):
    """A key in a header of the API's own."""

    model_config = FROZEN
    type: Literal["header"] = Field(description="Always header.")
    name: str = Field(min_length=1, description="The header's name, such as X-Api-Key.")
    value: SecretStr = Field(description="The key.")


class BasicAuth(BaseModel):
    """A user and a password."""

    model_config = FROZEN
    type: Literal["basic"] = Field(description="Always basic.")
    user: str = Field(min_length=1, description="The user's name.")
    password: SecretStr = Field(description="The password.")


class OAuth2ClientAuth(BaseModel):
    """OAuth 2 with the client's own credentials (RFC 6749, section 4.4)."""

    model_config = FROZEN
    type: Literal["oauth2_client"] = Field(description="Always oauth2_client.")
    token_url: str = Field(pattern=r"^https?://", description="Where tokens are given out.")
    client_id: str = Field(min_length=1, description="The client's id.")
    client_secret: SecretStr = Field(description="The client's secret.")
    scope: str | None = Field(default=None, description="The scopes, with blanks between them.")


class OAuth2RefreshAuth(BaseModel):
    """OAuth 2 on behalf of a person, by a refresh token (RFC 6749, section 6)."""

    model_config = FROZEN
    type: Literal["oauth2_refresh"] = Field(description="Always oauth2_refresh.")
    token_url: str = Field(pattern=r"^https?://", description="Where tokens are given out.")
    client_id: str = Field(min_length=1, description="The client's id.")
    client_secret: SecretStr = Field(description="The client's secret.")
    refresh_token: SecretStr = Field(description="The refresh token.")


Auth = Annotated[
    BearerAuth | HeaderAuth | BasicAuth | OAuth2ClientAuth | OAuth2RefreshAuth,
    Field(discriminator="type"),
]


class Settings(BaseModel):
    """The keys of a connection to a JSON API in hub.toml."""

    model_config = FROZEN

    base_url: str = Field(
        pattern=r"^https?://[^/]+",
        description="The part that all addresses of the API begin with. Use https.",
    )
    auth: Auth | None = Field(
        default=None,
        description=(
            'How the API knows us: { type = "bearer", token = "${TOKEN}" }, or of type header, '
            "basic, oauth2_client, oauth2_refresh. Left out, nothing is sent."
        ),
    )
    headers: Mapping[str, str] = Field(
        default_factory=dict, description="Further headers of every request; no secrets here."
    )
    allow_private_network: bool = Field(
        default=False,
        description=(
            "Whether the address may lie inside the network (localhost, 10.…, 192.168.…, "
            "169.254.…). Only for a server of your own: whoever may edit hub.toml could else "
            "read what the network hides."
        ),
    )
    requests_per_second: int = Field(
        default=5, ge=1, le=100, description="The most requests a second, by all workers together."
    )
    request_timeout_seconds: float = Field(
        default=30.0, gt=0, le=300, description="How long an answer may take."
    )
    answer_megabytes: int = Field(
        default=64, ge=1, le=1024, description="An answer that is larger is refused."
    )

    @field_validator("base_url")
    @classmethod
    def _holds_no_secret(cls, base_url: str) -> str:
        address = urlsplit(base_url)
        if address.username or address.password:
            raise ValueError("a user and a password belong into `auth`, not into the address")
        if address.query or address.fragment:
            raise ValueError("the address ends before the question mark: use `params`")
        return base_url.rstrip("/")


class NoPaging(BaseModel):
    """One answer holds everything."""

    model_config = FROZEN
    type: Literal["none"] = Field(default="none", description="Always none.")


class PagePaging(BaseModel):
    """Pages are numbered."""

    model_config = FROZEN
    type: Literal["page"] = Field(description="Always page.")
    param: str = Field(default="page", description="The parameter with the page's number.")
    first: int = Field(default=1, ge=0, description="The number of the first page.")
    size_param: str | None = Field(default=None, description="The parameter with the page's size.")
    size: int = Field(default=100, ge=1, description="Records a page.")


class OffsetPaging(BaseModel):
    """Pages begin at a record's number."""

    model_config = FROZEN
    type: Literal["offset"] = Field(description="Always offset.")
    param: str = Field(default="offset", description="The parameter with the first record.")
    size_param: str = Field(default="limit", description="The parameter with the page's size.")
    size: int = Field(default=100, ge=1, description="Records a page.")


class CursorPaging(BaseModel):
    """Every answer says how to ask for the next one."""

    model_config = FROZEN
    type: Literal["cursor"] = Field(description="Always cursor.")
    param: str = Field(default="cursor", description="The parameter that takes the cursor.")
    next: Path = Field(description='Where the next cursor stands, such as "meta.next_cursor".')
    more: Path | None = Field(
        default=None, description="Where it says whether there is more, if it does."
    )
    size_param: str | None = Field(default=None, description="The parameter with the page's size.")
    size: int = Field(default=100, ge=1, description="Records a page.")


class NextUrlPaging(BaseModel):
    """Every answer holds the address of the next one."""

    model_config = FROZEN
    type: Literal["next_url"] = Field(description="Always next_url.")
    next: Path = Field(description='Where that address stands, such as "links.next".')


class LinkHeaderPaging(BaseModel):
    """The address of the next page stands in the Link header (RFC 8288)."""

    model_config = FROZEN
    type: Literal["link_header"] = Field(description="Always link_header.")


Paging = Annotated[
    NoPaging | PagePaging | OffsetPaging | CursorPaging | NextUrlPaging | LinkHeaderPaging,
    Field(discriminator="type"),
]


class StreamSettings(BaseModel):
    """The keys of a stream that is read from a JSON API."""

    model_config = FROZEN

    path: str = Field(pattern=r"^/", description='What follows base_url, such as "/v1/customers".')
    records: Path = Field(
        default="",
        description='Where the records stand in an answer, such as "data.items"; the answer if "".',
    )
    params: Mapping[str, str | int | bool] = Field(
        default_factory=dict, description="Parameters of every request."
    )
    paging: Paging = Field(
        default=NoPaging(),
        description=(
            'How pages follow each other: { type = "cursor", next = "meta.next" }, or of type '
            "none, page, offset, next_url, link_header."
        ),
    )
    cursor: str | None = Field(
        default=None,
        description=(
            "A field that grows with every change of a record, such as updated_at: what was seen "
            "is passed over."
        ),
    )
    since_param: str | None = Field(
        default=None,
        description="The parameter that takes the last cursor, so that only news is answered.",
    )
    lag: Span = Field(
        default=timedelta(0),
        json_schema_extra={"default": "0s"},
        description='How far back every read looks again, such as "5m".',
    )
    flatten: bool = Field(
        default=True,
        description="Whether an object within a record becomes fields of its own: address.city.",
    )
