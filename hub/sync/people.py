"""What does a visit do for the people who work with the data, once the data is served?"""

from __future__ import annotations

from collections.abc import Mapping

from hub.contract import Priority
from hub.sync.annotate import has_due_notes, write_notes
from hub.sync.apply_preview import apply_approved
from hub.sync.connection import SyncConnection
from hub.sync.steps import Steps


def serve_people(connection: SyncConnection, steps: Steps, pings: Mapping[int, str]) -> None:
    """Do what waits for people; it costs nothing where nothing does."""
    if "person" in pings.values():
        steps.run("preview", None, apply_approved, priority=Priority.ROUTINE)
    if has_due_notes(connection):
        steps.run("annotate", None, write_notes)
