"""Was anything lost, doubled, orphaned, or left undone? Judged by both sides' own logs.

The oracle knows nothing of the engine's rules: an edit must be the final value, or have been
overwritten by somebody who could see it, or stand in the conflicts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from simulation.histories import (
    WHOLE,
    Cell,
    Happening,
    Histories,
    read_histories,
    their_value_of,
)
from simulation.observations import (
    ConflictSeen,
    FrozenSeen,
    Judgement,
    LinkSeen,
    Observations,
)
from simulation.observe_postgres import observe
from simulation.values import COLUMNS, STREAM_OF, TABLE_OF, as_hub_holds
from sync_world import World

from hub.core.values import Value
from hub.store.tables import hub_columns


def judge(seen: Observations) -> Judgement:
    """Every violation as a sentence; none when the promise is kept."""
    oracle = _Oracle(seen)
    violations = [
        *oracle.different_cells(),
        *oracle.lost_edits_of_theirs(),
        *oracle.lost_edits_of_ours(),
        *oracle.wrong_deletes(),
        *oracle.holes_and_doubles(),
        *oracle.left_undone(),
    ]
    return Judgement(violations=violations, blind_losses=oracle.blind_losses)


def find_violations(
    world: World, blind: Sequence[range], stood_for: Mapping[str, Set[str]]
) -> list[str]:
    """The violations in a world whose store is Postgres."""
    return list(judge(observe(world, blind, stood_for)).violations)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kept:
    """A value that a conflict keeps, and when it was last told."""

    value: Value
    moment: float | None


class _Oracle:
    def __init__(self, seen: Observations) -> None:
        self.seen = seen
        self.told: Histories = read_histories(seen)
        self.blind_losses: list[str] = []
        self.frozen = {(cell.link_id, cell.field): cell for cell in seen.frozen}
        self.open: dict[tuple[str, str], ConflictSeen] = {}
        self.theirs_kept: dict[Cell, list[_Kept]] = defaultdict(list)
        self.ours_kept: dict[Cell, list[_Kept]] = defaultdict(list)
        for conflict in seen.conflicts:
            cell = (conflict.row_id, conflict.field)
            self.theirs_kept[cell].append(_Kept(value=conflict.theirs, moment=conflict.moment))
            self.ours_kept[cell].append(_Kept(value=conflict.ours, moment=conflict.moment))
            if conflict.status == "open":
                self.open[conflict.link_id, conflict.field] = conflict
        self.rows_of: dict[str, set[str]] = {
            record: set(rows) for record, rows in seen.stood_for.items()
        }
        for link in seen.links:
            self.rows_of.setdefault(link.external_id, set()).add(link.row_id)
        self.records_of: dict[str, set[str]] = defaultdict(set)
        for record, rows in self.rows_of.items():
            for row in rows:
                self.records_of[row].add(record)

    # What is the same

    def is_same(self, theirs: Value, ours: Value) -> bool:
        """Whether a value of Airtable's log is one of the hub's; a record is its row."""
        if theirs == ours:
            return True
        return (
            isinstance(theirs, str)
            and isinstance(ours, str)
            and ours in self.rows_of.get(theirs, ())
        )

    # Cell by cell, both sides are equal, or the cell stands still for a reason that holds.

    def different_cells(self) -> Iterator[str]:
        for table, fields in COLUMNS.items():
            rows, records = self.seen.rows[table], self.seen.cells[table]
            for link in self.seen.links:
                row, record = rows.get(link.row_id), records.get(link.external_id)
                if link.stream != STREAM_OF[table] or link.state != "live":
                    continue
                if row is None or record is None:
                    continue
                for field_id, column in fields.items():
                    if field_id not in self.seen.fields[table]:
                        # The field is gone at Airtable: nothing is there to be equal to.
                        continue
                    ours = as_hub_holds(table, field_id, row[column])
                    theirs = their_value_of(table, field_id, record.get(field_id))
                    yield from self._difference(table, link, column, theirs, ours)

    def _difference(
        self, table: str, link: LinkSeen, column: str, theirs: Value, ours: Value
    ) -> Iterator[str]:
        standing = self.frozen.get((link.id, column))
        why = f"{table} {link.external_id} {column}: theirs {theirs!r}, ours {ours!r}"
        if standing is not None:
            unfounded = self._unfounded(table, link, column, standing, theirs, ours)
            if unfounded:
                yield f"frozen: {why}: {unfounded}"
        elif not self._is_equal_now(theirs, ours):
            yield f"different: {why}"

    def _is_equal_now(self, theirs: Value, ours: Value) -> bool:
        """Equality of what stands: a record is the row that it is linked with now."""
        if theirs == ours:
            return True
        return any(
            link.external_id == theirs and link.row_id == ours and link.state != "tombstone"
            for link in self.seen.links
        )

    def _unfounded(
        self,
        table: str,
        link: LinkSeen,
        column: str,
        standing: FrozenSeen,
        theirs: Value,
        ours: Value,
    ) -> str | None:
        """Why a frozen cell's reason does not hold."""
        match standing.reason:
            case "conflict":
                return self._wrong_question(self.open.get((link.id, column)), theirs, ours)
            case "parked":
                arrived = any(
                    other.state == "live"
                    and other.stream == standing.parked_stream
                    and standing.parked_on in (other.external_id, other.row_id)
                    for other in self.seen.links
                )
                return f"parked on {standing.parked_on}, which is there" if arrived else None
            case "rejected":
                return self._unfounded_rejection(table, link, column, standing, theirs, ours)
            case "held":
                return "held although nothing waits for a person"
            case _:
                return None

    def _wrong_question(
        self, conflict: ConflictSeen | None, theirs: Value, ours: Value
    ) -> str | None:
        """A person is asked about the values that stand there."""
        if conflict is None:
            return "no conflict is open"
        if not self.is_same(theirs, conflict.theirs) and conflict.theirs != [theirs]:
            return f"the conflict tells of theirs as {conflict.theirs!r}"
        if ours != conflict.ours:
            return f"the conflict tells of ours as {conflict.ours!r}"
        return None

    def _unfounded_rejection(
        self,
        table: str,
        link: LinkSeen,
        column: str,
        standing: FrozenSeen,
        theirs: Value,
        ours: Value,
    ) -> str | None:
        detail = standing.detail or ""
        if not detail:
            return "rejected without a word"
        if "another live row has this value" in detail:
            rivals = [
                row_id
                for row_id, row in self.seen.rows[table].items()
                if row_id != link.row_id and row[column] == theirs
            ]
            return None if rivals else f"{detail}, but no live row has {theirs!r}"
        if isinstance(theirs, str) and theirs.endswith(" links"):
            return None
        if detail.startswith("not sent"):
            return None if ours is not None else f"{detail}, but there is nothing to send"
        return f"nobody can see why: {detail}"

    # Every edit is final, was overwritten by somebody who could see it, or stands in a conflict.

    def lost_edits_of_theirs(self) -> Iterator[str]:
        for cell, happenings in sorted(self.told.theirs.items()):
            record, column = cell
            if column == WHOLE:
                continue
            wholes = self.told.theirs[record, WHOLE]
            for edit in happenings:
                if not edit.by_person or edit.is_consequence or edit.is_restored:
                    continue
                if edit.kind == "empty":
                    continue
                end = _next(edit, happenings, wholes)
                if end is None or end.by_person or end.is_consequence or end.value == edit.value:
                    continue
                if self._is_kept(self.theirs_kept, self.rows_of.get(record, ()), column, edit):
                    continue
                if self._seen_by_us(edit, end) or self._came_across_later(edit, end):
                    continue
                rows = [(row, column) for row in sorted(self.rows_of.get(record, ()))]
                if self._is_return(edit, happenings, rows):
                    continue
                words = f"lost edit of theirs: {edit}, overwritten by {end}"
                if end.at in self.seen.blind:
                    self.blind_losses.append(words)
                else:
                    yield words

    def _is_kept(
        self,
        kept: Mapping[Cell, Sequence[_Kept]],
        row_ids: Iterable[str],
        column: str,
        edit: Happening,
    ) -> bool:
        for row_id in row_ids:
            for one in kept.get((row_id, column), ()):
                is_old = (
                    edit.moment is not None
                    and one.moment is not None
                    and (one.moment < edit.moment)
                )
                is_it = self.is_same(edit.value, one.value) or one.value == [edit.value]
                if is_it and not is_old:
                    return True
        return False

    def _seen_by_us(self, edit: Happening, end: Happening) -> bool:
        """Whether the hub held the value when somebody there wrote what overwrote it."""
        record, column = edit.cell
        return any(
            self._could_see(edit, end, self.told.ours[row, column], self.told.ours[row, WHOLE])
            for row in self.rows_of.get(record, ())
        )

    def _came_across_later(self, edit: Happening, end: Happening) -> bool:
        """Whether the value came to the hub after it had been overwritten there."""
        record, column = edit.cell
        if end.moment is None and not end.is_end_of_all:
            return False
        return any(
            self.is_same(edit.value, h.value) and _may_follow(h, end)
            for row in self.rows_of.get(record, ())
            for h in self.told.ours[row, column]
        )

    def _is_return(self, edit: Happening, own: Sequence[Happening], other: list[Cell]) -> bool:
        """Whether an edit put back what both sides had agreed on.

        What stood in between never went across, so that nothing changed for the other side.
        """
        earlier = [h for h in own if h.at < edit.at]
        agreed = [h for h in earlier if h.value == edit.value]
        if not agreed:
            return False
        between = [h.value for h in earlier if h.at > agreed[-1].at]
        others = [*self._happenings(other)]
        return not any(
            not h.by_person
            and any(self._is_equal(h.value, value) for value in between)
            and _may_follow(h, agreed[-1])
            and _may_follow(edit, h)
            for h in others
        )

    def _happenings(self, cells: list[Cell]) -> Iterator[Happening]:
        for cell in cells:
            yield from self.told.theirs.get(cell, ())
            yield from self.told.ours.get(cell, ())

    def _could_see(
        self,
        edit: Happening,
        end: Happening,
        others: Sequence[Happening],
        wholes: Sequence[Happening],
    ) -> bool:
        """Whether whoever made `end` at the other side had the edit's value before their eyes.

        It stood there just then, or when the edit was made, or had come there since.
        """
        if end.is_end_of_all:
            ends = [h for h in wholes if h.value is True]
        else:
            ends = [h for h in others if h.is_consequence or self._is_equal(h.value, end.value)]
        earlier = [h for h in others if not _may_follow(h, edit)]
        then = earlier[-1] if earlier else None
        for last in ends:
            if not (last.by_person or last.is_consequence) or not _may_follow(end, last):
                continue
            before = [h for h in others if h.at < last.at]
            stood = before[-1].value if before else None
            if self._is_equal(stood, edit.value):
                return True
            held = [h for h in before if self._is_equal(h.value, edit.value)]
            if any(_may_follow(h, edit) or h is then for h in held):
                return True
        return False

    def _is_equal(self, one: Value, other: Value) -> bool:
        """As `is_same`, whichever of the two is Airtable's."""
        return self.is_same(one, other) or self.is_same(other, one)

    def lost_edits_of_ours(self) -> Iterator[str]:
        for cell, happenings in sorted(self.told.ours.items()):
            row_id, column = cell
            if column == WHOLE:
                continue
            wholes = self.told.ours[row_id, WHOLE]
            for edit in happenings:
                if not edit.by_person or edit.is_consequence or _is_default(edit):
                    continue
                if any(h.value is True for h in [w for w in wholes if w.at <= edit.at][-1:]):
                    # Somebody wrote into a tombstone.
                    continue
                end = _next(edit, happenings, wholes)
                if end is None or end.by_person or end.is_consequence or end.value == edit.value:
                    continue
                # Our value that a late request of our own overwrote there is kept as theirs.
                kept = (self.ours_kept, self.theirs_kept)
                if any(self._is_kept(each, [row_id], column, edit) for each in kept):
                    continue
                if self._seen_by_them(edit, end):
                    continue
                records = [(record, column) for record in sorted(self.records_of[row_id])]
                if self._is_return(edit, happenings, records):
                    continue
                words = f"lost edit of ours: {edit}, overwritten by {end}"
                if self._is_our_own_late_write(edit, end):
                    self.blind_losses.append(words)
                else:
                    yield words

    def _is_our_own_late_write(self, edit: Happening, end: Happening) -> bool:
        """Whether we took for theirs what a late request of ours wrote while no hook lived."""
        row, column = edit.cell
        came = [
            h
            for record in self.records_of.get(row, ())
            for h in self.told.theirs[record, column]
            if self.is_same(h.value, end.value) and _may_follow(end, h)
        ]
        last = max(came, key=lambda happening: happening.at, default=None)
        return last is not None and not last.by_person and last.at in self.seen.blind

    def _seen_by_them(self, edit: Happening, end: Happening) -> bool:
        """Whether Airtable held the value when somebody there wrote what overwrote it."""
        row, column = edit.cell
        return any(
            self._could_see(
                edit, end, self.told.theirs[record, column], self.told.theirs[record, WHOLE]
            )
            for record in self.records_of.get(row, ())
        )

    # Deletes

    def wrong_deletes(self) -> Iterator[str]:
        row_ids = sorted({cell[0] for cell in self.told.ours})
        for row_id in row_ids:
            ours = self.told.ours[row_id, WHOLE]
            records = sorted(self.records_of.get(row_id, ()))
            theirs = [h for record in records for h in self.told.theirs[record, WHOLE]]
            destroyed = [h for h in theirs if h.kind == "destroy"]
            buried = [h for h in ours if h.value is True]
            if any(not h.by_person for h in buried) and not any(h.by_person for h in destroyed):
                yield f"false delete: row {row_id} went although nobody deleted its record"
            if self._is_told(row_id):
                continue
            lives = bool(ours) and ours[-1].value is False
            came_back = any(h.kind == "create" and h.by_person for h in theirs[1:])
            is_revived = lives and not ours[-1].by_person and any(h.by_person for h in buried)
            if is_revived and not came_back:
                yield f"swallowed delete: row {row_id} lives again and nobody was told why"
        for cell, happenings in sorted(self.told.theirs.items()):
            record, column = cell
            if column != WHOLE or not any(
                h.kind == "destroy" and not h.by_person for h in happenings
            ):
                continue
            rows = self.rows_of.get(record, set())
            buried = [h for row in rows for h in self.told.ours[row, WHOLE] if h.value is True]
            if not any(h.by_person for h in buried):
                yield f"false delete: record {record} went although nobody deleted its row"

    def _is_told(self, row_id: str) -> bool:
        return bool(self.theirs_kept.get((row_id, WHOLE)))

    # One record a row, one row a record

    def holes_and_doubles(self) -> Iterator[str]:
        for table, stream in STREAM_OF.items():
            rows, records = self.seen.rows[table], self.seen.cells[table]
            links = [link for link in self.seen.links if link.stream == stream]
            standing = {link.external_id: link for link in links if link.state != "tombstone"}
            for record in records:
                if record not in standing:
                    yield f"hole: record {record} of {stream} has no link"
            for record, link in standing.items():
                if record not in records:
                    yield f"orphan: {link.state} link of {stream} to {record}, which is gone"
                if link.state == "live" and link.row_id not in rows:
                    yield f"orphan: live link of record {record} to row {link.row_id}, gone"
                is_told = any(key[0] == link.id for key in self.frozen)
                if link.state == "held" and not is_told:
                    yield f"hole: record {record} is held and nothing says why"
            linked = [link.row_id for link in standing.values() if link.state == "live"]
            for row_id in sorted(set(rows) - set(linked)):
                yield f"hole: row {row_id} of {stream} has no record"
            for row_id in sorted({row for row in linked if linked.count(row) > 1}):
                yield f"double: row {row_id} of {stream} has {linked.count(row_id)} records"
            yield from self._hub_ids(table, standing)

    def _hub_ids(self, table: str, standing: Mapping[str, LinkSeen]) -> Iterator[str]:
        field_id = self.seen.hub_id_fields[table]
        carried = {
            record: fields.get(field_id) for record, fields in self.seen.cells[table].items()
        }
        for record, link in standing.items():
            if link.state == "held":
                # It is no row yet, so it has no id of its own.
                carried.pop(record, None)
        for record, hub_id in carried.items():
            if hub_id and list(carried.values()).count(hub_id) > 1:
                yield f"double: record {record} shares Hub ID {hub_id}"
            if hub_id and record in standing and hub_id != standing[record].row_id:
                yield f"double: record {record} carries Hub ID {hub_id} of another row"

    # Nothing is left to do

    def left_undone(self) -> Iterator[str]:
        for words, count in self.seen.pending.items():
            if count:
                yield f"pending: {count} {words}"
        for report in self.seen.reports:
            yield f"reported: {report}"
        for unexplained in self.seen.unexplained:
            yield f"unexplained: {unexplained}"


def _next(
    edit: Happening, happenings: Sequence[Happening], wholes: Sequence[Happening]
) -> Happening | None:
    """What became of an edit next: another value, or the end of the whole."""
    ends = [h for h in happenings if h.at > edit.at]
    ends += [h for h in wholes if h.at > edit.at and h.value is True]
    return min(ends, key=lambda happening: happening.at, default=None)


def _may_follow(later: Happening, earlier: Happening) -> bool:
    """Whether it came later, as far as both logs have one time line."""
    if later.moment is None or earlier.moment is None:
        return True
    return later.moment > earlier.moment


def _is_default(edit: Happening) -> bool:
    """An insert names every column; the empty ones nobody wrote."""
    return edit.kind == "create" and edit.value in _DEFAULTS


_DEFAULTS = frozenset(
    {column.default for name in TABLE_OF.values() for column in hub_columns(name).values()}
)


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
