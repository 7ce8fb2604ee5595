"""Which tables and fields may be made, and with which options?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hub.sandbox.airtable import errors
from hub.sandbox.airtable.fields.choices import COLORS
from hub.sandbox.airtable.fields.registry import DERIVED, STORED
from hub.sandbox.airtable.ids import new_id
from hub.sandbox.airtable.json_values import Fields, Json

LONGEST_DESCRIPTION = 20_000
PRIMARY_TYPES = frozenset(
    (
        "singleLineText",
        "email",
        "url",
        "multilineText",
        "number",
        "percent",
        "currency",
        "date",
        "dateTime",
        "phoneNumber",
        "barcode",
        "duration",
    )
)
DATE_FORMATS = {
    "local": "l",
    "friendly": "LL",
    "us": "M/D/YYYY",
    "european": "D/M/YYYY",
    "iso": "YYYY-MM-DD",
}
TIME_FORMATS = {"12hour": "h:mma", "24hour": "HH:mm"}
DURATIONS = ("h:mm", "h:mm:ss", "h:mm:ss.S", "h:mm:ss.SS", "h:mm:ss.SSS")
ICONS = ("star", "heart", "thumbsUp", "flag", "dot")
CHECKBOX_ICONS = ("check", "xCheckbox", *ICONS)
CHECKBOX_COLORS = tuple(
    f"{hue}Bright"
    for hue in (
        "green", "teal", "cyan", "blue", "purple", "pink", "red", "orange", "yellow", "gray",
    )
)  # fmt: skip


def refuse_options(field_name: str, why: str) -> errors.AirtableError:
    return errors.unprocessable(
        "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE",
        f"Invalid options for {field_name}: {why}",
    )


def _precision(most: int) -> Callable[[str, Fields], Fields]:
    def check(name: str, options: Fields) -> Fields:
        precision = options.get("precision")
        if isinstance(precision, bool) or not isinstance(precision, int):
            raise refuse_options(name, "precision is needed and a whole number")
        if not 0 <= precision <= most:
            raise refuse_options(name, f"precision is from 0 to {most}")
        return {"precision": precision}

    return check


def _currency(name: str, options: Fields) -> Fields:
    if not isinstance(options.get("symbol"), str):
        raise refuse_options(name, "symbol is needed")
    return {**_precision(7)(name, options), "symbol": options["symbol"]}


def _duration(name: str, options: Fields) -> Fields:
    if options.get("durationFormat") not in DURATIONS:
        raise refuse_options(name, f"durationFormat is one of {', '.join(DURATIONS)}")
    return {"durationFormat": options["durationFormat"]}


def _one_of(name: str, options: Fields, key: str, valid: tuple[str, ...]) -> str:
    if options.get(key) not in valid:
        raise refuse_options(name, f"{key} is one of {', '.join(valid)}")
    return str(options[key])


def _rating(name: str, options: Fields) -> Fields:
    most = options.get("max")
    if isinstance(most, bool) or not isinstance(most, int) or not 1 <= most <= 10:
        raise refuse_options(name, "max is from 1 to 10")
    return {
        "icon": _one_of(name, options, "icon", ICONS),
        "max": most,
        "color": _one_of(name, options, "color", CHECKBOX_COLORS),
    }


def _checkbox(name: str, options: Fields) -> Fields:
    return {
        "icon": _one_of(name, options, "icon", CHECKBOX_ICONS),
        "color": _one_of(name, options, "color", CHECKBOX_COLORS),
    }


def _format(name: str, wish: Json, valid: dict[str, str], key: str) -> Fields:
    if not isinstance(wish, dict) or wish.get("name") not in valid:
        raise refuse_options(name, f"{key}.name is one of {', '.join(valid)}")
    shape = valid[wish["name"]]
    if wish.get("format", shape) != shape:
        raise refuse_options(name, f"{key}.format must be {shape} for {wish['name']}")
    return {"name": wish["name"], "format": shape}


def _date(name: str, options: Fields) -> Fields:
    return {"dateFormat": _format(name, options.get("dateFormat"), DATE_FORMATS, "dateFormat")}


def _date_time(name: str, options: Fields) -> Fields:
    if not isinstance(options.get("timeZone"), str):
        raise refuse_options(name, "timeZone is needed")
    return {
        **_date(name, options),
        "timeFormat": _format(name, options.get("timeFormat"), TIME_FORMATS, "timeFormat"),
        "timeZone": options["timeZone"],
    }


def _choices(name: str, options: Fields) -> Fields:
    wish = options.get("choices")
    if not isinstance(wish, list):
        raise refuse_options(name, "choices is needed")
    choices: list[Fields] = []
    for place, each in enumerate(wish):
        if not isinstance(each, dict) or not isinstance(each.get("name"), str):
            raise refuse_options(name, "every choice has a name")
        if any(each["name"] == other["name"] for other in choices):
            raise refuse_options(name, f"choice {each['name']} is there twice")
        color = each.get("color", COLORS[place % len(COLORS)])
        if color not in COLORS:
            raise refuse_options(name, f"there is no colour {color}")
        choices.append({"id": new_id("sel"), "name": each["name"], "color": color})
    return {"choices": choices}


def _none(name: str, options: Fields) -> Fields | None:
    if options:
        raise refuse_options(name, "this type has no options")
    return None


def _reversed(name: str, options: Fields) -> Fields:
    return {"isReversed": False}


def _empty(name: str, options: Fields) -> Fields:
    return {}


OPTIONS: dict[str, Callable[[str, Fields], Any]] = {
    "singleLineText": _none,
    "multilineText": _none,
    "richText": _none,
    "email": _none,
    "url": _none,
    "phoneNumber": _none,
    "barcode": _none,
    "number": _precision(8),
    "percent": _precision(8),
    "currency": _currency,
    "duration": _duration,
    "rating": _rating,
    "checkbox": _checkbox,
    "date": _date,
    "dateTime": _date_time,
    "singleSelect": _choices,
    "multipleSelects": _choices,
    "singleCollaborator": _empty,
    "multipleCollaborators": _empty,
    "multipleAttachments": _reversed,
}


def checked_name(name: Json, what: str) -> str:
    if not isinstance(name, str) or not name.strip():
        raise errors.unprocessable(
            "DUPLICATE_OR_EMPTY_FIELD_NAME" if what == "field" else "INVALID_TABLE_NAME",
            f"The {what} name must be a text that is not empty",
        )
    return name.strip()


def checked_description(text: Json) -> str | None:
    if text is None:
        return None
    if not isinstance(text, str) or len(text) > LONGEST_DESCRIPTION:
        raise errors.invalid_request(
            f"The description is a text of at most {LONGEST_DESCRIPTION} characters"
        )
    return text or None


def checked_options(name: str, field_type: Json, options: Json) -> Fields | None:
    """The options of a new field as the schema will show them; links are seen to elsewhere."""
    if not isinstance(field_type, str) or not isinstance(options, dict | None):
        raise errors.invalid_request()
    check = OPTIONS.get(field_type)
    if check is None:
        if field_type in DERIVED or field_type in STORED:
            raise errors.unprocessable(
                "UNSUPPORTED_FIELD_TYPE_FOR_CREATE",
                f"Creating {field_type} fields is not supported at this time",
            )
        raise errors.unprocessable(
            "INVALID_FIELD_TYPE_FOR_CREATE", f"There is no field type {field_type}"
        )
    found: Fields | None = check(name, options or {})
    return found
