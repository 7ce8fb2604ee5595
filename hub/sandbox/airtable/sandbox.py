"""How do the parts of the stand-in fit together?"""

from __future__ import annotations

from pathlib import Path

from hub.sandbox.airtable.api.asgi import AirtableApi
from hub.sandbox.airtable.api.dispatch import Dispatch
from hub.sandbox.airtable.api.record_endpoints import RecordEndpoints
from hub.sandbox.airtable.api.schema_endpoints import HookEndpoints, SchemaEndpoints
from hub.sandbox.airtable.api.side_endpoints import SideEndpoints
from hub.sandbox.airtable.api.suffering import Suffering
from hub.sandbox.airtable.downloads import Downloads
from hub.sandbox.airtable.edit_log import EditLog
from hub.sandbox.airtable.faults import Faults
from hub.sandbox.airtable.feed import Feed
from hub.sandbox.airtable.hooks import Hooks
from hub.sandbox.airtable.ids import new_id
from hub.sandbox.airtable.iterators import Iterators
from hub.sandbox.airtable.journal import Journal
from hub.sandbox.airtable.json_values import Json
from hub.sandbox.airtable.limits import Limits, RateLimiter
from hub.sandbox.airtable.loading import load, load_file
from hub.sandbox.airtable.notifier import Notifier, PingTiming
from hub.sandbox.airtable.people_edits import PeopleEdits
from hub.sandbox.airtable.saving import save_base
from hub.sandbox.airtable.schema import Schema
from hub.sandbox.airtable.schema_by_hand import SchemaByHand
from hub.sandbox.airtable.state import State
from hub.sandbox.airtable.transactions import Transactions


class Sandbox:
    """One stand-in: its state and everything that works on it."""

    def __init__(
        self, state: State, limits: Limits | None = None, ping_timing: PingTiming | None = None
    ) -> None:
        limits = limits or Limits()
        self.state = state
        self.transactions = Transactions(state)
        self.schema = Schema(state, self.transactions)
        self.by_hand = SchemaByHand(self.schema)
        self.hooks = Hooks(state, limits)
        self.edit_log = EditLog(state)
        self.feed = Feed(state)
        self.iterators = Iterators(state.clock)
        self.limiter = RateLimiter(limits)
        self.faults = Faults()
        self.journal = Journal()
        self.people = PeopleEdits(state, self.transactions)
        self.downloads = Downloads(state)
        self.notifier = Notifier(state, self.hooks, self.faults, ping_timing)
        self.transactions.writers += [
            self.edit_log.record,
            self.hooks.record,
            self.feed.record,
        ]
        self.transactions.listeners += [
            self.hooks.settle,
            self.feed.settle,
            self.notifier.wake,
            self.downloads.look,
        ]
        self.hooks.on_enabled.append(self.notifier.wake)
        self.hooks.learn_members()
        self.api = AirtableApi(
            state,
            Dispatch(
                state,
                RecordEndpoints(state, self.transactions, self.iterators, limits),
                SideEndpoints(state, self.transactions),
                SchemaEndpoints(state, self.schema),
                HookEndpoints(state, self.hooks),
            ),
            self.limiter,
            self.faults,
            Suffering(state, self.iterators, self.people, self.by_hand),
            self.journal,
        )

    def load(self, body: Json, *, reload: bool = False) -> list[str]:
        loaded = load(self.state, body, reload=reload)
        self._begin_anew(loaded)
        return loaded

    def load_file(self, path: Path, *, reload: bool = False) -> list[str]:
        loaded = load_file(self.state, path, reload=reload)
        self._begin_anew(loaded)
        return loaded

    def reset(self) -> None:
        """Forget every base, token, person, fault and request; the clock is right again."""
        for base_id in list(self.state.bases):
            self.drop_base(base_id)
        self.state.forget_everyone()
        self.state.clock.reset()
        self.faults.clear()
        self.journal.clear()
        self.limiter.forgive()

    def drop_base(self, base_id: str) -> None:
        self.state.drop_base(base_id)
        self._begin_anew([base_id])

    def trash_base(self, base_id: str) -> None:
        """A person deletes a base; it can be restored, its hooks and its history are gone."""
        self.state.trash_base(base_id, save_base(self.state, self.state.bases[base_id]))
        self.drop_base(base_id)

    def restore_base(self, base_id: str) -> bool:
        """A person brings a base back from the trash; False where it is not there."""
        body = self.state.take_from_trash(base_id)
        if body is None:
            return False
        self.load({"bases": [body]})
        return True

    def duplicate_base(self, base_id: str, name: str | None) -> str:
        """A person copies a base; the copy's id. Tables, fields and records keep their ids.

        The documents are silent about those; equal ids are harder for a client.
        """
        body = save_base(self.state, self.state.bases[base_id])
        copy = new_id("app")
        self.load({"bases": [{**body, "id": copy, "name": name or f"{body['name']} copy"}]})
        return copy

    def _begin_anew(self, base_ids: list[str]) -> None:
        for base_id in base_ids:
            self.hooks.forget_base(base_id)
            self.feed.reset(base_id)
        self.iterators.expire_all()
