"""What goes wrong on purpose, for which request, and how often?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from hub.sandbox.airtable.chaos import Chaos
from hub.sandbox.airtable.json_values import Fields, Json

REQUEST_KINDS = (
    "drop_before",  # the connection ends, nothing took effect
    "drop_after",  # the request took effect, the answer is lost
    "delay",  # the request waits before it is looked at
    "delay_after",  # the answer waits after the request took effect
    "status",  # answered with status, type and message, nothing took effect
    "html",  # a proxy's page instead of JSON, nothing took effect
    "truncate",  # the request took effect, half of the JSON arrives
    "partial_list",  # a list ends early and says that it is complete
    "partial_schema",  # a schema answer loses most fields of each table
    "edit_before",  # a person's edit lands just before the request is looked at
    "edit_after",  # a person's edit lands just before the answer goes out
    "expire_iterators",  # every offset handed out so far is forgotten
    "hide_new",  # a record younger than `seconds` answers `status`, as if it were not there yet
    "schema_before",  # a field is renamed or removed just before the request is looked at
)
PING_KINDS = (
    "ping_lost",
    "ping_doubled",
    "ping_delayed",
    "ping_reordered",  # it arrives right after the next one of its hook
)


class BadFault(ValueError):
    """There is no such fault."""


@dataclass(slots=True)
class Fault:
    """Strikes the requests whose method and path match, after `skip` of them, `times` times."""

    number: int
    kind: str
    method: re.Pattern[str]
    path: re.Pattern[str]
    times: int
    skip: int
    seconds: float
    status: int
    type: str | None
    message: str | None
    retry_after: int | None
    base: str | None
    table: str | None
    edit: Fields | None
    field: str | None
    rename: str | None
    hook: str | None
    struck: int = 0

    def matches(self, method: str, path: str) -> bool:
        return self.method.fullmatch(method) is not None and self.path.search(path) is not None

    def public(self) -> Fields:
        return {
            "id": self.number,
            "kind": self.kind,
            "method": self.method.pattern,
            "path": self.path.pattern,
            "times": self.times,
            "skip": self.skip,
            "struck": self.struck,
        }


class Faults:
    """The faults that are still to strike, in the order they were asked for."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._number = 0
        self.chaos: Chaos | None = None

    def add(self, body: Json) -> Fault:
        kind = body.get("kind") if isinstance(body, dict) else None
        if kind not in (*REQUEST_KINDS, *PING_KINDS):
            raise BadFault(f"kind {kind!r}: valid are {', '.join((*REQUEST_KINDS, *PING_KINDS))}")
        if kind in ("edit_before", "edit_after") and not all(
            body.get(name) for name in ("base", "table", "edit")
        ):
            raise BadFault(f"{kind} needs base, table and edit")
        if kind == "schema_before" and not all(
            body.get(name) for name in ("base", "table", "field")
        ):
            raise BadFault("schema_before needs base, table and field, and rename or nothing")
        fault = self._made(kind, body)
        self._faults.append(fault)
        return fault

    def _made(self, kind: str, body: Fields) -> Fault:
        self._number += 1
        try:
            return Fault(
                number=self._number,
                kind=kind,
                method=re.compile(body.get("method") or ".*"),
                path=re.compile(body.get("path") or ""),
                times=int(body.get("times", 1)),
                skip=int(body.get("skip", 0)),
                seconds=float(body.get("seconds", 0)),
                status=int(body.get("status", 503)),
                type=body.get("type"),
                message=body.get("message"),
                retry_after=body.get("retry_after"),
                base=body.get("base"),
                table=body.get("table"),
                edit=body.get("edit"),
                field=body.get("field"),
                rename=body.get("rename"),
                hook=body.get("hook"),
            )
        except (re.error, TypeError, ValueError) as error:
            raise BadFault(f"{kind}: {error}") from error

    def take(self, method: str, path: str) -> list[Fault]:
        """The faults that strike this request; each of them is used up by one."""
        struck = self._strike(
            fault
            for fault in self._faults
            if fault.kind in REQUEST_KINDS and fault.matches(method, path)
        )
        chosen = None if self.chaos is None else self.chaos.choose()
        if chosen is not None:
            wish = {"seconds": chosen.seconds, "status": chosen.status}
            struck.append(self._made(chosen.kind, wish))
        return struck

    def ping_fault(self, hook_id: str) -> tuple[str, float] | None:
        struck = self._strike(
            fault
            for fault in self._faults
            if fault.kind in PING_KINDS and fault.hook in (None, hook_id)
        )
        return (struck[0].kind, struck[0].seconds) if struck else None

    def _strike(self, matching: Iterable[Fault]) -> list[Fault]:
        struck = []
        for fault in list(matching):
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.times -= 1
            fault.struck += 1
            struck.append(fault)
        self._faults = [fault for fault in self._faults if fault.times > 0]
        return struck

    def waiting(self) -> list[Fields]:
        return [fault.public() for fault in self._faults]

    def clear(self) -> None:
        self._faults.clear()
        self.chaos = None
