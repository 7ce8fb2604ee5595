"""Which store answers a question: the central Postgres, or another one whose session asks?

A function of `hub.store` that takes a session first is generic: written once for Postgres where it
stands, and registered by another store for its own kind of session. Whoever calls it passes on
the session that it was given and cannot tell the stores apart. See docs/adr.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import update_wrapper
from typing import TYPE_CHECKING, Concatenate, Generic, ParamSpec, Protocol, TypeVar

if TYPE_CHECKING:
    from sqlmodel import Session

    from hub.store.database import Provenance

Kind = TypeVar("Kind")
Other = TypeVar("Other")
Rest = ParamSpec("Rest")
Answer = TypeVar("Answer", covariant=True)


class StoreFunction(Generic[Kind, Rest, Answer]):
    """A function with an implementation for each kind of its first argument."""

    def __init__(
        self, kind: type, implementation: Callable[Concatenate[Kind, Rest], Answer]
    ) -> None:
        update_wrapper(self, implementation)
        self.name = f"{implementation.__module__.rpartition('.')[2]}.{implementation.__name__}"
        self._answers: dict[type, Callable[..., Answer]] = {kind: implementation}

    def __call__(self, asker: Kind, /, *args: Rest.args, **named: Rest.kwargs) -> Answer:
        try:
            answer = self._answers[type(asker)]
        except KeyError:
            answer = self._find(type(asker))
        return answer(asker, *args, **named)

    def register(
        self, kind: type[Other]
    ) -> Callable[
        [Callable[Concatenate[Other, Rest], Answer]], Callable[Concatenate[Other, Rest], Answer]
    ]:
        """Answer for another kind of session; the other arguments and the answer are the same."""

        def registered(
            implementation: Callable[Concatenate[Other, Rest], Answer],
        ) -> Callable[Concatenate[Other, Rest], Answer]:
            if kind in self._answers:
                raise TypeError(f"hub.store {self.name} is answered for {kind.__name__} already.")
            self._answers[kind] = implementation
            return implementation

        return registered

    def answers(self, kind: type) -> bool:
        """Whether it can be asked with this very kind."""
        return kind in self._answers

    def _find(self, kind: type) -> Callable[..., Answer]:
        for ancestor in kind.__mro__:
            if ancestor in self._answers:
                return self._answers.setdefault(kind, self._answers[ancestor])
        known = ", ".join(sorted(known.__name__ for known in self._answers))
        raise TypeError(
            f"hub.store {self.name} got a {kind.__name__} first, valid are {known}."
            f" Register an implementation for it: {self.name}.register({kind.__name__})."
        )


def generic(
    kind: type,
) -> Callable[[Callable[Concatenate[Kind, Rest], Answer]], StoreFunction[Kind, Rest, Answer]]:
    """Declare a function of the store, written here for the Postgres that `kind` speaks with."""

    def declared(
        implementation: Callable[Concatenate[Kind, Rest], Answer],
    ) -> StoreFunction[Kind, Rest, Answer]:
        return StoreFunction(kind, implementation)

    return declared


class UnitsOfWork(Protocol):
    """Where transactions come from. A session is only passed on, never looked into."""

    def unit_of_work(self, provenance: Provenance) -> AbstractContextManager[Session]:
        """One transaction that commits at the end and rolls back on any error."""

    def reading(self) -> AbstractContextManager[Session]:
        """One read-only transaction that sees a single snapshot."""

    def trying(self) -> AbstractContextManager[Session]:
        """One transaction whose writes and locks are given up at its end."""
