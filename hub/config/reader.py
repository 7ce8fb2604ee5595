"""Which parts of a parsed hub.toml fit, and what is wrong with the others?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from hub.config import cross_checks, source_checks
from hub.config.entities import EntityDescription
from hub.config.models import (
    NAME_PATTERN,
    SECTIONS,
    Config,
    Connection,
    ConnectionSettings,
    UncheckedSettings,
    WebSettings,
)
from hub.config.problems import KeyPath, Problem, nearest
from hub.config.source_streams import is_source_stream, read_source_stream, stream_model
from hub.config.sources import SourceEntry
from hub.config.streams import StreamSettings
from hub.config.validation import is_secret, salvaged, shown, validated, value_at
from hub.config.variables import MissingVariable, Substitution, read_variable

_GENERAL = tuple(ConnectionSettings.model_fields)


class Reader:
    """Reads one document, section by section, and collects every problem."""

    def __init__(
        self,
        written: Mapping[str, object],
        environ: Mapping[str, str],
        connection_models: Mapping[str, type[BaseModel]] | None,
        known_entities: Mapping[str, EntityDescription] | None,
    ) -> None:
        self._written = written
        self._environ = environ
        self._models = connection_models
        self._entities = known_entities
        self.substitution = Substitution(environ)
        self._values = self.substitution.apply(written)
        self._found: list[Problem] = []

    @property
    def problems(self) -> list[Problem]:
        """Every problem once: a variable that is missing explains what follows from it."""
        explained = {problem.key for problem in self.substitution.problems}
        return [
            *self.substitution.problems,
            *(problem for problem in self._found if problem.key not in explained),
        ]

    def read(self) -> Config | None:
        """The configuration, or None when a part of it does not fit."""
        self._found.extend(self._unknown_sections())
        sections = {name: self._section(name, model) for name, model in SECTIONS.items()}
        connections = self._connections()
        web = sections["web"]
        if isinstance(web, WebSettings):
            self._found.extend(cross_checks.check_doors(web))
        if any(not problem.is_warning for problem in self.problems):
            return None
        return Config.model_validate({**sections, "connections": connections})

    def written_keys(self) -> frozenset[KeyPath]:
        """The key of everything that stands in the file; a bare field id is its `field`."""
        return frozenset(_keys(self._written, ()))

    def _unknown_sections(self) -> Iterator[Problem]:
        accepted = (*SECTIONS, "connection")
        for name in self._written:
            if name not in accepted:
                yield Problem(
                    key=(name,),
                    message="there is no such section",
                    accepted=accepted,
                    near_miss=nearest(name, accepted),
                )

    def _section(self, name: str, model: type[BaseModel]) -> BaseModel | None:
        return self._part(model, (name,), value_at(self._values, (name,)))

    def _part(
        self,
        model: type[BaseModel],
        key: KeyPath,
        values: object,
        beside: tuple[str, ...] = (),
    ) -> BaseModel | None:
        if values is not None and not isinstance(values, Mapping):
            self._not_a_table(key)
            return None
        written = value_at(self._written, key)
        filled = self._with_environment(model, key, values or {})
        for name, field in model.model_fields.items():
            if isinstance(value_at(written, (name,)), str) and is_secret(field.annotation):
                self._warn_of_plain_secret((*key, name), field.json_schema_extra)
        return validated(model, filled, key, written=written, problems=self._found, beside=beside)

    def _with_environment(
        self, model: type[BaseModel], key: KeyPath, values: Mapping[str, object]
    ) -> dict[str, object]:
        filled = {name: value for name, value in values.items() if not self._is_unset(key, name)}
        for name, field in model.model_fields.items():
            extra = field.json_schema_extra
            variable = extra.get("env") if isinstance(extra, dict) else None
            if name in filled or not isinstance(variable, str):
                continue
            if not self._environ.get(variable) and not self._environ.get(f"{variable}_FILE"):
                continue
            try:
                filled[name] = read_variable(variable, self._environ)
                self.substitution.variables[*key, name] = (variable,)
            except MissingVariable as exc:
                self._found.append(Problem(key=(*key, name), message=str(exc)))
        return filled

    def _is_unset(self, key: KeyPath, name: str) -> bool:
        """Whether a reference with an empty default left the setting out."""
        place = (*key, name)
        return place in self.substitution.variables and value_at(self._values, place) == ""

    def _warn_of_plain_secret(self, key: KeyPath, extra: object) -> None:
        if key in self.substitution.variables:
            return
        variable = extra.get("env") if isinstance(extra, dict) else None
        self._found.append(
            Problem(
                key=key,
                message=f'the secret stands in the file: write "${{{variable or "NAME"}}}" and set'
                " the variable",
                is_warning=True,
            )
        )

    def _not_a_table(self, key: KeyPath) -> None:
        written = value_at(self._written, key)
        self._found.append(Problem(key=key, message="a table is needed", got=shown(written)))

    def _tables(self, key: KeyPath) -> Iterator[tuple[str, KeyPath, Mapping[str, object]]]:
        """The named tables at `key`, such as every `[connection.NAME]`."""
        tables = value_at(self._values, key)
        if tables is None:
            return
        if not isinstance(tables, Mapping):
            self._not_a_table(key)
            return
        for name, table in tables.items():
            place = (*key, name)
            if not re.fullmatch(NAME_PATTERN, name):
                self._found.append(
                    Problem(
                        key=place,
                        message="a name is lower-case letters, digits and underscores",
                        got=shown(name),
                    )
                )
            if isinstance(table, Mapping):
                yield name, place, table
            else:
                self._not_a_table(place)

    def _connections(self) -> dict[str, Connection]:
        connections: dict[str, Connection] = {}
        all_streams: dict[tuple[str, str], StreamSettings] = {}
        all_sources: list[SourceEntry] = []
        for name, key, table in self._tables(("connection",)):
            general = {item: table[item] for item in _GENERAL if item in table}
            own = {item: table[item] for item in table if item not in {*_GENERAL, "stream"}}
            common = self._part(ConnectionSettings, key, general)
            model = self._model_of(key, table)
            settings = self._part(model, key, own, (*_GENERAL, "stream")) if model else None
            streams, sources = self._streams(key, name, table.get("kind"))
            all_sources.extend(sources.values())
            all_streams.update({(name, stream): value for stream, value in streams.items()})
            self._check_streams(name, key, streams, model)
            if isinstance(common, ConnectionSettings) and settings:
                connections[name] = Connection(
                    **dict(common),
                    name=name,
                    settings=settings,
                    streams=streams,
                    sources=sources,
                )
        self._found.extend(cross_checks.check_writers(all_streams))
        self._found.extend(source_checks.check_sources(all_sources, all_streams, self._entities))
        return connections

    def _model_of(self, key: KeyPath, table: Mapping[str, object]) -> type[BaseModel] | None:
        kind = table.get("kind")
        if self._models is None:
            return UncheckedSettings
        if not isinstance(kind, str) or kind in self._models:
            return self._models.get(str(kind))
        self._found.append(
            Problem(
                key=(*key, "kind"),
                message="there is no such kind of platform",
                got=shown(kind),
                accepted=tuple(self._models),
                near_miss=nearest(kind, self._models),
            )
        )
        return None

    def _streams(
        self, key: KeyPath, connection: str, kind: object
    ) -> tuple[dict[str, StreamSettings], dict[str, SourceEntry]]:
        """The streams that are kept equal, and those that are read page by page."""
        streams: dict[str, StreamSettings] = {}
        sources: dict[str, SourceEntry] = {}
        own_model = stream_model(self._models, str(kind))
        for name, place, table in self._tables((*key, "stream")):
            own = {item: value for item, value in table.items() if not self._is_unset(place, item)}
            written = value_at(self._written, place)
            if is_source_stream(self._models, str(kind), own):
                entry = read_source_stream(
                    connection, name, own, own_model, place, written=written, problems=self._found
                )
                if entry is not None:
                    sources[name] = entry
                continue
            stream = validated(
                StreamSettings, own, place, written=written, problems=self._found
            ) or salvaged(StreamSettings, own)
            if stream is not None:
                streams[name] = stream
        return streams, sources

    def _check_streams(
        self,
        connection: str,
        key: KeyPath,
        streams: Mapping[str, StreamSettings],
        model: type[BaseModel] | None,
    ) -> None:
        named = value_at(self._values, (*key, "stream"))
        siblings = tuple(named) if isinstance(named, Mapping) else ()
        for name, stream in streams.items():
            place = cross_checks.stream_key(connection, name)
            self._found.extend(
                cross_checks.check_stream(place, stream, siblings=siblings, kind=model)
            )
            if self._entities is not None:
                self._found.extend(
                    cross_checks.check_entity(place, stream, streams, self._entities)
                )
        self._found.extend(cross_checks.check_relations(connection, streams))


def _keys(value: object, key: KeyPath) -> Iterator[KeyPath]:
    yield key
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _keys(item, (*key, name))
    elif len(key) > 1 and key[-2] == "fields":
        yield (*key, "field")
