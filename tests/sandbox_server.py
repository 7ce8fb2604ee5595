"""How does a test get an Airtable of its own, over real HTTP, and look behind its scenes?"""

from __future__ import annotations

import json
import socket
import threading
import time
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import uvicorn

from hub.sandbox.airtable.app import create_app
from hub.sandbox.airtable.limits import UNLIMITED_RATE, Limits
from hub.sandbox.airtable.notifier import PingTiming
from hub.sandbox.airtable.sandbox import Sandbox
from hub.sandbox.airtable.state import State

TOKEN = "patSandbox.owner"


class SandboxServer:
    """A stand-in in a thread of this process, on a free port of the loopback.

    `url` and `token` are all that a client needs. The other methods go through the control door.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        limits: Limits = UNLIMITED_RATE,
        ping_timing: PingTiming | None = None,
    ) -> None:
        self.token = TOKEN
        self.state = State(folder)
        self.sandbox = Sandbox(self.state, limits, ping_timing)
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._server = uvicorn.Server(
            uvicorn.Config(
                create_app(self.sandbox),
                log_level="warning",
                ws="none",
                access_log=False,
                timeout_graceful_shutdown=1,
            )
        )
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._listener]}, daemon=True
        )

    def start(self) -> SandboxServer:
        self._thread.start()
        deadline = time.monotonic() + 10
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise RuntimeError("the stand-in did not start within 10 s")
            time.sleep(0.005)
        return self

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._listener.close()
        self.state.close()

    # Behind the scenes

    def load(self, bases: dict[str, Any], *, reload: bool = False) -> list[str]:
        """Bring bases in, in the form of `--load` files; answers the ids of the new ones."""
        loaded: list[str] = self._post(f"load?reload={int(reload)}", bases)["loaded"]
        return loaded

    def save(self) -> dict[str, Any]:
        return self._get("save")

    def edit(
        self,
        base: str,
        table: str,
        *,
        user: str = "Alex",
        create: list[dict[str, Any]] | None = None,
        update: list[dict[str, Any]] | None = None,
        delete: list[str] | None = None,
        typecast: bool = False,
        source: str = "client",
    ) -> dict[str, Any]:
        """A person's edit: one action, one transaction. Answers {transaction, rows}."""
        return self._post(
            "edit",
            {
                "base": base,
                "table": table,
                "user": user,
                "create": create or [],
                "update": update or [],
                "delete": delete or [],
                "typecast": typecast,
                "source": source,
            },
        )

    def restore(self, base: str, table: str, records: list[str]) -> dict[str, Any]:
        return self._post("restore", {"base": base, "table": table, "records": records})

    def duplicate(self, base: str, table: str, records: list[str]) -> dict[str, Any]:
        return self._post("duplicate", {"base": base, "table": table, "records": records})

    def restore_base(self, base: str) -> dict[str, Any]:
        return self._post("restore", {"base": base})

    def duplicate_base(self, base: str, name: str | None = None) -> str:
        """A copy of a base; its id."""
        return str(self._post("duplicate", {"base": base, "name": name})["base"])

    def remove(
        self, base: str, table: str | None = None, field: str | None = None
    ) -> dict[str, Any]:
        return self._post("remove", {"base": base, "table": table, "field": field})

    def rename_choice(
        self, base: str, table: str, field: str, old: str, new: str
    ) -> dict[str, Any]:
        return self._post(
            "rename-choice",
            {"base": base, "table": table, "field": field, "old": old, "new": new},
        )

    def retype(
        self, base: str, table: str, field: str, kind: str, options: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        return self._post(
            "retype",
            {"base": base, "table": table, "field": field, "type": kind, "options": options},
        )

    def edits(self, after: int = 0) -> list[dict[str, Any]]:
        """The edit log: the truth of who changed which cell."""
        edits: list[dict[str, Any]] = self._get(f"edits?after={after}")["edits"]
        return edits

    def requests(self, after: int = 0) -> list[dict[str, Any]]:
        """The journal of API requests."""
        requests: list[dict[str, Any]] = self._get(f"requests?after={after}")["requests"]
        return requests

    def write_count(self) -> int:
        """How many requests that write records came in."""
        return int(self._get("requests?after=1000000000")["writes"])

    def fault(self, kind: str, **details: Any) -> dict[str, Any]:
        """Ask for a fault: method=, path= (regular expressions), times=, skip=, seconds=, ..."""
        return self._post("faults", {"kind": kind, **details})

    def faults(self) -> list[dict[str, Any]]:
        waiting: list[dict[str, Any]] = self._get("faults")["faults"]
        return waiting

    def clear_faults(self) -> None:
        self._post("faults/clear", {})

    def chaos(self, seed: int, rates: dict[str, float] | None = None) -> dict[str, Any]:
        """Let a share of all requests suffer, repeatably, until `clear_faults`."""
        return self._post("chaos", {"seed": seed, "rates": rates or {}})

    def advance(self, seconds: float) -> str:
        """Move the stand-in's clock forward."""
        return str(self._post("clock", {"seconds": seconds})["now"])

    def reset(self) -> None:
        self._post("reset", {})

    # HTTP

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = TOKEN,
        raw: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any]:
        """One raw request to any path; answers the status and the parsed body."""
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **(headers or {})}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        request = Request(self.url + path, data, sent, method=method)  # noqa: S310  loopback
        try:
            with urlopen(request, timeout=30) as response:  # noqa: S310  loopback
                return response.status, _parsed(response.read())
        except HTTPError as error:
            with error:
                return error.code, _parsed(error.read())

    def _get(self, path: str) -> dict[str, Any]:
        return self._control("GET", path, None)

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._control("POST", path, body)

    def _control(self, method: str, path: str, body: Any) -> dict[str, Any]:
        status, answer = self.call(method, f"/_control/{path}", body, token=None)
        if status != 200:
            raise ValueError(f"{method} {path}: {status} {answer}")
        found: dict[str, Any] = answer
        return found


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body
