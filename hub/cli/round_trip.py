"""How long does an edit take from the grid to GraphQL, and from GraphQL to the grid?"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hub.cli.demo_start import RunningDemo
from hub.errors import RemoteUnavailable

Json = Any
TABLE = "Clients"
FIELD = "Account manager"
HUB_ID = "Hub ID"
LOOK_SECONDS = 0.02
ARRIVAL_SECONDS = 30.0
ASK = "query($id: ID!) { client(id: $id) { name accountManager } }"
SAVE = """mutation($id: ID!, $value: String!) {
  saveClients(input: [{id: $id, accountManager: $value}]) { errors { message } }
}"""


class NotArrived(RemoteUnavailable):
    """An edit was made on one side and did not show on the other."""

    code = "NOT_ARRIVED"


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """One edit, and when the other side showed it."""

    direction: str
    record: str
    field: str
    value: str
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class _Subject:
    """The cell that is edited, by its ids."""

    name: str
    row_id: str
    record: str
    table: str
    field: str


class RoundTrip:
    """Edits one cell of a running demo as a person and as a program would."""

    def __init__(self, running: RunningDemo) -> None:
        self._running = running
        self._people = f"{running.sandbox}/_ui/bases/{running.base}"
        self._subject = self._find_subject()

    def edits(self, rounds: int) -> Iterator[Arrival]:
        """Edit there and back, `rounds` times."""
        for number in range(1, rounds + 1):
            yield self.from_the_grid(f"Grid Person {number}")
            yield self.from_graphql(f"Program {number}")

    def from_the_grid(self, value: str) -> Arrival:
        """A person types into the grid; GraphQL answers with it."""
        subject = self._subject
        change = {"id": subject.record, "fields": {subject.field: value}}
        began = time.monotonic()
        _post(f"{self._people}/tables/{subject.table}/edits", {"user": "Alex", "update": [change]})
        seconds = _until(lambda: self._asked() == value, began, f"GraphQL to answer {value!r}")
        return self._arrival("grid to GraphQL", value, seconds)

    def from_graphql(self, value: str) -> Arrival:
        """A program saves by GraphQL; the grid shows it, and so does Airtable's own API."""
        began = time.monotonic()
        answer = self._graphql(SAVE, id=self._subject.row_id, value=value)
        errors = answer["saveClients"]["errors"]
        if errors:
            raise NotArrived(f"GraphQL refused the edit: {errors[0]['message']}")
        # The people's door has no rate limit, so looking does not slow the hub down.
        seconds = _until(lambda: self._shown() == value, began, f"the grid to show {value!r}")
        self._confirm(value)
        return self._arrival("GraphQL to grid", value, seconds)

    def _find_subject(self) -> _Subject:
        base = _get(self._people)
        table = next(table for table in base["tables"] if table["name"] == TABLE)
        fields = {field["name"]: field["id"] for field in table["fields"]}
        page = _get(f"{self._people}/tables/{table['id']}/rows?limit=1")
        row = page["rows"][0]
        return _Subject(
            name=row["fields"][table["primaryFieldId"]],
            row_id=row["fields"][fields[HUB_ID]],
            record=row["id"],
            table=table["id"],
            field=fields[FIELD],
        )

    def _asked(self) -> str | None:
        value: str | None = self._graphql(ASK, id=self._subject.row_id)["client"]["accountManager"]
        return value

    def _shown(self) -> str | None:
        subject = self._subject
        address = f"{self._people}/tables/{subject.table}/rows?limit=1&fields={subject.field}"
        value: str | None = _get(address)["rows"][0]["fields"].get(subject.field)
        return value

    def _confirm(self, value: str) -> None:
        subject = self._subject
        record = _get(
            f"{self._running.sandbox}/v0/{self._running.base}/{subject.table}/{subject.record}",
            token=self._running.token,
        )
        seen = record["fields"].get(FIELD)
        if seen != value:
            raise NotArrived(f"Airtable's API answers {seen!r} for {FIELD!r}, expected {value!r}.")

    def _graphql(self, query: str, **variables: str) -> Json:
        answer = _post(self._running.graphql, {"query": query, "variables": variables})
        if answer.get("errors"):
            raise NotArrived(f"GraphQL answers: {answer['errors'][0]['message']}")
        return answer["data"]

    def _arrival(self, direction: str, value: str, seconds: float) -> Arrival:
        return Arrival(
            direction=direction,
            record=self._subject.name,
            field=FIELD,
            value=value,
            seconds=round(seconds, 3),
        )


def _until(is_there: Callable[[], bool], began: float, what: str) -> float:
    while not is_there():
        if time.monotonic() - began > ARRIVAL_SECONDS:
            raise NotArrived(f"Waited {ARRIVAL_SECONDS:.0f} s for {what}, in vain.")
        time.sleep(LOOK_SECONDS)
    return time.monotonic() - began


def _get(address: str, *, token: str | None = None) -> Json:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return _answer(urllib.request.Request(address, headers=headers))  # noqa: S310  # our own


def _post(address: str, body: Json) -> Json:
    return _answer(
        urllib.request.Request(  # noqa: S310  # our own
            address,
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Accept": "application/json"},
        )
    )


def _answer(request: urllib.request.Request) -> Json:
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  # our own
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        said = refused.read(300).decode("utf-8", "replace")
        raise NotArrived(f"{request.full_url} answers {refused.code}: {said}") from refused
    except OSError as problem:
        raise NotArrived(f"{request.full_url} does not answer: {problem}") from problem
