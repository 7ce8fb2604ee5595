"""Do two sides that people edit at will become equal, and is nothing lost on the way?

As Dropbox tests its planner: one common state, perturbed twice; plan, carry out, repeat until
both sides rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from core_sides import COLUMNS, FIELDS, KINDS, PARENT, link, meeting, record, resolve, stream
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.core.links import Link
from hub.core.mapping import Parked, StreamMapping, to_hub, to_remote
from hub.core.meeting import Disagreement, empty_of
from hub.core.merge import Pair
from hub.core.outgoing import outgoing_cells
from hub.core.plan import plan_record
from hub.core.policies import ConflictPolicy, Direction, FirstMatchPolicy, UpdateMode
from hub.core.values import Unfit, Value, is_empty

ROUNDS = 5
HUB_VALUES: dict[str, st.SearchStrategy[Value]] = {
    "name": st.sampled_from([None, "a", "b", "c d", "ü🙂"]),
    "staff": st.sampled_from([None, 0, 1, -7]),
    "vip": st.booleans(),
    "parent_id": st.sampled_from([None, PARENT]),
}
REMOTE_VALUES: dict[str, st.SearchStrategy[Value]] = {
    "name": HUB_VALUES["name"],
    "staff": st.sampled_from([None, "0", "1", "-7", "1.5"]),  # the last fits no column
    "vip": st.booleans(),
    "parent_id": st.sampled_from([None, ["recParent"], ["recUnknown"]]),
}
ROWS = st.fixed_dictionaries(HUB_VALUES)
OUR_EDITS = st.fixed_dictionaries({}, optional=HUB_VALUES)
THEIR_EDITS = st.fixed_dictionaries({}, optional=REMOTE_VALUES)
MAPPINGS = st.builds(
    lambda policy, first, directions, update: replace(
        stream(
            fields={
                name: {"conflict": policy, "direction": direction, "update": update}
                for name, direction in directions.items()
            }
        ),
        on_first_match=first,
    ),
    st.sampled_from(ConflictPolicy),
    st.sampled_from(FirstMatchPolicy),
    st.fixed_dictionaries({name: st.sampled_from(Direction) for name in COLUMNS}),
    st.sampled_from([UpdateMode.OVERWRITE, UpdateMode.SET_IF_EMPTY, UpdateMode.SET_IF_NEW]),
)
TWO_WAY = st.sampled_from(ConflictPolicy).map(lambda policy: stream(conflict=policy))


@dataclass
class Sides:
    """A row, its record, and their link; each server normalises a text as it likes."""

    mapping: StreamMapping
    row: dict[str, Value]
    cells: dict[str, Value]
    link: Link
    disagreements: list[Disagreement] = field(default_factory=list)
    writes: int = 0

    def turn(self) -> None:
        """Read the record, then send what differs."""
        plan = plan_record(
            self.mapping,
            FIELDS,
            meeting(record(None, **self.cells), self.link, self.row),
            resolve,
        )
        self.row |= {name: value for name, (value, _) in plan.takes.items()}
        self.link = plan.link
        self.disagreements += plan.disagreements
        self.writes += len(plan.takes)
        self._send()

    def _send(self) -> None:
        for cell in list(outgoing_cells(self.mapping, FIELDS, self.link, self.row)):
            name = cell.mapping.column.name
            remote = to_remote(cell.mapping, cell.schema, cell.ours, resolve)
            assert not isinstance(remote, (Unfit, Parked))
            # The server trims, which nobody foresaw.
            self.cells[name] = remote[:2] if name == "name" and isinstance(remote, str) else remote
            pair = Pair(hub=cell.ours, remote=self.cells[name])
            self.link = replace(self.link, shadow={**self.link.shadow, name: pair})
            self.writes += 1

    def state(self) -> tuple[Mapping[str, Value], Mapping[str, Value], Link]:
        return dict(self.row), dict(self.cells), self.link

    def is_equal(self, name: str) -> bool:
        """Whether the two sides say the same, or what was agreed to be the same."""
        field_mapping = self.mapping.by_column(name)
        schema = FIELDS[field_mapping.field_id]
        theirs = self.cells.get(name, empty_of(schema))
        if to_hub(field_mapping, schema, theirs, resolve) == self.row[name]:
            return True
        return self.link.shadow.get(name) == Pair(hub=self.row[name], remote=theirs)


def common(mapping: StreamMapping, row: dict[str, Value]) -> Sides:
    """Both sides at rest."""
    cells: dict[str, Value] = {}
    for field_mapping in mapping.fields:
        name = field_mapping.column.name
        remote = to_remote(field_mapping, FIELDS[field_mapping.field_id], row[name], resolve)
        assert not isinstance(remote, (Unfit, Parked))
        cells[name] = remote
    pairs = {name: Pair(hub=row[name], remote=cells[name]) for name in COLUMNS}
    return Sides(mapping, dict(row), cells, replace(link(), shadow=pairs))


def settled(sides: Sides) -> Sides:
    for _ in range(ROUNDS):
        before = sides.state()
        sides.turn()
        if sides.state() == before:
            return sides
    raise AssertionError(f"no rest after {ROUNDS} rounds: {sides}")


@settings(max_examples=400)
@given(MAPPINGS, ROWS, OUR_EDITS, THEIR_EDITS)
def test_two_sides_that_were_edited_come_to_rest(
    mapping: StreamMapping,
    row: dict[str, Value],
    ours: dict[str, Value],
    theirs: dict[str, Value],
) -> None:
    sides = common(mapping, row)
    sides.row |= ours
    sides.cells |= theirs

    settled(sides)
    told, writes = len(sides.disagreements), sides.writes
    sides.turn()

    assert (told, writes) == (len(sides.disagreements), sides.writes)


@settings(max_examples=400)
@given(TWO_WAY, ROWS, OUR_EDITS, THEIR_EDITS)
def test_both_sides_say_the_same_wherever_no_cell_stands_still(
    mapping: StreamMapping,
    row: dict[str, Value],
    ours: dict[str, Value],
    theirs: dict[str, Value],
) -> None:
    sides = common(mapping, row)
    sides.row |= ours
    sides.cells |= theirs

    settled(sides)

    assert [] == [
        name for name in COLUMNS if name not in sides.link.frozen and not sides.is_equal(name)
    ]


@settings(max_examples=400)
@given(MAPPINGS, ROWS, OUR_EDITS, THEIR_EDITS)
def test_every_edit_arrives_or_stays_or_is_told(
    mapping: StreamMapping,
    row: dict[str, Value],
    ours: dict[str, Value],
    theirs: dict[str, Value],
) -> None:
    sides = common(mapping, row)
    sides.row |= ours
    sides.cells |= theirs

    settled(sides)

    told = {item.field for item in sides.disagreements}
    for name, value in ours.items():
        assert value in (row[name], sides.row[name]) or name in told
    for name in theirs:
        stands = sides.cells[name] == theirs[name]
        changed = theirs[name] != common(mapping, row).cells[name]
        assert stands or not changed or name in told


@given(TWO_WAY, ROWS, OUR_EDITS, THEIR_EDITS)
def test_a_frozen_cell_keeps_both_values(
    mapping: StreamMapping,
    row: dict[str, Value],
    ours: dict[str, Value],
    theirs: dict[str, Value],
) -> None:
    sides = common(mapping, row)
    sides.row |= ours
    sides.cells |= theirs
    here, there = dict(sides.row), dict(sides.cells)

    settled(sides)

    for name, cell in sides.link.frozen.items():
        assert (here[name], there[name]) == (sides.row[name], sides.cells[name])
        assert there[name] == cell.incoming


@settings(max_examples=400)
@given(MAPPINGS, ROWS, THEIR_EDITS)
def test_strangers_come_to_rest_and_nobody_is_emptied(
    mapping: StreamMapping, row: dict[str, Value], theirs: dict[str, Value]
) -> None:
    sides = Sides(mapping, dict(row), {"vip": False, **theirs}, link())

    settled(sides)

    filled = {name for name, value in row.items() if not is_empty(value)}
    assert not [name for name in filled if is_empty(sides.row[name])]
    theirs_filled = {name for name, value in theirs.items() if not is_empty(value)}
    assert not [name for name in theirs_filled if is_empty(sides.cells[name])]


@given(MAPPINGS, ROWS, OUR_EDITS, THEIR_EDITS)
def test_unmapped_columns_survive(
    mapping: StreamMapping,
    row: dict[str, Value],
    ours: dict[str, Value],
    theirs: dict[str, Value],
) -> None:
    sides = common(mapping, row)
    sides.row |= {**ours, "unmapped": "kept"}
    sides.cells |= {**theirs, "unmapped": "theirs"}

    settled(sides)

    assert ("kept", "theirs") == (sides.row["unmapped"], sides.cells["unmapped"])
    assert set(KINDS) | {"unmapped"} == set(sides.row)
