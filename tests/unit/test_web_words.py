"""How are numbers, spans and states written for a person?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from hub.store.reports import Waiting
from hub.web import formats
from hub.web.feelings import Feeling, verdict

NOW = datetime(2026, 11, 24, 10, 31, tzinfo=UTC)


def feeling(word: str) -> Feeling:
    return Feeling(word=word, tone="", icon="", why="", weight=0)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(48210, "48,210"), (0, "0"), (None, "—")],
)
def test_numbers(value: int | None, expected: str) -> None:
    assert formats.number(value) == expected


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.977, "97.7%"), (0.0008, "0.08%"), (0.0, "0.0%"), (1.0, "100.0%"), (None, "—")],
)
def test_shares(share: float | None, expected: str) -> None:
    assert formats.percent(share) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.084, "84 ms"),
        (2, "2.0 s"),
        (42, "42 s"),
        (72, "1 min 12 s"),
        (120, "2 min"),
        (3660, "1 h 1 min"),
        (90000, "1 d 1 h"),
        (-1, "0 ms"),
    ],
)
def test_spans(seconds: float, expected: str) -> None:
    assert formats.span(timedelta(seconds=seconds)) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-3, "just now"), (2, "just now"), (42, "42 s ago"), (150, "2 min ago"), (7300, "2 h ago")],
)
def test_ages(seconds: int, expected: str) -> None:
    assert formats.ago(NOW - timedelta(seconds=seconds), NOW) == expected


def test_moments_and_days_and_the_unknown() -> None:
    assert formats.moment(NOW) == "24 Nov 10:31"
    assert formats.day(date(2026, 11, 4)) == "4 Nov"
    unknown = [formats.moment(None), formats.day(None), formats.span(None), formats.ago(None, NOW)]
    assert unknown == ["—"] * 4


@pytest.mark.parametrize(
    ("words", "conflicts", "approvals", "expected"),
    [
        ([], 0, 0, "Nothing is connected yet."),
        (["Fresh"], 0, 0, "The stream is fresh."),
        (["Fresh", "Fresh"], 0, 0, "All 2 streams are fresh."),
        (["Fresh", "Paused"], 0, 0, "No stream is in trouble."),
        (["Failing", "Late", "Late", "Fresh"], 0, 0, "Of 4 streams 1 is failing and 2 are late."),
        (["Held"], 0, 1, "Of 1 stream 1 is held. 1 stopped plan waits for a person."),
        (["Fresh"], 2, 1, "The stream is fresh. 2 conflicts and 1 stopped plan wait for a person."),
    ],
)
def test_the_verdict_is_one_sentence_on_everything(
    words: list[str], conflicts: int, approvals: int, expected: str
) -> None:
    waiting = Waiting(conflicts=conflicts, approvals=approvals, alerts=0)

    assert verdict([feeling(word) for word in words], waiting) == expected
