"""What goes wrong in a simulated world, drawn anew for each request and each step?"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Mapping

from simulation.deterministic.people import TABLES, People
from simulation.deterministic.steps import STEPS
from simulation.deterministic.turns import Killed, Task, Trace, Turns
from simulation.deterministic.wire import Fault, Request
from simulation.values import COLUMNS

FAULTS: Mapping[str, float] = {
    "drop_before": 3,
    "drop_after": 4,
    "delay": 3,
    "delay_after": 3,
    "late": 3,
    "too late": 3,
    "429": 2,
    "500": 3,
    "503": 2,
    "burst": 2,
    "html": 3,
    "truncate": 3,
    "401": 1,
    "403": 1.5,
    "partial_list": 4,
    "expire_iterators": 2,
    "ghost": 4,
    "edit_before": 9,
    "edit_after": 6,
}
SHARE = 0.055
"""How many requests suffer."""


class Troubles:
    """Draws faults for requests, and kills workers at armed steps."""

    def __init__(
        self,
        drawn: random.Random,
        people: People,
        turns: Turns,
        tally: Counter[str],
        trace: Trace,
        died: Callable[[Task], None],
    ) -> None:
        self.drawn = drawn
        self.people = people
        self.turns = turns
        self.tally = tally
        self.trace = trace
        self.is_on = False
        self._died = died
        self._armed = [self._some_step() for _ in range(5)]
        self._kills_left = 9

    # Requests

    def fault_for(self, request: Request) -> Fault | None:
        """What happens to a request, if anything."""
        if not self.is_on or self.drawn.random() > SHARE * (3 if request.is_write else 1):
            return None
        (kind,) = self.drawn.choices(list(FAULTS), list(FAULTS.values()))
        match kind:
            case "429" | "500" | "503" | "401" | "403":
                return Fault(kind="status", status=int(kind))
            case "burst":
                return Fault(kind="burst", status=self.drawn.choice((500, 503)))
            case "delay" | "delay_after":
                return Fault(kind=kind, seconds=self.drawn.uniform(0.5, 20))
            case "late" | "too late":
                kind = "delay" if kind == "late" else "delay_after"
                return Fault(kind=kind, seconds=self.drawn.uniform(31, 70))
            case "partial_list" | "ghost" | "expire_iterators" if not request.is_list:
                return None
            case "edit_before" | "edit_after":
                return self._edit_during(kind, request)
            case _:
                return Fault(kind=kind)

    def _edit_during(self, kind: str, request: Request) -> Fault | None:
        """Somebody edits at the very moment of the request, what is written if anything is."""
        if not request.is_of_records:
            return None
        table = request.path.split("/")[3]
        if table not in TABLES:
            return None
        place = self._written(table, request) if request.is_write else None
        if place is None:
            found = self.people.theirs.records(table)
            if not found:
                return None
            place = (self.drawn.choice(found), self.drawn.choice(list(COLUMNS[table])))
        record, field = place
        if not self.people.theirs.has(table, record):
            return None
        if field not in self.people.theirs.table(table).fields:
            return None
        cells = self.people.cells_there(table, record, [field])
        self.tally["edits"] += 1
        self.tally["did their edit during a request"] += 1
        user = self.drawn.choice(("Alex", "Berta", "Carl"))
        edit = {"user": user, "update": [{"id": record, "fields": cells}]}
        self.trace.tell(f"{user} {kind} {table} {edit}")
        return Fault(kind=kind, edit=(table, edit))

    def _written(self, table: str, request: Request) -> tuple[str, str] | None:
        if request.method != "PATCH":
            return None
        body = json.loads(request.body)
        places = [
            (item["id"], field)
            for item in body["records"]
            if item.get("id")
            for field in item["fields"]
            if field in COLUMNS[table]
        ]
        return self.drawn.choice(places) if places else None

    # Workers

    def _some_step(self) -> tuple[str, str]:
        return self.drawn.choice(list(STEPS)), self.drawn.choice(("before", "after"))

    def strike(self, step: str, moment: str) -> None:
        """A worker is at a step: is that its end?"""
        if not self.is_on or self._kills_left <= 0 or (step, moment) not in self._armed:
            return
        task = self.turns.current
        if task is None or self.drawn.random() < 0.3:
            return
        self._armed.remove((step, moment))
        self._armed.append(self._some_step())
        self._kills_left -= 1
        self.tally[f"kill {step}"] += 1
        self.trace.tell(f"{task.name} is killed {moment} {step}")
        task.is_dead = True
        self._died(task)
        raise Killed
