"""Whose turn is it? Every task of a simulated world runs alone until it lets another one."""

from __future__ import annotations

import random
from collections.abc import Callable
from hashlib import blake2b

from greenlet import greenlet


class Killed(BaseException):
    """The worker is dead: not even its clean-up runs."""


class Trace:
    """What happened, in order: the last lines as they are, all of them as one digest."""

    def __init__(self, *, keeps: bool = False) -> None:
        self.lines: list[str] = []
        self.keeps = keeps
        self._digest = blake2b(digest_size=16)

    def tell(self, line: str) -> None:
        """One thing happened."""
        self._digest.update(line.encode())
        self._digest.update(b"\n")
        if self.keeps:
            self.lines.append(line)

    @property
    def digest(self) -> str:
        """Two worlds with the same digest went the same way."""
        return self._digest.hexdigest()


class Task:
    """One worker's life: it stands at a switch point, runs, or is over."""

    def __init__(self, name: str, act: Callable[[], None]) -> None:
        self.name = name
        self.is_dead = False
        self.error: BaseException | None = None
        self.sleeps_until = 0.0
        self._greenlet = greenlet(lambda: self._live(act))

    def _live(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Killed:
            self.is_dead = True
        except BaseException as error:
            self.error = error

    @property
    def is_over(self) -> bool:
        """Whether it has ended, by itself or killed."""
        return bool(self._greenlet.dead)

    def run(self) -> None:
        """Let it go on to its next switch point."""
        self._greenlet.switch()

    def throw(self) -> None:
        """It is over: whatever it still held is let go of."""
        self.is_dead = True
        if self._greenlet:
            self._greenlet.throw(Killed)


class Turns:
    """Tasks take turns; at a switch point a seeded draw says whether somebody else is next."""

    def __init__(self, drawn: random.Random, trace: Trace) -> None:
        self._drawn = drawn
        self._trace = trace
        self._stage = greenlet.getcurrent()
        self.current: Task | None = None
        self.share = 0.25
        """How often a switch point lets somebody else go on."""

    def let(self, task: Task) -> None:
        """Give a task its turn."""
        self.current = task
        try:
            task.run()
        finally:
            self.current = None
        if task.error is not None:
            error, task.error = task.error, None
            raise error

    def end(self, task: Task) -> None:
        """The world is over, and with it the task."""
        self.current = task
        task.throw()
        self.current = None

    def pause(self, where: str, *, always: bool = False) -> None:
        """A switch point of whoever is at work."""
        task = self.current
        if task is None:
            return
        if task.is_dead:
            raise Killed
        if always or self._drawn.random() < self.share:
            self._trace.tell(f"{task.name} waits {where}")
            self._stage.switch()
            if task.is_dead:
                raise Killed
