"""What can be done to a row?"""

from __future__ import annotations

import enum


class Operation(enum.StrEnum):
    """What was done to a row."""

    INSERT = "I"
    UPDATE = "U"
    DELETE = "D"
