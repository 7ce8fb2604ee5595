"""Does a plan of very many rows stay small, and is it taken page by page?"""

from __future__ import annotations

import tracemalloc
from uuid import UUID

from hub.sync.push_plan import CHUNK, PushPlan, Want


def _plan(rows: int) -> PushPlan:
    plan = PushPlan()
    for number in range(rows):
        plan.add(UUID(int=number), Want.DELETE if number % 5 == 0 else Want.CHANGE)
    return plan


def test_fifty_thousand_rows_take_a_megabyte() -> None:
    tracemalloc.start()
    plan = _plan(50_000)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert 50_000 == len(plan)
    assert taken < 1_100_000


def test_pages_come_in_order_and_once() -> None:
    plan = _plan(2 * CHUNK + 1)

    pages = [plan.next_page() for _ in range(4)]

    assert [CHUNK, CHUNK, 1, 0] == [len(page) for page in pages]
    assert [UUID(int=n) for n in range(2 * CHUNK + 1)] == [row for page in pages for row in page]
    assert plan.is_done


def test_a_page_that_was_put_back_comes_again() -> None:
    plan = _plan(CHUNK + 1)
    plan.next_page()
    last = plan.next_page()

    plan.put_back(last)

    assert 1 == plan.remaining
    assert [str(UUID(int=CHUNK))] == list(plan.remaining_ids())
    assert last == plan.next_page()


def test_what_each_row_wants_is_kept() -> None:
    plan = _plan(10)

    assert [str(UUID(int=0)), str(UUID(int=5))] == list(plan.ids(Want.DELETE))
    assert 8 == len(plan.ids(Want.CHANGE))
    assert str(UUID(int=5)) in plan.ids(Want.DELETE)
    assert str(UUID(int=5)) not in plan.ids(Want.CHANGE)
