"""How does a dataset's declaration become a table, and follow it when it changes?

Every statement here is made from names that `quoted` quotes and from types of `SQL_TYPES`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import Session

from hub.core.datasets import (
    AddColumn,
    ChangeKey,
    Dataset,
    DatasetColumn,
    DropColumn,
    RenameColumn,
    RetypeColumn,
    Step,
)
from hub.core.values import ValueKind
from hub.errors import ConfigError
from hub.store import datasets

SCHEMA = "dataset"
SQL_TYPES = {
    ValueKind.TEXT: "text",
    ValueKind.CHOICE: "text",
    ValueKind.INTEGER: "bigint",
    ValueKind.DECIMAL: "numeric",
    ValueKind.BOOLEAN: "boolean",
    ValueKind.DATE: "date",
    ValueKind.TIMESTAMP: "timestamp with time zone",
    ValueKind.REFERENCE: "uuid",
    ValueKind.OPAQUE: "jsonb",
}
ROW_HASH = "row_hash"
"""Tells the rows of a dataset without a key apart: what they hold, and the how manieth it is."""


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def table_of(dataset: str) -> str:
    """The dataset's table, quoted for SQL."""
    return f"{SCHEMA}.{quoted(dataset)}"


def key_columns(dataset: Dataset) -> tuple[str, ...]:
    """The columns that are unique among living rows; none where facts have no key."""
    if dataset.key:
        return dataset.key
    return () if dataset.is_append else (ROW_HASH,)


def create(session: Session, dataset: Dataset) -> None:
    """Make the table, captured from its first row on, and write its declaration down."""
    lines = ["id uuid primary key default hub.new_id()"]
    if not dataset.is_append:
        lines.append("deleted_at timestamp with time zone")
    lines += [_declared(column, is_fact=dataset.is_append) for column in dataset.columns]
    if dataset.is_append:
        lines.append("recorded_at timestamp with time zone not null default statement_timestamp()")
        lines.append("tx_from bigint not null default hub.current_tx()")
    elif not dataset.key:
        lines.append(f"{ROW_HASH} text not null")
    table = table_of(dataset.name)
    _run(session, f"create table {table} ({', '.join(lines)})")
    _run(session, f"comment on table {table} is {_literal(dataset.description)}")
    for column in dataset.columns:
        _describe(session, dataset, column)
        if column.references is not None:
            _index(session, dataset, column.name)
    _make_unique(session, dataset)
    capture(session, dataset)
    datasets.save(session, dataset)


def capture(session: Session, dataset: Dataset) -> None:
    """Record every change of the table from now on; or follow what was altered in it."""
    if dataset.is_append:
        session.execute(
            text("select hub.capture_fact(cast(:table as regclass), :client, :day)"),
            {
                "table": table_of(dataset.name),
                "client": dataset.client_column,
                "day": dataset.day_column or "recorded_at",
            },
        )
        return
    session.execute(
        text("select hub.capture_table(cast(:table as regclass), :client)"),
        {"table": table_of(dataset.name), "client": dataset.client_column},
    )


def _declared(column: DatasetColumn, *, is_fact: bool) -> str:
    line = f"{quoted(column.name)} {SQL_TYPES[column.kind]}"
    # Facts are loaded by the million; their references are ids that were just looked up.
    if column.references is not None and not is_fact:
        line += f" references public.{quoted(column.references)} (id) on delete set null"
    return line


def _describe(session: Session, dataset: Dataset, column: DatasetColumn) -> None:
    place = f"{table_of(dataset.name)}.{quoted(column.name)}"
    _run(session, f"comment on column {place} is {_literal(column.description)}")


def _index(session: Session, dataset: Dataset, column: str) -> None:
    _run(session, f"create index on {table_of(dataset.name)} ({quoted(column)})")


def _unique_name(dataset: Dataset) -> str:
    return f"{dataset.name[:56]}_key"


def _make_unique(session: Session, dataset: Dataset) -> None:
    key = key_columns(dataset)
    if not key:
        return
    listed = ", ".join(quoted(name) for name in key)
    table = table_of(dataset.name)
    where = "" if dataset.is_append else " where deleted_at is null"
    _run(
        session,
        f"create unique index {quoted(_unique_name(dataset))} on {table} ({listed}){where}",
    )
    if not dataset.is_append:
        _run(session, f"create index on {table} ({listed}) where deleted_at is not null")


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """What a step does to the data: a sentence, how many values are touched, which do not fit."""

    step: Step
    sentence: str
    touched: int = 0
    unfit: int = 0
    samples: tuple[str, ...] = ()


def effects(session: Session, present: Dataset, steps: Sequence[Step]) -> tuple[Effect, ...]:
    """What each step would do to the rows that are there."""
    renamed = {step.new: step.old for step in steps if isinstance(step, RenameColumn)}
    return tuple(_effect(session, present, step, renamed) for step in steps)


def _effect(session: Session, present: Dataset, step: Step, renamed: dict[str, str]) -> Effect:
    table = table_of(present.name)
    match step:
        case AddColumn(column=column):
            rows = _count(session, f"select count(*) from {table}")
            return Effect(
                step=step,
                sentence=(
                    f"add {column.name} ({column.kind}): empty in {rows:,} rows until everything "
                    "is read anew, which `apply` asks for"
                ),
                touched=rows,
            )
        case RenameColumn(old=old, new=new):
            return Effect(step=step, sentence=f"rename {old} to {new}: values and history follow")
        case RetypeColumn(name=name, old=old, new=new):
            place = quoted(renamed.get(name, name))
            filled = _count(session, f"select count({place}) from {table}")
            unfit = _count(session, f"select count(*) from {table} where {_is_unfit(place, new)}")
            samples = session.execute(
                text(
                    f"select distinct left({place}::text, 60) from {table}"  # quoted
                    f" where {_is_unfit(place, new)} order by 1 limit 20"
                )
            ).scalars()
            kept = "" if not unfit else "; those become empty and stay in history"
            return Effect(
                step=step,
                sentence=(
                    f"make {name} {new} (was {old}): {filled:,} values, {unfit:,} do not fit{kept}"
                ),
                touched=filled,
                unfit=unfit,
                samples=tuple(samples),
            )
        case DropColumn(name=name):
            filled = _count(session, f"select count({quoted(name)}) from {table}")
            return Effect(
                step=step,
                sentence=f"drop {name}: {filled:,} values leave the table and stay in history",
                touched=filled,
            )
        case ChangeKey(old=old_key, new=new_key):
            listed = ", ".join(quoted(renamed.get(name, name)) for name in new_key)
            doubled = _doubled(session, present, new_key, listed, renamed)
            return Effect(
                step=step,
                sentence=(
                    f"tell rows apart by {', '.join(new_key) or 'all they hold'} (was "
                    f"{', '.join(old_key) or 'all they hold'}): {doubled:,} rows share a key or "
                    "have none"
                ),
                unfit=doubled,
            )
        case _:
            return Effect(step=step, sentence="new words for its columns: no data is touched")


def _doubled(
    session: Session, present: Dataset, key: Sequence[str], listed: str, renamed: dict[str, str]
) -> int:
    known = {column.name for column in present.columns} | set(renamed)
    if not key or any(name not in known for name in key):
        return 0
    living = "" if present.is_append else " where deleted_at is null"
    return _count(
        session,
        f"select coalesce(sum(n), 0) from (select count(*) as n from {table_of(present.name)}"
        f"{living} group by {listed} having count(*) > 1) doubled",
    )


def _is_unfit(column: str, kind: ValueKind) -> str:
    return (
        f"{column} is not null and btrim({column}::text) <> ''"
        f" and not pg_input_is_valid({column}::text, '{SQL_TYPES[kind]}')"
    )


def apply_steps(session: Session, present: Dataset, wanted: Dataset, steps: Sequence[Step]) -> None:
    """Make the table what is wanted, and write that down.

    Raises:
        ConfigError: the wanted key does not tell the rows apart.
    """
    if present.is_append != wanted.is_append:
        raise ConfigError(
            f"dataset {present.name}: rows cannot become facts, or facts rows (`append`). Name a "
            "new dataset in hub.toml; this one stays as it is."
        )
    table = table_of(present.name)
    rekeyed = [step for step in steps if isinstance(step, ChangeKey)]
    if rekeyed:
        _run(session, f"drop index if exists {SCHEMA}.{quoted(_unique_name(present))}")
    for step in steps:
        match step:
            case AddColumn(column=column):
                line = _declared(column, is_fact=present.is_append)
                _run(session, f"alter table {table} add column {line}")
                if column.references is not None:
                    _index(session, wanted, column.name)
            case RenameColumn(old=old, new=new):
                _run(session, f"alter table {table} rename column {quoted(old)} to {quoted(new)}")
                _follow(session, wanted.name)
            case RetypeColumn(name=name, old=old_kind, new=new_kind):
                _retype(session, wanted, name, old_kind, new_kind)
            case DropColumn(name=name):
                _run(session, f"alter table {table} drop column {quoted(name)}")
    for column in wanted.columns:
        _describe(session, wanted, column)
    _run(session, f"comment on table {table} is {_literal(wanted.description)}")
    if rekeyed:
        _rekey(session, present, wanted)
    capture(session, wanted)
    datasets.save(session, wanted)


def _follow(session: Session, dataset: str) -> None:
    """Let the capture follow one alteration; without a superuser no event trigger does."""
    session.execute(
        text("select hub.capture_again(cast(:table as regclass))"), {"table": table_of(dataset)}
    )


def _retype(session: Session, dataset: Dataset, name: str, old: ValueKind, new: ValueKind) -> None:
    """In place where every value fits, now and in history; else beside the old column."""
    table, column, sql_type = table_of(dataset.name), quoted(name), SQL_TYPES[new]
    history = f"history.{quoted(f'{SCHEMA}__{dataset.name}')}"
    unfit = f"select count(*) from {{}} where {_is_unfit(column, new)}"
    if not any(_count(session, unfit.format(place)) for place in (table, history)):
        given = f"nullif(btrim({column}::text), '')::{sql_type}"
        # History first: the capture that follows the table finds it done.
        _run(session, f"alter table {history} alter column {column} type {sql_type} using {given}")
        _run(session, f"alter table {table} alter column {column} type {sql_type} using {given}")
        return
    kept = _free_name(session, dataset, f"{name}_was_{old}")
    _run(session, f"alter table {table} rename column {column} to {quoted(kept)}")
    _follow(session, dataset.name)
    _run(session, f"alter table {table} add column {column} {sql_type}")
    _follow(session, dataset.name)
    given = quoted(kept)
    _run(
        session,
        f"update {table} set {column} = nullif(btrim({given}::text), '')::{sql_type}"
        f" where {given} is not null and not ({_is_unfit(given, new)})",
    )
    _run(session, f"alter table {table} drop column {given}")


def _free_name(session: Session, dataset: Dataset, name: str) -> str:
    taken = set(
        session.execute(
            text("select attname from pg_attribute where attrelid = cast(:history as regclass)"),
            {"history": f"history.{quoted(f'{SCHEMA}__{dataset.name}')}"},
        ).scalars()
    )
    found, number = name[:60], 2
    while found in taken:
        found = f"{name[:56]}_{number}"
        number += 1
    return found


def _rekey(session: Session, present: Dataset, wanted: Dataset) -> None:
    table = table_of(wanted.name)
    listed = ", ".join(quoted(name) for name in wanted.key)
    if wanted.key and _doubled(session, wanted, wanted.key, listed, {}):
        raise ConfigError(
            f"dataset {wanted.name}: {', '.join(wanted.key)} do not tell its rows apart; nothing "
            "was changed. Name other columns as key, or a new dataset."
        )
    if not present.is_append and not present.key:
        _run(session, f"alter table {table} drop column {ROW_HASH}")
    if not wanted.is_append and not wanted.key:
        _run(session, f"alter table {table} add column {ROW_HASH} text not null default ''")
        _run(session, f"update {table} set {ROW_HASH} = id::text")
    _make_unique(session, wanted)


def _count(session: Session, statement: str) -> int:
    return int(session.execute(text(statement.replace(":", r"\:"))).scalar_one())


def _run(session: Session, statement: str) -> None:
    session.execute(text(statement.replace(":", r"\:")))


def _literal(said: str) -> str:
    return "'" + said.replace("'", "''") + "'"
