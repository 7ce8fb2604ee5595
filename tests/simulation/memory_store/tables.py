"""Which tables does the memory store keep, and by what are their rows found?"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from simulation.memory_store.table import Index, Row, Table


def _by(*columns: str) -> Callable[[Row], Hashable]:
    if len(columns) == 1:
        (only,) = columns
        return lambda row: row[only]
    if len(columns) == 2:
        one, two = columns
        return lambda row: (row[one], row[two])
    one, two, three = columns
    return lambda row: (row[one], row[two], row[three])


def _where(
    holds: Callable[[Row], bool], value: Callable[[Row], Hashable]
) -> Callable[[Row], Hashable | None]:
    return lambda row: value(row) if holds(row) else None


def _is_open(row: Row) -> bool:
    return row["closed_at"] is None


def _is_no_tombstone(row: Row) -> bool:
    return bool(row["state"] != "tombstone")


class HubTables:
    """The tables of schema hub, each with the indexes that its questions need."""

    def __init__(self) -> None:
        self.lease = Table("lease")
        self.ping_connection = Index("ping_connection", _by("connection"))
        self.ping = Table("ping", self.ping_connection)
        self.hook_connection = Index("hook_connection", _by("connection"))
        self.hook_external = Index(
            "hook_external", _by("connection", "external_id"), is_unique=True
        )
        self.hook = Table("hook", self.hook_connection, self.hook_external)
        self.state_connection = Index("stream_state_connection", _by("connection"))
        self.stream_state = Table("stream_state", self.state_connection)

        record = _by("connection", "stream", "external_id")
        row = _by("connection", "stream", "row_id")
        self.link_external = Index("record_link_external", record, is_unique=True)
        self.link_row = Index("record_link_row", _where(_is_no_tombstone, row), is_unique=True)
        self.link_any_row = Index("record_link_any_row", row)
        self.link_row_id = Index("record_link_row_id", _by("row_id"))
        self.link_state = Index("record_link_state", _by("connection", "stream", "state"))
        self.record_link = Table(
            "record_link",
            self.link_external,
            self.link_row,
            self.link_any_row,
            self.link_row_id,
            self.link_state,
        )
        self.frozen_link = Index("frozen_cell_link", _by("link_id"))
        self.frozen_parked = Index("frozen_cell_parked", _by("parked_stream", "parked_on"))
        self.frozen_cell = Table("frozen_cell", self.frozen_link, self.frozen_parked)
        self.recheck_stream = Index("recheck_stream", _by("connection", "stream"))
        self.recheck = Table("recheck", self.recheck_stream)

        self.intent_open_record = Index("write_intent_open_record", _where(_is_open, record))
        self.intent_open_row = Index("write_intent_open_row", _where(_is_open, row))
        self.intent_delete = Index(
            "write_intent_delete", _where(lambda row: row["operation"] == "delete", record)
        )
        self.intent_row = Index("write_intent_row", _by("row_id"))
        self.intent_run = Index("write_intent_run", _by("run_id"))
        self.write_intent = Table(
            "write_intent",
            self.intent_open_record,
            self.intent_open_row,
            self.intent_delete,
            self.intent_row,
            self.intent_run,
        )
        self.run_running = Index(
            "run_running", _where(lambda row: row["status"] == "running", _by("connection"))
        )
        self.run = Table("run", self.run_running)
        cell = _by("link_id", "field")
        self.conflict_open = Index(
            "conflict_open", _where(lambda row: row["status"] == "open", cell), is_unique=True
        )
        self.conflict_row = Index("conflict_row", _by("row_id", "field"))
        self.conflict = Table("conflict", self.conflict_open, self.conflict_row)
        plan = _by("connection", "stream", "action")
        self.approval_open = Index(
            "approval_open", _where(lambda row: row["decision"] is None, plan), is_unique=True
        )
        self.approval_plan = Index("approval_plan", plan)
        self.approval = Table("approval", self.approval_open, self.approval_plan)
        self.alert_open = Index("alert_open", _where(_is_open, _by("key")), is_unique=True)
        self.alert = Table("alert", self.alert_open)
        self.preview = Table("preview")
        self.schema_change_stream = Index("schema_change_stream", _by("connection", "stream"))
        self.schema_change = Table("schema_change", self.schema_change_stream)

        self.spent_call = Table("spent_call")
        self.pace = Table("pace")
        self.spent_call = Table("spent_call")
        self.pace = Table("pace")

    def named(self, name: str) -> Table:
        """The table of this name.

        Raises:
            KeyError: there is none.
        """
        table: Any = getattr(self, name, None)
        if not isinstance(table, Table):
            raise KeyError(f"no table hub.{name} in the memory store")
        return table
