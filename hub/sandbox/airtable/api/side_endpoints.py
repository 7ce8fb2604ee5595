"""What do the requests beside the cells answer: comments and uploads?"""

from __future__ import annotations

import base64
import binascii

from hub.sandbox.airtable import errors
from hub.sandbox.airtable.api.call import Call
from hub.sandbox.airtable.comments import Comments
from hub.sandbox.airtable.files import type_of
from hub.sandbox.airtable.ids import new_id
from hub.sandbox.airtable.json_values import Fields
from hub.sandbox.airtable.model import Actor, Base, Record, Table
from hub.sandbox.airtable.plan import Plan
from hub.sandbox.airtable.reader import Reader
from hub.sandbox.airtable.state import State
from hub.sandbox.airtable.transactions import Transactions

LARGEST_UPLOAD = 5_000_000
COMMENTS_PER_PAGE = 100


class SideEndpoints:
    """Comments on a record, and files put straight into a cell."""

    def __init__(self, state: State, transactions: Transactions) -> None:
        self.state = state
        self.transactions = transactions
        self.comments = Comments(state)

    def list_comments(self, call: Call, table: Table, record_id: str) -> Fields:
        text = call.value("pageSize") or str(COMMENTS_PER_PAGE)
        size = int(text) if text.isdigit() else 0
        if not 1 <= size <= COMMENTS_PER_PAGE:
            raise errors.invalid_request()
        return self.comments.page(_record(table, record_id), size, call.value("offset"))

    def create_comment(self, call: Call, base: Base, table: Table, record_id: str) -> Fields:
        record = _record(table, record_id)
        return self.comments.create(base, table, record, call.token.user, call.body())

    def update_comment(
        self, call: Call, base: Base, table: Table, record_id: str, comment_id: str
    ) -> Fields:
        record = _record(table, record_id)
        return self.comments.update(base, table, record, comment_id, call.token.user, call.body())

    def delete_comment(
        self, call: Call, base: Base, table: Table, record_id: str, comment_id: str
    ) -> Fields:
        return self.comments.delete(
            base,
            table,
            _record(table, record_id),
            comment_id,
            call.token.user,
            any_=call.token.level(base.id) == "create",
        )

    def upload(self, call: Call, base: Base, record_id: str, name: str) -> Fields:
        """Append a file to a cell; the answer is keyed by field id, however it was addressed."""
        table = base.table_of_record(record_id)
        if table is None:
            raise errors.model_not_found()
        field = table.find_field(name)
        if field is None:
            raise errors.unknown_field(name)
        if field.type != "multipleAttachments":
            raise errors.bad_value(field.name)
        content, filename, content_type = _uploaded(call)
        attachment_id = new_id("att")
        self.state.files.put(attachment_id, content, content_type)
        stored = {
            "id": attachment_id,
            "filename": filename,
            "size": len(content),
            "type": content_type,
            "stored": True,
        }
        record = table.records[record_id]
        plan = Plan()
        plan.update(table, record_id, {field.id: [*record.values.get(field.id, ()), stored]})
        self.transactions.commit(base, plan, Actor(user=call.token.user, source="publicApi"))
        reader = Reader(self.state, base, origin=call.origin)
        return reader.record(table, table.records[record_id], by_field_id=True, fields=[field])


def _record(table: Table, record_id: str) -> Record:
    record = table.records.get(record_id)
    if record is None:
        raise errors.model_not_found()
    return record


def _uploaded(call: Call) -> tuple[bytes, str, str]:
    body = call.body()
    names = ("contentType", "file", "filename")
    if set(body) != set(names) or not all(isinstance(body[name], str) for name in names):
        raise errors.invalid_request()
    try:
        content = base64.b64decode(body["file"], validate=True)
    except (binascii.Error, ValueError) as error:
        raise errors.invalid_request("file must be base64") from error
    if len(content) > LARGEST_UPLOAD:
        raise errors.AirtableError(413, "REQUEST_TOO_LARGE", "The file is larger than 5 MB")
    return content, body["filename"], type_of(body["filename"], body["contentType"])
