"""How is a person told, beside the record, why a cell was not taken over?

The note says what stands still and what to do; it is written when that changes and cleared when
nothing stands still any more. What people write into the note's field is not data: nothing reads
it. Only a connector that can annotate is asked, and only for streams with a field for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from hub.contract import Capability, Priority, StreamAddress
from hub.core.mapping import StreamMapping
from hub.core.notes import note_text
from hub.core.records import StreamSchema, WriteItem
from hub.core.values import ValueKind
from hub.errors import RecordRejected, RemoteMissing
from hub.store import leases, notes
from hub.store.notes import DueNote
from hub.sync.connection import SyncConnection, Work

NOTES_TOGETHER = 200
"""Notes written in one step, so that people's edits come in between."""


def has_due_notes(connection: SyncConnection) -> bool:
    """Whether a note is to be written; asks nothing where none can be."""
    streams = [mapping.stream for mapping in _annotated(connection)]
    if not streams:
        return False
    with connection.database.reading() as session:
        return bool(notes.due_notes(session, connection.name, streams, limit=1))


def write_notes(work: Work) -> None:
    """Write the notes that are due, stream by stream, batch by batch.

    Raises:
        HubError: what the other side answered; the note is written next time.
    """
    connection = work.connection
    noted = {m.stream: m for m in _annotated(connection) if _note_field_stands(m, work.schema)}
    if not noted:
        return
    with connection.database.reading() as session:
        due = notes.due_notes(session, connection.name, list(noted), limit=NOTES_TOGETHER)
    size = connection.connector.write_batch_size
    for stream, mapping in noted.items():
        listed = [note for note in due if note.stream == stream]
        for start in range(0, len(listed), size):
            _write_batch(work, mapping, listed[start : start + size])


def _annotated(connection: SyncConnection) -> list[StreamMapping]:
    if Capability.ANNOTATE not in connection.connector.capabilities:
        return []
    return [mapping for mapping in connection.ordered if mapping.note_field is not None]


def _note_field_stands(mapping: StreamMapping, schema: Mapping[str, StreamSchema]) -> bool:
    """Whether the field is there and takes a text."""
    table = schema.get(mapping.remote_table)
    field = table.fields.get(mapping.note_field or "") if table else None
    return field is not None and field.kind is ValueKind.TEXT and not field.is_computed


def _write_batch(work: Work, mapping: StreamMapping, batch: Sequence[DueNote]) -> None:
    connector = work.connection.connector
    address = StreamAddress(
        stream=mapping.stream,
        table=mapping.remote_table,
        hub_id_field=None,
        modified_field=None,
        fields=(str(mapping.note_field),),
    )
    labels = _labels(mapping, work.schema)
    items = [
        WriteItem(
            hub_id="",
            external_id=note.external_id,
            fields={str(mapping.note_field): note_text(note.cells, labels)},
        )
        for note in batch
    ]
    try:
        connector.write(address, items, Priority.ROUTINE)
    except (RecordRejected, RemoteMissing):
        if len(batch) > 1:
            # One of the records may be gone: the others get their note alone.
            for note in batch:
                _write_batch(work, mapping, [note])
            return
        work.counts["notes_refused"] += 1
    else:
        work.counts["notes_written"] += len(batch)
    _remember(work, {note.link_id: note.basis for note in batch})


def _remember(work: Work, written: Mapping[UUID, str | None]) -> None:
    with work.connection.database.unit_of_work(work.provenance()) as session:
        leases.check(session, work.grant)
        notes.note_written(session, written)


def _labels(mapping: StreamMapping, schema: Mapping[str, StreamSchema]) -> dict[str, str]:
    """What people call the fields there."""
    fields = schema[mapping.remote_table].fields
    return {
        m.column.name: fields[m.field_id].name if m.field_id in fields else m.column.name
        for m in mapping.fields
    }
