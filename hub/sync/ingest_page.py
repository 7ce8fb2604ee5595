"""How does one page of a source become rows, letters and a place to read on, all at once?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy.exc import DataError, IntegrityError
from sqlmodel import Session

from hub.contract import SourcePage
from hub.core.page_mapping import MappedPage, Names, key_of, map_page, record_at
from hub.errors import MappingError
from hub.store import letters
from hub.store.dataset_rows import given_name
from hub.store.letters import Letter
from hub.sync.ingest_target import Target

MOST_LETTERS = 10_000
LONGEST_KEY = 800
"""Longer ones do not fit an index of Postgres."""


@dataclass(kw_only=True, slots=True)
class Tally:
    """What a run has done so far."""

    rows: int = 0
    inserted: int = 0
    updated: int = 0
    revived: int = 0
    deleted: int = 0
    letters: int = 0
    doubled: int = 0
    parked: int = 0
    settled: int = 0
    pages: int = 0
    notes: dict[str, None] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """Everything that is not zero."""
        named = (
            "rows",
            "inserted",
            "updated",
            "revived",
            "deleted",
            "letters",
            "doubled",
            "parked",
            "settled",
            "pages",
        )
        return {name: getattr(self, name) for name in named if getattr(self, name)}


@dataclass(kw_only=True, slots=True)
class PageWriter:
    """Writes the pages of one run."""

    connection: str
    stream: str
    run_id: UUID
    target: Target
    names: Mapping[str, Names]
    open_keys: set[str]
    tally: Tally
    remembers: bool

    def mapped(self, page: SourcePage) -> MappedPage | None:
        """The page in the target's columns; needs no database."""
        return map_page(self.target.mapping, page.rows, self.names) if page.rows.num_rows else None

    def write(self, session: Session, page: SourcePage, mapped: MappedPage | None = None) -> None:
        """Write one page; what does not fit becomes letters."""
        found = [
            Letter(
                kind=letters.ROW,
                place=bad.place,
                reason=bad.reason,
                raw=letters.raw_row(bad.raw),
            )
            for bad in page.malformed
        ]
        mapped = mapped or self.mapped(page)
        if mapped is not None:
            found.extend(self._write_rows(session, page, mapped))
        self.tally.rows += page.rows.num_rows
        self.tally.pages += 1
        self.tally.notes.update(dict.fromkeys(page.notes))
        self.tally.letters += len(found)
        if self.tally.letters > MOST_LETTERS:
            raise MappingError(
                f"[{self.connection}.{self.stream}] more than {MOST_LETTERS:,} rows or cells do "
                f"not fit, the last because: {found[-1].reason}. The mapping is likely wrong: see "
                f"`hub connectors preview {self.connection}.{self.stream}`. The pages before this "
                "one are stored."
            )
        letters.put(session, self.connection, self.stream, self.run_id, found)

    def _write_rows(self, session: Session, page: SourcePage, mapped: MappedPage) -> list[Letter]:
        keys = self._keys(mapped.rows)
        found, dropped = self._letters(page, mapped, keys)
        wanted = self._wanted(mapped.rows, keys, dropped)
        rows = self._with_given(mapped)
        if wanted is not None:
            rows = rows.take(wanted)
        found.extend(self._store(session, page, rows, wanted))
        if self.open_keys and keys is not None:
            self._close_letters(session, keys, {letter.row_key for letter in found})
        return found

    def _keys(self, rows: Any) -> Any:
        """The key of every row as text; None where the target has no key."""
        key = self.target.mapping.key
        return key_of(rows, key) if key else None

    def _letters(
        self, page: SourcePage, mapped: MappedPage, keys: Any
    ) -> tuple[list[Letter], set[int]]:
        """What is wrong with which row, and which rows cannot be kept."""
        required = self.target.required
        found: list[Letter] = []
        dropped: set[int] = set()
        for cell in mapped.bad:
            kind = letters.KEY if cell.column in required else letters.CELL
            found.append(self._letter(page, keys, cell.row, kind, cell.column, cell.reason))
            if cell.column in required:
                dropped.add(cell.row)
        for name in mapped.unresolved:
            if name.column in required:
                reason = f"no row is known as {name.given!r} ({name.reason})"
                kind = letters.REFERENCE
                found.append(self._letter(page, keys, name.row, kind, name.column, reason))
                dropped.add(name.row)
        for column in required:
            array = mapped.rows.column(column)
            lacking = pc.indices_nonzero(pc.is_null(array)).to_pylist() if array.null_count else []
            for row in lacking:
                if row not in dropped:
                    reason = f"{column} is empty, and without it the row is no record"
                    found.append(self._letter(page, keys, row, letters.KEY, column, reason))
                    dropped.add(row)
        if keys is not None and pa.types.is_string(keys.type):
            long = pc.greater(pc.binary_length(keys), LONGEST_KEY)
            if pc.any(long).as_py():
                for row in pc.indices_nonzero(long).to_pylist():
                    reason = f"the key is longer than {LONGEST_KEY} bytes"
                    found.append(self._letter(page, None, row, letters.KEY, None, reason))
                    dropped.add(row)
        return found, dropped

    def _letter(
        self,
        page: SourcePage,
        keys: Any,
        row: int,
        kind: str,
        column: str | None,
        reason: str,
    ) -> Letter:
        return Letter(
            kind=kind,
            place=page.place,
            reason=f"{column}: {reason}" if column else reason,
            raw=record_at(page.rows, row, self.target.mapping.fields),
            row_key=None if keys is None else keys[row].as_py(),
            column=column,
        )

    def _wanted(self, rows: Any, keys: Any, dropped: set[int]) -> Any:
        """The numbers of the rows to store; of rows with one key the last. None means all."""
        if keys is not None and pc.count_distinct(keys).as_py() < rows.num_rows:
            kept = [row for row in range(rows.num_rows) if row not in dropped]
            last = {keys[row].as_py(): row for row in kept}
            self.tally.doubled += len(kept) - len(last)
            return pa.array(sorted(last.values()), pa.int64())
        if dropped:
            kept = [row for row in range(rows.num_rows) if row not in dropped]
            return pa.array(kept, pa.int64())
        return None

    def _with_given(self, mapped: MappedPage) -> Any:
        """The rows with the names that no row answers to, where there are any."""
        given: dict[str, list[str | None]] = {}
        for name in mapped.unresolved:
            if name.column not in self.target.required:
                column = given.setdefault(given_name(name.column), [None] * mapped.rows.num_rows)
                column[name.row] = name.given
        if not given:
            return mapped.rows
        columns = dict(zip(mapped.rows.schema.names, mapped.rows.columns, strict=True))
        columns.update({name: pa.array(said, pa.string()) for name, said in given.items()})
        return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))

    def _store(self, session: Session, page: SourcePage, rows: Any, numbers: Any) -> list[Letter]:
        """Store rows at once; where Postgres refuses, halves, until the row at fault is alone."""
        if not rows.num_rows:
            return []
        try:
            with session.begin_nested():
                written, problems = self.target.write(session, rows, remember=self.remembers)
                if any(column.lookup for column in self.target.mapping.columns):
                    self.tally.parked += self.target.park(session)
        except (IntegrityError, DataError) as exc:
            if rows.num_rows == 1:
                number = 0 if numbers is None else numbers[0].as_py()
                return [self._refused(page, number, exc)]
            half = rows.num_rows // 2
            if numbers is None:
                numbers = pa.array(range(rows.num_rows), pa.int64())
            return [
                *self._store(session, page, rows.slice(0, half), numbers.slice(0, half)),
                *self._store(session, page, rows.slice(half), numbers.slice(half)),
            ]
        self.tally.inserted += written.inserted
        self.tally.updated += written.updated
        self.tally.revived += written.revived
        return [
            self._letter(
                page,
                None,
                number if numbers is None else numbers[number].as_py(),
                letters.KEY,
                None,
                reason,
            )
            for number, reason in problems.items()
        ]

    def _refused(self, page: SourcePage, row: int, error: IntegrityError | DataError) -> Letter:
        said = str(error.orig).strip().splitlines()[0]
        return self._letter(page, None, row, letters.ROW, None, f"Postgres refuses it: {said}")

    def _close_letters(self, session: Session, keys: Any, failed: set[str | None]) -> None:
        """Rows that were read rightly this time need no letter any more."""
        met = pc.is_in(keys, pa.array(sorted(self.open_keys), pa.string()))
        if not pc.any(met).as_py():
            return
        right = {key for key in keys.filter(met).to_pylist() if key not in failed}
        letters.close_read(session, self.connection, self.stream, self.run_id, sorted(right))
        self.open_keys -= right
