"""How does a JSON answer become rows?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

import jmespath
import pyarrow as pa

from hub.contract import MalformedRow
from hub.core.columns import batch_of
from hub.errors import MappingError

SEPARATOR = "."
DEEPEST = 4
"""An object deeper within a record stays JSON text."""
LONGEST_TOLD = 500
Record = Mapping[str, object]


def records_at(body: object, path: str, where: str) -> list[object]:
    """The list of records in an answer.

    Raises:
        MappingError: there is none at that path.
    """
    found = jmespath.search(path, body) if path else body
    if isinstance(found, dict) and not path:
        # One record, or a list under a name that `records` should say.
        lists = [name for name, value in found.items() if isinstance(value, list)]
        if lists:
            raise MappingError(
                f"{where} the answer is an object with lists in {', '.join(lists)}. Name the "
                f'right one: records = "{lists[0]}".'
            )
        return [found]
    if found is None and path:
        names = ", ".join(body) if isinstance(body, dict) else type(body).__name__
        raise MappingError(
            f"{where} the answer has nothing at {path!r}; it has {names}. Correct `records`."
        )
    if not isinstance(found, list):
        raise MappingError(
            f"{where} at {path!r} stands {type(found).__name__}, no list of records. Correct "
            "`records`."
        )
    return found


def rows_of(
    records: Sequence[object], *, flatten: bool, place: str
) -> tuple[list[Record], tuple[MalformedRow, ...]]:
    """Flat records; what is no object is handed over as malformed."""
    rows: list[Record] = []
    malformed: list[MalformedRow] = []
    for number, record in enumerate(records, start=1):
        if isinstance(record, dict):
            rows.append(dict(_flat(record)) if flatten else record)
            continue
        malformed.append(
            MalformedRow(
                place=f"{place}, record {number}",
                raw=json.dumps(record, ensure_ascii=False)[:LONGEST_TOLD],
                reason="a JSON object is needed",
            )
        )
    return rows, tuple(malformed)


def as_batch(rows: Sequence[Record]) -> pa.RecordBatch:
    """The rows by columns; lists and objects are JSON text."""
    names = dict.fromkeys(name for row in rows for name in row)
    return batch_of({name: [row.get(name) for row in rows] for name in names})


def _flat(record: Mapping[str, object], prefix: str = "", depth: int = 1) -> Iterator[tuple[str, object]]:  # noqa: E501  # fmt: skip
    for name, value in record.items():
        if isinstance(value, dict) and value and depth < DEEPEST:
            yield from _flat(value, f"{prefix}{name}{SEPARATOR}", depth + 1)
        else:
            yield f"{prefix}{name}", value
