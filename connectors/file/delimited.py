"""How is a text file with columns read: its encoding, its delimiter, its ragged rows?"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv
from charset_normalizer import from_bytes

from connectors.file.headers import SAMPLE_ROWS, Header, find_header, is_blank
from connectors.file.part import FilePart
from connectors.file.settings import StreamSettings
from hub.contract import MalformedRow
from hub.errors import InvalidInput

SAMPLE_BYTES = 256 * 1024
BLOCK_BYTES = 2 * 1024 * 1024
"""Read at a time; a row must fit into it."""
DELIMITERS = (",", ";", "\t", "|")
LONGEST_TOLD = 500
OLD_ENCODINGS = (
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "big5", "gb18030", "shift_jis", "euc_kr",
)  # fmt: skip

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialect:
    """How the file is written."""

    encoding: str
    delimiter: str
    header: Header
    lines_above: int
    notes: tuple[str, ...] = ()


def find_dialect(sample: bytes, settings: StreamSettings, place: str) -> Dialect:
    """How a file that begins with `sample` is written.

    Raises:
        InvalidInput: it is no text.
    """
    encoding, notes = _encoding(sample, settings, place)
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(sample).lstrip("\ufeff")
    delimiter = settings.delimiter or _delimiter(text, place)
    rows, line_numbers = _sample_rows(text, delimiter)
    header = find_header(rows, header_row=settings.header_row)
    above = min(header.rows_above, len(line_numbers))
    return Dialect(
        encoding=encoding,
        delimiter=delimiter,
        header=header,
        lines_above=line_numbers[above - 1] if above else 0,
        notes=(*notes, *header.notes),
    )


def read_delimited(
    file: BinaryIO, settings: StreamSettings, place: str, *, from_row: int = 0
) -> Iterator[FilePart]:
    """The rows of a file as text, some at a time.

    Raises:
        InvalidInput: the file is no text, or a row is longer than can be read.
    """
    sample = file.read(SAMPLE_BYTES)
    if not sample.strip():
        return
    dialect = find_dialect(sample, settings, place)
    file.seek(0)
    ragged: list[pa.csv.InvalidRow] = []

    def keep(row: pa.csv.InvalidRow) -> str:
        ragged.append(row)
        return "skip"

    names = dialect.header.names
    try:
        reader = pa.csv.open_csv(
            pa.PythonFile(file, mode="r"),
            read_options=pa.csv.ReadOptions(
                use_threads=False,
                block_size=BLOCK_BYTES,
                column_names=list(names),
                skip_rows=dialect.lines_above,
                encoding="utf8" if dialect.encoding == "utf-8" else dialect.encoding,
            ),
            parse_options=pa.csv.ParseOptions(
                delimiter=dialect.delimiter,
                newlines_in_values=True,
                invalid_row_handler=keep,
            ),
            convert_options=pa.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.binary()),
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid as exc:
        if "Empty CSV file" in str(exc):
            return
        raise _unreadable(place, exc) from exc
    yield from _parts(reader, dialect, settings, place, ragged, from_row)


def _parts(
    reader: pa.csv.CSVStreamingReader,
    dialect: Dialect,
    settings: StreamSettings,
    place: str,
    ragged: list[pa.csv.InvalidRow],
    from_row: int,
) -> Iterator[FilePart]:
    notes = dialect.notes
    at = 0
    while True:
        try:
            batch = reader.read_next_batch()
        except StopIteration:
            batch = None
        except pa.ArrowInvalid as exc:
            raise _unreadable(place, exc) from exc
        except UnicodeDecodeError as exc:
            raise InvalidInput(
                f"[file] {place} is not {dialect.encoding} text to its end ({exc.reason}). "
                "Name its `encoding` in hub.toml, or save it anew as UTF-8."
            ) from exc
        if batch is None and not ragged:
            return
        mended, malformed = _mend(ragged, dialect, place)
        ragged.clear()
        tables = [] if batch is None else [_as_text(batch)]
        if mended:
            columns = zip(*mended, strict=True)
            tables.append(
                pa.RecordBatch.from_arrays(
                    [pa.array(cells, pa.string()) for cells in columns],
                    names=list(dialect.header.names),
                )
            )
        for rows in tables:
            begin, at = at, at + rows.num_rows
            rows = _cut(rows, begin, from_row, _limit(settings, dialect))
            yield FilePart(rows=rows, next_row=at, malformed=malformed, notes=notes)
            notes, malformed = (), ()
        if not tables and malformed:
            empty = pa.RecordBatch.from_pylist([], schema=_schema(dialect))
            yield FilePart(rows=empty, next_row=at, malformed=malformed, notes=notes)
            notes = ()
        if batch is None:
            return


def _limit(settings: StreamSettings, dialect: Dialect) -> int | None:
    return None if settings.last_row is None else settings.last_row - dialect.lines_above


def _cut(rows: pa.RecordBatch, begin: int, from_row: int, limit: int | None) -> pa.RecordBatch:
    first = max(from_row - begin, 0)
    last = rows.num_rows if limit is None else min(rows.num_rows, max(limit - begin, 0))
    return rows.slice(min(first, rows.num_rows), max(last - first, 0))


def _schema(dialect: Dialect) -> pa.Schema:
    return pa.schema([(name, pa.string()) for name in dialect.header.names])


def _encoding(sample: bytes, settings: StreamSettings, place: str) -> tuple[str, tuple[str, ...]]:
    if settings.encoding is not None:
        name = codecs.lookup(settings.encoding).name
        return ("utf-8" if name == "utf-8-sig" else name), ()
    for mark, encoding in _MARKS:
        if sample.startswith(mark):
            return encoding, () if encoding == "utf-8" else (f"The text is {encoding}.",)
    try:
        # The sample may end within a character.
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        pass
    else:
        if b"\0" not in sample:
            return "utf-8", ()
    zeros = Counter(at % 2 for at, byte in enumerate(sample[:4096]) if byte == 0)
    if zeros and max(zeros.values()) > len(sample[:4096]) // 8:
        encoding = "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"
        return encoding, (f"The text is {encoding}, without a mark that says so.",)
    if b"\0" in sample:
        raise InvalidInput(
            f"[file] {place} holds zero bytes and is no text. Give the file the ending of its "
            "format, or export it as CSV in UTF-8."
        )
    return _old_encoding(sample)


def _old_encoding(sample: bytes) -> tuple[str, tuple[str, ...]]:
    """The likeliest of the encodings that spreadsheet programs wrote before UTF-8."""
    # The sample may end within a character, but not within one at the end of a line.
    whole = sample[: sample.rfind(b"\n") + 1] or sample
    best = from_bytes(whole, cp_isolation=list(OLD_ENCODINGS)).best()
    guessed = best.encoding if best is not None else "cp1252"
    try:
        # Where the Western one says the same, it is the one that more people can tell.
        if best is not None and whole.decode("cp1252") == str(best):
            guessed = "cp1252"
    except UnicodeDecodeError:
        pass
    return guessed, (f"The text is not UTF-8; it is read as {guessed}. `encoding` may say better.",)


def _delimiter(text: str, place: str) -> str:
    """What parts most rows into equally many columns."""
    scores: list[tuple[float, int, str]] = []
    for rank, delimiter in enumerate(DELIMITERS):
        rows, _ = _sample_rows(text, delimiter)
        widths = Counter(len(row) for row in rows if row)
        widths.pop(1, None)
        if widths:
            width, times = widths.most_common(1)[0]
            scores.append((times / max(len(rows), 1) + width / 10_000, -rank, delimiter))
    return max(scores)[2] if scores else ","


def _sample_rows(text: str, delimiter: str) -> tuple[list[Sequence[object]], list[int]]:
    rows: list[Sequence[object]] = []
    lines: list[int] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            rows.append(row)
            lines.append(reader.line_num)
            if len(rows) >= SAMPLE_ROWS:
                break
    except csv.Error:
        # A field too long for the module; the header stands before it.
        pass
    return rows, lines


def _mend(
    ragged: Sequence[pa.csv.InvalidRow], dialect: Dialect, place: str
) -> tuple[list[list[str | None]], tuple[MalformedRow, ...]]:
    """Rows that only lack their last cells, or whose surplus is blank; and those beyond help."""
    width = len(dialect.header.names)
    mended: list[list[str | None]] = []
    malformed: list[MalformedRow] = []
    for row in ragged:
        text = str(row.text)
        cells = next(csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter), [])
        if any(not is_blank(cell) for cell in cells[width:]):
            where = f"row {row.number}" if row.number is not None else "a row"
            malformed.append(
                MalformedRow(
                    place=f"{place}, {where}",
                    raw=text[:LONGEST_TOLD],
                    reason=(
                        f"the row has {row.actual_columns} cells, the header {width} columns: is "
                        "a quotation mark missing?"
                    ),
                )
            )
            continue
        kept = [cell or None for cell in cells[:width]]
        mended.append([*kept, *[None] * (width - len(kept))])
    return mended, tuple(malformed)


def _as_text(batch: pa.RecordBatch) -> pa.RecordBatch:
    columns = []
    for column in batch.columns:
        try:
            columns.append(column.cast(pa.string()))
        except pa.ArrowInvalid:
            columns.append(pa.array([_decoded(cell) for cell in column.to_pylist()], pa.string()))
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _decoded(cell: bytes | None) -> str | None:
    """A cell of a file that is UTF-8 but for some cells pasted from an old program."""
    if cell is None:
        return None
    try:
        return cell.decode()
    except UnicodeDecodeError:
        return cell.decode("cp1252", errors="replace")


def _unreadable(place: str, exc: Exception) -> InvalidInput:
    return InvalidInput(
        f"[file] {place} cannot be read as a table: {str(exc).splitlines()[0][:200]}. "
        "Is a quotation mark missing? `delimiter` and `encoding` may be named in hub.toml."
    )
