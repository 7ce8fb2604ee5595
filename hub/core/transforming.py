"""How are the named transforms carried out on a whole column at once?

Arrow's kernels are arithmetic on memory: no file, clock or network is touched here, so the core
may use them (docs/adr/0012-arrow-in-the-core.md).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

Array = Any
"""A pyarrow.Array; the library has no types of its own."""

_ADDRESS = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\-]+@[A-Za-z0-9.\-]+\.[A-Za-z0-9\-]+"
_HOST = r"^\s*(?:[a-zA-Z][a-zA-Z0-9+.\-]*://)?(?:[^@/\s]*@)?(?:[wW]{3}\.)?(?P<host>[^/:?#\s]+)"


def as_text(array: Array) -> Array:
    """Any column as text, as a person would write it; lists and objects become JSON."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        array = array.dictionary_decode()
        kind = array.type
    if pa.types.is_string(kind):
        return array
    if pa.types.is_floating(kind):
        # 3.0 in a sheet was typed as 3.
        text = pc.cast(array, pa.string())
        return pc.replace_substring_regex(text, r"\.0$", "")
    if pa.types.is_nested(kind):
        said = [None if v is None else json.dumps(v, default=str) for v in array.to_pylist()]
        return pa.array(said, pa.string())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        said = [None if v is None else v.decode("utf-8", "replace") for v in array.to_pylist()]
        return pa.array(said, pa.string())
    return pc.cast(array, pa.string())


def apply(word: str, array: Array) -> Array:
    """One named transform, as the configuration writes it."""
    name, _, argument = word.partition(":")
    text = as_text(array)
    if name in _WITH_ARGUMENT:
        return _WITH_ARGUMENT[name](text, argument)
    return _PLAIN[name](text)


def _squeeze(text: Array) -> Array:
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(text, r"[\s\x{00a0}]+", " "))


def _digits(text: Array) -> Array:
    return _none_if_empty(pc.replace_substring_regex(text, r"[^0-9]+", ""))


def _email(text: Array) -> Array:
    found = pc.extract_regex(text, f"(?P<address>{_ADDRESS})")
    return pc.utf8_lower(pc.struct_field(found, "address"))


def _domain_of(text: Array) -> Array:
    found = pc.extract_regex(text, _HOST)
    return _none_if_empty(pc.utf8_lower(pc.struct_field(found, "host")))


def _number(text: Array) -> Array:
    return _signed(pc.replace_substring_regex(text, r"[,'\s\x{00a0}]", ""))


def _number_comma(text: Array) -> Array:
    plain = pc.replace_substring_regex(text, r"[.'\s\x{00a0}]", "")
    return _signed(pc.replace_substring(plain, ",", "."))


def _signed(text: Array) -> Array:
    """Without currency and percent; (5) is -5, as bookkeepers write it."""
    negative = pc.replace_substring_regex(text, r"^\((.*)\)$", r"-\1")
    return pc.replace_substring_regex(negative, r"^(-?)[^0-9.+\-]*(-?[0-9.]+)[^0-9.]*$", r"\1\2")


def _seconds(text: Array) -> Array:
    return _since_1970(text, 1_000_000)


def _milliseconds(text: Array) -> Array:
    return _since_1970(text, 1_000)


def _since_1970(text: Array, microseconds: int) -> Array:
    def moment(said: str | None) -> int | None:
        if said is None or not re.fullmatch(r"\s*-?\d{1,14}(\.\d+)?\s*", said):
            return None
        return round(float(said) * microseconds)

    found = pa.array([moment(said) for said in text.to_pylist()], pa.int64())
    return pc.assume_timezone(pc.cast(found, pa.timestamp("us")), "UTC")


def _date(text: Array, form: str) -> Array:
    found = pc.strptime(pc.utf8_trim_whitespace(text), form, "s", error_is_null=True)
    has_time = any(sign in form for sign in ("%H", "%I", "%M", "%S", "%T", "%R"))
    said = pc.strftime(found, "%Y-%m-%dT%H:%M:%S" if has_time else "%Y-%m-%d")
    # What does not have the form stays as it is, so that the type's own check names it.
    return pc.coalesce(said, text)


def _split(text: Array, parted_by: str) -> Array:
    parts = pc.split_pattern(text, parted_by)
    said = [
        None if v is None else json.dumps([p.strip() for p in v if p.strip()], ensure_ascii=False)
        for v in parts.to_pylist()
    ]
    return pa.array(said, pa.string())


def _first(text: Array, parted_by: str) -> Array:
    return pc.list_element(pc.split_pattern(text, parted_by, max_splits=1), 0)


def _last(text: Array, parted_by: str) -> Array:
    parts = pc.split_pattern(text, parted_by, max_splits=1, reverse=True).to_pylist()
    return pa.array([None if v is None else v[-1] for v in parts], pa.string())


def _empty(text: Array, empty: str) -> Array:
    return pc.if_else(pc.equal(text, empty), pa.scalar(None, pa.string()), text)


def _none_if_empty(text: Array) -> Array:
    return _empty(text, "")


_PLAIN: dict[str, Callable[[Array], Array]] = {
    "trim": pc.utf8_trim_whitespace,
    "squeeze": _squeeze,
    "lower": pc.utf8_lower,
    "upper": pc.utf8_upper,
    "digits": _digits,
    "email": _email,
    "domain_of": _domain_of,
    "number": _number,
    "number_comma": _number_comma,
    "seconds": _seconds,
    "milliseconds": _milliseconds,
}
_WITH_ARGUMENT: dict[str, Callable[[Array, str], Array]] = {
    "date": _date,
    "split": _split,
    "first": _first,
    "last": _last,
    "empty": _empty,
}
