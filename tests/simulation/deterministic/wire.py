"""How does a request reach the other side without a socket, and what may happen to it on the way?

The real connector speaks with the real stand-in; only the wire between them is made up. What goes
wrong is drawn for each request.
"""

from __future__ import annotations

import json as json_text
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

import pyairtable
import requests
from pyairtable.api.params import options_to_params
from simulation.deterministic.fake_time import FakeTime
from simulation.deterministic.turns import Trace, Turns

from hub.sandbox.airtable.api.suffering import CUT
from hub.sandbox.airtable.sandbox import Sandbox

ENDPOINT = "https://airtable.invalid"
TIME_OUT = 30.0
_HEADERS = [
    (b"host", b"airtable.invalid"),
    (b"authorization", b"Bearer patSimulated"),
    (b"content-type", b"application/json"),
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One request on its way."""

    method: str
    path: str
    query: bytes
    body: bytes

    @property
    def is_of_records(self) -> bool:
        """Whether it is about records and not about hooks or the schema."""
        return not self.path.startswith(("/v0/bases/", "/v0/meta/"))

    @property
    def is_list(self) -> bool:
        """Whether records are asked for."""
        return self.method == "GET" and self.is_of_records

    @property
    def is_write(self) -> bool:
        """Whether records are written."""
        return self.method != "GET" and self.is_of_records


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """What goes wrong with one request."""

    kind: str
    status: int = 0
    seconds: float = 0.0
    edit: tuple[str, dict[str, Any]] | None = None


Draw = Callable[[Request], Fault | None]


class Wire:
    """Carries requests to the stand-in and its answers back, in fake time."""

    def __init__(
        self, sandbox: Sandbox, time: FakeTime, turns: Turns, drawn: random.Random, trace: Trace
    ) -> None:
        self.sandbox = sandbox
        self.time = time
        self.turns = turns
        self.trace = trace
        self.draw: Draw = lambda request: None
        self.struck: Counter[str] = Counter()
        self.writes = 0
        self.requests = 0
        self.late: list[tuple[float, Request]] = []
        """Requests whose sender gave up waiting: they take effect at their time."""
        self._drawn = drawn
        self._bursts: list[int] = []

    @contextmanager
    def is_laid(self) -> Iterator[None]:
        """Whatever pyairtable asks goes over this wire while the context lasts."""
        wire = self

        def request(
            api: pyairtable.Api,
            method: str,
            url: str,
            fallback: tuple[str, str] | None = None,
            options: dict[str, Any] | None = None,
            params: dict[str, Any] | None = None,
            json: dict[str, Any] | None = None,
        ) -> Any:
            asked = {**options_to_params(options or {}), **(params or {})}
            sent = Request(
                method=method.upper(),
                path=url.removeprefix(ENDPOINT),
                query=urlencode(asked, doseq=True).encode(),
                body=b"" if json is None else json_text.dumps(json).encode(),
            )
            return api._process_response(wire.carry(sent))

        with patch.object(pyairtable.Api, "request", request):
            yield

    def carry(self, request: Request) -> requests.Response:
        """One request and its answer.

        Raises:
            requests.RequestException: the answer never came.
        """
        self.turns.pause("before a request")
        fault = self._next_fault(request)
        self._tell(request, fault)
        self.time.pass_by(0.02 + self._drawn.random() * 0.1)
        if fault is not None and fault.kind == "delay" and fault.seconds > TIME_OUT:
            self.late.append((self.time.seconds() + fault.seconds, request))
            self._wait(TIME_OUT)
            raise requests.ReadTimeout("the answer took too long")
        if fault is not None and fault.kind == "delay":
            self._wait(fault.seconds)
        status, body = self.answer(request, fault)
        if fault is not None and fault.kind == "delay_after":
            self._wait(min(fault.seconds, TIME_OUT))
            if fault.seconds > TIME_OUT:
                raise requests.ReadTimeout("the answer took too long")
        self.time.pass_by(0.02 + self._drawn.random() * 0.1)
        self.turns.pause("after a request")
        if status is None:
            raise requests.ConnectionError("Connection aborted: RemoteDisconnected")
        response = requests.Response()
        response.status_code = status
        response.encoding = "utf-8"
        response._content = body
        return response

    def _wait(self, seconds: float) -> None:
        """Others go on meanwhile."""
        task = self.turns.current
        if task is None:
            self.time.pass_by(seconds)
            return
        task.sleeps_until = self.time.seconds() + seconds
        self.turns.pause("for an answer", always=True)

    def answer(self, request: Request, fault: Fault | None = None) -> tuple[int | None, bytes]:
        """What the stand-in says, at once; without a status nothing is said."""
        self.requests += 1
        self.writes += request.is_write
        if fault is not None:
            self._ask_for(fault)
        scope = {
            "type": "http",
            "method": request.method,
            "scheme": "http",
            "raw_path": request.path.encode(),
            "query_string": request.query,
            "headers": _HEADERS,
            CUT: lambda: None,
        }
        heard: list[dict[str, Any]] = []
        messages = iter(({"type": "http.request", "body": request.body},))

        async def receive() -> dict[str, Any]:
            return next(messages, {"type": "http.disconnect"})

        async def send(message: dict[str, Any]) -> None:
            heard.append(message)

        served = self.sandbox.api(scope, receive, send)  # type: ignore[arg-type]  # ASGI's own types
        try:
            served.send(None)
        except StopIteration:
            pass
        else:
            raise AssertionError(f"the stand-in waits in the middle of {request}")
        if not heard:
            return None, b""
        status, body = int(heard[0]["status"]), bytes(heard[1]["body"])
        if fault is not None and fault.kind == "ghost":
            body = self._without_one(body)
        return status, body

    def deliver_late(self, *, all_of_them: bool = False) -> None:
        """What was under way for too long takes effect, long after its sender gave up."""
        now = self.time.seconds()
        due = [item for item in self.late if all_of_them or item[0] <= now]
        for item in due:
            self.late.remove(item)
            self.trace.tell(f"late {item[1].method} {item[1].path}")
            self.answer(item[1])

    # What goes wrong

    def _next_fault(self, request: Request) -> Fault | None:
        if self._bursts:
            return Fault(kind="status", status=self._bursts.pop())
        fault = self.draw(request)
        if fault is None:
            return None
        name = fault.kind
        if fault.kind == "burst":
            self._bursts = [fault.status] * 2
            fault = Fault(kind="status", status=fault.status)
        elif fault.kind == "status":
            name = f"status {fault.status}"
        elif fault.kind in ("delay", "delay_after") and fault.seconds > TIME_OUT:
            name = f"{fault.kind} past the time-out"
        self.struck[name] += 1
        return fault

    def _ask_for(self, fault: Fault) -> None:
        if fault.kind in ("delay", "delay_after", "ghost"):
            return
        asked: dict[str, Any] = {"kind": fault.kind}
        if fault.status:
            asked["status"] = fault.status
        if fault.edit is not None:
            base = next(iter(self.sandbox.state.bases))
            asked |= {"base": base, "table": fault.edit[0], "edit": fault.edit[1]}
        self.sandbox.faults.add(asked)

    def _without_one(self, body: bytes) -> bytes:
        """A list that misses a record which is there."""
        answer = json_text.loads(body)
        records = answer.get("records") if isinstance(answer, dict) else None
        if not records:
            return body
        del records[self._drawn.randrange(len(records))]
        return json_text.dumps(answer).encode()

    def _tell(self, request: Request, fault: Fault | None) -> None:
        task = self.turns.current
        who = task.name if task is not None else "nobody"
        wrong = f" {fault.kind} {fault.status or ''}" if fault else ""
        self.trace.tell(f"{who} {request.method} {request.path} {request.body!r}{wrong}")
