"""How are letters sent so that a crash at any point loses and doubles nothing?

1. In one transaction, before this: what is to be sent, and an intent for each cell
(`hub.sync.letters`). 2. The request. 3. In one transaction: the outcome (`hub.sync.answers`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hub.core.links import Frozen
from hub.core.mapping import StreamMapping
from hub.core.merge import FreezeReason
from hub.core.records import FieldSchema
from hub.errors import HubError, LeaseLost, OutcomeUnknown, RecordRejected
from hub.store import intents, leases, links
from hub.sync.answers import note_answers
from hub.sync.connection import Work
from hub.sync.letters import Letter


def send_letters(
    work: Work,
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    letters: Sequence[Letter],
) -> None:
    """Send letters whose intents are committed, as many in a request as it takes.

    Raises:
        HubError: what the other side answered; what was not sent any more is written down as such.
    """
    size = work.connection.connector.write_batch_size
    for start in range(0, len(letters), size):
        try:
            _post(work, mapping, fields, letters[start : start + size])
        except LeaseLost:
            # The next holder finds out what became of them.
            raise
        except HubError:
            _note_unsent(work, letters[start + size :])
            raise


def _post(
    work: Work,
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    letters: Sequence[Letter],
) -> None:
    connector = work.connection.connector
    try:
        results = connector.write(
            work.address_of(mapping), [letter.item for letter in letters], work.priority
        )
    except OutcomeUnknown:
        # The intents stay open: the next look at these rows finds out what happened.
        raise
    except RecordRejected as exc:
        # The batch was refused as a whole: alone, only the culprit is.
        parts = letters if len(letters) > 1 else _parts(letters[0])
        if len(parts) > 1:
            for part in parts:
                _post(work, mapping, fields, [part])
            return
        _note_rejected(work, mapping, letters[0], exc.message)
        if letters[0].link is None and letters[0].sent and mapping.hub_id_field is not None:
            # What is wrong with a cell is told at the cell, and that needs a record.
            _post(work, mapping, fields, [_bare(letters[0])])
        return
    note_answers(work, mapping, fields, letters, results)


def _parts(letter: Letter) -> list[Letter]:
    """A letter for each cell: the others are sent although one is refused."""
    if letter.link is None or len(letter.sent) != len(letter.intents):
        return [letter]
    return [
        replace(
            letter,
            item=replace(letter.item, fields={field_id: value}),
            sent={name: pair},
            intents=(intent,),
        )
        for (field_id, value), (name, pair), intent in zip(
            letter.item.fields.items(), letter.sent.items(), letter.intents, strict=True
        )
    ]


def _bare(letter: Letter) -> Letter:
    """A new record without any cell but its Hub ID; the cells are sent once it is there."""
    return replace(letter, item=replace(letter.item, fields={}), sent={}, intents=())


def _note_unsent(work: Work, letters: Sequence[Letter]) -> None:
    ids = [intent for letter in letters for intent in letter.intents]
    if not ids:
        return
    with work.connection.database.unit_of_work(work.provenance()) as session:
        leases.check(session, work.grant)
        intents.note_outcome(session, ids, "not_sent", is_closed=True)


def _note_rejected(work: Work, mapping: StreamMapping, letter: Letter, reason: str) -> None:
    with work.connection.database.unit_of_work(work.provenance()) as session:
        leases.check(session, work.grant)
        intents.note_outcome(session, letter.intents, "failed", is_closed=True)
        if letter.link is not None:
            cells = [
                Frozen(
                    field=name,
                    reason=FreezeReason.REJECTED.value,
                    incoming=letter.link.shadow[name].remote
                    if name in letter.link.shadow
                    else None,
                    detail=reason,
                )
                for name in letter.sent
            ]
            links.freeze(session, [(letter.link.id, cell) for cell in cells])
            if any(mapping.by_column(name).link for name in letter.sent):
                # Most likely its target has just been deleted there: soon we know of that.
                links.recheck(
                    session, mapping.connection, mapping.stream, [letter.row_id], "link refused"
                )
        work.counts["records_rejected"] += 1
