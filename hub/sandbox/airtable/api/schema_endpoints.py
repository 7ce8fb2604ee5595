"""What do the requests about schemas and webhooks answer?"""

from __future__ import annotations

from hub.sandbox.airtable import errors
from hub.sandbox.airtable.api.call import Call
from hub.sandbox.airtable.hooks import PAGE, Hooks
from hub.sandbox.airtable.json_values import Fields
from hub.sandbox.airtable.model import Actor, Base, Field, Table
from hub.sandbox.airtable.schema import Schema
from hub.sandbox.airtable.state import State

BASES_PER_PAGE = 1000


def actor_of(call: Call) -> Actor:
    return Actor(user=call.token.user, source="publicApi")


class SchemaEndpoints:
    """The meta half of the API."""

    def __init__(self, state: State, schema: Schema) -> None:
        self.state = state
        self.schema = schema

    def who_am_i(self, call: Call) -> Fields:
        token = call.token
        answer: Fields = {"id": token.user.id}
        if token.may("user.email:read"):
            answer["email"] = token.user.email
        if token.scopes is not None:
            answer["scopes"] = sorted(token.scopes)
        return answer

    def bases(self, call: Call) -> Fields:
        shown = [
            {"id": base.id, "name": base.name, "permissionLevel": call.token.level(base.id)}
            for base in self.state.bases.values()
            if call.token.level(base.id) != "none"
        ]
        start = 0
        offset = call.value("offset")
        if offset:
            ids = [each["id"] for each in shown]
            place = offset.removeprefix("itr")
            if place not in ids:
                raise errors.unprocessable(
                    "INVALID_OFFSET_VALUE", f"The value of offset {offset} is invalid"
                )
            start = ids.index(place)
        answer: Fields = {"bases": shown[start : start + BASES_PER_PAGE]}
        if start + BASES_PER_PAGE < len(shown):
            answer["offset"] = "itr" + shown[start + BASES_PER_PAGE]["id"]
        return answer

    def create_base(self, call: Call) -> Fields:
        base = self.schema.create_base(call.body(), actor_of(call))
        return {"id": base.id, "tables": [table.public() for table in base.tables.values()]}

    def tables(self, call: Call, base: Base) -> Fields:
        with_fields = "visibleFieldIds" in call.values("include")
        return {
            "tables": [
                table.public(with_visible_fields=with_fields) for table in base.tables.values()
            ]
        }

    def create_table(self, call: Call, base: Base) -> Fields:
        return self.schema.create_table(base, call.body(), actor_of(call)).public()

    def update_table(self, call: Call, base: Base, table: Table) -> Fields:
        return self.schema.update_table(base, table, call.body(), actor_of(call)).public()

    def create_field(self, call: Call, base: Base, table: Table) -> Fields:
        return self.schema.create_field(base, table, call.body(), actor_of(call)).public()

    def update_field(self, call: Call, base: Base, table: Table, field: Field) -> Fields:
        return self.schema.update_field(base, table, field, call.body(), actor_of(call)).public()


class HookEndpoints:
    """The webhooks of a base."""

    def __init__(self, state: State, hooks: Hooks) -> None:
        self.state = state
        self.hooks = hooks

    def list_hooks(self, base: Base) -> Fields:
        now = self.state.clock.now()
        return {"webhooks": [hook.public(now) for hook in self.hooks.of_base(base)]}

    def create(self, call: Call, base: Base) -> Fields:
        hook = self.hooks.create(base, call.body())
        return {"id": hook.id, "macSecretBase64": hook.secret, "expirationTime": hook.expires}

    def delete(self, base: Base, hook_id: str) -> None:
        self.hooks.delete(base, hook_id)

    def refresh(self, base: Base, hook_id: str) -> Fields:
        return {"expirationTime": self.hooks.refresh(base, hook_id).expires}

    def enable(self, call: Call, base: Base, hook_id: str) -> None:
        self.hooks.enable(base, hook_id, call.body().get("enable"))

    def payloads(self, call: Call, base: Base, hook_id: str) -> Fields:
        return self.hooks.payloads(
            base, hook_id, _number(call, "cursor", 1), _number(call, "limit", PAGE)
        )


def _number(call: Call, name: str, default: int) -> int:
    text = call.value(name)
    if not text:
        return default
    if not text.isdigit():
        raise errors.invalid_request(f"{name} must be a whole number")
    return int(text)
