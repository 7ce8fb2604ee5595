"""How does the oracle see a world whose store is in memory?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from simulation.observations import Change, ConflictSeen, FrozenSeen, LinkSeen, Observations
from simulation.values import COLUMNS, STREAM_OF, TABLE_OF

if TYPE_CHECKING:
    from simulation.deterministic.play import Play

_BY_FAULT = {"PERMISSION"}
"""What people are told of because of faults that were made on purpose."""


def observe(play: Play) -> Observations:
    """What is to be judged."""
    store, edits = play.store, play.theirs.log()

    def moment(at: datetime, *, is_ours: bool = True) -> float:
        return (at - (play.time.skew if is_ours else timedelta())).timestamp()

    return Observations(
        edits=edits,
        cells={table: play.theirs.cells(table) for table in COLUMNS},
        fields={table: set(play.theirs.table(table).fields) for table in COLUMNS},
        rows={
            table: {str(row["id"]): row for row in store.rows(name) if row["deleted_at"] is None}
            for table, name in TABLE_OF.items()
        },
        changes=[
            Change(
                id=change.id,
                tx=change.tx,
                table=change.table,
                row_id=str(change.row_id),
                operation=str(change.operation.value),
                columns=set(change.columns),
                values=change.after or {},
                is_dead=change.after is None or change.after["deleted_at"] is not None,
                actor=change.actor,
                origin=change.origin,
                moment=moment(change.at),
            )
            for change in play.memory.changes.entries
        ],
        links=[
            LinkSeen(
                id=str(link["id"]),
                stream=link["stream"],
                external_id=link["external_id"],
                row_id=str(link["row_id"]),
                state=link["state"],
            )
            for link in store.rows("record_link")
        ],
        frozen=[
            FrozenSeen(
                link_id=str(cell["link_id"]),
                field=cell["field"],
                reason=cell["reason"],
                detail=cell["detail"],
                parked_stream=cell["parked_stream"],
                parked_on=cell["parked_on"],
            )
            for cell in store.rows("frozen_cell")
        ],
        conflicts=[
            ConflictSeen(
                link_id=str(conflict["link_id"]),
                row_id=str(conflict["row_id"]),
                field=conflict["field"],
                theirs=conflict["theirs"],
                ours=conflict["ours"],
                status=conflict["status"],
                cause=conflict["cause"],
                moment=moment(conflict["updated_at"]),
            )
            for conflict in store.rows("conflict")
        ],
        hub_id_fields={
            table: play.streams[stream].hub_id_field or "" for table, stream in STREAM_OF.items()
        },
        stood_for=play.stood_for,
        pending=_pending(play),
        reports=[
            f"{report.code} {report.message}"
            for report in play.reports
            if report.code not in _BY_FAULT
        ],
        blind=play.watch.blind(edits),
        theirs_at={
            edit["number"]: moment(datetime.fromisoformat(edit["at"]), is_ours=False)
            for edit in edits
        },
    )


def _pending(play: Play) -> dict[str, int]:
    rows = play.store.rows
    states = rows("stream_state")
    return {
        "rows wait to be compared": len(rows("recheck")),
        "pings wait": len(rows("ping")),
        "writes have no outcome": sum(one["outcome"] is None for one in rows("write_intent")),
        "streams fail": sum(state["failing_since"] is not None for state in states),
        "streams are held": sum(state["hold_reason"] is not None for state in states),
        "reads are due": sum(state["needs_reconcile"] for state in states),
        "leases are held": sum(lease["holder"] is not None for lease in rows("lease")),
        "runs never ended": sum(run["status"] == "running" for run in rows("run")),
    }
