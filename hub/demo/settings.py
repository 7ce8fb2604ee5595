"""Which hub.toml connects the demo's base, and what does it teach about every setting?"""

from __future__ import annotations

import json

from hub.demo.base_ids import BaseIds
from hub.demo.base_plan import (
    BASE,
    HUB_ID,
    HUB_NOTE,
    LAST_MODIFIED,
    SENDING_DOMAINS,
    FieldPlan,
    TablePlan,
    choice_name,
)
from hub.demo.base_schema import meta_of
from hub.demo.company import Company

CONNECTION = "operations"
# Parents first, so that links find their rows: a mailbox names its sending domain.
STREAMS = tuple(
    sorted(BASE, key=lambda plan: (plan.entity != "client", plan is not SENDING_DOMAINS))
)

_HEAD = """\
# The demo's connections, as a hub.toml of your own would say them.
# `hub config check` tells whether a file is right, `hub config schema` lets your editor help.

# One connection is one base (or account) of a platform; its name is yours to choose.
[connection.{connection}]
kind = "airtable"
# Any server that speaks Airtable's Web API; leave it out for Airtable itself.
endpoint = {endpoint}
# ${{NAME}} takes a value from the environment: a secret never stands in this file.
token = {token}
# Bases, tables and fields are named by their ids, which stand in Airtable's addresses: whatever
# people rename there, nothing changes here.
base = {base}
"""
_GRID = """\
# Where people edit the base; the hub's pages link to it.
grid_url = {grid_url}
"""
_FIRST_STREAM = """\
# A stream ties one table of the base to one table of the hub, and keeps both equal.
"""
_FIRST_OPTIONS = {
    "hub_id_field": "# Carries the row's id, so that a retried create makes no second record.",
    "note_field": "# Kept for the hub's own words about a record; people leave it alone.",
    "modified_field": "# Tells when a person edited the record; `latest` below compares it.",
    "conflict": (
        "# Both sides changed a cell: the latest edit stands, and the other value is kept too.\n"
        '# Also possible: "hub", "source" (the base), "ask" (a person decides).'
    ),
    "fields": (
        "# column of the hub = field of the base. Text after the mark is the field's name today."
    ),
    "values": "# `values` says what a choice of the base is called in the hub.",
    "ask": "# One field may follow a policy of its own.",
    "link": "# `link` names the stream whose records the field points to.",
}


def demo_config_text(
    company: Company,
    *,
    airtable_url: str,
    grid_url: str | None = None,
    token: str = "${AIRTABLE_TOKEN}",  # noqa: S107  # a reference to a secret, not one
    connection: str = CONNECTION,
) -> str:
    """The text of the demo's hub.toml; the company says under which ids its base lives."""
    ids = BaseIds(seed=company.seed)
    head = _HEAD.format(
        connection=connection,
        endpoint=_quoted(airtable_url),
        token=_quoted(token),
        base=_quoted(ids.base),
    )
    if grid_url is not None:
        head += _GRID.format(grid_url=_quoted(grid_url))
    explained: set[str] = set()
    streams = [_stream_text(plan, connection, ids, explained) for plan in STREAMS]
    return "\n".join([head, *streams])


def _stream_text(plan: TablePlan, connection: str, ids: BaseIds, explained: set[str]) -> str:
    key = f"connection.{connection}.stream.{plan.stream}"
    lines = [] if explained else [_FIRST_STREAM.rstrip()]
    lines += [f"[{key}]", f"table = {_quoted(ids.table(plan.stream))}  # {plan.name}"]
    lines += [f"entity = {_quoted(plan.entity)}"]
    for setting, name in (
        ("hub_id_field", HUB_ID),
        ("note_field", HUB_NOTE),
        ("modified_field", LAST_MODIFIED),
    ):
        lines += _explanation(setting, explained)
        lines.append(f"{setting} = {_quoted(ids.field(plan.stream, name))}  # {name}")
    lines += _explanation("conflict", explained)
    lines += ['conflict = "latest"', "", f"[{key}.fields]"]
    lines += _explanation("fields", explained)
    for field in plan.fields:
        lines += _field_lines(plan, field, ids, explained)
    return "\n".join(lines) + "\n"


def _field_lines(plan: TablePlan, field: FieldPlan, ids: BaseIds, explained: set[str]) -> list[str]:
    field_id = _quoted(ids.field(plan.stream, field.column))
    options: list[str] = []
    lines: list[str] = []
    if field.link is not None:
        lines += _explanation("link", explained)
        options.append(f"link = {_quoted(field.link)}")
    if field.conflict is not None:
        lines += _explanation(field.conflict, explained)
        options.append(f"conflict = {_quoted(field.conflict)}")
    if field.choices:
        lines += _explanation("values", explained)
        pairs = (f"{_quoted(choice_name(value))} = {_quoted(value)}" for value in field.choices)
        options.append(f"values = {{ {', '.join(pairs)} }}")
    value = f"{{ field = {field_id}, {', '.join(options)} }}" if options else field_id
    label = meta_of(plan.entity, field.column).label
    return [*lines, f"{field.column} = {value}  # {label}"]


def _explanation(about: str, explained: set[str]) -> list[str]:
    """The comment on a setting, where it is used for the first time."""
    if about in explained:
        return []
    explained.add(about)
    return [_FIRST_OPTIONS[about]]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
