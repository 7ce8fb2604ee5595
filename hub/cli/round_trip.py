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
REST_SECONDS = 2.0
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
        began = time.monotonic()
        self.save_in_the_grid(value)
        seconds = _until(lambda: self.asked() == value, began, f"GraphQL to answer {value!r}")
        return self._arrival("grid to GraphQL", value, seconds)

    def from_graphql(self, value: str) -> Arrival:
        """A program saves by GraphQL; the grid shows it."""
        began = time.monotonic()
        self.save_by_graphql(value)
        # The people's door has no rate limit, so looking does not slow the hub down.
        seconds = _until(lambda: self.shown() == value, began, f"the grid to show {value!r}")
        return self._arrival("GraphQL to grid", value, seconds)

    def save_in_the_grid(self, value: str) -> None:
        """Type into the cell, as a person."""
        subject = self._subject
        change = {"id": subject.record, "fields": {subject.field: value}}
        _post(f"{self._people}/tables/{subject.table}/edits", {"user": "Alex", "update": [change]})

    def save_by_graphql(self, value: str) -> None:
        """Save the cell's row, as a program."""
        answer = self._graphql(SAVE, id=self._subject.row_id, value=value)
        errors = answer["saveClients"]["errors"]
        if errors:
            raise NotArrived(f"GraphQL refused the edit: {errors[0]['message']}")

    def asked(self) -> str | None:
        """What GraphQL answers for the cell."""
        value: str | None = self._graphql(ASK, id=self._subject.row_id)["client"]["accountManager"]
        return value

    def shown(self) -> str | None:
        """What the grid shows in the cell."""
        subject = self._subject
        address = f"{self._people}/tables/{subject.table}/rows?limit=1&fields={subject.field}"
        value: str | None = _get(address)["rows"][0]["fields"].get(subject.field)
        return value

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

    def confirm(self) -> None:
        """Airtable's own API answers what the grid shows.

        Its five requests a second are the hub's too, so this waits until the hub is at rest.
        """
        time.sleep(REST_SECONDS)
        subject, running = self._subject, self._running
        record = _get(
            f"{running.sandbox}/v0/{running.base}/{subject.table}/{subject.record}",
            token=running.token,
        )
        answered, shown = record["fields"].get(FIELD), self.shown()
        if answered != shown:
            raise NotArrived(f"Airtable's API answers {answered!r} where the grid shows {shown!r}.")

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
