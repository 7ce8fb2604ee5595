"""Does the memory store answer every question that the engine can ask Postgres?"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import pytest
from simulation.memory_store.database import MemoryDatabase
from simulation.memory_store.session import MemorySession

import hub.store
from hub.store import leases
from hub.store.generic import StoreFunction, generic

ASKED = (
    *("change_log", "conflicts", "divergences", "explanations", "frozen_cells", "intents"),
    *("leases", "ledger", "links", "notes", "paces", "pauses", "previews", "rechecks", "rows"),
    *("runs", "schema_changes", "schemas", "streams", "ticks", "undoing", "upkeep"),
)
ANSWERED_IN_SQL = {"between"}
"""Part of a statement: only the store itself asks."""


def store_functions() -> Iterator[tuple[str, StoreFunction[object, ..., object]]]:
    """Every generic function by the module that declares it."""
    for module in pkgutil.iter_modules(hub.store.__path__):
        if not module.ispkg:
            declared = vars(importlib.import_module(f"hub.store.{module.name}")).values()
            for function in declared:
                if isinstance(function, StoreFunction) and function.name.startswith(
                    f"{module.name}."
                ):
                    yield function.name, function


FUNCTIONS = dict(store_functions())
OF_SOURCES = {"datasets", "letters", "names", "source_states"}
"""What reads a source one way: it works on staging tables of Postgres, and no two-way stream
comes near it."""


def test_every_store_function_is_answered_from_memory() -> None:
    unanswered = [
        name
        for name, function in FUNCTIONS.items()
        if not (function.answers(MemorySession) or function.answers(MemoryDatabase))
        and name.partition(".")[0] not in OF_SOURCES
    ]

    assert [] == unanswered
    assert len(FUNCTIONS) > 100


def test_every_public_function_that_takes_a_session_first_is_generic() -> None:
    plain = [
        f"{module}.{name}"
        for module in ASKED
        for name, function in vars(importlib.import_module(f"hub.store.{module}")).items()
        if inspect.isfunction(function)
        and function.__module__ == f"hub.store.{module}"
        and not name.startswith("_")
        and next(iter(inspect.signature(function).parameters), "") == "session"
        and name not in ANSWERED_IN_SQL
    ]

    assert [] == plain


def test_a_session_of_nobody_is_refused_with_what_would_be_valid() -> None:
    with pytest.raises(TypeError, match=r"leases.ring got a str first, valid are .*Session"):
        leases.ring("no session", "world", "hook")  # type: ignore[arg-type]  # that is the point


def test_a_session_derived_from_a_known_one_is_answered_like_it() -> None:
    class Mother:
        pass

    class Daughter(Mother):
        pass

    @generic(Mother)
    def double(session: Mother, number: int) -> int:
        return 2 * number

    assert 6 == double(Daughter(), 3) == double(Daughter(), number=3)


def test_a_question_is_answered_once_for_each_kind_of_session() -> None:
    @generic(int)
    def ask(session: int, number: int) -> int:
        return session + number

    @ask.register(str)
    def answer(session: str, number: int) -> int:
        return len(session) + number

    assert (3, 5) == (ask(1, 2), ask("abc", 2))  # type: ignore[arg-type]  # another kind
    with pytest.raises(TypeError, match="answered for str already"):
        ask.register(str)(answer)
