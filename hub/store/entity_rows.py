"""How does a staged page become rows of an entity, without taking anything from people?

A record is known by its external key, else its row is found by the natural key, once. What was
last taken from the record stands beside it: a value that did not change at the source since then
never overwrites what somebody wrote in the hub. Of several streams that feed a column the first
that has a value wins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from hub.store import staging
from hub.store.dataset_rows import Written, given_name
from hub.store.staging import KEY, NUMBER, STAGING, StagedColumn, quoted


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityTable:
    """The entity that a stream fills; types are as Postgres writes them.

    `before` and `behind`: for a column, the streams that go before this one, and those behind it,
    in their order.
    """

    connection: str
    stream: str
    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...]
    lookups: Mapping[str, str]
    before: Mapping[str, Sequence[tuple[str, str]]]
    behind: Mapping[str, Sequence[tuple[str, str]]]
    defaults: Mapping[str, str]

    @property
    def table(self) -> str:
        """Its table, quoted for SQL."""
        return f"public.{quoted(self.name)}"

    @property
    def owner(self) -> dict[str, str]:
        """Whose records they are, for SQL."""
        return {"connection": self.connection, "stream": self.stream, "table": self.name}


def staged_columns(entity: EntityTable) -> tuple[StagedColumn, ...]:
    """What the staging table of this entity holds."""
    return (
        *(StagedColumn(name=name, sql_type=kind) for name, kind in entity.columns.items()),
        *(StagedColumn(name=given_name(name), sql_type="text") for name in entity.lookups),
        StagedColumn(name=NUMBER, sql_type="integer"),
        StagedColumn(name=KEY, sql_type="text"),
        StagedColumn(name="hub__row", sql_type="uuid"),
        StagedColumn(name="hub__is_new", sql_type="boolean"),
        StagedColumn(name="hub__problem", sql_type="text"),
    )


def write_page(
    session: Session, entity: EntityTable, rows: Any, *, remember: bool
) -> tuple[Written, dict[int, str]]:
    """Write a page of mapped rows; and why rows were left out, by their number in the page.

    `rows` (a pyarrow.RecordBatch) has the external key of each record as `hub__key`.
    """
    staging.stage(session, staging.numbered(rows))
    _find_known(session, entity)
    _find_by_key(session, entity)
    problems = {
        row.number: row.problem
        for row in session.execute(
            text(
                f"delete from {STAGING} where hub__problem is not null"
                f" returning {NUMBER} as number, hub__problem as problem"
            )
        )
    }
    _run(
        session,
        f"update {STAGING} set hub__row = hub.new_id(), hub__is_new = true where hub__row is null",
    )
    names = list(entity.columns)
    listed = ", ".join(quoted(name) for name in names)
    values = ", ".join(_filled(entity, name) for name in names)
    inserted = _run(
        session,
        f"insert into {entity.table} (id, {listed}) select hub__row, {values} from {STAGING} s"
        f" where hub__is_new order by {NUMBER}",
    )
    revived = _revive(session, entity)
    updated = _update(session, entity)
    _remember_values(session, entity)
    if remember:
        _run(session, f"insert into pg_temp.hub_seen select hub__row from {STAGING}")
    return Written(inserted=inserted, updated=updated, revived=revived), problems


def _filled(entity: EntityTable, name: str) -> str:
    default = entity.defaults.get(name)
    return f"coalesce(s.{quoted(name)}, {default})" if default else f"s.{quoted(name)}"


def _find_known(session: Session, entity: EntityTable) -> None:
    _run(
        session,
        f"update {STAGING} s set hub__row = r.row_id from hub.source_record r"
        " where r.connection = :connection and r.stream = :stream and r.external_key = s.hub__key"
        f" and exists (select from {entity.table} e where e.id = r.row_id)",
        entity.owner,
    )


def _find_by_key(session: Session, entity: EntityTable) -> None:
    """A row of the natural key, if it is the only one and no other record's."""
    same = " and ".join(f"e.{quoted(name)} = s.{quoted(name)}" for name in entity.key)
    said = " || '|' || ".join(f"coalesce(s.{quoted(name)}::text, '')" for name in entity.key)
    _run(
        session,
        f"""
        with found as (
            select s.{NUMBER} as number, min(e.id::text)::uuid as id, count(*) as rows,
                row_number() over (partition by min(e.id::text) order by s.{NUMBER}) as nth,
                bool_or(exists (
                    select from hub.source_record r where r.row_id = e.id
                        and r.connection = :connection and r.stream = :stream
                        and r.gone_at is null and r.external_key <> s.hub__key
                )) as is_taken
            from {STAGING} s join {entity.table} e on e.deleted_at is null and {same}
            where s.hub__row is null group by s.{NUMBER}
        )
        update {STAGING} s set
            hub__row = case when f.rows = 1 and not f.is_taken and f.nth = 1 then f.id end,
            hub__problem = case
                when f.rows > 1 then f.rows || ' rows of {entity.name} have the key '
                    || {said} || ': which one is meant?'
                when f.is_taken or f.nth > 1 then 'another record of this stream already stands '
                    || 'for the row of {entity.name} with the key ' || {said}
            end
        from found f where f.number = s.{NUMBER}
        """,
        entity.owner,
    )


def _changed(name: str) -> str:
    """Whether the source says something else than last time; the first time it always does."""
    key = name.replace("'", "''")
    return (
        f"(r.external_key is null or to_jsonb(s.{quoted(name)}) is distinct from"
        f" nullif(r.shadow -> '{key}', 'null'::jsonb))"
    )


def _effective(entity: EntityTable, name: str) -> str:
    """The first value in the order of precedence."""
    parts = [
        *(_rivals_value(entity, name, rival) for rival in entity.before.get(name, ())),
        f"s.{quoted(name)}",
        *(_rivals_value(entity, name, rival) for rival in entity.behind.get(name, ())),
    ]
    default = entity.defaults.get(name)
    if default:
        parts.append(default)
    return f"coalesce({', '.join(parts)})" if len(parts) > 1 else parts[0]


def _rivals_value(entity: EntityTable, name: str, rival: tuple[str, str]) -> str:
    connection, stream = (part.replace("'", "''") for part in rival)
    return (
        f"(select (o.shadow ->> '{name}')::{entity.columns[name]} from hub.source_record o"
        f" where o.row_id = s.hub__row and o.connection = '{connection}'"
        f" and o.stream = '{stream}' and o.gone_at is null"
        f" and o.shadow ->> '{name}' is not null limit 1)"
    )


def _known_record(entity: EntityTable) -> str:
    return (
        "left join hub.source_record r on r.connection = :connection and r.stream = :stream"
        " and r.external_key = s.hub__key"
    )


def _update(session: Session, entity: EntityTable) -> int:
    news = {
        name: f"case when {_changed(name)} then {_effective(entity, name)}"
        f" else e.{quoted(name)} end"
        for name in entity.columns
    }
    listed = ", ".join(f"{new} as {quoted(name)}" for name, new in news.items())
    sets = ", ".join(f"{quoted(name)} = n.{quoted(name)}" for name in news)
    new = ", ".join(f"n.{quoted(name)}" for name in news)
    old = ", ".join(f"e.{quoted(name)}" for name in news)
    return _run(
        session,
        f"""
        update {entity.table} e set {sets} from (
            select e.id as hub__id, {listed}
            from {STAGING} s join {entity.table} e on e.id = s.hub__row
            {_known_record(entity)} where s.hub__is_new is null
        ) n where e.id = n.hub__id and e.deleted_at is null
            and row({new}) is distinct from row({old})
        """,
        entity.owner,
    )


def _revive(session: Session, entity: EntityTable) -> int:
    """A record that was gone and is back brings its row back; so does an edit of a deleted row."""
    edited = " or ".join(_changed(name) for name in entity.columns)
    return _run(
        session,
        f"""
        update {entity.table} e set deleted_at = null
        from {STAGING} s {_known_record(entity)}
        where e.id = s.hub__row and e.deleted_at is not null
            and r.external_key is not null and (r.gone_at is not null or {edited})
        """,
        entity.owner,
    )


def _remember_values(session: Session, entity: EntityTable) -> None:
    pairs = ", ".join(
        f"'{name.replace(chr(39), chr(39) * 2)}', s.{quoted(name)}" for name in entity.columns
    )
    _run(
        session,
        "insert into hub.source_record as r (connection, stream, external_key, table_name, row_id,"
        f" shadow) select :connection, :stream, s.hub__key, :table, s.hub__row,"
        f" jsonb_build_object({pairs}) from {STAGING} s"
        " on conflict (connection, stream, external_key) do update set shadow = excluded.shadow,"
        " row_id = excluded.row_id, gone_at = null"
        " where r.shadow is distinct from excluded.shadow or r.gone_at is not null"
        " or r.row_id <> excluded.row_id",
        entity.owner,
    )


def write_facts(session: Session, entity: EntityTable, rows: Any) -> Written:
    """Write a page of measurements; what says the same again changes nothing."""
    staging.stage(session, staging.numbered(rows))
    names = list(entity.columns)
    rest = [name for name in names if name not in entity.key]
    listed = ", ".join(quoted(name) for name in names)
    key = ", ".join(quoted(name) for name in entity.key)
    values = ", ".join(_filled(entity, name) for name in names)
    same = " and ".join(f"f.{quoted(n)} = s.{quoted(n)}" for n in entity.key)
    updated = 0
    if rest:
        sets = ", ".join(f"{quoted(name)} = {_filled(entity, name)}" for name in rest)
        new = ", ".join(_filled(entity, name) for name in rest)
        old = ", ".join(f"f.{quoted(name)}" for name in rest)
        updated = _run(
            session,
            f"update {entity.table} f set {sets} from {STAGING} s"
            f" where {same} and row({new}) is distinct from row({old})",
        )
    inserted = _run(
        session,
        f"insert into {entity.table} ({listed}) select {values} from {STAGING} s"
        f" on conflict ({key}) do nothing",
    )
    return Written(inserted=inserted, updated=updated)


def park_references(session: Session, entity: EntityTable) -> int:
    """Keep the names of the staged page that no row answers to; how many."""
    parked = 0
    for column, lookup in entity.lookups.items():
        given = quoted(given_name(column))
        values = {**entity.owner, "column": column, "lookup": lookup}
        _run(
            session,
            f"delete from hub.parked_reference p using {STAGING} s where p.row_id = s.hub__row"
            f" and p.table_name = :table and p.column_name = :column and s.{given} is null",
            {"table": entity.name, "column": column},
        )
        parked += _run(
            session,
            "insert into hub.parked_reference (table_name, row_id, column_name, connection,"
            f" stream, lookup, given, reason) select :table, s.hub__row, :column, :connection,"
            f" :stream, :lookup, s.{given}, 'unknown' from {STAGING} s where s.{given} is not null"
            " on conflict (table_name, row_id, column_name) do update"
            " set given = excluded.given, lookup = excluded.lookup",
            values,
        )
    return parked


_GONE = (
    " from hub.source_record r where r.connection = :connection and r.stream = :stream"
    " and r.gone_at is null and not exists (select from pg_temp.hub_seen s where s.id = r.row_id)"
)


def gone_count(session: Session, entity: EntityTable) -> tuple[int, int]:
    """How many records the complete read did not show, and how many there were."""
    owner = {"connection": entity.connection, "stream": entity.stream}
    gone = session.execute(text(f"select count(*){_GONE}"), owner).scalar_one()
    total = session.execute(
        text(
            "select count(*) from hub.source_record where connection = :connection"
            " and stream = :stream and gone_at is null"
        ),
        owner,
    ).scalar_one()
    return int(gone), int(total)


def gone_ids(session: Session, entity: EntityTable, limit: int) -> list[str]:
    """The rows whose records the complete read did not show."""
    found = session.execute(
        text(f"select r.row_id::text{_GONE} order by 1 limit :limit"),
        {"connection": entity.connection, "stream": entity.stream, "limit": limit},
    )
    return list(found.scalars())


def bury_gone(session: Session, entity: EntityTable, only: Sequence[str] | None) -> int:
    """Tombstone rows whose record is gone and that no other record stands for."""
    among = "" if only is None else " and r.row_id = any(cast(:only as uuid[]))"
    values: dict[str, Any] = {"connection": entity.connection, "stream": entity.stream}
    if only is not None:
        values["only"] = list(only)
    done: Any = session.execute(
        text(
            f"with gone as (update hub.source_record g set gone_at = clock_timestamp()"
            f" where (g.connection, g.stream, g.external_key) in"
            f" (select r.connection, r.stream, r.external_key{_GONE}{among})"
            " returning g.row_id)"
            f" update {entity.table} e set deleted_at = clock_timestamp() from gone"
            " where e.id = gone.row_id and e.deleted_at is null"
            " and not exists (select from hub.source_record o where o.row_id = e.id"
            " and o.gone_at is null and (o.connection, o.stream) <> (:connection, :stream))"
            " and not exists (select from hub.record_link l where l.row_id = e.id"
            " and l.state <> 'tombstone')"
        ),
        values,
    )
    return int(done.rowcount)


def _run(session: Session, statement: str, values: Mapping[str, Any] | None = None) -> int:
    done: Any = session.execute(text(statement.replace("::", r"\:\:")), dict(values or {}))
    return int(done.rowcount)
