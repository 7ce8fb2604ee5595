"""Would the simulation notice if a protection of the engine were missing?

Each mutant patches one protection out, from here; the product has no switch for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from hub.core.mapping import Parked, to_hub
from hub.core.merge import Pair
from hub.core.records import FieldSchema, RemoteRecord
from hub.sync.answers import answered_cells
from hub.sync.letters import Letter


def _nothing(*args: Any, **kwargs: Any) -> None:
    """Do not do it."""


def _no_lost_updates(*args: Any, **kwargs: Any) -> Sequence[object]:
    return []


def _never(*args: Any, **kwargs: Any) -> bool:
    return False


def _whole_answer(
    mapping: Any, fields: Mapping[str, FieldSchema], letter: Letter, record: RemoteRecord
) -> dict[str, Pair]:
    """Take every cell of an answer for agreed, not only what was written."""
    agreed = dict(_ANSWERED(mapping, fields, letter, record))
    before = letter.link.shadow if letter.link is not None else {}
    for item in mapping.fields:
        name = item.column.name
        if name in before and name not in agreed:
            agreed[name] = Pair(hub=before[name].hub, remote=record.fields.get(item.field_id))
    return agreed


_ANSWERED = answered_cells


def _unparked(*args: Any, **kwargs: Any) -> Any:
    """A link to what is not known yet counts as none."""
    value = to_hub(*args, **kwargs)
    return None if isinstance(value, Parked) else value


MUTANTS: Mapping[str, tuple[tuple[str, Callable[..., Any]], ...]] = {
    "the whole answer becomes the shadow": (("hub.sync.answers.answered_cells", _whole_answer),),
    "no write intent is matched": (("hub.sync.pull.match_payloads", _no_lost_updates),),
    "no cell is frozen": (("hub.store.links.freeze", _nothing),),
    "no re-read before a push": (("hub.sync.push_page._merge_again", lambda *args: {}),),
    "lost creates are not looked up": (
        ("hub.sync.push_page.look_up_lost_creates", _nothing),
        ("hub.sync.meet.adopt_lost_creates", lambda *args: dict(args[3])),
    ),
    "links are not parked": (("hub.core.plan.to_hub", _unparked),),
    "a delete beats an edit": (("hub.sync.deletes._is_edited", _never),),
    "no fence": (("hub.store.leases.check", _nothing), ("hub.store.leases.extend", _nothing)),
}


@contextmanager
def mutated(name: str) -> Iterator[None]:
    """The engine without one protection."""
    patches = [patch(target, replacement) for target, replacement in MUTANTS[name]]
    for each in patches:
        each.start()
    try:
        yield
    finally:
        for each in patches:
            each.stop()
