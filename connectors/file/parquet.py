"""How is a Parquet file read?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet

from connectors.file.part import PAGE_ROWS, FilePart
from connectors.file.settings import StreamSettings
from hub.core.columns import flattened
from hub.errors import InvalidInput


def read_parquet(
    file: BinaryIO, settings: StreamSettings, place: str, *, from_row: int = 0
) -> Iterator[FilePart]:
    """The rows by batches; lists and objects come as JSON text.

    Raises:
        InvalidInput: the file is damaged or no Parquet.
    """
    try:
        source = pa.parquet.ParquetFile(pa.PythonFile(file, mode="r"))
        at = 0
        for batch in source.iter_batches(batch_size=PAGE_ROWS):
            begin, at = at, at + batch.num_rows
            if at > from_row:
                rows = flattened(batch).slice(max(from_row - begin, 0))
                yield FilePart(rows=rows, next_row=at)
    except pa.ArrowInvalid as exc:
        raise InvalidInput(
            f"[file] {place} cannot be read as Parquet: {str(exc).splitlines()[0][:200]}. "
            "Write the file anew; it may have been cut off."
        ) from exc
