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
from hub.core.mapping import Resolve, StreamMapping, to_remote
from hub.core.merge import Pair
from hub.core.records import FieldSchema
from hub.core.sets import LISTED
from hub.core.values import Value
from hub.store import intents, links
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
    adopted = dict(chosen)
    for row_id, sent in sent_of.items():
        external_id = fresh[row_id]
        if row_id in values:
            shadow = _shadow(mapping, fields, values[row_id], sent, resolve)
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
) -> dict[str, Pair]:
    shadow: dict[str, Pair] = {}
    for m in mapping.fields:
        name = m.column.name
        if name not in sent or m.field_id not in fields:
            continue
        # Where our value is still the one that was sent, the pair is known on both sides.
        if to_remote(m, fields[m.field_id], values.get(name), resolve) == sent[name]:
            shadow[name] = Pair(hub=values.get(name), remote=sent[name])
    return shadow


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
