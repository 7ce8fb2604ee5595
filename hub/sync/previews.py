"""How is a preview asked for, kept, and approved, so that exactly it is carried out?

A preview that was asked for is a row before it is a job: a worker looks, beside whoever has the
lease, and keeps what it found. Once a person approved it the holder of the lease applies it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from hub.errors import HubError, InvalidInput
from hub.store import leases, previews, runs
from hub.store.database import Database, Provenance
from hub.sync.connection import SyncConnection
from hub.sync.dry_run import Action, CellDiff, Direction, Preview, RecordDiff
from hub.sync.preview import preview

MOST_RECORDS = 50_000
"""A preview that shows more than this cannot be approved: nobody saw what it would do."""
PATIENCE_SECONDS = 600.0
"""A worker that looks for longer than its job may is dead."""


def ask_preview(
    database: Database, connection: str, stream: str, direction: Direction, by: str
) -> UUID:
    """Ask a worker to run dry; answers the preview's id."""
    with database.unit_of_work(Provenance(actor=by, origin="preview")) as session:
        return previews.ask_preview(session, connection, stream, direction.value, by)


def look(connection: SyncConnection, preview_id: UUID, *, requests_per_second: float) -> None:
    """Run dry what was asked for, and keep it; a second worker leaves at once.

    What the other side refused stands in the preview and in its run.
    """
    database = connection.database
    provenance = Provenance(actor="preview", origin="preview")
    with database.unit_of_work(provenance) as session:
        if not previews.claim_preview(session, preview_id, patience_seconds=PATIENCE_SECONDS):
            return
        asked = previews.load_preview(session, preview_id)
    before = connection.connector.requests_made
    failure: HubError | None = HubError("An error of the hub; Sentry and the log have it.")
    seen: Preview | None = None
    try:
        seen = preview(
            connection,
            asked.stream,
            Direction(asked.direction),
            keeps=MOST_RECORDS,
            requests_per_second=requests_per_second,
        )
        failure = None
    except HubError as exc:
        failure = exc
    finally:
        with database.unit_of_work(provenance) as session:
            if failure is not None:
                previews.note_failed(session, preview_id, failure.message)
            elif seen is not None:
                previews.note_ready(
                    session, preview_id, to_diff(seen), calls=seen.calls, seconds=seen.seconds
                )
            if asked.run_id is not None:
                runs.finish_run(
                    session,
                    asked.run_id,
                    status="failed" if failure else "succeeded",
                    counts={},
                    requests=connection.connector.requests_made - before,
                    error_code=failure.code if failure else None,
                    error_message=failure.message if failure else None,
                )


def keep(database: Database, seen: Preview, by: str) -> UUID:
    """Keep a preview that was just made, so that it can be approved; its id."""
    with database.unit_of_work(Provenance(actor=by, origin="preview")) as session:
        preview_id = previews.ask_preview(
            session, seen.connection, seen.stream, seen.direction.value, by
        )
        previews.claim_preview(session, preview_id, patience_seconds=PATIENCE_SECONDS)
        kept = previews.load_preview(session, preview_id)
        if kept.run_id is not None:
            runs.finish_run(
                session, kept.run_id, status="succeeded", counts={}, requests=seen.calls_made
            )
        previews.note_ready(
            session, preview_id, to_diff(seen), calls=seen.calls, seconds=seen.seconds
        )
    return preview_id


def decide_preview(database: Database, preview_id: UUID, *, approve: bool, by: str) -> str:
    """Approve or drop a preview; answers what follows.

    Raises:
        NotFound: there is no such preview.
        InvalidInput: it is not ready, or shows only a part of what it would do.
    """
    with database.unit_of_work(Provenance(actor=by, origin="preview")) as session:
        before = previews.decide_preview(session, preview_id, approve=approve, by=by)
        name = f"{before.connection}.{before.stream}"
        if before.status != previews.READY:
            raise InvalidInput(
                f"preview {preview_id} of {name} is {before.status}; only one that is ready can "
                "be approved or refused. `hub sync previews` lists them."
            )
        if approve and before.diff.get("hidden"):
            raise InvalidInput(
                f"preview {preview_id} of {name} shows {MOST_RECORDS} of "
                f"{MOST_RECORDS + before.diff['hidden']} records, so nobody saw all that it would "
                "do. Let the stream run instead: its guard asks before it overwrites or deletes."
            )
        leases.ring(session, before.connection, "person")
    if not approve:
        return f"The {before.direction} of {name} is dropped: nothing was changed."
    return (
        f"The {before.direction} of {name} is carried out as shown: {_acts(before.diff)}. "
        "Cells that moved since are left out and listed."
    )


def _acts(diff: Mapping[str, Any]) -> str:
    counts = diff.get("counts", {})
    acts = ("create", "change", "revive", "delete")
    return ", ".join(f"{counts[a]} to {a}" for a in acts if counts.get(a)) or "nothing to change"


def to_diff(seen: Preview) -> dict[str, Any]:
    """The preview as plain values."""
    shown = [record for record in seen.records if record.cells or record.action is not Action.STAY]
    total = sum(seen.counts[action.value] for action in Action)
    return {
        "records": [
            {
                "action": record.action.value,
                "row_id": str(record.row_id),
                "external_id": record.external_id,
                "cells": [
                    {"column": cell.column, "before": cell.before, "after": cell.after}
                    for cell in record.cells
                ],
                "note": record.note,
            }
            for record in seen.records
        ],
        "counts": {name: count for name, count in seen.counts.items() if count},
        "hidden": max(0, total - len(seen.records)) if shown else 0,
        "stops": list(seen.stops),
        "notes": list(seen.notes),
    }


def records_of(diff: Mapping[str, Any]) -> list[RecordDiff]:
    """The records of a kept preview."""
    return [
        RecordDiff(
            action=Action(record["action"]),
            row_id=UUID(record["row_id"]),
            external_id=record["external_id"],
            cells=tuple(CellDiff(**cell) for cell in record["cells"]),
            note=record["note"],
        )
        for record in diff["records"]
    ]
