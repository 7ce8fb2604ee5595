"""What must every kind of source keep, whatever it reads?

`Case` says what a kind's example holds; `CHECKS` are run over every case. A kind from outside the
tree is held to the same checks: `for check in CHECKS: check(case)`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from hub.contract import Capability, Priority, Source, SourcePage, SourceStream
from hub.core.records import State
from hub.errors import ConfigError, HubError, RemoteUnavailable

Record = Mapping[str, str | None]
"""A row as text by column, so that formats without types compare with those that have some."""

CANARY = "canary-7f3a91c2"
"""Stands for every secret of a case: it must be seen in no message."""

REQUIRED: Mapping[str, frozenset[Capability]] = {
    "file": frozenset({Capability.INCREMENTAL, Capability.DISCOVER}),
    "sql": frozenset({Capability.INCREMENTAL, Capability.DISCOVER}),
    "rest": frozenset({Capability.INCREMENTAL}),
}
"""What a kind must be able to do to be called complete."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Broken:
    """A connection that cannot work, and the class of the error that says why."""

    name: str
    source: Callable[[], Source]
    stream: SourceStream
    raises: type[HubError]


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One example of a kind: `records` are there, `grow` adds some and answers what is news."""

    name: str
    kind: str
    source: Callable[[], Source]
    stream: SourceStream
    records: Sequence[Record]
    discovered: str | None
    grow: Callable[[], Sequence[Record]] | None = None
    future: State | None = None
    broken: Sequence[Broken] = field(default_factory=tuple)
    pages: int = 2
    """How many pages with rows the example has at least."""


def _leaves_out(why: str) -> None:
    """A check that says nothing of this case is told, not counted as skipped."""
    print(f"left out: {why}")


def _pages(
    case: Case, state: State | None = None, source: Source | None = None
) -> list[SourcePage]:
    made = source or case.source()
    return list(made.read(case.stream, state, Priority.ROUTINE))


def records_of(pages: Sequence[SourcePage]) -> list[Record]:
    """Every row of some pages, as text."""
    return [
        {name: _text(value) for name, value in row.items()}
        for page in pages
        for row in page.rows.to_pylist()
    ]


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value)
    return text.removesuffix(" 00:00:00").removesuffix("+00:00")


def _sorted(records: Sequence[Record]) -> list[tuple[tuple[str, str | None], ...]]:
    return sorted(tuple(sorted(record.items())) for record in records)


def check_says_a_sentence_each(case: Case) -> None:
    results = case.source().check()
    assert results
    assert all(result.ok for result in results), results
    assert all(result.sentence.endswith(".") for result in results)


def check_has_what_its_kind_needs(case: Case) -> None:
    missing = REQUIRED.get(case.kind, frozenset()) - case.source().capabilities
    if case.kind not in REQUIRED:
        _leaves_out(f"{case.kind} is not held to a list of capabilities")
        return
    assert not missing


def check_discovers_its_streams(case: Case) -> None:
    if case.discovered is None or Capability.DISCOVER not in case.source().capabilities:
        _leaves_out(f"{case.name} lists no streams")
        return
    found = case.source().discover()
    assert case.discovered in found
    assert set(case.records[0]) <= set(found[case.discovered].fields)


def check_describes_its_fields(case: Case) -> None:
    schema = case.source().describe(case.stream)
    assert set(case.records[0]) <= set(schema.fields)
    for name, described in schema.fields.items():
        assert described.id == name


def check_reads_everything_once(case: Case) -> None:
    pages = _pages(case)
    assert _sorted(records_of(pages)) == _sorted(case.records)
    assert sum(page.rows.num_rows > 0 for page in pages) >= case.pages
    assert [page.is_last for page in pages] == [False] * (len(pages) - 1) + [True]


def check_reads_twice_the_same(case: Case) -> None:
    source = case.source()
    first, second = _pages(case, source=source), _pages(case, source=source)
    assert records_of(first) == records_of(second)
    assert first[-1].state == second[-1].state


def check_goes_on_from_every_state(case: Case) -> None:
    pages = _pages(case)
    for at, page in enumerate(pages[:-1]):
        behind = records_of(pages[at + 1 :])
        resumed = _pages(case, page.state)
        if page.state:
            assert _sorted(records_of(resumed)) == _sorted(behind), page.state
        else:
            # It cannot say where it stands: then it begins again, and nothing is missed.
            assert _sorted(records_of(resumed)) == _sorted(case.records)
        if at < len(pages) - 2:
            assert not (page.state and resumed[-1].is_complete), "it saw the rest only"


def check_shows_nothing_without_news(case: Case) -> None:
    end = _pages(case)[-1].state
    if not end:
        _leaves_out(f"{case.name} is read completely each time")
        return
    again = _pages(case, end)
    assert records_of(again) == []
    assert again[-1].is_last
    assert again[-1].state == end
    assert not again[-1].is_complete


def check_shows_nothing_behind_the_future(case: Case) -> None:
    if case.future is None:
        _leaves_out(f"{case.name} has no place beyond its end")
        return
    assert records_of(_pages(case, case.future)) == []


def check_shows_the_news(case: Case) -> None:
    if case.grow is None:
        _leaves_out(f"{case.name} does not change")
        return
    end = _pages(case)[-1].state
    news = case.grow()
    pages = _pages(case, end)
    assert _sorted(records_of(pages)) == _sorted(news)


def check_names_what_is_wrong(case: Case) -> None:
    if not case.broken:
        _leaves_out(f"{case.name} has no broken twin")
        return
    for broken in case.broken:
        source = broken.source()
        with pytest.raises(broken.raises) as caught:
            list(source.read(broken.stream, None, Priority.ROUTINE))
        # A person must act on some, waiting helps on others: never both.
        assert isinstance(caught.value, ConfigError) != isinstance(caught.value, RemoteUnavailable)
        said = [str(caught.value), caught.value.message, caught.value.detail or ""]
        said += [result.sentence for result in source.check()]
        assert not [text for text in said if CANARY in text], broken.name
        assert caught.value.message.endswith("."), broken.name


def check_counts_its_requests(case: Case) -> None:
    source = case.source()
    assert source.requests_made == 0
    _pages(case, source=source)
    assert source.requests_made > 0


CHECKS: tuple[Callable[[Case], None], ...] = (
    check_says_a_sentence_each,
    check_has_what_its_kind_needs,
    check_discovers_its_streams,
    check_describes_its_fields,
    check_reads_everything_once,
    check_reads_twice_the_same,
    check_goes_on_from_every_state,
    check_shows_nothing_without_news,
    check_shows_nothing_behind_the_future,
    check_shows_the_news,
    check_names_what_is_wrong,
    check_counts_its_requests,
)
