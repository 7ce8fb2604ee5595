"""What came of a worker's visit, and who is told of what went wrong?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from hub.errors import HubError

Report = Callable[[HubError, str, str | None, UUID], None]
"""(error, connection, stream, run id): tell whoever must act, once."""


@dataclass(kw_only=True, slots=True)
class Attendance:
    """What came of one call: whether the lease was got, what was done, and what is left."""

    attended: bool = False
    held_because: str | None = None
    is_unfinished: bool = False
    retry_after_seconds: float | None = None
    counts: Counter[str] = field(default_factory=Counter)
