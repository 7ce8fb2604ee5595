"""What does a reader of one format hand over?"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from hub.contract import MalformedRow


@dataclass(frozen=True, kw_only=True, slots=True)
class FilePart:
    """Some rows of a file; `next_row` is how many of its rows stand before what comes next."""

    rows: pa.RecordBatch
    next_row: int
    malformed: tuple[MalformedRow, ...] = ()
    notes: tuple[str, ...] = ()


PAGE_ROWS = 10_000
"""Rows a part, where the format leaves the choice."""
