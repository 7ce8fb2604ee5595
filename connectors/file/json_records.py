"""How are JSON records read, a line each or in one document?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

from connectors.file.part import PAGE_ROWS, FilePart
from connectors.file.settings import StreamSettings
from hub.contract import MalformedRow
from hub.core.columns import batch_of
from hub.errors import InvalidInput, MappingError

LONGEST_TOLD = 500


def read_json_lines(
    file: BinaryIO, settings: StreamSettings, place: str, *, from_row: int = 0
) -> Iterator[FilePart]:
    """One object a line; a line that is none is handed over as malformed."""
    records: list[Mapping[str, object]] = []
    malformed: list[MalformedRow] = []
    number = 0
    for number, line in enumerate(file, start=1):
        if number <= from_row or not line.strip():
            continue
        record = _object(line, f"{place}, line {number}")
        if isinstance(record, MalformedRow):
            malformed.append(record)
        else:
            records.append(record)
        if len(records) + len(malformed) >= PAGE_ROWS:
            yield _part(records, malformed, number)
            records, malformed = [], []
    if records or malformed:
        yield _part(records, malformed, number)


def read_json(
    file: BinaryIO, settings: StreamSettings, place: str, *, from_row: int = 0
) -> Iterator[FilePart]:
    """The objects of one document: a list, or the list at `records`.

    Raises:
        InvalidInput: the file is no JSON.
        MappingError: there is no list of objects at `records`.
    """
    try:
        found = json.load(file)
    except ValueError as exc:
        raise InvalidInput(
            f"[file] {place} is no JSON: {exc}. One object a line has the ending .jsonl."
        ) from exc
    for step in settings.records.split(".") if settings.records else ():
        found = found.get(step) if isinstance(found, dict) else None
    if not isinstance(found, list):
        where = f"at {settings.records!r}" if settings.records else "at its beginning"
        raise MappingError(
            f"[file] {place} has no list of records {where}. Name in `records` where the list "
            'stands, such as "data.items".'
        )
    for begin in range(from_row, len(found), PAGE_ROWS):
        page = found[begin : begin + PAGE_ROWS]
        records = [record for record in page if isinstance(record, dict)]
        malformed = [
            _no_object(json.dumps(record), f"{place}, record {begin + at + 1}")
            for at, record in enumerate(page)
            if not isinstance(record, dict)
        ]
        yield _part(records, malformed, begin + len(page))


def _object(line: bytes, place: str) -> Mapping[str, object] | MalformedRow:
    text = line.decode("utf-8-sig", errors="replace").strip()
    try:
        record = json.loads(text)
    except ValueError as exc:
        return MalformedRow(place=place, raw=text[:LONGEST_TOLD], reason=f"no JSON: {exc}")
    return record if isinstance(record, dict) else _no_object(text, place)


def _no_object(text: str, place: str) -> MalformedRow:
    return MalformedRow(place=place, raw=text[:LONGEST_TOLD], reason="a JSON object is needed")


def _part(
    records: Sequence[Mapping[str, object]], malformed: Sequence[MalformedRow], next_row: int
) -> FilePart:
    names = dict.fromkeys(name for record in records for name in record)
    return FilePart(
        rows=batch_of({name: [record.get(name) for record in records] for name in names}),
        next_row=next_row,
        malformed=tuple(malformed),
    )
