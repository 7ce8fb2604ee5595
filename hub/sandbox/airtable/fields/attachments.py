"""How are files put into a cell and handed out again?"""

from __future__ import annotations

from urllib.parse import urlsplit

from hub.sandbox.airtable import errors
from hub.sandbox.airtable.fields.cell_type import CellType, Reading, Writing
from hub.sandbox.airtable.json_values import Json
from hub.sandbox.airtable.model import Field


class Attachments(CellType):
    """A list that is replaced as a whole: {url} adds, {id} keeps."""

    empty_values = (None, [])

    def check(self, field: Field, value: Json, writing: Writing) -> Json:
        if not isinstance(value, list):
            raise errors.bad_value(field.name)
        kept = {each["id"]: each for each in writing.old_value(field) or []}
        stored = []
        for item in value:
            if not isinstance(item, dict):
                raise errors.unprocessable(
                    "INVALID_ATTACHMENT_OBJECT",
                    f'Invalid attachment object for field "{field.name}"',
                )
            if item.get("id") in kept:
                stored.append(kept[item["id"]])
                continue
            url = item.get("url")
            if not isinstance(url, str) or urlsplit(url).scheme not in ("http", "https"):
                raise errors.unprocessable(
                    "INVALID_ATTACHMENT_OBJECT",
                    f'Invalid attachment object for field "{field.name}"',
                )
            stored.append(writing.new_attachment(field, item))
        return stored or None

    def read(self, field: Field, stored: Json, reading: Reading) -> Json:
        return [reading.attachment(each) for each in stored]

    def text(self, field: Field, stored: Json, reading: Reading) -> str:
        return ", ".join(f"{each['filename']} ({each['url']})" for each in
                         (reading.attachment(item) for item in stored))  # fmt: skip
