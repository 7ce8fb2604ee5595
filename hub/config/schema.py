"""What may stand in hub.toml, as a JSON Schema that editors complete and check with?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from hub.config.models import NAME_PATTERN, SECTIONS, ConnectionSettings
from hub.config.source_streams import KnowsStreams
from hub.config.sources import SourceStreamSettings
from hub.config.streams import StreamSettings

_DEFINITIONS = "#/$defs/{model}"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"

_SHAPE = frozenset(
    {"type", "pattern", "format", "minLength", "minimum", "maximum", "exclusiveMinimum"}
)


def json_schema(connection_models: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of hub.toml."""
    definitions: dict[str, Any] = {}
    properties: dict[str, Any] = {
        name: _section(model, definitions) for name, model in SECTIONS.items()
    }
    kinds = {
        kind: _connection(kind, model, definitions, _streams(kind, connection_models, definitions))
        for kind, model in connection_models.items()
    }
    properties["connection"] = {
        "type": "object",
        "description": "The configured accounts and bases: [connection.NAME].",
        "patternProperties": {NAME_PATTERN: {"oneOf": list(kinds.values())}},
        "additionalProperties": False,
    }
    schema = {
        "$schema": _DIALECT,
        "title": "hub.toml",
        "description": "The configuration of the integration hub.",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "$defs": definitions,
    }
    without_null(schema, definitions)
    for node in list(_nodes(schema)):
        _allow_references(node)
    return schema


def model_schema(model: type[BaseModel], definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema of one model; the models it uses are added to `definitions`."""
    schema = model.model_json_schema(ref_template=_DEFINITIONS, mode="validation")
    definitions.update(schema.pop("$defs", {}))
    return schema


def without_null(schema: dict[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """`schema` as TOML sees it: without nulls, and with a description beside every reference."""
    for node in list(_nodes(schema)):
        _drop_null(node)
        _describe_reference(node, definitions)
    return schema


def _section(model: type[BaseModel], definitions: dict[str, Any]) -> dict[str, Any]:
    schema = model_schema(model, definitions)
    # The environment may fill what the file leaves out.
    filled = {name for name, key in schema["properties"].items() if "env" in key}
    schema["required"] = [name for name in schema.get("required", ()) if name not in filled]
    return schema


def _streams(
    kind: str, models: Mapping[str, type[BaseModel]], definitions: dict[str, Any]
) -> dict[str, Any]:
    """What a stream of this kind may be: kept equal, read page by page, or either."""
    shapes = []
    if not isinstance(models, KnowsStreams) or kind in models.two_way:
        shapes.append(_named("StreamSettings", StreamSettings, definitions))
    if isinstance(models, KnowsStreams) and kind in models.streams:
        name = f"SourceStream_{kind}"
        shape = _named(name, SourceStreamSettings, definitions)
        own = model_schema(models.streams[kind], definitions)
        definitions[name]["properties"].update(own["properties"])
        definitions[name]["required"] = own.get("required", [])
        shapes.append(shape)
    return shapes[0] if len(shapes) == 1 else {"anyOf": shapes}


def _named(name: str, model: type[BaseModel], definitions: dict[str, Any]) -> dict[str, Any]:
    stream = model_schema(model, definitions)
    _allow_bare_field_ids(stream)
    definitions[name] = stream
    return {"$ref": _DEFINITIONS.format(model=name)}


def _connection(
    kind: str, model: type[BaseModel], definitions: dict[str, Any], stream: dict[str, Any]
) -> dict[str, Any]:
    own = _section(model, definitions)
    general = _section(ConnectionSettings, definitions)["properties"]
    return {
        "type": "object",
        "title": f"A connection of kind {kind}",
        "description": own.get("description", ""),
        "properties": {
            **general,
            "kind": {"const": kind, "description": general["kind"]["description"]},
            **own["properties"],
            "stream": {
                "type": "object",
                "description": "The connection's tables: [connection.NAME.stream.NAME].",
                "patternProperties": {NAME_PATTERN: stream},
                "additionalProperties": False,
            },
        },
        "required": ["kind", *own["required"]],
        "additionalProperties": False,
    }


def _allow_bare_field_ids(stream: dict[str, Any]) -> None:
    """`name = "fld..."` is short for `name = { field = "fld..." }`."""
    fields = stream["properties"]["fields"]
    fields["additionalProperties"] = {
        "oneOf": [{"type": "string", "minLength": 1}, fields["additionalProperties"]]
    }


def _nodes(node: object) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for inner in node.values():
            yield from _nodes(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _nodes(inner)


def _drop_null(node: dict[str, Any]) -> None:
    """TOML has no null: a setting is left out instead."""
    choices = node.get("anyOf")
    if isinstance(choices, list) and {"type": "null"} in choices:
        node["anyOf"] = [choice for choice in choices if choice != {"type": "null"}]
        if len(node["anyOf"]) == 1:
            node.update(node.pop("anyOf")[0])
    if node.get("default", "") is None:
        del node["default"]


def _describe_reference(node: dict[str, Any], definitions: Mapping[str, Any]) -> None:
    """Pydantic leaves a description out where the referred model says the same words."""
    reference = node.get("$ref")
    if isinstance(reference, str) and "description" not in node:
        node["description"] = definitions[reference.rsplit("/", 1)[-1]]["description"]


def _allow_references(node: dict[str, Any]) -> None:
    """Where a value has a shape, `${NAME}` may stand for it too."""
    if not isinstance(node.get("type"), str):
        # A table of properties, one of which is called type.
        return
    shaped = {"pattern", "format", "minLength"} & node.keys()
    is_number = node.get("type") in {"integer", "number", "boolean"}
    if not (is_number or (node.get("type") == "string" and shaped)) or "properties" in node:
        return
    shape = {name: node.pop(name) for name in list(node) if name in _SHAPE}
    node["anyOf"] = [shape, {"type": "string", "pattern": r"\$\{[A-Za-z_]"}]
