"""What else befalls a world: its clock, its hooks and their pings, its queue, its schema?"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from simulation.deterministic.people import TABLES
from simulation.memory_store.refusals import WouldWait
from simulation.values import COLUMNS
from sync_world import DEALS, STAGE, STATUS

from hub.sandbox.airtable.errors import AirtableError
from hub.sandbox.airtable.model import Actor
from hub.store import leases, streams
from hub.store.database import Provenance

if TYPE_CHECKING:
    from simulation.deterministic.play import Play


_OPS = Provenance(actor="ops", origin="cli")


class Weather:
    """Bad luck that is nobody's request."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._drawn = play.drawn
        self._delayed: list[tuple[float, str]] = []
        self._overtaken = 0
        self._kinds: dict[str, tuple[float, Callable[[], bool]]] = {
            "clock jump": (2, self._jump),
            "worker stalled": (4, self._stall),
            "queue flushed": (2, self._flush),
            "job doubled": (1, self._double),
            "hook deleted": (1.2, self._delete_hook),
            "hook's notifications off": (0.6, self._mute_hook),
            "a week passes": (0.15, self._week),
            "complete read": (2, self._ask_for_read),
            "hook tended": (1.5, self._tend),
            "stream paused": (0.7, self._pause),
            "field renamed": (1, self._rename_field),
            "field added": (0.6, self._add_field),
            "option renamed": (0.6, self._rename_option),
            "option added": (0.6, self._add_option),
        }

    def turn(self) -> None:
        """Something happens, or could not."""
        weights = [weight for weight, _ in self._kinds.values()]
        (kind,) = self._drawn.choices(list(self._kinds), weights)
        try:
            has_happened = self._kinds[kind][1]()
        except WouldWait:
            # A worker holds the row that somebody would change.
            has_happened = False
        if has_happened:
            self._play.tally[f"weather {kind}"] += 1
            self._play.trace.tell(kind)

    # Time and workers

    def _jump(self) -> bool:
        # No request is under way for an hour.
        self._play.wire.deliver_late(all_of_them=True)
        self._play.time.pass_by(self._drawn.choice((5, 20, 40, 90, 400, 4000)))
        return True

    def _week(self) -> bool:
        self._play.wire.deliver_late(all_of_them=True)
        self._play.time.pass_by(8 * 24 * 3600)
        return True

    def _stall(self) -> bool:
        """A worker stands still for so long that its lease is over."""
        if not self._play.tasks:
            return False
        task = self._drawn.choice(self._play.tasks)
        task.sleeps_until = self._play.time.seconds() + self._drawn.uniform(20, 90)
        return True

    def _flush(self) -> bool:
        """Redis forgets every job."""
        was = len(self._play.queue)
        self._play.queue.clear()
        self._delayed.clear()
        return was > 0 or self._drawn.random() < 0.5

    def _double(self) -> bool:
        self._play.queue.append("attend")
        self._play.queue.append("attend")
        return True

    # Hooks and pings

    def _delete_hook(self) -> bool:
        hooks = self._play.sandbox.hooks
        if not hooks.hooks:
            return False
        hook_id = self._drawn.choice(list(hooks.hooks))
        self._play.watch.kill(hook_id)
        hooks.delete(self._play.theirs.base, hook_id)
        return True

    def _mute_hook(self) -> bool:
        """Notifications were switched off after failed deliveries."""
        for hook in self._play.sandbox.hooks.hooks.values():
            if hook.url is not None and hook.notifications_enabled:
                hook.notifications_enabled = False
                hook.ping_due = None
                self._play.sandbox.hooks.save(hook)
                return True
        return False

    def deliver_pings(self) -> None:
        """The other side rings, if the ping gets through."""
        now = self._play.time.seconds()
        for due, hook_id in [item for item in self._delayed if item[0] <= now]:
            self._delayed.remove((due, hook_id))
            self._arrive(hook_id)
        for hook in list(self._play.sandbox.hooks.hooks.values()):
            if hook.ping_due is None or not hook.notifications_enabled:
                continue
            hook.ping_due = None
            self._send(hook.id, now)

    def _send(self, hook_id: str, now: float) -> None:
        draw = self._drawn.random() if self._play.troubles.is_on else 1.0
        if draw < 0.05:
            self._play.tally["weather ping lost"] += 1
        elif draw < 0.1:
            self._play.tally["weather ping doubled"] += 1
            self._arrive(hook_id)
            self._arrive(hook_id)
        elif draw < 0.15:
            self._play.tally["weather ping delayed"] += 1
            self._delayed.append((now + self._drawn.uniform(1, 40), hook_id))
        elif draw < 0.2:
            # It arrives right after the next one.
            self._play.tally["weather ping reordered"] += 1
            self._overtaken += 1
        else:
            self._arrive(hook_id)
            for _ in range(self._overtaken):
                self._arrive(hook_id)
            self._overtaken = 0

    def _arrive(self, hook_id: str) -> None:
        self._play._ring("hook", hook_id)
        self._play._enqueue("attend")

    # Ops

    def _ask_for_read(self) -> bool:
        with self._play.store.unit_of_work(_OPS) as session:
            for name in self._play.streams:
                streams.ensure(session, "world", name)
                streams.change(session, "world", name, needs_reconcile=True)
        return True

    def _tend(self) -> bool:
        self._play._enqueue("tend")
        return True

    def _pause(self) -> bool:
        """A stream is paused, and goes on a little later."""
        name = self._drawn.choice(list(self._play.streams))
        for is_paused in (True, False):
            with self._play.store.unit_of_work(_OPS) as session:
                streams.change(session, "world", name, is_paused=is_paused, needs_reconcile=True)
                leases.ring(session, "world", "person")
            for _ in range(self._drawn.randrange(30) if is_paused else 0):
                self._play._one_step(edits=self._drawn.random() < 0.5)
        return True

    # Schema

    def _rename_field(self) -> bool:
        table_id = self._drawn.choice(TABLES)
        table = self._play.theirs.table(table_id)
        field_id = self._drawn.choice([f for f in COLUMNS[table_id] if f in table.fields])
        name = f"Renamed {self._drawn.randrange(10_000)}"
        return self._schema_edit(
            lambda: self._play.sandbox.by_hand.schema.update_field(
                self._play.theirs.base, table, table.fields[field_id], {"name": name}, self._actor()
            )
        )

    def _add_field(self) -> bool:
        table = self._play.theirs.table(self._drawn.choice(TABLES))
        body = {"name": f"Added {self._drawn.randrange(10_000)}", "type": "singleLineText"}
        return self._schema_edit(
            lambda: self._play.sandbox.schema.create_field(
                self._play.theirs.base, table, body, self._actor()
            )
        )

    def _rename_option(self) -> bool:
        table_id, field_id = self._drawn.choice(((TABLES[0], STATUS), (DEALS, STAGE)))
        table = self._play.theirs.table(table_id)
        field = table.fields[field_id]
        old = self._drawn.choice(field.option("choices"))["name"]
        return self._schema_edit(
            lambda: self._play.sandbox.by_hand.rename_choice(
                self._play.theirs.base, table, field, old, f"{old}x", self._actor()
            )
        )

    def _add_option(self) -> bool:
        return False

    def _schema_edit(self, act: Callable[[], object]) -> bool:
        try:
            act()
        except AirtableError as refusal:
            self._play.trace.tell(f"schema edit refused: {refusal}")
            return False
        return True

    def _actor(self) -> Actor:
        return self._play.sandbox.state.person("Berta")
