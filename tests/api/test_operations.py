"""Does every saved operation run, and is the published schema what the types declare?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from api_client import Api
from factories import FIRST_DAY, Factory
from graphql import OperationDefinitionNode, build_schema, parse, validate

from hub.store.database import Database, Provenance
from hub.store.entities.base import new_id
from hub.store.integration import Conflict, Run, StreamState
from hub_graphql import export

FOLDER = Path(__file__).parents[2] / "graphql" / "operations"
OPERATIONS = sorted(FOLDER.glob("*.graphql"))


def variables(path: Path) -> dict[str, Any]:
    """The example's variables, which stand beside it."""
    beside = path.with_suffix(".json")
    return json.loads(beside.read_text()) if beside.exists() else {}


@pytest.fixture
def _a_client_with_everything(make: Factory) -> None:
    client = make.client(name="Acme", status="active")
    make.deal(client_id=client.id)
    make.deal()
    make.delivery(make.campaign(client_id=client.id, status="sending"), days=9)
    domain = make.sending_domain(client_id=client.id)
    make.warmup(make.mailbox(client_id=client.id, sending_domain_id=domain.id), days=3)
    make.excluded_day(client_id=client.id)


def test_there_are_operations_to_begin_with() -> None:
    assert {"home_funnel", "clients_with_deals", "save_clients"} <= {
        each.stem for each in OPERATIONS
    }


@pytest.mark.usefixtures("_a_client_with_everything")
def test_every_saved_operation_runs_and_answers_rows(api: Api) -> None:
    for path in OPERATIONS:
        data = api.ask(path.read_text(), **variables(path))

        for answer in data.values():
            assert answer.get("errors", []) == [], path.name
            if path.stem != "what_runs":
                assert next(value for key, value in answer.items() if key in _ROWS), path.name


_ROWS = {"nodes", "clients", "excludedDays"}


@pytest.mark.parametrize("path", OPERATIONS, ids=lambda path: path.stem)
def test_a_saved_operation_has_a_name_and_a_first_line_that_tells_what_it_is(path: Path) -> None:
    (operation,) = parse(path.read_text()).definitions

    assert path.read_text().startswith("# ")
    assert isinstance(operation, OperationDefinitionNode)
    assert operation.name is not None
    assert operation.name.value == "".join(each.title() for each in path.stem.split("_"))


@pytest.mark.usefixtures("_a_client_with_everything")
def test_the_home_pages_operation_answers_funnel_and_curve(api: Api) -> None:
    text = (FOLDER / "home_funnel.graphql").read_text()

    (client,) = api.ask(text, name="Ac")["clients"]["nodes"]

    funnel = client["deliveryFunnel"]
    assert client["name"] == "Acme"
    assert funnel["total"]["stages"][0] == {
        "label": "Sent",
        "count": 800,
        "ofSent": {"value": 1.0, "low": pytest.approx(0.9952, abs=1e-4), "high": 1.0},
    }
    assert funnel["excludedDays"] == [
        {"day": FIRST_DAY.isoformat(), "reason": "mail server down", "isEverybodys": False}
    ]
    assert [each["isExcluded"] for each in client["warmupCurve"]] == [True, False, False]


def test_streams_runs_and_conflicts_are_answered(
    api: Api, make: Factory, database: Database
) -> None:
    with database.unit_of_work(Provenance(actor="test", origin="test")) as session:
        session.add(StreamState(connection="airtable", stream="clients", is_paused=True))
        for kind in ("pull", "push"):
            session.add(
                Run(
                    connection="airtable",
                    stream="clients",
                    kind=kind,
                    trigger="hook",
                    status="succeeded",
                    counts={"read": 3},
                )
            )
            session.flush()
        session.add(
            Conflict(
                connection="airtable",
                stream="clients",
                link_id=new_id(),
                table_name="client",
                row_id=new_id(),
                external_id="rec1",
                field="status",
                base="active",
                theirs="paused",
                ours="churned",
                cause="both_changed",
                policy="ask",
                status="open",
            )
        )

    answer = api.ask((FOLDER / "what_runs.graphql").read_text())

    (stream,) = answer["streams"]["nodes"]
    assert (stream["connection"], stream["stream"], stream["isPaused"]) == (
        "airtable",
        "clients",
        True,
    )
    # the newest first
    assert [run["kind"] for run in answer["runs"]["nodes"]] == ["push", "pull"]
    assert answer["runs"]["nodes"][0]["counts"] == {"read": 3}
    (conflict,) = answer["conflicts"]["nodes"]
    assert (conflict["base"], conflict["theirs"], conflict["ours"]) == (
        "active",
        "paused",
        "churned",
    )


def test_the_published_schema_is_what_the_types_declare() -> None:
    assert export.main(["--check"]) == 0


def test_the_export_writes_what_the_check_accepts(tmp_path: Path) -> None:
    written = tmp_path / "schema.graphql"

    assert export.main(["--file", str(written)]) == 0
    assert export.main(["--check", "--file", str(written)]) == 0
    assert written.read_text() == export.SDL_FILE.read_text()


def test_drift_is_shown_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stale = tmp_path / "schema.graphql"
    stale.write_text(export.SDL_FILE.read_text().replace("sector: String", "branch: String"))

    assert export.main(["--check", "--file", str(stale)]) == 1

    said = capsys.readouterr().err
    assert "-  branch: String" in said
    assert "run python -m hub_graphql.export" in said


def test_saved_operations_fit_the_published_schema() -> None:
    schema = build_schema(export.SDL_FILE.read_text())

    for path in OPERATIONS:
        assert validate(schema, parse(path.read_text())) == [], path.name
