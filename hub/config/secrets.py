"""Which values of a configuration must reach no log, no report and no page?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretStr


def secrets_in(settings: object) -> Iterator[str]:
    """Every secret in some settings, however deep; of an address also the password by itself."""
    match settings:
        case SecretStr():
            text = settings.get_secret_value()
            yield text
            yield from _password(text)
        case BaseModel():
            for name in type(settings).model_fields:
                yield from secrets_in(getattr(settings, name))
        case Mapping():
            for value in settings.values():
                yield from secrets_in(value)
        case list() | tuple():
            for value in settings:
                yield from secrets_in(value)


def _password(text: str) -> Iterator[str]:
    if "://" not in text:
        return
    try:
        password = urlsplit(text).password
    except ValueError:
        return
    if password:
        yield password
        yield unquote(password)
