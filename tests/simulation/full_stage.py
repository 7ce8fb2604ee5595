"""How is a schedule of the full simulation played on the running company?"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from simulation.full_bases import BASE_OF, CONNECTION_OF, TwoBases, scratch_field
from simulation.full_company import Company
from simulation.full_edits import Editors
from simulation.full_schedule import PING_FAULTS, Event
from simulation.values import COLUMNS

from hub.sandbox.airtable.hooks import Hook

DEADLINE_SECONDS = 60.0
STILL_SECONDS = 0.7
MOST_FAULTS_AT_ONCE = 6
_WEEK = 8 * 24 * 3600


class Stage:
    """Plays events on a seed's world; `problems` is what must never happen."""

    def __init__(self, company: Company, world: TwoBases) -> None:
        self.company = company
        self.world = world
        self.editors = Editors(company, world)
        self.problems: list[str] = []
        self.stood_for: dict[str, set[str]] = {}
        self._blind: dict[str, list[range]] = {base: [] for base in CONNECTION_OF}
        self._blind_from: dict[str, int] = {}
        self._planned: dict[int, str] = {}
        self._renamed = 0
        self._scratched: set[str] = set()

    @property
    def tally(self) -> Counter[str]:
        """What came of the events."""
        return self.editors.tally

    def play(self, event: Event) -> None:
        """Let one thing happen, and see to the processes as a host does."""
        drawn = random.Random(event.seed)  # noqa: S311  repeatable, no secret
        if event.kind.startswith(("their ", "our ")):
            self.editors.edit(event.kind, drawn)
        else:
            act = getattr(self, "_" + event.kind.replace(" ", "_"))
            act(drawn, event.detail) if event.detail else act(drawn)
        self._look()

    def _look(self) -> None:
        self.company.supervise()
        self._see_again()
        for link in self.world.query("select external_id, row_id from hub.record_link"):
            self.stood_for.setdefault(link["external_id"], set()).add(str(link["row_id"]))

    def _count(self, what: str) -> None:
        self.tally[what] += 1

    # Workers

    def _rest(self, drawn: random.Random) -> None:
        time.sleep(drawn.choice((0.05, 0.15, 0.3)))

    def _doom(self, drawn: random.Random, detail: str) -> None:
        step, moment = detail.rsplit(".", 1)
        self.company.nursery.doom.condemn(step, moment, whole=drawn.random() < 0.7)

    def _kill_worker(self, drawn: random.Random) -> None:
        self._count(f"kill at random: {self.company.kill_worker(drawn)}")

    def _kill_scheduler(self, _drawn: random.Random) -> None:
        self.company.kill_scheduler()
        self._count("kill at random: scheduler")

    def _lease_lost(self, drawn: random.Random) -> None:
        """A worker was away for so long that its lease ran out; it does not know."""
        self._expire_leases()
        self.company.enqueue(drawn.choice(list(CONNECTION_OF.values())))
        self._count("event lease lost")

    def _expire_leases(self) -> None:
        connection = self.world.database.engine.raw_connection()
        try:
            with closing(connection.cursor()) as cursor:
                cursor.execute("set lock_timeout = '500ms'")
                cursor.execute(
                    "update hub.lease set expires_at = clock_timestamp() - interval '1 second'"
                    " where holder is not null"
                )
            connection.commit()
        except Exception as error:  # the worker holds the row this very moment
            connection.rollback()
            if "lock timeout" not in str(error):
                raise
        finally:
            connection.close()

    def _stall(self, drawn: random.Random) -> None:
        """A job stops in the middle, another takes over, the first wakes up and goes on."""
        jobs = self.company.stalled_jobs(drawn)
        try:
            self._expire_leases()
            for connection in CONNECTION_OF.values():
                self.company.enqueue(connection)
            time.sleep(0.2)
        finally:
            self.company.wake(jobs)
        self._count("event stall")

    # Servers

    def _postgres_crash(self, drawn: random.Random) -> None:
        self.world.database.dispose()
        table = drawn.choice(list(COLUMNS))
        with self.company.without_postgres():
            # People go on in the grid; nobody can ask the hub.
            self.editors.create(drawn, table, 1)
        self._count("event postgres crash")

    def _redis_flush(self, _drawn: random.Random) -> None:
        self.company.flush_redis()
        self._count("event redis flush")

    def _redis_crash(self, drawn: random.Random) -> None:
        with self.company.without_redis():
            self.editors.edit("our sql update", drawn)
            self.editors.edit("their update", drawn)
        self._count("event redis crash")

    def _clock_jump(self, drawn: random.Random) -> None:
        self.company.clock.advance(drawn.choice((30, 90, 3700, 90_000)))
        self._count("event clock jump")

    def _week_passes(self, _drawn: random.Random) -> None:
        """Payloads and hooks are gone after seven days: a window without history."""
        for base in CONNECTION_OF:
            self._go_blind(base)
        self.company.clock.advance(_WEEK)
        self._count("event week passes")

    def _hook_gone(self, drawn: random.Random) -> None:
        base = drawn.choice(list(CONNECTION_OF))
        hook = self._hook(base)
        if hook is None:
            return
        self._go_blind(base)
        self.world.sandbox.call("DELETE", f"/v0/bases/{base}/webhooks/{hook.id}")
        self._count("event hook gone")

    def _go_blind(self, base: str) -> None:
        edits = self.world.sandbox.edits()
        begins = len(edits) + 1
        hook = self._hook(base)
        unread = [] if hook is None else self._unread(hook)
        if unread:
            first = unread[0]["baseTransactionNumber"]
            lost = [
                edit["number"]
                for edit in edits
                if edit["base"] == base and edit["transaction"] >= first
            ]
            begins = min([begins, *lost])
        self._blind_from[base] = min(begins, self._blind_from.get(base, begins))

    def _hook(self, base: str) -> Hook | None:
        """The hook that the hub believes in, if it lives."""
        found = self.world.query(
            "select external_id from hub.hook where closed_at is null"
            " and connection = :connection order by created_at desc",
            connection=CONNECTION_OF[base],
        )
        hooks = self.world.sandbox.sandbox.hooks.hooks
        now = self.world.sandbox.state.clock.now()
        there = [hooks[row["external_id"]] for row in found if row["external_id"] in hooks]
        return next((hook for hook in there if hook.is_active(now)), None)

    def _unread(self, hook: Hook) -> list[dict[str, Any]]:
        """What the hub has not read yet."""
        cursor = self.world.scalar(
            "select cursor from hub.hook where external_id = :id", id=hook.id
        )
        rows = self.world.sandbox.state.file.rows(
            "SELECT body FROM payload WHERE hook = ? AND number >= ? ORDER BY number",
            hook.id,
            cursor,
        )
        return [json.loads(body) for (body,) in rows]

    def _see_again(self) -> None:
        for base, begins in list(self._blind_from.items()):
            if self._hook(base) is not None:
                end = len(self.world.sandbox.edits()) + 1
                self._blind[base].append(range(begins, end))
                del self._blind_from[base]

    def blind(self) -> frozenset[int]:
        """Numbers of the edits of which Airtable kept no history for us."""
        return frozenset(
            edit["number"]
            for edit in self.world.sandbox.edits()
            if any(edit["number"] in window for window in self._blind[edit["base"]])
        )

    # The other side

    def _reconcile(self, _drawn: random.Random) -> None:
        """Everything is read completely."""
        with self.world.database.engine.begin() as connection:
            connection.exec_driver_sql("update hub.stream_state set needs_reconcile = true")
        self._count("event reconcile")

    def _schema_edit(self, drawn: random.Random) -> None:
        """A field or a table gets another name, an option comes, an unmapped field goes."""
        table = drawn.choice(list(COLUMNS))
        base = BASE_OF[table]
        self._renamed += 1
        path = f"/v0/meta/bases/{base}/tables/{table}"
        what = drawn.choice(("field renamed", "table renamed", "field made", "field gone"))
        if what == "field renamed":
            field = drawn.choice(list(COLUMNS[table]))
            body = {"name": f"Renamed {self._renamed}"}
            self.world.sandbox.call("PATCH", f"{path}/fields/{field}", body)
        elif what == "table renamed":
            self.world.sandbox.call("PATCH", path, {"name": f"Table {self._renamed}"})
        elif what == "field made":
            body = {"name": f"New {self._renamed}", "type": "singleLineText"}
            self.world.sandbox.call("POST", f"{path}/fields", body)
        elif table not in self._scratched:
            self._scratched.add(table)
            self.world.sandbox.remove(base, table, scratch_field(table))
        self._count(f"schema edit {what}")

    # Faults of the stand-in

    def _fault(self, drawn: random.Random, kind: str) -> None:
        if len(self.world.sandbox.faults()) >= MOST_FAULTS_AT_ONCE:
            return
        wish = self._wish(drawn, kind)
        if wish is not None:
            planned = self.world.sandbox.fault(kind, **wish)
            self._planned[int(planned["id"])] = kind

    def _wish(self, drawn: random.Random, kind: str) -> dict[str, Any] | None:
        if kind in PING_FAULTS:
            return {"seconds": drawn.choice((0.05, 0.3, 1.0)) if kind == "ping_delayed" else 0}
        method, path = drawn.choice(
            (
                ("PATCH", r"/v0/app\w+/tbl"),
                ("PATCH", r"/v0/app\w+/tbl"),
                ("PATCH", r"/v0/app\w+/tbl"),
                ("GET|POST", r"/v0/app\w+/tbl"),
                ("GET|POST", r"/v0/app\w+/tbl"),
                ("GET", "/payloads"),
                ("DELETE", r"/v0/app\w+/tbl"),
            )
        )
        if kind in ("partial_list", "hide_new", "expire_iterators"):
            method, path = "GET|POST", r"/v0/app\w+/tbl"
        wish: dict[str, Any] = {
            "method": method,
            "path": path,
            "skip": drawn.choice((0, 0, 0, 1)),
            "seconds": drawn.choice((0.1, 0.4)),
        }
        if kind in ("status", "hide_new"):
            wish["status"] = drawn.choice((500, 503, 429)) if kind == "status" else 404
        if kind in ("edit_before", "edit_after"):
            found = self.editors.some_update(drawn)
            if found is None:
                return None
            table, item = found
            wish |= {"base": BASE_OF[table], "table": table, "edit": {"update": [item]}}
        if kind == "schema_before":
            table = drawn.choice(list(COLUMNS))
            self._renamed += 1
            wish |= {"base": BASE_OF[table], "table": table}
            wish |= {"field": drawn.choice(list(COLUMNS[table])), "rename": f"R {self._renamed}"}
        return wish

    def count_faults(self) -> int:
        """Note which faults have struck; how many of all."""
        waiting = {fault["id"] for fault in self.world.sandbox.faults()}
        for number, kind in sorted(self._planned.items()):
            if number not in waiting:
                self.tally[f"fault {kind}"] += 1
                self.tally["edits"] += kind in ("edit_before", "edit_after")
                del self._planned[number]
        return sum(count for name, count in self.tally.items() if name.startswith("fault "))

    # The end

    def come_to_rest(self, *, edits: bool) -> float | None:
        """No more trouble: the seconds until both sides rest; None when they do not.

        With `edits`, a last one on each side of each base, made after the last fault.
        """
        self.count_faults()
        self.world.sandbox.clear_faults()
        self.company.nursery.doom.pardon()
        began = time.monotonic()
        if edits:
            drawn = random.Random("last words")  # noqa: S311  repeatable, no secret
            for table in COLUMNS:
                self.editors.create(drawn, table, 1)
        self._hold(began)
        seconds = time.monotonic() - began
        if seconds > DEADLINE_SECONDS:
            self.problems.append(f"liveness: no rest after {seconds:.0f} s: {self._unrest()}")
            return None
        return seconds - STILL_SECONDS

    def _hold(self, began: float) -> None:
        """Until nothing changes and nothing is left to do; somebody may still come and look."""
        seen: Sequence[int] = ()
        since, is_calm = time.monotonic(), False
        while time.monotonic() - began <= DEADLINE_SECONDS:
            self._look()
            now = self._activity()
            if now != seen:
                seen, since, is_calm = now, time.monotonic(), False
            is_calm = is_calm or not self._unrest()
            if is_calm and time.monotonic() - since >= STILL_SECONDS:
                return
            time.sleep(0.05)

    def _activity(self) -> tuple[int, ...]:
        edits = len(self.world.sandbox.edits())
        return edits, *(int(self.world.scalar(f"select count(*) from {name}")) for name in _LOGS)  # noqa: S608  constants

    def _unrest(self) -> list[str]:
        found = [f"{n} {what}" for what, query in _UNREST if (n := self.world.scalar(query))]
        return found or [f"{base} {why}" for base in CONNECTION_OF if (why := self._deaf(base))]

    def _deaf(self, base: str) -> str | None:
        hook = self._hook(base)
        if hook is None:
            return "has no living hook"
        return "has unread payloads" if self._unread(hook) else None

    def rests(self) -> bool:
        """Whether nobody is at work this very moment; somebody who only looks soon is done."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            if not self._unrest():
                return True
            time.sleep(0.02)
        return False

    def stir(self) -> None:
        """Once at rest, further visits do nothing."""
        before = self._activity(), self.world.sandbox.write_count()
        with self.world.database.engine.begin() as connection:
            for name in CONNECTION_OF.values():
                connection.exec_driver_sql(
                    "insert into hub.ping (connection, source) values (%s, 'sweep'), (%s, 'hub')",
                    (name, name),
                )
        for name in CONNECTION_OF.values():
            self.company.enqueue(name)
        self._hold(time.monotonic())
        after = self._activity(), self.world.sandbox.write_count()
        if after != before:
            self.problems.append(f"restless: {before} became {after} (edits, {', '.join(_LOGS)})")

    def read_completely(self) -> None:
        """A complete read finds nothing that had been missed."""
        changes, edits = self._activity()[1], self._activity()[0]
        self._reconcile(random.Random(0))  # noqa: S311  repeatable, no secret
        self.come_to_rest(edits=False)
        self.tally["changes that only a complete read found"] += (
            self._activity()[1] - changes + self._activity()[0] - edits
        )


_LOGS = ("hub.change", "hub.conflict")
_UNREST = (
    ("rows wait", "select count(*) from hub.recheck"),
    ("pings wait", "select count(*) from hub.ping"),
    ("writes without outcome", "select count(*) from hub.write_intent where outcome is null"),
    ("failing", "select count(*) from hub.stream_state where failing_since is not null"),
    ("reads are due", "select count(*) from hub.stream_state where needs_reconcile"),
    ("leases held", "select count(*) from hub.lease where holder is not null"),
    ("runs", "select count(*) from hub.run where status = 'running'"),
)
