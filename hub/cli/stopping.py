"""How does a signal from outside end a command?"""

from __future__ import annotations

import signal


class ToldToStop(BaseException):
    """The operating system, or a person at the keyboard, asks this process to end."""

    def __init__(self, number: int) -> None:
        self.number = signal.Signals(number)
        super().__init__(self.number.name)

    @property
    def exit_code(self) -> int:
        """What a shell expects of a process that a signal ended; Ctrl-C is no failure."""
        return 0 if self.number is signal.SIGINT else 128 + self.number
