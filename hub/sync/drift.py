"""Did somebody change the tables that the streams read, and what follows?

A rename, a new field, a new option: nothing, and one line in the log. A field that is gone or was
given another type stands still, alone, with one alert; no data is touched, and once it is back
the stream is read completely, so that nothing of the meantime is missed. An answer that suddenly
lost most fields is not believed before it has been given again for a while.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import structlog
from sqlmodel import Session

from hub import clock
from hub.core.drift import Drift, Grade, changes_between, is_doubtful, troubles_of
from hub.core.mapping import StreamMapping
from hub.core.records import StreamSchema
from hub.store import runs, schema_changes, schemas, streams
from hub.store.schema_changes import SeenChange
from hub.sync.connection import SyncConnection

log = structlog.get_logger(__name__)

DOUBTED_FOR = timedelta(minutes=10)
"""An answer that is still the same after so long is the truth."""


def take_schema(
    session: Session,
    connection: SyncConnection,
    known: Mapping[str, StreamSchema],
    fresh: Mapping[str, StreamSchema],
) -> dict[str, StreamSchema]:
    """What holds after an answer: the tables as they are believed to be, kept and graded."""
    believed = dict(fresh)
    linked = {m.stream: m.remote_table for m in connection.mappings.values()}
    for mapping in connection.ordered:
        before, after = known.get(mapping.remote_table), fresh.get(mapping.remote_table)
        if before is not None and _is_doubted(session, mapping, before, after):
            believed[mapping.remote_table] = before
            continue
        if after is None:
            schemas.forget_schema(session, connection.name, mapping.stream)
        else:
            schemas.save_schema(session, connection.name, mapping.stream, after)
            if before is not None:
                _tell_safe(session, mapping, changes_between(mapping, before, after))
        _tell_standing(session, mapping, troubles_of(mapping, after, linked))
    return believed


def _is_doubted(
    session: Session, mapping: StreamMapping, before: StreamSchema, after: StreamSchema | None
) -> bool:
    """Whether the answer about this table is not believed, yet."""
    if not is_doubtful(before, after):
        if schema_changes.end_doubt(session, mapping.connection, mapping.stream):
            runs.close_alert(session, _doubt_key(mapping))
        return False
    since = schema_changes.doubted_since(session, mapping.connection, mapping.stream)
    if since is not None and clock.now() - since > DOUBTED_FOR:
        schema_changes.end_doubt(session, mapping.connection, mapping.stream)
        runs.close_alert(session, _doubt_key(mapping))
        return False
    lost = sum(field_id not in after.fields for field_id in before.fields) if after else 0
    doubt = Drift(
        subject=mapping.remote_table,
        kind=schema_changes.ANSWER,
        grade=Grade.ATTENTION,
        sentence=f"an answer about {before.name} lacked {lost} of {len(before.fields)} fields and "
        "is not believed",
        next_step="Nothing: it is looked at again. If the fields are really gone, that is taken "
        "for true in ten minutes, or at once with `hub sync adopt`.",
    )
    schema_changes.note_doubt(session, mapping.connection, mapping.stream, doubt)
    # What was read by that answer may have lacked cells: everything is read again.
    streams.change(session, mapping.connection, mapping.stream, needs_reconcile=True)
    if runs.raise_alert(
        session,
        _doubt_key(mapping),
        severity="warning",
        title=f"{mapping.stream}: {doubt.sentence}.",
        next_step=str(doubt.next_step),
        connection=mapping.connection,
        stream=mapping.stream,
    ):
        log.warning("a schema is not believed", stream=mapping.stream, lost=lost)
    return True


def _doubt_key(mapping: StreamMapping) -> str:
    return f"schema:{mapping.connection}:{mapping.stream}"


def _tell_safe(session: Session, mapping: StreamMapping, seen: list[Drift]) -> None:
    schema_changes.note_safe(session, mapping.connection, mapping.stream, seen)
    for drift in seen:
        log.info(
            "the other side's schema changed",
            stream=mapping.stream,
            change=drift.kind,
            what=drift.sentence,
            grade=drift.grade.value,
        )


def _tell_standing(session: Session, mapping: StreamMapping, standing: list[Drift]) -> None:
    """Tell each trouble once, and that it is over."""
    fresh, over = schema_changes.keep_standing(
        session, mapping.connection, mapping.stream, standing
    )
    for change in over:
        runs.close_alert(session, _key(change))
        log.info("the schema is right again", stream=mapping.stream, change=change.kind)
    if any(change.hub_column is not None or change.grade == Grade.BREAKING for change in over):
        # What happened in a field that stood still is found by a complete read.
        streams.change(session, mapping.connection, mapping.stream, needs_reconcile=True)
    for change in fresh:
        stands = f"{change.hub_column} stands still: " if change.hub_column else ""
        runs.raise_alert(
            session,
            _key(change),
            severity="error" if change.grade == Grade.BREAKING else "warning",
            title=f"{mapping.stream}{'.' if stands else ': '}{stands}{change.sentence}.",
            next_step=change.next_step or "",
            connection=mapping.connection,
            stream=mapping.stream,
        )
        log.warning(
            "the other side's schema changed",
            stream=mapping.stream,
            change=change.kind,
            what=change.sentence,
            grade=change.grade,
        )


def _key(change: SeenChange) -> str:
    return f"field:{change.connection}:{change.stream}:{change.subject}:{change.kind}"
