"""Was anything lost, doubled, orphaned, or left undone? Judged by both sides' own logs.

The oracle knows nothing of the engine's rules: an edit must be the final value, or have been
overwritten by somebody who could see it, or stand in the conflicts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from simulation.histories import WHOLE, Cell, Happening, Histories, read_histories
from simulation.values import COLUMNS, STREAM_OF, TABLE_OF, as_hub_holds, in_hub_form
from sync_world import World

from hub.core.values import Value
from hub.store.tables import hub_columns


@dataclass(frozen=True, kw_only=True, slots=True)
class _Known:
    """The engine's own tables, as they stand at the end."""

    links: Sequence[Mapping[str, Any]]
    frozen: Mapping[tuple[Any, str], Mapping[str, Any]]
    theirs_kept: Mapping[Cell, list[Value]]
    ours_kept: Mapping[Cell, list[Value]]
    open_conflicts: set[tuple[Any, str]]
    row_of: Mapping[str, str]
    moved: Set[str]
    """Rows whose record came to stand for another row, and the other way round."""
    blind: Sequence[range]


def find_violations(
    world: World, blind: Sequence[range], stood_for: Mapping[str, Set[str]]
) -> list[str]:
    """Every violation as a sentence; empty when the promise is kept.

    While no hook lived, Airtable kept no history: `blind` are the numbers of those edits.
    `stood_for` says which rows each record has stood for: one that is restored while another
    stands for its row becomes a row of its own.
    """
    known = _know(world, blind, stood_for)
    told = read_histories(world, known.row_of)
    return [
        *_different_cells(world, known),
        *_lost_edits_of_theirs(known, told),
        *_lost_edits_of_ours(known, told),
        *_wrong_deletes(known, told),
        *_holes_and_doubles(world, known),
        *_pending(world),
    ]


def _know(world: World, blind: Sequence[range], stood_for: Mapping[str, Set[str]]) -> _Known:
    links = world.query("select * from hub.record_link order by stream, external_id")
    frozen = world.query("select * from hub.frozen_cell order by link_id, field")
    conflicts = world.query("select * from hub.conflict order by created_at, id")
    theirs: dict[Cell, list[Value]] = defaultdict(list)
    ours: dict[Cell, list[Value]] = defaultdict(list)
    for conflict in conflicts:
        cell = (str(conflict["row_id"]), conflict["field"])
        theirs[cell].append(conflict["theirs"])
        ours[cell].append(conflict["ours"])
    return _Known(
        links=links,
        frozen={(cell["link_id"], cell["field"]): cell for cell in frozen},
        theirs_kept=theirs,
        ours_kept=ours,
        open_conflicts={
            (conflict["link_id"], conflict["field"])
            for conflict in conflicts
            if conflict["status"] == "open"
        },
        row_of={link["external_id"]: str(link["row_id"]) for link in links},
        moved={row for rows in stood_for.values() if len(rows) > 1 for row in rows},
        blind=blind,
    )


def _is_moved(known: _Known, cell: Cell, edit: Happening) -> bool:
    return cell[0] in known.moved or edit.value in known.moved


def _live_rows(world: World, table: str) -> dict[str, dict[str, Any]]:
    query = f"select * from {TABLE_OF[table]} where deleted_at is null order by id"  # noqa: S608  constants
    return {str(row["id"]): row for row in world.query(query)}


def _different_cells(world: World, known: _Known) -> Iterator[str]:
    """Cell by cell, both sides are equal, or the cell stands still for a reason that holds."""
    for table, fields in COLUMNS.items():
        rows, records = _live_rows(world, table), world.records(table)
        for link in known.links:
            row, record = rows.get(str(link["row_id"])), records.get(link["external_id"])
            if link["stream"] != STREAM_OF[table] or link["state"] != "live":
                continue
            if row is None or record is None:
                continue
            for field_id, column in fields.items():
                ours = as_hub_holds(table, field_id, row[column])
                theirs = in_hub_form(table, field_id, record.get(field_id), known.row_of.get)
                standing = known.frozen.get((link["id"], column))
                why = f"{table} {link['external_id']} {column}: theirs {theirs!r}, ours {ours!r}"
                if standing is not None:
                    unfounded = _unfounded(known, link, column, standing)
                    if unfounded:
                        yield f"frozen: {why}: {unfounded}"
                elif ours != theirs:
                    yield f"different: {why}"


def _unfounded(
    known: _Known, link: Mapping[str, Any], column: str, standing: Mapping[str, Any]
) -> str | None:
    """Why a frozen cell's reason does not hold."""
    match standing["reason"]:
        case "conflict" if (link["id"], column) not in known.open_conflicts:
            return "no conflict is open"
        case "parked":
            arrived = [
                other
                for other in known.links
                if other["state"] == "live"
                and other["stream"] == standing["parked_stream"]
                and standing["parked_on"] in (other["external_id"], str(other["row_id"]))
            ]
            return f"parked on {standing['parked_on']}, which is there" if arrived else None
        case "rejected" if not standing["detail"]:
            return "rejected without a word"
        case "held":
            return "held although nothing waits for a person"
        case _:
            return None


# Every edit is final, was overwritten by somebody who could see it, or stands in a conflict.


def _lost_edits_of_theirs(known: _Known, told: Histories) -> Iterator[str]:
    for cell, happenings in sorted(told.theirs.items()):
        if cell[1] == WHOLE:
            continue
        for edit in happenings:
            if not edit.by_person or edit.is_consequence:
                continue
            end = _end_of_theirs(edit, happenings, told.theirs[cell[0], WHOLE])
            if end is None or end.by_person or end.is_consequence:
                continue
            if edit.value in known.theirs_kept[cell] or edit.value == end.value:
                continue
            if _is_moved(known, cell, edit) or any(end.at in numbers for numbers in known.blind):
                continue
            if not _seen_by_us(edit, end, told):
                yield f"lost edit of theirs: {_shown(edit)}, overwritten by {_shown(end)}"


def _end_of_theirs(
    edit: Happening, happenings: Sequence[Happening], wholes: Sequence[Happening]
) -> Happening | None:
    ends = [h for h in happenings if h.record == edit.record and h.at > edit.at]
    ends += [
        h for h in wholes if h.record == edit.record and h.at > edit.at and h.kind == "destroy"
    ]
    return min(ends, key=lambda happening: happening.at, default=None)


def _seen_by_us(edit: Happening, end: Happening, told: Histories) -> bool:
    """Whether the hub held the value before whoever overwrote it at the hub did so."""
    ours = told.ours[edit.cell]
    seen = [h.at for h in ours if h.value == edit.value]
    if not seen:
        return False
    if end.cell[1] == WHOLE:
        ends = [h.at for h in told.ours[end.cell] if h.value is True and h.by_person]
    else:
        ends = [h.at for h in ours if h.value == end.value]
    return any(at > min(seen) for at in ends)


def _lost_edits_of_ours(known: _Known, told: Histories) -> Iterator[str]:
    for cell, happenings in sorted(told.ours.items()):
        if cell[1] == WHOLE:
            continue
        for edit in happenings:
            if not edit.by_person or edit.is_consequence or _is_default(edit):
                continue
            wholes = told.ours[cell[0], WHOLE]
            if any(h.value is True for h in wholes[: sum(w.at <= edit.at for w in wholes)][-1:]):
                continue
            ends = [h for h in [*happenings, *wholes] if h.at > edit.at]
            ends = [h for h in ends if h.cell[1] != WHOLE or h.value is True]
            end = min(ends, key=lambda happening: happening.at, default=None)
            if end is None or end.by_person or end.value == edit.value:
                continue
            if edit.value in known.ours_kept[cell] or _is_moved(known, cell, edit):
                continue
            if not _seen_by_them(edit, end, told):
                yield f"lost edit of ours: {_shown(edit)}, overwritten by {_shown(end)}"


def _is_default(edit: Happening) -> bool:
    """An insert names every column; the empty ones nobody wrote."""
    if edit.kind != "create":
        return False
    defaults = {
        column.default for name in TABLE_OF.values() for column in hub_columns(name).values()
    }
    return edit.value in defaults


def _seen_by_them(edit: Happening, end: Happening, told: Histories) -> bool:
    theirs = told.theirs[edit.cell]
    seen = [h.at for h in theirs if h.value == edit.value]
    if edit.value is None:
        seen += _made_empty(edit.cell, told)
    if not seen:
        return False
    if end.cell[1] == WHOLE:
        ends = [h.at for h in told.theirs[end.cell] if h.kind == "destroy"]
    else:
        ends = [h.at for h in theirs if h.value == end.value]
    return any(at > min(seen) for at in ends)


def _made_empty(cell: Cell, told: Histories) -> list[int]:
    """When records were made in which this cell was empty."""
    filled = [(h.record, h.at) for h in told.theirs[cell] if h.kind == "create"]
    return [
        made.at
        for made in told.theirs[cell[0], WHOLE]
        if made.kind == "create"
        and not any(rec == made.record and 0 < at - made.at < _CELLS for rec, at in filled)
    ]


_CELLS = 20
"""More than a record has: the cells of a new one follow it in the edit log."""


def _shown(happening: Happening) -> str:
    row_id, column = happening.cell
    return (
        f"#{happening.at} {happening.kind} of {column} to {happening.value!r} by {happening.who}"
        f" (row {row_id} {happening.record})"
    )


# Deletes


def _wrong_deletes(known: _Known, told: Histories) -> Iterator[str]:
    row_ids = sorted({cell[0] for cell in (*told.theirs, *told.ours)} - known.moved)
    for row_id in row_ids:
        whole = (row_id, WHOLE)
        theirs, ours = told.theirs[whole], told.ours[whole]
        destroyed = [h for h in theirs if h.kind == "destroy"]
        buried = [h for h in ours if h.value is True]
        if any(not h.by_person for h in buried) and not any(h.by_person for h in destroyed):
            yield f"false delete: row {row_id} went although nobody deleted its record"
        if any(not h.by_person for h in destroyed) and not any(h.by_person for h in buried):
            yield f"false delete: a record of row {row_id} went although nobody deleted the row"
        if whole in known.theirs_kept:
            continue
        lives = bool(ours) and ours[-1].value is False
        if lives and not ours[-1].by_person and any(h.by_person for h in buried):
            restored = any(h.kind == "create" and h.by_person for h in theirs[1:])
            if not restored:
                yield f"swallowed delete: row {row_id} lives again and nobody was told why"


# One record a row, one row a record


def _holes_and_doubles(world: World, known: _Known) -> Iterator[str]:
    for table, stream in STREAM_OF.items():
        rows, records = _live_rows(world, table), world.records(table)
        links = [link for link in known.links if link["stream"] == stream]
        standing = {link["external_id"]: link for link in links if link["state"] != "tombstone"}
        for record in records:
            if record not in standing:
                yield f"hole: record {record} of {stream} has no link"
        for record, link in standing.items():
            row_id = str(link["row_id"])
            if record not in records:
                yield f"orphan: {link['state']} link of {stream} to record {record}, which is gone"
            if link["state"] == "live" and row_id not in rows:
                yield f"orphan: live link of record {record} to row {row_id}, which is gone"
            is_told = any(key[0] == link["id"] for key in known.frozen)
            if link["state"] == "held" and not is_told:
                yield f"hole: record {record} is held and nothing says why"
        linked = [str(link["row_id"]) for link in standing.values() if link["state"] == "live"]
        for row_id in sorted(set(rows) - set(linked)):
            yield f"hole: row {row_id} of {stream} has no record"
        for row_id in sorted({row for row in linked if linked.count(row) > 1}):
            yield f"double: row {row_id} of {stream} has {linked.count(row_id)} records"
        yield from _hub_ids(world, table, records, standing)


def _hub_ids(
    world: World,
    table: str,
    records: Mapping[str, Mapping[str, Any]],
    standing: Mapping[str, Mapping[str, Any]],
) -> Iterator[str]:
    hub_id_field = world.streams[STREAM_OF[table]].hub_id_field or ""
    carried = {record: fields.get(hub_id_field) for record, fields in records.items()}
    for record, link in standing.items():
        if link["state"] == "held":
            # It is no row yet, so it has no id of its own.
            carried.pop(record, None)
    for record, hub_id in carried.items():
        if hub_id and list(carried.values()).count(hub_id) > 1:
            yield f"double: record {record} shares Hub ID {hub_id}"
        if hub_id and record in standing and hub_id != str(standing[record]["row_id"]):
            yield f"double: record {record} carries Hub ID {hub_id} of another row"


# Nothing is left to do


def _pending(world: World) -> Iterator[str]:
    questions = {
        "rows wait to be compared": "select count(*) from hub.recheck",
        "pings wait": "select count(*) from hub.ping",
        "writes have no outcome": "select count(*) from hub.write_intent where outcome is null",
        "streams fail": "select count(*) from hub.stream_state where failing_since is not null",
        "streams are held": "select count(*) from hub.stream_state where hold_reason is not null",
        "reads are due": "select count(*) from hub.stream_state where needs_reconcile",
        "leases are held": "select count(*) from hub.lease where holder is not null",
        "runs never ended": "select count(*) from hub.run where status = 'running'",
    }
    for words, query in questions.items():
        count = world.scalar(query)
        if count:
            yield f"pending: {count} {words}"
    for report in world.reports:
        yield f"reported: {report.code} {report.message}"


def stir(world: World) -> list[str]:
    """Once at rest, further visits do nothing."""
    before = _activity(world)
    for _ in range(2):
        world.ring()
        world.attend()
    return [
        f"restless: {name} went from {count} to {_activity(world)[name]}"
        for name, count in before.items()
        if _activity(world)[name] != count
    ]


def _activity(world: World) -> dict[str, int]:
    return {
        "edits at Airtable": len(world.sandbox.edits()),
        "write requests": world.sandbox.write_count(),
        "changes at the hub": int(world.scalar("select count(*) from hub.change")),
        "conflicts": int(world.scalar("select count(*) from hub.conflict")),
    }
