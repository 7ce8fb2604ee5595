"""How does the company become the file that the Airtable stand-in loads?

The cells hold exactly what the central rows hold, in Airtable's forms: empty cells and unchecked
boxes are left out, links stand at both ends, and each record carries its row's id as Hub ID.
"""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from hub.demo.base_ids import BaseIds
from hub.demo.base_plan import BASE, BASE_NAME, HUB_ID, FieldPlan, TablePlan, choice_name
from hub.demo.base_schema import table_json
from hub.demo.company import Company
from hub.demo.rows import HubRow, HubValue, id_of

Json = dict[str, Any]
_HUB_USER = {"id": "usrIntegrationHub", "name": "Integration hub", "email": "hub@sandbox.example"}


def write_base_file(company: Company, path: Path, *, token: str | None = None) -> None:
    """Write the base as JSON to `path`, whole or not at all.

    With a `token` only that one opens the base; without, any token is the owner's.
    """
    unfinished = path.with_name(path.name + ".unfinished")
    unfinished.write_text(
        json.dumps(base_json(company, token=token), ensure_ascii=False, separators=(",", ":")),
        encoding="utf-8",
    )
    unfinished.replace(path)


def base_json(company: Company, *, token: str | None = None) -> Json:
    """The base with its schema and records, under ids made from the company's seed."""
    ids = BaseIds(seed=company.seed)
    base: Json = {
        "id": ids.base,
        "name": BASE_NAME,
        "tables": [table_json(plan, ids, company.rows[plan.entity]) for plan in BASE],
        "records": _records(company, ids),
    }
    if token is None:
        return {"bases": [base]}
    return {"bases": [base], "tokens": [{"token": token, "user": _HUB_USER, "bases": [ids.base]}]}


def _records(company: Company, ids: BaseIds) -> dict[str, list[Json]]:
    records: dict[str, list[Json]] = {}
    backlinks: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for plan in BASE:
        records[ids.table(plan.stream)] = [
            {
                "id": ids.record(plan.stream, id_of(row)),
                "createdTime": _created(company.period.first, number),
                "fields": _cells(plan, row, ids, backlinks),
            }
            for number, row in enumerate(company.rows[plan.entity])
        ]
    for record in (record for table in records.values() for record in table):
        record["fields"].update(backlinks.get(record["id"], {}))
    return records


def _created(first: date, number: int) -> str:
    """Records were typed in one after the other, on the day before the numbers begin."""
    moment = datetime.combine(first - timedelta(days=1), time(8), tzinfo=UTC)
    moment += timedelta(seconds=number)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _cells(
    plan: TablePlan, row: HubRow, ids: BaseIds, backlinks: dict[str, dict[str, list[str]]]
) -> Json:
    record_id = ids.record(plan.stream, id_of(row))
    cells: Json = {ids.field(plan.stream, HUB_ID): str(id_of(row))}
    for field in plan.fields:
        value = row[field.column]
        if value is None or value is False or value == "":
            continue
        cells[ids.field(plan.stream, field.column)] = _cell(field, value, ids)
        if field.link is not None and field.inverse is not None and isinstance(value, UUID):
            target = ids.record(field.link, value)
            backlinks[target][ids.field(field.link, field.inverse)].append(record_id)
    return cells


def _cell(field: FieldPlan, value: HubValue, ids: BaseIds) -> Any:
    if isinstance(value, UUID) and field.link is not None:
        return [ids.record(field.link, value)]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date):
        return value.isoformat()
    if field.choices and isinstance(value, str):
        return choice_name(value)
    return value
