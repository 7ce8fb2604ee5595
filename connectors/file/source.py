"""How are files read as a stream that goes on where it stopped?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath

import pyarrow as pa

from connectors.file.delimited import read_delimited
from connectors.file.json_records import read_json, read_json_lines
from connectors.file.parquet import read_parquet
from connectors.file.part import FilePart
from connectors.file.places import Found, Place
from connectors.file.settings import Settings, StreamSettings
from connectors.file.workbook import open_workbook, read_workbook, sheet_names
from hub.contract import (
    Capability,
    CheckResult,
    Limiter,
    Priority,
    SourcePage,
    SourceStream,
)
from hub.core.columns import schema_of
from hub.core.records import State, StreamSchema
from hub.errors import HubError, InvalidInput, MappingError

Reading = Callable[..., Iterator[FilePart]]

_TEXT = frozenset({".csv", ".tsv", ".txt", ".tab"})
_WORKBOOKS = frozenset({".xls", ".xlsx", ".xlsm", ".xlsb", ".ods"})
_FORMATS: Mapping[str, Reading] = {
    **dict.fromkeys(_TEXT, read_delimited),
    **dict.fromkeys(_WORKBOOKS, read_workbook),
    ".json": read_json,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".parquet": read_parquet,
}
_PACKED = frozenset({".gz", ".bz2", ".xz", ".zst"})
_FILE, _ROW, _PRINT = "@file", "@row", "@fingerprint"
"""In a state: which file is being read and how far. Paths never begin with @ there."""
DESCRIBED_ROWS = 20_000
MOST_DISCOVERED = 500


class FileSource:
    """The files of one folder or bucket."""

    capabilities = frozenset({Capability.INCREMENTAL, Capability.DISCOVER})

    def __init__(self, connection: str, settings: Settings, limiter: Limiter) -> None:
        self._connection = connection
        self._place = Place(connection, settings)

    @property
    def requests_made(self) -> int:
        """Listings made and files opened so far."""
        return self._place.requests_made

    def check(self) -> tuple[CheckResult, ...]:
        """Is the place there, and what in it can be read?"""
        try:
            files = self._place.files()
        except HubError as exc:
            return (CheckResult(name="reach", ok=False, sentence=exc.message),)
        readable = [file for file in files if _suffix(file.path) in _FORMATS]
        return (
            CheckResult(
                name="reach",
                ok=True,
                sentence=f"{self._place.name} is there and holds {len(files)} files.",
            ),
            CheckResult(
                name="formats",
                ok=bool(readable),
                sentence=f"{len(readable)} of them have an ending that the hub reads.",
            ),
        )

    def discover(self, priority: Priority = Priority.ROUTINE) -> Mapping[str, StreamSchema]:
        """A stream for every file, and for every sheet of a workbook with several.

        The name of a further sheet stands behind a #: `clients.xlsx#Archive`. A file that cannot
        be read is left out; `describe` tells why.
        """
        found: dict[str, StreamSchema] = {}
        for file in self._place.files()[:MOST_DISCOVERED]:
            if _suffix(file.path) not in _FORMATS:
                continue
            try:
                for sheet in self._sheets(file.path):
                    name = file.path if sheet is None else f"{file.path}#{sheet}"
                    settings = StreamSettings(path=_literally(file.path), sheet=sheet)
                    found[name] = self.describe(SourceStream(name=name, settings=settings))
            except (InvalidInput, MappingError):
                continue
        return found

    def describe(self, stream: SourceStream, priority: Priority = Priority.ROUTINE) -> StreamSchema:
        """The columns of the files, as far as their first rows show them.

        Raises:
            MappingError: there is no such file.
            InvalidInput: a file cannot be read.
        """
        settings = _own(stream)
        tables: list[pa.Table] = []
        for file in self._wanted(settings):
            count = 0
            for part in self._parts(file, settings, 0):
                tables.append(pa.Table.from_batches([part.rows]))
                count += part.rows.num_rows
                if count >= DESCRIBED_ROWS:
                    break
            if tables:
                break
        rows = pa.concat_tables(tables, promote_options="permissive") if tables else pa.table({})
        return schema_of(stream.name, stream.name, rows)

    def read(
        self, stream: SourceStream, state: State | None, priority: Priority
    ) -> Iterator[SourcePage]:
        """Every file that is new or changed; all of them, where one may take another's place.

        Raises:
            MappingError: there is no such file, or its ending says nothing.
            InvalidInput: a file cannot be read as what its ending says.
        """
        settings = _own(stream)
        files = self._wanted(settings)
        before = dict(state or {})
        done = {path: str(mark) for path, mark in before.items() if not path.startswith("@")}
        news = [file for file in files if done.get(file.path) != file.fingerprint]
        is_same = not news and set(done) == {file.path for file in files}
        is_whole = not settings.only_added and not is_same and _FILE not in before
        if is_whole:
            news, done = list(files), {}
        elif not settings.only_added:
            # A read that was cut off goes on; what it read already stands in `done`.
            done = {f.path: f.fingerprint for f in files if done.get(f.path) == f.fingerprint}
        for file in news:
            resumes = before.get(_FILE) == file.path and before.get(_PRINT) == file.fingerprint
            row = int(before.get(_ROW) or 0) if resumes else 0
            for part in self._parts(file, settings, row):
                yield SourcePage(
                    rows=part.rows,
                    state={
                        **done,
                        _FILE: file.path,
                        _PRINT: file.fingerprint,
                        _ROW: part.next_row,
                    },
                    place=file.path,
                    malformed=part.malformed,
                    notes=part.notes,
                )
            done[file.path] = file.fingerprint
        yield SourcePage(
            rows=pa.RecordBatch.from_pydict({}),
            state=done,
            place=settings.path,
            is_last=True,
            is_complete=is_whole,
        )

    def _wanted(self, settings: StreamSettings) -> tuple[Found, ...]:
        files = self._place.files(settings.path)
        if not files:
            raise MappingError(
                f"[{self._connection}] {self._place.name} has no file that fits "
                f"{settings.path!r}. Correct `path` in hub.toml; nothing was changed."
            )
        for file in files:
            if _suffix(file.path) not in _FORMATS:
                raise MappingError(
                    f"[{self._connection}] {file.path}: the ending says no format that the hub "
                    f"reads; valid are {', '.join(sorted(_FORMATS))}. Rename the file, or narrow "
                    "`path` in hub.toml."
                )
        return files

    def _parts(self, file: Found, settings: StreamSettings, row: int) -> Iterator[FilePart]:
        reading = _FORMATS[_suffix(file.path)]
        with self._place.opened(file.path) as opened:
            yield from reading(opened, settings, file.path, from_row=row)

    def _sheets(self, path: str) -> list[str | None]:
        if _suffix(path) not in _WORKBOOKS:
            return [None]
        with self._place.opened(path) as opened:
            names = sheet_names(open_workbook(opened, path))
        return list(names) if len(names) > 1 else [None]


def _own(stream: SourceStream) -> StreamSettings:
    if not isinstance(stream.settings, StreamSettings):
        raise TypeError(f"stream {stream.name} was not configured for files")
    return stream.settings


def _suffix(path: str) -> str:
    suffixes = [suffix.lower() for suffix in PurePosixPath(path).suffixes]
    if suffixes and suffixes[-1] in _PACKED:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def _literally(path: str) -> str:
    """A path as a pattern that fits nothing else."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in path)
