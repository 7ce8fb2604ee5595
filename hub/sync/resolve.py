"""What happens when a person decides: about a conflict, or about a plan that the guard stopped?"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from sqlmodel import Session

from hub import clock
from hub.core.links import PAUSED, TOMBSTONE, Link
from hub.core.merge import FreezeReason, Pair, Winner
from hub.core.values import Value
from hub.errors import InvalidInput, NotFound
from hub.store import conflicts, leases, links, rows, runs, schemas, streams
from hub.store.conflicts import ConflictRecord
from hub.store.database import Provenance
from hub.store.generic import UnitsOfWork
from hub.sync import guarding

APPROVED, REFUSED = "approved", "refused"


def resolve_conflict(database: UnitsOfWork, conflict_id: UUID, winner: Winner, by: str) -> str:
    """Let one side's value stand, now or long after a policy decided; answers what was done.

    Raises:
        NotFound: there is no such conflict, or its row is gone.
        InvalidInput: the conflict is about a deletion, which is undone by restoring the record.
    """
    provenance = Provenance(actor=by, origin="resolve", edited_at=clock.now())
    with database.unit_of_work(provenance) as session:
        conflict = conflicts.load_conflict(session, conflict_id, lock=True)
        if conflict.field == "deleted_at":
            raise InvalidInput(
                f"conflict {conflict_id} is about a deletion: nothing was lost, the edit won. "
                "Delete the record again if it should go."
            )
        known = rows.load_rows(session, conflict.table_name, [conflict.row_id], lock=True)
        if conflict.row_id not in known:
            raise NotFound(
                f"the row {conflict.row_id} of {conflict.table_name} is gone; restore it first"
            )
        _settle_open(session, conflict)
        value = conflict.theirs if winner is Winner.THEIRS else conflict.ours
        if known[conflict.row_id].values[conflict.field] != value:
            rows.update_rows(
                session, conflict.table_name, {conflict.row_id: {conflict.field: value}}
            )
        conflicts.resolve(session, conflict_id, winner.value, by)
        links.recheck(session, conflict.connection, conflict.stream, [conflict.row_id], "resolved")
        leases.ring(session, conflict.connection, "person")
    return f"{conflict.table_name}.{conflict.field} is {_shown(value)} now; it is being sent."


def _settle_open(session: Session, conflict: ConflictRecord) -> None:
    """A cell that stood still takes their value as its base, so that ours differs or agrees."""
    found = links.links_of_rows(
        session, conflict.connection, conflict.stream, [conflict.row_id], lock=True
    )
    link = found.get(conflict.row_id)
    if link is None or conflict.status != conflicts.OPEN:
        return
    if link.id != conflict.link_id:
        # Another record stands for the row by now, with quarrels of its own.
        return
    standing = link.frozen.get(conflict.field)
    if standing is not None and standing.reason == PAUSED:
        raise InvalidInput(
            f"{conflict.field} of this row is paused, so nothing can be settled in it. Let it go "
            f"on first: `hub sync resume {conflict.connection}.{conflict.stream} "
            f"--row {conflict.row_id}`."
        )
    if standing is None or standing.reason != FreezeReason.CONFLICT:
        return
    pair = Pair(hub=conflict.theirs, remote=standing.incoming)
    _save(session, conflict, replace(link, shadow={**link.shadow, conflict.field: pair}))
    links.thaw(session, [(link.id, conflict.field)])


def _save(session: Session, conflict: ConflictRecord, link: Link) -> None:
    links.save_links(session, conflict.connection, conflict.stream, conflict.table_name, [link])


def _shown(value: Value) -> str:
    return "empty" if value is None else repr(value)


def decide_plan(database: UnitsOfWork, approval_id: UUID, *, approve: bool, by: str) -> str:
    """Carry out or drop a plan that the guard stopped; answers what follows.

    Exactly the rows that were shown are free; whatever else turns up is guarded anew.

    Raises:
        NotFound: nothing waits under that id.
    """
    provenance = Provenance(actor=by, origin="approval")
    decision = APPROVED if approve else REFUSED
    with database.unit_of_work(provenance) as session:
        connection, stream, action, items = runs.decide(session, approval_id, decision, by)
        row_ids = [UUID(item) for item in items]
        if not approve:
            _undo(session, connection, stream, action, row_ids, by)
        if action == guarding.DELETE_IN_HUB:
            links.release_held(session, connection, stream, row_ids, keeps=not approve)
        streams.change(session, connection, stream, hold_reason=None, needs_reconcile=True)
        runs.close_alert(session, f"guard:{connection}:{stream}:{action}")
        leases.ring(session, connection, "person")
    if approve:
        return f"{len(items)} records of {stream}: the plan is carried out now."
    return f"{len(items)} records of {stream}: the plan is dropped, and the other side is put back."


def _undo(
    session: Session,
    connection: str,
    stream: str,
    action: str,
    row_ids: list[UUID],
    by: str,
) -> None:
    """What was changed on one side is put back from the other.

    A refused overwriting in the hub needs their values: the next complete read keeps ours.
    """
    found = links.links_of_rows(session, connection, stream, row_ids, lock=True)
    if not found:
        return
    table_name = links.table_of(session, next(iter(found.values())).id)
    if action == guarding.DELETE_AT_SOURCE:
        # Known again as deleted, the records revive their rows with the next complete read.
        _save_all(session, connection, stream, table_name, found, TOMBSTONE)
    elif action == guarding.DELETE_IN_HUB:
        # Without a link the rows make their records anew.
        _save_all(session, connection, stream, table_name, found, TOMBSTONE)
        links.recheck(session, connection, stream, found, "deletion refused")
    elif action == guarding.OVERWRITE_AT_SOURCE:
        agreed = {
            row_id: {name: pair.hub for name, pair in link.shadow.items()}
            for row_id, link in found.items()
        }
        rows.update_rows(session, table_name, agreed)
    else:
        items = [str(row_id) for row_id in row_ids]
        runs.grant(session, connection, stream, guarding.OVERWRITE_AT_SOURCE, items, by)


def _save_all(
    session: Session,
    connection: str,
    stream: str,
    table_name: str,
    found: dict[UUID, Link],
    state: str,
) -> None:
    links.save_links(
        session,
        connection,
        stream,
        table_name,
        [replace(link, state=state) for link in found.values()],
    )


def pause(database: UnitsOfWork, connection: str, stream: str, *, paused: bool, by: str) -> None:
    """Stop a stream, or let it go on; what it missed is found by a complete read.

    Raises:
        NotFound: there is no such stream.
    """
    with database.unit_of_work(Provenance(actor=by, origin="cli")) as session:
        _known(session, connection, stream)
        streams.change(
            session,
            connection,
            stream,
            is_paused=paused,
            paused_by=by if paused else None,
            paused_at=clock.now() if paused else None,
            needs_reconcile=True,
        )
        if not paused:
            # Held by a new era, it was looked at by now; a plan that the guard stopped stays.
            streams.release_era_hold(session, connection, stream)
        leases.ring(session, connection, "person")


def adopt_schema(database: UnitsOfWork, connection: str, stream: str, *, by: str) -> None:
    """Take the stream's fields as they are now, types included.

    Raises:
        NotFound: there is no such stream.
    """
    with database.unit_of_work(Provenance(actor=by, origin="cli")) as session:
        _known(session, connection, stream)
        schemas.forget_schema(session, connection, stream)
        streams.change(session, connection, stream, needs_reconcile=True)
        leases.ring(session, connection, "person")


def _known(session: Session, connection: str, stream: str) -> None:
    if not streams.exists(session, connection, stream):
        raise NotFound(f"there is no stream {connection}.{stream}. `hub sync status` lists them.")
