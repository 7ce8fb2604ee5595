"""Does a complete read tell the records apart that it showed and those that it did not?"""

from __future__ import annotations

from hub.sync.seen import Seen


def test_what_was_shown_is_not_unseen() -> None:
    seen = Seen()
    seen.add(f"rec{number}" for number in range(10_000))

    assert [] == list(seen.unseen(f"rec{number}" for number in range(10_000)))


def test_what_was_not_shown_is_unseen_in_the_order_given() -> None:
    seen = Seen()
    seen.add(["rec1", "rec3", "rec3"])

    assert ["rec2", "rec0"] == list(seen.unseen(["rec3", "rec2", "rec1", "rec0"]))
