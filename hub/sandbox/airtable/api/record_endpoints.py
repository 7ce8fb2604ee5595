"""What does each request about records answer?"""

from __future__ import annotations

from hub.sandbox.airtable import errors
from hub.sandbox.airtable.api.call import Call, list_request, wants_strings
from hub.sandbox.airtable.iterators import Iterators
from hub.sandbox.airtable.json_values import Fields, Json
from hub.sandbox.airtable.limits import Limits
from hub.sandbox.airtable.listing import list_records
from hub.sandbox.airtable.model import Actor, Base, Table
from hub.sandbox.airtable.reader import Reader
from hub.sandbox.airtable.records import (
    RecordWriter,
    Written,
    check_keys,
    ids_to_delete,
    items_to_create,
    items_to_update,
    merge_fields,
)
from hub.sandbox.airtable.state import State
from hub.sandbox.airtable.transactions import Transactions


class RecordEndpoints:
    """The record half of the API."""

    def __init__(
        self, state: State, transactions: Transactions, iterators: Iterators, limits: Limits
    ) -> None:
        self.state = state
        self.transactions = transactions
        self.iterators = iterators
        self.limits = limits

    def list_page(self, call: Call, base: Base, table: Table, *, from_body: bool = False) -> Fields:
        request = list_request(call, from_body=from_body)
        reader = Reader(self.state, base, origin=call.origin)
        return list_records(reader, self.iterators, base, table, request)

    def get(self, call: Call, base: Base, table: Table, record_id: str) -> Fields:
        # A record of another table of the base is found too.
        home = table if record_id in table.records else base.table_of_record(record_id)
        if home is None:
            raise errors.model_not_found()
        given = {name: call.value(name) for name in ("cellFormat", "timeZone", "userLocale")}
        return Reader(self.state, base, origin=call.origin).record(
            home,
            home.records[record_id],
            by_field_id=call.flag("returnFieldsByFieldId"),
            as_strings=wants_strings(given),
        )

    def create(self, call: Call, base: Base, table: Table) -> Fields:
        body = call.body()
        if "records" not in body and "fields" not in body:
            raise errors.missing_fields()
        many = "records" in body
        check_keys(body, many=many)
        if "performUpsert" in body:
            raise errors.invalid_request()
        items = items_to_create(body) if many else [body["fields"]]
        most = self.limits.records_per_table
        if most is not None and len(table.records) + len(items) > most:
            raise errors.unprocessable(
                "ROW_LIMIT_EXCEEDED", f"Table {table.id} cannot hold more than {most} records"
            )
        written = self._writer(call, base, table).create(
            items, typecast=body.get("typecast", False)
        )
        answers = self._answers(call, base, table, written)
        return {"records": answers} if many else answers[0]

    def update_many(self, call: Call, base: Base, table: Table, *, replace: bool) -> Fields:
        body = call.body()
        check_keys(body, many=True)
        wish = body.get("performUpsert")
        items = items_to_update(body, upsert=wish is not None)
        written = self._writer(call, base, table).update(
            items,
            typecast=body.get("typecast", False),
            replace=replace,
            merge_on=None if wish is None else merge_fields(table, wish),
        )
        answer: Fields = {"records": self._answers(call, base, table, written)}
        if wish is not None:
            answer["createdRecords"] = written.created
            answer["updatedRecords"] = written.updated
        return answer

    def update_one(
        self, call: Call, base: Base, table: Table, record_id: str, *, replace: bool
    ) -> Fields:
        body = call.body()
        if "fields" not in body:
            raise errors.missing_fields()
        check_keys(body, many=False)
        if record_id not in table.records:
            raise errors.model_not_found()
        written = self._writer(call, base, table).update(
            [(record_id, body["fields"])],
            typecast=body.get("typecast", False),
            replace=replace,
        )
        answer: Fields = self._answers(call, base, table, written)[0]
        return answer

    def delete_many(self, call: Call, base: Base, table: Table) -> Fields:
        ids = ids_to_delete(call.values("records"))
        for record_id in ids:
            if record_id not in table.records:
                raise errors.AirtableError(
                    404, "NOT_FOUND", f'Could not find a record with ID "{record_id}".'
                )
        self._writer(call, base, table).destroy(ids)
        return {"records": [{"id": record_id, "deleted": True} for record_id in ids]}

    def delete_one(self, call: Call, base: Base, table: Table, record_id: str) -> Fields:
        if record_id not in table.records:
            raise errors.model_not_found()
        self._writer(call, base, table).destroy([record_id])
        return {"id": record_id, "deleted": True}

    def _writer(self, call: Call, base: Base, table: Table) -> RecordWriter:
        actor = Actor(user=call.token.user, source="publicApi")
        return RecordWriter(self.state, self.transactions, base, table, actor)

    def _answers(self, call: Call, base: Base, table: Table, written: Written) -> list[Json]:
        by_field_id = call.body().get("returnFieldsByFieldId", False) or call.flag(
            "returnFieldsByFieldId"
        )
        reader = Reader(self.state, base, origin=call.origin)
        return [
            reader.record(table, table.records[record_id], by_field_id=by_field_id)
            for record_id in written.record_ids
        ]
