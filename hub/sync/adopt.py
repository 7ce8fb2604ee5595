"""What became of a create whose answer was lost?

The record carries the row's Hub ID, so whoever reads it next makes it ours. It is merged with the
sent values as base: an edit made since is an edit, not a difference at first contact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from uuid import UUID

from sqlmodel import Session

from hub.core.links import Link
from hub.core.mapping import Parked, Resolve, StreamMapping, to_hub, to_remote
from hub.core.meeting import empty_of
from hub.core.merge import Pair
from hub.core.records import FieldSchema, RemoteRecord
from hub.core.sets import LISTED
from hub.core.values import Unfit, Value
from hub.store import intents, links
from hub.store.intents import Intent
from hub.store.rows import Row


def adopt_lost_creates(
    session: Session,
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    chosen: Mapping[str, Link],
    linked: Set[str],
    known: Mapping[UUID, Row],
) -> dict[str, Link]:
    """The links by external id; a new one of a row that was being created has a shadow already."""
    fresh = {
        link.row_id: external_id
        for external_id, link in chosen.items()
        if external_id not in linked
    }
    sent_of = (
        intents.unanswered_creates(session, mapping.connection, mapping.stream, list(fresh))
        if fresh
        else {}
    )
    if not sent_of:
        return dict(chosen)
    values = {row_id: known[row_id].values for row_id in sent_of if row_id in known}
    resolve = outgoing_resolver(session, mapping, list(values.values()))
    rows_of = _incoming_resolver(session, mapping, list(sent_of.values()))
    adopted = dict(chosen)
    for row_id, sent in sent_of.items():
        external_id = fresh[row_id]
        if row_id in values:
            shadow = _shadow(mapping, fields, values[row_id], sent, resolve, rows_of)
        else:
            # The row was deleted meanwhile: only an edit since would bring it back.
            shadow = {name: Pair(hub=None, remote=remote) for name, remote in sent.items() if name}
        adopted[external_id] = replace(chosen[external_id], shadow=shadow)
    intents.close_unanswered(session, mapping.connection, mapping.stream, list(sent_of), "adopted")
    return adopted


def _shadow(
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    values: Mapping[str, Value],
    sent: Mapping[str, Value],
    resolve: Resolve,
    rows_of: Resolve,
) -> dict[str, Pair]:
    shadow: dict[str, Pair] = {}
    for m in mapping.fields:
        name = m.column.name
        if name not in sent or m.field_id not in fields:
            continue
        # Where our value is still the one that was sent, the pair is known on both sides; where
        # it has changed since, it is sent in its turn.
        if to_remote(m, fields[m.field_id], values.get(name), resolve) == sent[name]:
            shadow[name] = Pair(hub=values.get(name), remote=sent[name])
            continue
        was = to_hub(m, fields[m.field_id], sent[name], rows_of)
        if not isinstance(was, (Unfit, Parked)):
            shadow[name] = Pair(hub=was, remote=sent[name])
    return shadow


def adopt_lost_updates(
    session: Session,
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    records: Sequence[RemoteRecord],
    chosen: Mapping[str, Link],
    *,
    waiting: Mapping[tuple[str, str], Sequence[Intent]] | None = None,
    by_program: Mapping[tuple[str, str], bool] | None = None,
) -> dict[str, Link]:
    """The links by external id, with what a write of unknown outcome has done in their shadows.

    Our own value that is read back is no edit of theirs: what was changed here since is sent.
    `by_program` says of (record, field) whether its last payload was a program's: what a person
    typed is theirs, even where it is the same.
    """
    changed = [record for record in records if _differs(mapping, record, chosen)]
    if not changed:
        return dict(chosen)
    if waiting is None:
        waiting = intents.awaiting_echo(
            session, mapping.connection, mapping.stream, [record.external_id for record in changed]
        )
    sent = [i.sent for each in waiting.values() for i in each if i.outcome in _UNKNOWN]
    if not sent:
        return dict(chosen)
    rows_of = _incoming_resolver(session, mapping, [{"": value} for value in sent])
    adopted: dict[str, Link] = {}
    for record in changed:
        link = chosen[record.external_id]
        shadow = dict(link.shadow)
        for m in mapping.fields:
            name, schema = m.column.name, fields.get(m.field_id)
            if schema is None or name not in shadow or name in link.frozen:
                continue
            theirs = record.fields.get(m.field_id, empty_of(schema))
            is_ours = any(
                intent.operation == "update"
                and _may_be_ours(intent, (by_program or {}).get((record.external_id, m.field_id)))
                and intent.sent == theirs
                and intent.believed == shadow[name].remote != theirs
                for intent in waiting.get((record.external_id, name), ())
            )
            was = to_hub(m, schema, theirs, rows_of) if is_ours else None
            if is_ours and not isinstance(was, (Unfit, Parked)):
                shadow[name] = Pair(hub=was, remote=theirs)
        if shadow != link.shadow:
            adopted[record.external_id] = replace(link, shadow=shadow)
    links.save_links(
        session, mapping.connection, mapping.stream, mapping.hub_table, list(adopted.values())
    )
    return {**chosen, **adopted}


_UNKNOWN = frozenset({None, "superseded"})


def _may_be_ours(intent: Intent, is_by_program: bool | None) -> bool:
    """Whether it took effect; one that was compared and sent anew since needs a payload's word."""
    if intent.outcome is None:
        return is_by_program is not False
    return intent.outcome in _UNKNOWN and is_by_program is True


def _differs(mapping: StreamMapping, record: RemoteRecord, chosen: Mapping[str, Link]) -> bool:
    link = chosen[record.external_id]
    return any(
        m.column.name in link.shadow
        and link.shadow[m.column.name].remote != record.fields.get(m.field_id)
        for m in mapping.fields
    )


def _incoming_resolver(
    session: Session, mapping: StreamMapping, sent: Sequence[Mapping[str, Value]]
) -> Resolve:
    """(stream, external id) -> row id, for the links that were sent."""
    listed = {item for each in sent for value in each.values() for item in LISTED.split(value)}
    wanted = {m.link: listed for m in mapping.fields if m.link is not None}
    known = links.row_ids_of(session, mapping.connection, wanted)
    return lambda stream, external_id: known.get((stream, external_id))


def outgoing_resolver(
    session: Session, mapping: StreamMapping, values: Sequence[Mapping[str, Value]]
) -> Resolve:
    """(stream, row id) -> external id, for the links of these rows."""
    wanted: dict[str, set[str]] = {}
    for m in mapping.fields:
        if m.link is not None:
            ids = (LISTED.split(row.get(m.column.name)) for row in values)
            wanted.setdefault(m.link, set()).update(*ids)
    known = links.external_ids_of(session, mapping.connection, wanted)
    return lambda stream, row_id: known.get((stream, row_id))
