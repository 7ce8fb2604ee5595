"""Where does an incremental read stand: which rows were seen at the edge, and where to begin?

Rows at the edge are told apart by a hash of their content, so that neither a row that shares its
cursor value with the last one nor a row that committed late is missed or read twice.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hub.core.columns import as_text
from hub.core.records import State
from hub.errors import ConfigError

Mark = str | int | float | Decimal | date | datetime
"""A value of the cursor column."""

MOST_REMEMBERED = 20_000
"""Rows at the edge beyond which a row may be read twice; whoever stores it sees that it is old."""
_DIGITS = 16


@dataclass(kw_only=True, slots=True)
class Edge:
    """The highest value read, and the rows within the lag behind it. Rows come in any order."""

    lag: timedelta
    last: Mark | None = None
    recent: deque[tuple[Mark, str]] = field(default_factory=deque)

    def pass_by(self, mark: Mark, digest: str) -> None:
        """Take note of a row."""
        if self.last is None or _less(self.last, mark):
            self.last = mark
            self._forget()
        elif _less(mark, behind(self.last, self.lag)):
            return
        self.recent.append((mark, digest))
        if len(self.recent) > MOST_REMEMBERED:
            self.recent.popleft()

    def restore(self, state: State) -> None:
        """Go on from a state of another edge, as if its rows had passed by here."""
        if "cursor" not in state:
            return
        self.last = read_back(str(state["cursor"]), str(state.get("kind")))
        known = str(state.get("seen") or "").split(",")
        self.recent.extend((self.last, digest) for digest in known if digest)

    def _forget(self) -> None:
        """Drop what fell behind; all of it, where the rows come in their order."""
        floor = self._floor()
        while self.recent and _less(self.recent[0][0], floor):
            self.recent.popleft()

    def _floor(self) -> Mark:
        return behind(self.last, self.lag) if self.last is not None else ""

    def state(self) -> State:
        """Where the next read begins."""
        if self.last is None:
            return {}
        floor = self._floor()
        seen = [digest for mark, digest in self.recent if not _less(mark, floor)]
        return {
            "cursor": written(self.last),
            "kind": kind_of_mark(self.last),
            "seen": ",".join(seen),
        }


def begin(state: State | None, lag: timedelta) -> tuple[Mark | None, frozenset[str]]:
    """The value from which to read, that one included, and the rows known behind it.

    Raises:
        ConfigError: the state was made by something else.
    """
    if not state or "cursor" not in state:
        return None, frozenset()
    last = read_back(str(state["cursor"]), str(state.get("kind")))
    seen = str(state.get("seen") or "")
    return behind(last, lag), frozenset(seen.split(",")) - {""}


def behind(mark: Mark, lag: timedelta) -> Mark:
    """The value `lag` before a time; other values stay."""
    if not lag:
        return mark
    if isinstance(mark, datetime):
        return mark - lag
    if isinstance(mark, date):
        return mark - max(lag, timedelta(days=1))
    if isinstance(mark, str):
        try:
            moved = datetime.fromisoformat(mark) - lag
        except ValueError:
            return mark
        return moved.isoformat(sep="T" if "T" in mark else " ")[: len(mark)]
    return mark


def digest_of(row: Sequence[object]) -> str:
    """The hash of a row's content."""
    text = "\x1f".join("\x00" if cell is None else str(as_text(cell)) for cell in row)
    return hashlib.blake2b(text.encode(), digest_size=_DIGITS // 2).hexdigest()


_NAMED: tuple[tuple[type, str], ...] = (
    (datetime, "datetime"),
    (date, "date"),
    (int, "int"),
    (float, "float"),
    (Decimal, "decimal"),
)


def kind_of_mark(mark: Mark) -> str:
    """The name of a value's type, for `read_back`."""
    return next((name for kind, name in _NAMED if isinstance(mark, kind)), "text")


def written(mark: Mark) -> str:
    """A value as text that `read_back` understands."""
    return mark.isoformat() if isinstance(mark, date) else str(mark)


def read_back(text: str, kind: str) -> Mark:
    """The value that `written` wrote.

    Raises:
        ConfigError: there is no such value.
    """
    try:
        match kind:
            case "datetime":
                return datetime.fromisoformat(text)
            case "date":
                return date.fromisoformat(text)
            case "int":
                return int(text)
            case "float":
                return float(text)
            case "decimal":
                return Decimal(text)
            case _:
                return text
    except (ValueError, ArithmeticError) as exc:
        raise ConfigError(
            f"[sql] the stored cursor {text!r} is no {kind}. Forget the stream's state, so that "
            "it is read from the beginning."
        ) from exc


def _less(one: Mark, other: Mark) -> bool:
    if isinstance(one, datetime) and isinstance(other, datetime):
        return _aware(one) < _aware(other)
    return bool(one < other)  # type: ignore[operator]  # both are of the one column


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
