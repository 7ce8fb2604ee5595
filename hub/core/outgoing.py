"""Which cells of a row differ from what both sides last agreed on, and may be sent?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hub.core.links import Link
from hub.core.mapping import FieldMapping, StreamMapping
from hub.core.policies import Direction
from hub.core.records import FieldSchema
from hub.core.values import MISSING, Value, is_empty


@dataclass(frozen=True, kw_only=True, slots=True)
class Outgoing:
    """A cell to send: what we have, and the remote value we believe is there."""

    mapping: FieldMapping
    schema: FieldSchema
    ours: Value
    believed: Value


def outgoing_cells(
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    link: Link | None,
    row: Mapping[str, Value],
) -> Iterator[Outgoing]:
    """The cells that our side changed since the shadow; frozen and computed ones never."""
    for field_mapping in mapping.fields:
        schema = fields.get(field_mapping.field_id)
        if schema is None or schema.is_computed:
            continue
        if field_mapping.direction is Direction.TO_HUB:
            continue
        name = field_mapping.column.name
        if link is not None and name in link.frozen:
            continue
        ours = row.get(name)
        base = link.shadow.get(name, MISSING) if link is not None else MISSING
        if base is MISSING:
            if is_empty(ours):
                # Nothing was ever agreed here and we have nothing to say.
                continue
            yield Outgoing(mapping=field_mapping, schema=schema, ours=ours, believed=None)
        elif ours != base.hub:
            yield Outgoing(mapping=field_mapping, schema=schema, ours=ours, believed=base.remote)
