"""Is every secret of a configuration known to whatever hides secrets?"""

from __future__ import annotations

from pydantic import SecretStr

from connectors import rest, sql
from hub.config.secrets import secrets_in


def test_secrets_are_found_however_deep_they_stand() -> None:
    settings = rest.Settings.model_validate(
        {
            "base_url": "https://crm.example.org",
            "auth": {
                "type": "oauth2_refresh",
                "token_url": "https://crm.example.org/token",
                "client_id": "hub",
                "client_secret": "first-secret",
                "refresh_token": "second-secret",
            },
        }
    )
    assert ["first-secret", "second-secret"] == list(secrets_in(settings))


def test_the_password_of_an_address_is_a_secret_of_its_own() -> None:
    """A driver's message may show it without the address around it."""
    settings = sql.Settings(url=SecretStr("postgresql://reader:p%40ssword@db.example.org/traffic"))
    assert {"p%40ssword", "p@ssword"} <= set(secrets_in(settings))


def test_what_is_no_secret_is_left_alone() -> None:
    assert [] == list(secrets_in(rest.Settings(base_url="https://crm.example.org")))
