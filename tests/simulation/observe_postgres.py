"""How does the oracle see a world whose store is a real Postgres?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

from simulation.observations import (
    Change,
    ConflictSeen,
    FrozenSeen,
    LinkSeen,
    Observations,
    numbers_in,
)
from simulation.values import COLUMNS, STREAM_OF, TABLE_OF
from sync_world import World

_OURS = """
select distinct on (c.id) c.id as hub__id, c.tx as hub__tx, c.operation as hub__operation,
    c.actor as hub__actor, c.origin as hub__origin, c.row_id as hub__row, d.names as hub__names, h.*
from hub.change c
join hub.table_dictionary t on t.id = c.table_id and t.name = :table
left join lateral (
    select array_agg(k.name) as names from hub.column_dictionary k
    where k.table_id = c.table_id and k.id = any(c.columns)
) d on true
left join history.{table} h on h.id = c.row_id and h.tx_from = c.tx
order by c.id, h.tx_to desc
"""
PENDING = {
    "rows wait to be compared": "select count(*) from hub.recheck",
    "pings wait": "select count(*) from hub.ping",
    "writes have no outcome": "select count(*) from hub.write_intent where outcome is null",
    "streams fail": "select count(*) from hub.stream_state where failing_since is not null",
    "streams are held": "select count(*) from hub.stream_state where hold_reason is not null",
    "reads are due": "select count(*) from hub.stream_state where needs_reconcile",
    "leases are held": "select count(*) from hub.lease where holder is not null",
    "runs never ended": "select count(*) from hub.run where status = 'running'",
}


def observe(
    world: World, blind: Sequence[range], stood_for: Mapping[str, Set[str]]
) -> Observations:
    """What is to be judged.

    While no hook lived, Airtable kept no history: `blind` are the numbers of those edits.
    `stood_for` says which rows each record has stood for.
    """
    changes = [change for name in TABLE_OF.values() for change in _changes(world, name)]
    return Observations(
        edits=world.sandbox.edits(),
        cells={table: world.records(table) for table in COLUMNS},
        fields={table: set(fields) for table, fields in COLUMNS.items()},
        rows={table: _live_rows(world, table) for table in COLUMNS},
        changes=sorted(changes, key=lambda change: change.id),
        links=[_link(row) for row in world.query(_LINKS)],
        frozen=[_frozen(row) for row in world.query(_FROZEN)],
        conflicts=[_conflict(row) for row in world.query(_CONFLICTS)],
        hub_id_fields={
            table: world.streams[stream].hub_id_field or "" for table, stream in STREAM_OF.items()
        },
        stood_for=stood_for,
        pending={words: int(world.scalar(query)) for words, query in PENDING.items()},
        reports=[f"{report.code} {report.message}" for report in world.reports],
        blind=numbers_in(blind),
    )


_LINKS = "select * from hub.record_link order by stream, external_id"
_FROZEN = "select * from hub.frozen_cell order by link_id, field"
_CONFLICTS = "select * from hub.conflict order by created_at, id"


def _changes(world: World, name: str) -> list[Change]:
    return [
        Change(
            id=row["hub__id"],
            tx=row["hub__tx"],
            table=name,
            row_id=str(row["hub__row"]),
            operation=row["hub__operation"],
            columns=set(row["hub__names"] or row.keys()),
            values=row,
            is_dead=row["deleted_at"] is not None,
            actor=row["hub__actor"],
            origin=row["hub__origin"],
        )
        for row in world.query(_OURS.format(table=name), table=name)
    ]


def _live_rows(world: World, table: str) -> dict[str, dict[str, Any]]:
    query = f"select * from {TABLE_OF[table]} where deleted_at is null order by id"  # noqa: S608  constants
    return {str(row["id"]): row for row in world.query(query)}


def _link(row: Mapping[str, Any]) -> LinkSeen:
    return LinkSeen(
        id=str(row["id"]),
        stream=row["stream"],
        external_id=row["external_id"],
        row_id=str(row["row_id"]),
        state=row["state"],
    )


def _frozen(row: Mapping[str, Any]) -> FrozenSeen:
    return FrozenSeen(
        link_id=str(row["link_id"]),
        field=row["field"],
        reason=row["reason"],
        detail=row["detail"],
        parked_stream=row["parked_stream"],
        parked_on=row["parked_on"],
    )


def _conflict(row: Mapping[str, Any]) -> ConflictSeen:
    return ConflictSeen(
        link_id=str(row["link_id"]),
        row_id=str(row["row_id"]),
        field=row["field"],
        theirs=row["theirs"],
        ours=row["ours"],
        status=row["status"],
        cause=row["cause"],
    )
