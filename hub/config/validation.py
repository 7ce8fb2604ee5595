"""Does a part of the configuration fit its model, and if not, what would?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from hub.config.problems import KeyPath, Problem, nearest

ModelT = TypeVar("ModelT", bound=BaseModel)
_QUOTED = re.compile(r"'([^']*)'")


def validated(
    model: type[ModelT],
    values: object,
    key: KeyPath,
    *,
    written: object,
    problems: list[Problem],
    beside: tuple[str, ...] = (),
) -> ModelT | None:
    """`values` as a `model`, or None with every reason added to `problems`.

    `written` is the same part as it stands in the file, before variables were filled in: only
    from there are bad values quoted. `beside` are keys of the same table that others read.
    """
    try:
        return model.model_validate(values)
    except ValidationError as exc:
        problems.extend(
            _problem(model, error, key, written, beside)
            for error in exc.errors(include_url=False, include_context=True)
        )
        return None


def salvaged(model: type[ModelT], values: Mapping[str, object]) -> ModelT | None:
    """A `model` from those of `values` that fit, so that the rest can be checked too."""
    try:
        return model.model_validate(values)
    except ValidationError as exc:
        bad = {error["loc"] for error in exc.errors(include_url=False)}
    # What is wrong with the whole, such as two keys that exclude each other, has no place.
    kept = _without(values, {at for at in bad if at and value_at(values, at) is not None})
    if kept == values or not isinstance(kept, Mapping):
        return None
    return salvaged(model, kept)


def _without(value: object, places: set[tuple[int | str, ...]]) -> object:
    if not isinstance(value, Mapping):
        return value
    return {
        name: _without(item, {place[1:] for place in places if place[0] == name})
        for name, item in value.items()
        if (name,) not in places
    }


def models_in(annotation: object) -> list[type[BaseModel]]:
    """The models that a field's annotation mentions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in models_in(part)]


def is_secret(annotation: object) -> bool:
    """Whether a field with this annotation holds a secret."""
    return annotation is SecretStr or any(is_secret(part) for part in get_args(annotation))


def shown(value: object) -> str | None:
    """A value as a person wrote it; tables are named, not printed."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 80 else f'"{value[:77]}..."'
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return str(value)


def value_at(document: object, key: tuple[str | int, ...]) -> object:
    """What stands at `key` in a parsed document, or None."""
    for part in key:
        if isinstance(document, Mapping):
            document = document.get(part)
        elif isinstance(document, list) and isinstance(part, int) and part < len(document):
            document = document[part]
        else:
            return None
    return document


def _problem(
    model: type[BaseModel],
    error: ErrorDetails,
    key: KeyPath,
    written: object,
    beside: tuple[str, ...],
) -> Problem:
    place = tuple(part for part in error["loc"] if part != "[key]")
    full_key = (*key, *(str(part) for part in place))
    if error["type"] == "extra_forbidden":
        keys = _keys_at(model, place[:-1])
        if len(place) == 1:
            keys = (*beside, *keys)
        return Problem(
            key=full_key,
            message="there is no such setting",
            accepted=keys,
            near_miss=nearest(str(place[-1]), keys),
        )
    if error["type"] == "missing":
        return Problem(key=full_key, message="this setting is needed and missing")
    raw = None if _is_secret_at(model, place) else value_at(written, place)
    if error["type"] in {"enum", "literal_error"}:
        accepted = tuple(_QUOTED.findall(str(error.get("ctx", {}).get("expected", ""))))
        return Problem(
            key=full_key,
            message="this value is not known",
            got=shown(raw),
            accepted=accepted,
            near_miss=nearest(str(raw), accepted),
        )
    return Problem(key=full_key, message=_message(error), got=shown(raw))


def _message(error: ErrorDetails) -> str:
    if error["type"] in {"model_type", "model_attributes_type"}:
        return "a table is needed, or for a field the id of the field in quotes"
    message = error["msg"].removeprefix("Value error, ")
    for said, ours in (
        ("Input should be ", "the value must be "),
        ("String should ", "the text must "),
        ("Value should ", "the value must "),
        ("Dictionary should ", "the table must "),
        ("Tuple should ", "the list must "),
    ):
        if message.startswith(said):
            return ours + message.removeprefix(said)
    return message


def _field_models(model: type[BaseModel], place: tuple[Any, ...]) -> list[type[BaseModel]]:
    """The models whose keys may stand at `place`; keys of a mapping are passed over."""
    models = [model]
    for part in place:
        inner = [
            found
            for candidate in models
            if part in candidate.model_fields
            for found in models_in(candidate.model_fields[part].annotation)
        ]
        models = inner or models
    return models


def _keys_at(model: type[BaseModel], place: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(
        field.alias or name
        for found in _field_models(model, place)
        for name, field in found.model_fields.items()
    )


def _is_secret_at(model: type[BaseModel], place: tuple[Any, ...]) -> bool:
    for depth, part in enumerate(place):
        for found in _field_models(model, place[:depth]):
            field = found.model_fields.get(part)
            if field is not None and is_secret(field.annotation):
                return True
    return False
