"""How does docs/configuration.md tell a person of every setting?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from hub.config.models import SECTIONS, ConnectionSettings
from hub.config.schema import model_schema, without_null
from hub.config.source_streams import KnowsStreams
from hub.config.sources import SourceFieldSettings, SourceStreamSettings
from hub.config.streams import FieldSettings, GuardSettings, StreamSettings

_HEAD = """\
# Configuration

<!-- Written by `hub config reference --write docs/configuration.md` from the settings' models. -->

The hub is set up by one file, `hub.toml`, and by the environment. `HUB_CONFIG` names the file;
without it a `hub.toml` in the current folder is read; without either, the environment alone
decides and whatever is not set has its default.

- `"${NAME}"` stands for the variable NAME. `"${NAME:-otherwise}"` has a default, and an empty one
  leaves the setting out. `"$${"` stands for `${` itself.
- A variable can come from a file: with `NAME_FILE=/run/secrets/name` set, `${NAME}` is that
  file's content. Setting both is an error.
- Secrets belong in the environment. One that stands in the file is reported as a warning.
- Where a table below names a variable, that variable fills the setting when the file does not.
- Two variables belong to the process, not to the file: `HUB_LOG=console` writes readable log lines
  instead of JSON, and `UVICORN_HOST` is the address on which the web process listens.
- A mistake stops the start. Every problem is listed at once with its line, its key, the bad value
  (never a secret's), the accepted ones and the nearest right word.

```sh
hub config check --file hub.toml
hub config show --file hub.toml
hub config schema > hub.schema.json
```

`check` says whether a file is right; with `--remote` it asks the other sides, too, whether the
token lets the hub in and whether every table, field and choice is there. `show` says what is in
force and where each value comes from (secrets are masked), `schema` writes the JSON Schema with
which an editor completes and checks: put `#:schema ./hub.schema.json` on the first line of
`hub.toml`.

## An example

```toml
[database]
url = "${DATABASE_URL}"

[redis]
url = "${REDIS_URL}"

[connection.operations]
kind = "airtable"
token = "${AIRTABLE_TOKEN}"
base = "appOperations0001"

[connection.operations.stream.clients]
table = "tblClients0000001"
entity = "client"
hub_id_field = "fldHubId000000001"
conflict = "latest"

[connection.operations.stream.clients.fields]
name = "fldName0000000001"
status = { field = "fldStatus00000001", conflict = "ask", values = { "Active" = "active" } }
parent_client_id = { field = "fldParent00000001", link = "clients" }
```
"""
_STREAM_RULES = """\
What is checked across the settings: the entity and its columns exist, and the column may be
written; a link names a stream of the same connection, and the column refers to that stream's
entity; a field is mapped once; of two streams that write one column, all but one give way
(`conflict = "hub"`) or only send (`direction = "to_source"`); a stream to which the hub writes has
a `hub_id_field`. With `--remote` also: of a relation, which a base shows as two fields, one end is
mapped; a computed field only flows to the hub.
"""
_SOURCE_RULES = """\
A stream of a source is read page by page and fills a dataset (a table of its own) or an entity.
Beside the keys below it has those of its kind, which stand further down. What is checked across
the settings: a key names mapped columns; an entity's columns exist, may be filled, and those that
refer to a table say by what it is looked up; a dataset has one stream; of several streams that
feed one column of an entity each has a precedence of its own.
"""


def reference(connection_models: Mapping[str, type[BaseModel]]) -> str:
    """The whole page."""
    parts = [_HEAD]
    for name, model in SECTIONS.items():
        parts.append(_section(f"[{name}]", model))
    parts.append(_section("[connection.NAME]", ConnectionSettings))
    for kind, model in connection_models.items():
        parts.append(_section(f'[connection.NAME] with kind = "{kind}"', model))
    parts.append(_section("[connection.NAME.stream.NAME]", StreamSettings) + f"\n{_STREAM_RULES}")
    parts.append(_section("[connection.NAME.stream.NAME.guard]", GuardSettings))
    parts.append(
        _section("[connection.NAME.stream.NAME.fields]", FieldSettings)
        + '\n`name = "fld..."` is short for `name = { field = "fld..." }`.\n'
    )
    source = _section("[connection.NAME.stream.NAME] of a source", SourceStreamSettings)
    parts.append(source + f"\n{_SOURCE_RULES}")
    parts.append(
        _section("[connection.NAME.stream.NAME.fields] of a source", SourceFieldSettings)
        + '\n`recipient = "rcpt"` is short for `recipient = { field = "rcpt" }`.\n'
    )
    if isinstance(connection_models, KnowsStreams):
        for kind, model in connection_models.streams.items():
            parts.append(_section(f'[connection.NAME.stream.NAME] with kind = "{kind}"', model))
    return "\n".join(parts)


def _section(title: str, model: type[BaseModel]) -> str:
    definitions: dict[str, Any] = {}
    schema = without_null(model_schema(model, definitions), definitions)
    required = set(schema.get("required", ()))
    rows = [
        _row(name, setting, definitions, is_required=name in required)
        for name, setting in schema["properties"].items()
    ]
    head = ["| Key | Takes | Default | Variable | Means |", "|---|---|---|---|---|"]
    return "\n".join([f"## `{title}`", "", f"{schema['description']}", "", *head, *rows]) + "\n"


def _row(
    name: str, setting: dict[str, Any], definitions: Mapping[str, Any], *, is_required: bool
) -> str:
    takes = " or ".join(dict.fromkeys(_takes(setting, definitions)))
    default = "needed" if is_required else _default(setting.get("default"))
    variable = f"`{setting['env']}`" if "env" in setting else ""
    return f"| `{name}` | {takes} | {default} | {variable} | {setting['description']} |"


def _takes(setting: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[str]:
    if "$ref" in setting:
        yield from _takes(definitions[setting["$ref"].rsplit("/", 1)[-1]], definitions)
    elif "anyOf" in setting:
        for choice in setting["anyOf"]:
            yield from _takes(choice, definitions)
    elif "enum" in setting:
        yield ", ".join(f"`{value}`" for value in setting["enum"])
    elif setting.get("writeOnly"):
        yield "secret"
    elif setting.get("examples"):
        yield "duration such as " + ", ".join(f"`{example}`" for example in setting["examples"])
    elif setting.get("type") in _BOUNDED:
        yield f"{_BOUNDED[setting['type']]}{_bounds(setting)}"
    else:
        yield _NAMES.get(str(setting.get("type")), "text")


_BOUNDED = {"integer": "whole number", "number": "number"}
_NAMES = {"boolean": "`true`, `false`", "array": "list of texts", "object": "table"}


def _bounds(setting: Mapping[str, Any]) -> str:
    least = setting.get("minimum", setting.get("exclusiveMinimum"))
    word = "above" if "exclusiveMinimum" in setting else "from"
    most = setting.get("maximum")
    if least is None and most is None:
        return ""
    return f" {word} {least}" + (f" to {most}" if most is not None else "")


def _default(default: object) -> str:
    if default is None or default == {}:
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, list):
        return ", ".join(f"`{item}`" for item in default)
    if isinstance(default, dict):
        return "see below"
    return f"`{default}`"
