"""Does a note say what stands still, why, and what to do?"""

from __future__ import annotations

from typing import Any

import pytest

from hub.core.notes import LONGEST, StillCell, note_text


def _note(reason: str, **cell: Any) -> str | None:
    return note_text([StillCell(field="stage", reason=reason, **cell)], {"stage": "Stage"})


def test_nothing_that_stands_still_needs_no_note() -> None:
    assert note_text([], {}) is None


@pytest.mark.parametrize(
    ("reason", "cell", "said"),
    [
        (
            "rejected",
            {"detail": "'x' is not valid here"},
            "Stage: what stands here was not taken over: 'x' is not valid here. "
            "Correct it, and it is.",
        ),
        (
            "rejected",
            {},
            "Stage: what stands here was not taken over: it does not fit. Correct it, and it is.",
        ),
        (
            "rejected",
            {"detail": "not sent: 'y' is no option"},
            "Stage: the hub's value could not be written here: 'y' is no option.",
        ),
        (
            "parked",
            {"parked_stream": "deals"},
            "Stage: waits for the linked record of deals, which the hub does not have yet.",
        ),
        ("parked", {}, "Stage: waits for a link, which the hub does not have yet."),
        (
            "held",
            {},
            "Stage: was cleared because a linked record was deleted; it waits until that is "
            "decided.",
        ),
        ("paused", {"detail": "paused by Olga"}, "Stage: paused by Olga"),
        ("retyped", {}, "Stage: stands still (retyped)."),
    ],
)
def test_each_reason_has_its_sentence(reason: str, cell: dict[str, Any], said: str) -> None:
    assert said == _note(reason, **cell)


def test_a_conflict_shows_both_values_and_where_to_decide() -> None:
    cell: dict[str, Any] = {"theirs": ["a", "b"], "ours": None, "their_actor": "Ada"}

    said = "Stage: changed on both sides. Here: a, b (Ada). In the hub: empty. To decide which one "
    assert f"{said}stands, ask for `hub sync conflicts`." == _note("conflict", **cell)


def test_a_field_without_a_name_is_called_by_its_column() -> None:
    said = note_text([StillCell(field="stage", reason="held")], {})

    assert said is not None
    assert said.startswith("stage: ")


def test_long_values_and_long_notes_are_cut() -> None:
    long = _note("conflict", theirs="x" * 500, ours="y")
    many = note_text(
        [StillCell(field=f"f{n}", reason="rejected", detail="z" * 100) for n in range(100)],
        {},
    )
    one = _note("rejected", detail="z" * 2 * LONGEST)

    assert long is not None
    assert many is not None
    assert one is not None
    assert "x" * 200 + "…" in long
    assert len(many) < LONGEST + 60
    assert many.endswith("… and more: ask for `hub sync divergence`.")
    assert one.endswith("… and more: ask for `hub sync divergence`.")
