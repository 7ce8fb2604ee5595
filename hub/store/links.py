"""Which record is which row, and what did both sides last agree on?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from hub.core.links import PAUSED, Frozen, Link
from hub.core.merge import Pair
from hub.store.frozen_cells import freeze, release_held, thaw
from hub.store.generic import generic
from hub.store.rechecks import clear_rechecks, recheck, rechecks, unpark

__all__ = [
    "a_live_witness",
    "clear_rechecks",
    "count_live",
    "deleted_lately",
    "each_live_external_id",
    "external_ids_of",
    "freeze",
    "links_of_records",
    "links_of_rows",
    "live_external_ids",
    "recheck",
    "rechecks",
    "release_held",
    "row_ids_of",
    "save_links",
    "table_of",
    "thaw",
    "unpark",
]

FETCHED_TOGETHER = 1000
_COLUMNS = "l.id, l.external_id, l.row_id, l.state, l.has_hub_id, l.shadow, l.paused"
_FROZEN = (
    "(select jsonb_agg(to_jsonb(f) - 'link_id' - 'since')"
    " from hub.frozen_cell f where f.link_id = l.id) as frozen"
)


@generic(Session)
def links_of_records(
    session: Session,
    connection: str,
    stream: str,
    external_ids: Sequence[str],
    *,
    lock: bool = False,
) -> dict[str, Link]:
    """The links of these records, by external id; tombstones among them."""
    if not external_ids:
        return {}
    found = session.execute(
        text(
            f"select {_COLUMNS}, {_FROZEN} from hub.record_link l"  # noqa: S608  # constants
            " where l.connection = :connection and l.stream = :stream"
            " and l.external_id = any(:ids) order by l.id" + (" for update of l" if lock else "")
        ),
        {"connection": connection, "stream": stream, "ids": list(external_ids)},
    )
    return {row.external_id: _link(row) for row in found}


@generic(Session)
def links_of_rows(
    session: Session,
    connection: str,
    stream: str,
    row_ids: Iterable[UUID],
    *,
    lock: bool = False,
) -> dict[UUID, Link]:
    """The links of these rows that are not tombstones, by row id."""
    listed = [str(row) for row in row_ids]
    if not listed:
        return {}
    found = session.execute(
        text(
            f"select {_COLUMNS}, {_FROZEN} from hub.record_link l"  # noqa: S608  # constants
            " where l.connection = :connection and l.stream = :stream"
            " and l.row_id = any(cast(:ids as uuid[])) and l.state <> 'tombstone'"
            " order by l.id" + (" for update of l" if lock else "")
        ),
        {"connection": connection, "stream": stream, "ids": listed},
    )
    return {_uuid(row.row_id): _link(row) for row in found}


def _link(row: Any) -> Link:
    return Link(
        id=_uuid(row.id),
        external_id=row.external_id,
        row_id=_uuid(row.row_id),
        state=row.state,
        has_hub_id=row.has_hub_id,
        shadow={name: Pair(hub=pair["h"], remote=pair["r"]) for name, pair in row.shadow.items()},
        frozen={item["field"]: Frozen(**item) for item in row.frozen or ()} | _paused(row),
    )


def _paused(row: Any) -> dict[str, Frozen]:
    """What a person paused stands still, whatever else holds it."""
    return {
        name: Frozen(
            field=name,
            reason=PAUSED,
            incoming=row.shadow[name]["r"] if name in row.shadow else None,
            detail=f"paused by {who['by']}, {who['at'][:16].replace('T', ' ')} UTC",
        )
        for name, who in (row.paused or {}).items()
    }


def _uuid(raw: object) -> UUID:
    return raw if isinstance(raw, UUID) else UUID(str(raw))


@generic(Session)
def save_links(
    session: Session, connection: str, stream: str, table_name: str, links: Sequence[Link]
) -> None:
    """Insert or update links; the frozen cells are saved apart."""
    if not links:
        return
    items = [
        {
            "id": str(link.id),
            "external_id": link.external_id,
            "row_id": str(link.row_id),
            "state": link.state,
            "has_hub_id": link.has_hub_id,
            "shadow": {name: {"h": p.hub, "r": p.remote} for name, p in link.shadow.items()},
        }
        for link in links
    ]
    session.execute(
        text(
            "insert into hub.record_link"
            " (id, connection, stream, table_name, external_id, row_id, state, has_hub_id,"
            "  shadow, deleted_at)"
            " select i.id, :connection, :stream, :table_name, i.external_id, i.row_id, i.state,"
            "  i.has_hub_id, i.shadow,"
            "  case when i.state = 'tombstone' then clock_timestamp() end"
            " from jsonb_to_recordset(cast(:items as jsonb)) as i(id uuid, external_id text,"
            "  row_id uuid, state text, has_hub_id boolean, shadow jsonb)"
            " on conflict (id) do update set external_id = excluded.external_id,"
            "  row_id = excluded.row_id, state = excluded.state,"
            "  has_hub_id = excluded.has_hub_id, shadow = excluded.shadow,"
            "  deleted_at = case when excluded.state = 'tombstone'"
            "   then coalesce(record_link.deleted_at, excluded.deleted_at) end"
        ),
        {
            "connection": connection,
            "stream": stream,
            "table_name": table_name,
            "items": json.dumps(items),
        },
    )


@generic(Session)
def external_ids_of(
    session: Session, connection: str, wanted: Mapping[str, Iterable[str]]
) -> dict[tuple[str, str], str]:
    """(stream, row id) -> external id of live records, for the rows wanted of each stream."""
    return _resolve(session, connection, wanted, "row_id", "external_id")


@generic(Session)
def row_ids_of(
    session: Session, connection: str, wanted: Mapping[str, Iterable[str]]
) -> dict[tuple[str, str], str]:
    """(stream, external id) -> row id of live records, for the records wanted of each stream."""
    return _resolve(session, connection, wanted, "external_id", "row_id")


def _resolve(
    session: Session,
    connection: str,
    wanted: Mapping[str, Iterable[str]],
    given: str,
    answer: str,
) -> dict[tuple[str, str], str]:
    resolved: dict[tuple[str, str], str] = {}
    cast = "uuid[]" if given == "row_id" else "text[]"
    for stream, ids in wanted.items():
        listed = sorted(set(ids))
        if not listed:
            continue
        found = session.execute(
            text(
                f"select {given}::text, {answer}::text from hub.record_link"  # noqa: S608  # constants
                " where connection = :connection and stream = :stream and state = 'live'"
                f" and {given} = any(cast(:ids as {cast}))"
            ),
            {"connection": connection, "stream": stream, "ids": listed},
        )
        resolved.update({(stream, key): value for key, value in found})
    return resolved


@generic(Session)
def count_live(session: Session, connection: str, stream: str) -> int:
    """How many records of the stream are linked and live."""
    counted: int = session.execute(
        text(
            "select count(*) from hub.record_link"
            " where connection = :connection and stream = :stream and state = 'live'"
        ),
        {"connection": connection, "stream": stream},
    ).scalar_one()
    return counted


@generic(Session)
def deleted_lately(session: Session, connection: str, stream: str, minutes: int) -> int:
    """How many records of the stream were found deleted within the last minutes."""
    counted: int = session.execute(
        text(
            "select count(*) from hub.record_link where connection = :connection"
            " and stream = :stream and state = 'tombstone'"
            " and deleted_at > clock_timestamp() - make_interval(mins => :minutes)"
        ),
        {"connection": connection, "stream": stream, "minutes": minutes},
    ).scalar_one()
    return counted


@generic(Session)
def live_external_ids(session: Session, connection: str, stream: str) -> set[str]:
    """Every live record's external id."""
    return set(each_live_external_id(session, connection, stream))


@generic(Session)
def each_live_external_id(session: Session, connection: str, stream: str) -> Iterator[str]:
    """Every live record's external id, fetched as they are used."""
    found = session.execute(
        text(
            "select external_id from hub.record_link"
            " where connection = :connection and stream = :stream and state <> 'tombstone'"
        ),
        {"connection": connection, "stream": stream},
        execution_options={"stream_results": True, "yield_per": FETCHED_TOGETHER},
    )
    yield from found.scalars()


@generic(Session)
def a_live_witness(
    session: Session, connection: str, stream: str, not_of: Sequence[str]
) -> str | None:
    """A record that is live as far as we know, to tell a missing record from a blind read."""
    return session.execute(
        text(
            "select external_id from hub.record_link"
            " where connection = :connection and stream = :stream and state = 'live'"
            # The newest stands last in a list, so that a list cut short misses it.
            " and external_id <> all(:ids) order by id desc limit 1"
        ),
        {"connection": connection, "stream": stream, "ids": list(not_of)},
    ).scalar_one_or_none()


@generic(Session)
def table_of(session: Session, link_id: UUID) -> str:
    """The hub table that a link's row is in."""
    table: str = session.execute(
        text("select table_name from hub.record_link where id = :id"), {"id": link_id}
    ).scalar_one()
    return table
