"""What does a person read beside a record whose cells the hub did not take over?

One text a record: a line for each cell that stands still, with the reason and what to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.core.values import Value

LONGEST = 4_000
"""A note is read by people: what is longer is cut, and says so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StillCell:
    """A cell that stands still; of an open conflict also what both sides hold."""

    field: str
    reason: str
    detail: str | None = None
    parked_stream: str | None = None
    theirs: Value = None
    ours: Value = None
    their_actor: str | None = None
    our_actor: str | None = None


def note_text(cells: Sequence[StillCell], labels: Mapping[str, str]) -> str | None:
    """The note about these cells; None where nothing stands still.

    `labels` names the fields as people see them.
    """
    if not cells:
        return None
    lines = [f"{labels.get(cell.field, cell.field)}: {_line(cell)}" for cell in cells]
    text = "\n".join(lines)
    if len(text) <= LONGEST:
        return text
    kept = text[:LONGEST].rpartition("\n")[0] or text[:LONGEST]
    return f"{kept}\n… and more: ask for `hub sync divergence`."


def _line(cell: StillCell) -> str:
    match cell.reason:
        case "conflict":
            return (
                f"changed on both sides. Here: {_shown(cell.theirs)}{_by(cell.their_actor)}. "
                f"In the hub: {_shown(cell.ours)}{_by(cell.our_actor)}. "
                "To decide which one stands, ask for `hub sync conflicts`."
            )
        case "rejected" if (cell.detail or "").startswith("not sent: "):
            why = (cell.detail or "").removeprefix("not sent: ")
            return f"the hub's value could not be written here: {why}."
        case "rejected":
            why = cell.detail or "it does not fit"
            return f"what stands here was not taken over: {why}. Correct it, and it is."
        case "parked":
            linked = (
                f"the linked record of {cell.parked_stream}" if cell.parked_stream else "a link"
            )
            return f"waits for {linked}, which the hub does not have yet."
        case "held":
            return (
                "was cleared because a linked record was deleted; it waits until that is decided."
            )
        case _:
            return cell.detail or f"stands still ({cell.reason})."


def _shown(value: Value) -> str:
    if value is None or value == "":
        return "empty"
    text = ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)
    return text if len(text) <= 200 else f"{text[:200]}…"


def _by(actor: str | None) -> str:
    return f" ({actor})" if actor else ""
