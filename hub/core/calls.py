"""What kinds of calls does a connector make, and for what is each of them spent?

A connector says what a call is; what it was for also depends on who made it: the same read of
records by id takes changes in during a pull and makes sure before a push.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class CallKind(enum.StrEnum):
    """What a call asks of the other side."""

    PAGE = "page"
    RECORDS = "records"
    LOOKUP = "lookup"
    WRITE = "write"
    PAYLOADS = "payloads"
    SCHEMA = "schema"
    HOOK = "hook"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One call: its kind, and the stream that it was made for where it is one's."""

    kind: CallKind = CallKind.OTHER
    stream: str | None = None


class Purpose(enum.StrEnum):
    """What a call is spent on, in the ledger."""

    PAYLOADS = "payloads"
    """Asking what has changed."""
    PULL = "pull"
    """Reading the records that have changed."""
    REREAD = "re-read"
    """Looking again just before a write."""
    PUSH = "push"
    """Writing and deleting records."""
    SCAN = "scan"
    """Reading whole tables, and asking for what was not in them."""
    SCHEMA = "schema"
    HOOK = "hook"
    """Making, refreshing and checking webhooks."""
    NOTE = "note"
    """The notes beside records."""
    PREVIEW = "preview"
    """Looking what would happen, for a person."""
    OTHER = "other"


_OF_RUN = {
    "notes": Purpose.NOTE,
    "annotate": Purpose.NOTE,
    "preview": Purpose.PREVIEW,
}
_OF_CALL = {
    CallKind.PAYLOADS: Purpose.PAYLOADS,
    CallKind.SCHEMA: Purpose.SCHEMA,
    CallKind.HOOK: Purpose.HOOK,
    CallKind.PAGE: Purpose.SCAN,
    CallKind.WRITE: Purpose.PUSH,
    CallKind.LOOKUP: Purpose.REREAD,
}
_BY_ID = {
    "pull": Purpose.PULL,
    "push": Purpose.REREAD,
    "backfill": Purpose.SCAN,
    "reconcile": Purpose.SCAN,
}


def purpose_of(run_kind: str, call: CallKind) -> Purpose:
    """What a call of a run was for."""
    if run_kind in _OF_RUN:
        return _OF_RUN[run_kind]
    if call is CallKind.RECORDS:
        return _BY_ID.get(run_kind, Purpose.OTHER)
    return _OF_CALL.get(call, Purpose.OTHER)
