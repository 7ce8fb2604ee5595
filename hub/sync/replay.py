"""What happens to what did not fit, when the mapping, the names or the source were mended?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session

from hub.contract import SourcePage
from hub.core.page_mapping import page_of_records
from hub.store import letters, source_states
from hub.store.database import Database
from hub.store.letters import KeptLetter
from hub.sync.ingest import IngestRun, alone
from hub.sync.ingest_page import PageWriter
from hub.sync.ingest_stream import IngestStream

AT_A_TIME = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Replayed:
    """How many letters were tried, and how many of them fit now.

    `reads_anew`: rows that were no records; only the source can be asked again.
    """

    tried: int = 0
    mended: int = 0
    settled: int = 0
    left: int = 0
    reads_anew: int = 0


def replay(database: Database, stream: IngestStream) -> Replayed:
    """Map the kept records again; a row that was read rightly since has no letter any more."""
    with database.engine.connect() as connection, alone(connection, stream) as is_alone:
        if not is_alone:
            return Replayed()
        run = IngestRun(connection, stream, trigger="replay")
        with run.transaction() as session:
            waiting = letters.open_letters(session, stream.connection, stream.name, limit=100_000)
        records = [letter for letter in waiting if letters.is_record(letter)]
        no_records = len(waiting) - len(records)
        run.begin()
        writer = run.open(remembers=False)
        try:
            for start in range(0, len(records), AT_A_TIME):
                with run.transaction() as session:
                    _again(session, writer, records[start : start + AT_A_TIME])
        finally:
            run.close(writer)
        run.end()
        with run.transaction() as session:
            left = letters.count_open(session, stream.connection, stream.name)
            if no_records:
                source_states.begin_anew(session, stream.connection, stream.name)
    return Replayed(
        tried=len(records),
        mended=max(len(records) - (left - no_records), 0),
        settled=run.tally.settled,
        left=left,
        reads_anew=no_records,
    )


def _again(session: Session, writer: PageWriter, part: list[KeptLetter]) -> None:
    """What still does not fit is met again, and its letter reopened as a new one."""
    letters.close(session, [letter.id for letter in part], "replayed")
    by_place: dict[str, dict[str, Mapping[str, str | None]]] = {}
    for letter in part:
        # One record may have several letters, a cell each.
        said = json.dumps(dict(letter.raw), sort_keys=True)
        by_place.setdefault(letter.place, {})[said] = letter.raw
    for place, raws in by_place.items():
        rows = page_of_records(list(raws.values()))
        writer.write(session, SourcePage(rows=rows, state={}, place=place))
