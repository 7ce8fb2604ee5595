"""How is a whole base brought in from JSON, and written out again?"""

from __future__ import annotations

import json
from pathlib import Path

from hub.sandbox.airtable.fields.choices import COLORS
from hub.sandbox.airtable.fields.dates import parse_instant, zone_named
from hub.sandbox.airtable.fields.registry import PLAIN, STORED
from hub.sandbox.airtable.ids import is_id, new_id
from hub.sandbox.airtable.json_values import Fields, Json, plain_number
from hub.sandbox.airtable.model import Base, Field, Record, Table, Token, User
from hub.sandbox.airtable.state import OWNER, State, table_from_json
from hub.sandbox.clock import iso


class BadBaseFile(ValueError):
    """The file does not describe bases."""


def load_file(state: State, path: Path, *, reload: bool = False) -> list[str]:
    """Load a JSON file; answers the ids of the bases that were new."""
    try:
        body = json.loads(path.read_bytes())
    except OSError as error:
        raise BadBaseFile(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise BadBaseFile(f"{path}: is not JSON ({error})") from error
    try:
        return load(state, body, reload=reload)
    except BadBaseFile as error:
        raise BadBaseFile(f"{path}: {error}") from error


def load(state: State, body: Json, *, reload: bool = False) -> list[str]:
    """Bring bases and tokens in; a base that is there already stays unless `reload`."""
    if not isinstance(body, dict) or not isinstance(body.get("bases", []), list):
        raise BadBaseFile('the top must be an object with a list "bases"')
    loaded = []
    with state.lock:
        for each in body.get("bases", []):
            loading = _Loading(state, each)
            if each["id"] in state.bases and not reload:
                continue
            base = loading.base()
            state.drop_base(base.id)
            with state.file.transaction() as connection:
                state.save_base(connection, base)
                for table in base.tables.values():
                    for record in table.records.values():
                        state.save_record(connection, base, table, record)
            state.bases[base.id] = base
            loaded.append(base.id)
        for each in body.get("tokens") or []:
            state.remember_token(_token(state, each))
    return loaded


def _token(state: State, body: Fields) -> Token:
    user = body.get("user") or OWNER.name
    if isinstance(user, dict):
        known = state.user_named(user.get("name") or user.get("email") or user["id"])
        user = state.remember_user(
            User(
                id=user.get("id", known.id),
                name=user.get("name", known.name),
                email=user.get("email", known.email),
            )
        )
    else:
        user = state.user_named(user)
    levels: dict[str, str] | None = None
    if body.get("bases") is not None:
        levels = {
            (each if isinstance(each, str) else each["id"]): (
                "create" if isinstance(each, str) else each.get("permissionLevel", "create")
            )
            for each in body["bases"]
        }
    scopes = body.get("scopes")
    return Token(
        text=body["token"],
        user=user,
        scopes=None if scopes is None else frozenset(scopes),
        levels=levels,
    )


class _Loading:
    def __init__(self, state: State, body: Fields) -> None:
        self.state = state
        self.body = body
        for key in ("id", "name", "tables"):
            if not isinstance(body, dict) or key not in body:
                raise BadBaseFile(f'a base lacks "{key}"')
        if not is_id(body["id"], "app"):
            raise BadBaseFile(f"base id {body['id']!r}: valid are app and 14 letters or digits")

    def base(self) -> Base:
        tables: dict[str, Table] = {}
        for each in self.body["tables"]:
            table = self._table(each)
            tables[table.id] = table
        base = Base(id=self.body["id"], name=self.body["name"], tables=tables)
        records: Fields = self.body.get("records") or {}
        for table_id, rows in records.items():
            if table_id not in tables:
                raise BadBaseFile(
                    f"base {base.id}: records of table {table_id}, known are {', '.join(tables)}"
                )
            self._records(base, tables[table_id], rows)
        for table in tables.values():
            self._mirror_links(base, table)
        return base

    def _table(self, body: Fields) -> Table:
        if not is_id(body.get("id"), "tbl") or not body.get("fields"):
            raise BadBaseFile(
                f"base {self.body['id']}: table {body.get('name')!r} needs an id tbl... and fields"
            )
        for field in body["fields"]:
            if not is_id(field.get("id"), "fld"):
                raise BadBaseFile(
                    f"table {body['name']}: field {field.get('name')!r} needs an id fld..."
                )
            for place, choice in enumerate((field.get("options") or {}).get("choices") or []):
                choice.setdefault("id", new_id("sel"))
                choice.setdefault("color", COLORS[place % len(COLORS)])
        table = table_from_json(body)
        if not table.views:
            table.views = table_from_json(
                {**body, "views": [{"id": new_id("viw"), "name": "Grid view", "type": "grid"}]}
            ).views
        return table

    def _records(self, base: Base, table: Table, rows: list[Fields]) -> None:
        now = self.state.clock.now_text()
        numbered = table.fields_where(lambda field: field.type == "autoNumber")
        for row in rows:
            record_id = row.get("id") or new_id("rec")
            if not is_id(record_id, "rec"):
                raise BadBaseFile(f"table {table.name}: record id {record_id!r}")
            values: Fields = {}
            for name, value in row["fields"].items():
                field = table.find_field(name)
                if field is None:
                    raise BadBaseFile(
                        f"table {table.name}, record {record_id}: no field {name!r}, known are "
                        + ", ".join(table.field_by_name)
                    )
                stored = self._stored(table, record_id, field, value)
                if stored is not None:
                    values[field.id] = stored
            for field in numbered:
                number = values.setdefault(field.id, table.next_number.get(field.id, 1))
                table.next_number[field.id] = max(number + 1, table.next_number.get(field.id, 1))
            table.records[record_id] = Record(
                id=record_id,
                created=_instant(row.get("createdTime")) or now,
                created_by=OWNER.id,
                values=values,
            )

    def _stored(self, table: Table, record_id: str, field: Field, value: Json) -> Json:
        """A given REST value in its stored form; new options and people are taken as they come."""
        if value is None or value is False or value in ("", []):
            return None
        kind = field.type
        if kind not in STORED:
            return None
        try:
            if kind in PLAIN:
                return self._plain(field, value)
            if kind in ("singleSelect", "externalSyncSource"):
                return self._choice(field, value)
            if kind == "multipleSelects":
                return [self._choice(field, each) for each in value]
            if kind == "singleCollaborator":
                return self._user(value)
            if kind == "multipleCollaborators":
                return [self._user(each) for each in value]
            if kind == "multipleAttachments":
                return [self._attachment(each) for each in value]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadBaseFile(
                f"table {table.name}, record {record_id}, field {field.name} ({kind}): "
                f"{value!r} does not fit"
            ) from error
        return value

    def _plain(self, field: Field, value: Json) -> Json:
        if field.type == "dateTime":
            moment = parse_instant(value, zone_named(field.option("timeZone")))
            if moment is None:
                raise ValueError(value)
            return iso(moment)
        if field.type == "date":
            return parse_instant(value, zone_named(None)).date().isoformat()  # type: ignore[union-attr]  # None is an AttributeError, told above
        if isinstance(value, float):
            return plain_number(value)
        if field.type == "multipleRecordLinks":
            return list(
                dict.fromkeys(each if isinstance(each, str) else each["id"] for each in value)
            )
        return value

    def _choice(self, field: Field, value: Json) -> str:
        name = value["name"] if isinstance(value, dict) else value
        if name not in field.choice_by_name:
            options = dict(field.options or {})
            choices = list(options.get("choices") or [])
            choices.append(
                {"id": new_id("sel"), "name": name, "color": COLORS[len(choices) % len(COLORS)]}
            )
            field.options = {**options, "choices": choices}
            field.index_choices()
        return str(field.choice_by_name[name]["id"])

    def _user(self, value: Json) -> str:
        if isinstance(value, str):
            return self.state.user_named(value).id
        known = self.state.users.get(value.get("id", ""))
        if known is None and "id" in value:
            name = value.get("name") or value.get("email") or value["id"]
            email = value.get("email") or f"{value['id']}@sandbox.example"
            known = self.state.remember_user(User(id=value["id"], name=name, email=email))
        return (known or self.state.user_named(value.get("name") or value["email"])).id

    def _attachment(self, value: Fields) -> Fields:
        kept = {key: each for key, each in value.items() if key not in ("url", "thumbnails")}
        kept.setdefault("id", new_id("att"))
        kept.setdefault("filename", value["url"].rsplit("/", 1)[-1] or "file")
        return {**kept, "source": value["url"]}

    def _mirror_links(self, base: Base, table: Table) -> None:
        """A link given on one side stands on both; links to nowhere are dropped."""
        for field in table.fields_where(lambda each: each.type == "multipleRecordLinks"):
            other = base.tables.get(field.option("linkedTableId"))
            inverse = field.option("inverseLinkFieldId")
            missing: dict[str, list[str]] = {}
            for record in table.records.values():
                linked = record.values.get(field.id)
                if linked is None:
                    continue
                known = [each for each in linked if other is not None and each in other.records]
                if not known:
                    del record.values[field.id]
                elif len(known) != len(linked):
                    record.values[field.id] = known
                for each in known:
                    missing.setdefault(each, []).append(record.id)
            if other is None or not inverse or inverse not in other.fields:
                continue
            for record_id, ids in missing.items():
                values = other.records[record_id].values
                present = values.get(inverse) or []
                if present:
                    seen = set(present)
                    ids = [each for each in ids if each not in seen]
                if ids:
                    values[inverse] = [*present, *ids]


def _instant(text: Json) -> str | None:
    moment = parse_instant(text, zone_named(None)) if isinstance(text, str) else None
    return None if moment is None else iso(moment)
