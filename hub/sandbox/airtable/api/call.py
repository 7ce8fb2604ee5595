"""What did a client ask, and in which spelling?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from hub.sandbox.airtable import errors
from hub.sandbox.airtable.json_values import Fields, Json, parse
from hub.sandbox.airtable.listing import ListRequest
from hub.sandbox.airtable.model import Token

_SORT = re.compile(r"sort\[(\d+)\]\[(field|direction)\]\Z")
_INDEXED = re.compile(r"(\w+)(\[\d*\])?\Z")
_LIST_PARAMETERS = frozenset(
    (
        "pageSize",
        "limit",  # what airtable.js's older calls name the page size
        "maxRecords",
        "offset",
        "view",
        "sort",
        "filterByFormula",
        "fields",
        "returnFieldsByFieldId",
        "cellFormat",
        "timeZone",
        "userLocale",
        "recordMetadata",
        "includeDateDependencyMetadata",
    )
)


def path_segments(raw_path: bytes) -> list[str]:
    """The parts of a path; a slash inside a name comes as %2F. A trailing slash changes nothing."""
    text = raw_path.split(b"?", 1)[0].decode("ascii", "replace")
    parts = [part for part in text.split("/") if part]
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise errors.route_not_found()
    try:
        return [unquote(part, errors="strict") for part in parts]
    except UnicodeDecodeError as error:
        raise errors.route_not_found() from error


@dataclass(kw_only=True, slots=True)
class Call:
    """One request, with the caller known."""

    method: str
    segments: list[str]
    query: list[tuple[str, str]]
    content_type: str
    raw_body: bytes
    origin: str
    token: Token
    _body: Json = None

    def body(self) -> Json:
        """The JSON body; anything else counts as an empty object, as the service takes it."""
        if self._body is None:
            if not self.raw_body or "json" not in self.content_type:
                self._body = {}
            else:
                try:
                    self._body = parse(self.raw_body)
                except (ValueError, RecursionError) as error:
                    raise errors.unprocessable(
                        "INVALID_REQUEST_BODY", "Could not parse request body"
                    ) from error
            if not isinstance(self._body, dict):
                raise errors.invalid_request()
        return self._body

    def values(self, name: str) -> list[str]:
        """Every spelling of a list parameter: name=, name[]=, name[0]=."""
        return [
            value
            for key, value in self.query
            if (found := _INDEXED.match(key)) is not None and found.group(1) == name
        ]

    def value(self, name: str) -> str | None:
        found = self.values(name)
        return found[-1] if found else None

    def flag(self, name: str) -> bool:
        return is_true(self.value(name) or "false")


def parse_query(text: bytes) -> list[tuple[str, str]]:
    return parse_qsl(text.decode("utf-8", "replace"), keep_blank_values=True)


def is_true(text: str) -> bool:
    if text in ("true", "1"):
        return True
    if text in ("false", "0", ""):
        return False
    raise errors.invalid_request()


def list_request(call: Call, *, from_body: bool) -> ListRequest:
    """The parameters of a list, from the URL or from a JSON body."""
    given = _from_body(call) if from_body else _from_url(call)
    fields = given.get("fields")
    if isinstance(fields, str):
        fields = [fields]
    page_size = _whole(given.get("pageSize", given.get("limit")), "pageSize")
    max_records = _whole(given.get("maxRecords"), "maxRecords")
    if page_size is not None and not 1 <= page_size <= 100:
        raise errors.invalid_request()
    if max_records is not None and max_records < 1:
        raise errors.invalid_request()
    texts = ("offset", "view", "filterByFormula", "cellFormat", "timeZone", "userLocale")
    if any(not isinstance(given.get(name), str | None) for name in texts):
        raise errors.invalid_request()
    if not _is_list_of_text(fields) or not isinstance(
        given.get("returnFieldsByFieldId"), bool | None
    ):
        raise errors.invalid_request()
    return ListRequest(
        page_size=page_size or 100,
        max_records=max_records,
        offset=given.get("offset") or None,
        view=given.get("view") or None,
        sort=_sort(given.get("sort") or []),
        filter_by_formula=given.get("filterByFormula") or None,
        fields=fields or None,
        by_field_id=bool(given.get("returnFieldsByFieldId")),
        as_strings=wants_strings(given),
        comment_count="commentCount" in (given.get("recordMetadata") or []),
    )


def wants_strings(given: Fields) -> bool:
    cell_format = given.get("cellFormat") or "json"
    if cell_format not in ("json", "string"):
        raise errors.invalid_request()
    if cell_format == "string" and not (given.get("timeZone") and given.get("userLocale")):
        raise errors.invalid_request(
            "The timeZone and userLocale parameters are required with cellFormat string"
        )
    return bool(cell_format == "string")


def _is_list_of_text(value: Json) -> bool:
    return value is None or (
        isinstance(value, list) and all(isinstance(each, str) for each in value)
    )


def _from_body(call: Call) -> Fields:
    body = dict(call.body())
    if set(body) - _LIST_PARAMETERS:
        raise errors.invalid_request()
    # pyairtable and airtable.js leave these two in the URL of the POST.
    for name in ("timeZone", "userLocale"):
        if name not in body and call.value(name) is not None:
            body[name] = call.value(name)
    return body


def _from_url(call: Call) -> Fields:
    given: Fields = {}
    sort: dict[int, Fields] = {}
    for key, value in call.query:
        found = _SORT.match(key)
        if found is not None:
            sort.setdefault(int(found.group(1)), {})[found.group(2)] = value
            continue
        name = key.split("[", 1)[0]
        if name not in _LIST_PARAMETERS:
            raise errors.invalid_request()
        if name in ("fields", "recordMetadata"):
            given.setdefault(name, []).append(value)
        elif name == "returnFieldsByFieldId":
            given[name] = is_true(value)
        else:
            given[name] = value
    if sort:
        given["sort"] = [sort[place] for place in sorted(sort)]
    return given


def _whole(value: Json, name: str) -> int | None:
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.isdigit():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise errors.invalid_request(f"{name} must be a whole number")


def _sort(wish: Json) -> list[tuple[str, bool]]:
    if not isinstance(wish, list):
        raise errors.invalid_request()
    found = []
    for each in wish:
        if not isinstance(each, dict) or not isinstance(each.get("field"), str):
            raise errors.invalid_request()
        direction = each.get("direction") or "asc"
        if direction not in ("asc", "desc"):
            raise errors.invalid_request()
        found.append((each["field"], direction == "desc"))
    return found
