"""Which cells are sent to the other side, and which never?"""

from __future__ import annotations

from dataclasses import replace

import pytest
from core_sides import COLUMNS, FIELDS, PARENT, link, one_way, stream

from hub.core.links import Frozen, Link
from hub.core.mapping import StreamMapping
from hub.core.merge import FreezeReason, Pair
from hub.core.outgoing import outgoing_cells
from hub.core.policies import Direction
from hub.core.records import FieldSchema
from hub.core.values import Value

SETTLED = link(
    name="Acme", staff=Pair(hub=5, remote="5"), vip=False, parent_id=Pair(hub=None, remote=None)
)
ROW: dict[str, Value] = {"name": "Acme", "staff": 5, "vip": False, "parent_id": None}


def sent(
    row: dict[str, Value],
    known: Link | None = SETTLED,
    mapping: StreamMapping | None = None,
    fields: dict[str, FieldSchema] | None = None,
) -> dict[str, tuple[Value, Value]]:
    """Column -> (ours, believed)."""
    cells = outgoing_cells(mapping or stream(), FIELDS if fields is None else fields, known, row)
    return {cell.mapping.column.name: (cell.ours, cell.believed) for cell in cells}


def test_what_both_sides_agreed_on_is_not_sent() -> None:
    assert {} == sent(ROW)


def test_what_we_changed_is_sent_with_what_we_believe_is_there() -> None:
    assert {"staff": (6, "5")} == sent({**ROW, "staff": 6})


def test_what_we_emptied_is_sent() -> None:
    assert {"name": (None, "Acme")} == sent({**ROW, "name": None})


@pytest.mark.parametrize("reason", FreezeReason)
def test_a_frozen_cell_is_not_sent(reason: FreezeReason) -> None:
    cell = Frozen(field="name", reason=reason.value, incoming="Other")

    assert {"staff": (6, "5")} == sent(
        {**ROW, "name": "Changed", "staff": 6}, replace(SETTLED, frozen={"name": cell})
    )


def test_a_computed_field_is_not_sent() -> None:
    computed = {**FIELDS, "fld_name": replace(FIELDS["fld_name"], is_computed=True)}

    assert {} == sent({**ROW, "name": "Changed"}, fields=computed)


def test_a_field_that_is_gone_is_not_sent() -> None:
    assert {} == sent({**ROW, "name": "Changed"}, fields={})


@pytest.mark.parametrize(
    ("direction", "columns"),
    [
        (Direction.TO_HUB, set()),
        (Direction.TO_SOURCE, {"name", "staff"}),
        (Direction.TWO_WAY, {"name", "staff"}),
    ],
)
def test_a_field_that_flows_to_the_hub_is_not_sent(direction: Direction, columns: set[str]) -> None:
    assert columns == set(sent({**ROW, "name": "New", "staff": 6}, mapping=one_way(direction)))


def test_a_new_row_sends_what_is_filled() -> None:
    row: dict[str, Value] = {"name": "Acme", "staff": 0, "vip": False, "parent_id": PARENT}

    assert {"name": ("Acme", None), "staff": (0, None), "parent_id": (PARENT, None)} == sent(
        row, None
    )


def test_a_field_mapped_later_sends_only_what_is_filled() -> None:
    known = link(name="Acme")

    assert {"staff": (5, None)} == sent(ROW, known)
    assert set(COLUMNS) > set(sent(ROW, known))
