"""How are collaborators named in a cell?"""

from __future__ import annotations

from hub.sandbox.airtable import errors
from hub.sandbox.airtable.fields.cell_type import CellType, Reading, Writing
from hub.sandbox.airtable.json_values import Fields, Json
from hub.sandbox.airtable.model import Field


def user_id(field: Field, value: Json, writing: Writing) -> str:
    key = value
    if isinstance(value, dict):
        key = value.get("id") or value.get("email")
    elif not writing.typecast and not (isinstance(value, str) and value.startswith("usr")):
        raise errors.bad_value(field.name)
    user = writing.find_user(key) if isinstance(key, str) else None
    if user is None:
        raise errors.bad_value(field.name)
    return user.id


def show_user(user_id: str, reading: Reading) -> Fields:
    user = reading.user(user_id)
    return {"id": user_id} if user is None else user.public()


def user_payload(user_id: str, reading: Reading) -> Fields:
    return {**show_user(user_id, reading), "permissionLevel": "create"}


def user_name(user_id: str, reading: Reading) -> str:
    user = reading.user(user_id)
    return user_id if user is None else user.name


class SingleCollaborator(CellType):
    def check(self, field: Field, value: Json, writing: Writing) -> Json:
        if isinstance(value, str) and not writing.typecast:
            raise errors.bad_value(field.name)
        return user_id(field, value, writing)

    def cast(self, field: Field, text: str, writing: Writing) -> Json:
        return user_id(field, text, writing) if text.strip() else None

    def read(self, field: Field, stored: Json, reading: Reading) -> Json:
        return show_user(stored, reading)

    def payload(self, field: Field, stored: Json, reading: Reading) -> Json:
        return user_payload(stored, reading)

    def text(self, field: Field, stored: Json, reading: Reading) -> str:
        return user_name(stored, reading)


class MultipleCollaborators(CellType):
    empty_values = (None, [])

    def check(self, field: Field, value: Json, writing: Writing) -> Json:
        if not isinstance(value, list):
            raise errors.bad_value(field.name)
        return list(dict.fromkeys(user_id(field, each, writing) for each in value)) or None

    def cast(self, field: Field, text: str, writing: Writing) -> Json:
        return self.check(
            field, [each.strip() for each in text.split(",") if each.strip()], writing
        )

    def read(self, field: Field, stored: Json, reading: Reading) -> Json:
        return [show_user(each, reading) for each in stored]

    def payload(self, field: Field, stored: Json, reading: Reading) -> Json:
        return [user_payload(each, reading) for each in stored]

    def text(self, field: Field, stored: Json, reading: Reading) -> str:
        return ", ".join(user_name(each, reading) for each in stored)
