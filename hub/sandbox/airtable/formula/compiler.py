"""How does a formula become something that answers quickly for ten thousand records?

A formula is compiled once, against its table, into nested closures. Where it can only be
true for known record ids (`OR(RECORD_ID()='rec1', ...)`), they are known before a record is read.
"""

from __future__ import annotations

import inspect
import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

from lark import Token, Tree

from hub.sandbox.airtable.fields.choices import choice_of
from hub.sandbox.airtable.formula.date_functions import start_of_day
from hub.sandbox.airtable.formula.functions import FUNCTIONS
from hub.sandbox.airtable.formula.grammar import FormulaSyntaxError, parse_formula
from hub.sandbox.airtable.formula.syntax import arguments_of, possible_records, unquote
from hub.sandbox.airtable.formula.values import (
    Failure,
    FormulaError,
    Value,
    are_equal,
    as_number,
    as_text,
    compare,
    flat,
    is_true,
)
from hub.sandbox.airtable.model import Field, Record, Table


class Row(Protocol):
    """One record, as a formula sees it."""

    record: Record

    def value(self, field: Field) -> Value: ...

    def now(self) -> datetime: ...

    def created(self) -> datetime: ...

    def modified(self, field_ids: list[str] | None) -> datetime | None: ...


Evaluate = Callable[[Row], Value]
# Fields whose stored cell is also their value in a formula.
AS_STORED = frozenset(
    (
        "singleLineText",
        "multilineText",
        "email",
        "url",
        "phoneNumber",
        "number",
        "percent",
        "currency",
        "duration",
        "rating",
        "checkbox",
        "autoNumber",
    )
)


class UnknownFields(ValueError):
    """The formula names fields that the table does not have."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


@dataclass(frozen=True, kw_only=True, slots=True)
class Formula:
    """A compiled formula; `record_ids` are the only records it can be true for, if known."""

    evaluate: Evaluate
    record_ids: frozenset[str] | None
    field_ids: tuple[str, ...]

    def value(self, row: Row) -> Value:
        try:
            result = self.evaluate(row)
        except (FormulaError, OverflowError, RecursionError, ValueError, TypeError):
            return Failure()
        if result.__class__ is list and any(isinstance(each, Failure) for each in flat(result)):
            return Failure()
        return result

    def accepts(self, row: Row) -> bool:
        result = self.value(row)
        return result if isinstance(result, bool) else is_true(result)


def compile_formula(text: str, table: Table, *, values: Field | None = None) -> Formula:
    """`values` is the field a bare `values` means, in a rollup's formula."""
    tree = parse_formula(text)
    compiler = _Compiler(table, values)
    try:
        evaluate = compiler.compile(tree)
        record_ids = possible_records(tree)
    except RecursionError as error:
        raise FormulaSyntaxError("nested too deeply") from error
    if compiler.unknown:
        raise UnknownFields(sorted(set(compiler.unknown), key=compiler.unknown.index))
    return Formula(
        evaluate=evaluate,
        record_ids=record_ids,
        field_ids=tuple(dict.fromkeys(compiler.used)),
    )


def _option(field: Field, row: Row) -> Value:
    """What a single select says; the option may have been renamed since the formula was made."""
    stored = row.record.values.get(field.id)
    return None if stored is None else str(choice_of(field, stored)["name"])


def _divide(left: Value, right: Value) -> Value:
    above, below = as_number(left), as_number(right)
    if below == 0:
        return math.nan if above == 0 else math.copysign(math.inf, above)
    return above / below


_BINARY: dict[str, Callable[[Value, Value], Value]] = {
    "equal": are_equal,
    "unequal": lambda left, right: not are_equal(left, right),
    "less": lambda left, right: compare(left, right) < 0,
    "less_or_equal": lambda left, right: compare(left, right) <= 0,
    "greater": lambda left, right: compare(left, right) > 0,
    "greater_or_equal": lambda left, right: compare(left, right) >= 0,
    "join": lambda left, right: as_text(left) + as_text(right),
    "add": lambda left, right: operator.add(as_number(left), as_number(right)),
    "subtract": lambda left, right: operator.sub(as_number(left), as_number(right)),
    "multiply": lambda left, right: operator.mul(as_number(left), as_number(right)),
    "divide": _divide,
}


class _Compiler:
    def __init__(self, table: Table, values: Field | None) -> None:
        self.table = table
        self.values = values
        self.unknown: list[str] = []
        self.used: list[str] = []

    def compile(self, tree: object) -> Evaluate:
        if not isinstance(tree, Tree):
            raise FormulaSyntaxError("an empty expression")
        if tree.data in _BINARY:
            return self._binary(_BINARY[tree.data], tree)
        return {
            "number": self._number,
            "text": self._text,
            "field": self._field,
            "bare": self._bare,
            "negate": self._negate,
            "call": self._call,
        }.get(str(tree.data), self._inner)(tree)

    def _inner(self, tree: Tree[object]) -> Evaluate:
        return self.compile(tree.children[0])

    def _binary(self, apply: Callable[[Value, Value], Value], tree: Tree[object]) -> Evaluate:
        left, right = (self.compile(each) for each in tree.children)

        def evaluate(row: Row) -> Value:
            first, second = left(row), right(row)
            if first.__class__ is Failure or second.__class__ is Failure:
                raise FormulaError
            return apply(first, second)

        return evaluate

    def _number(self, tree: Tree[object]) -> Evaluate:
        text = str(tree.children[0])
        number = int(text) if text.isdigit() else float(text)
        return lambda row: number

    def _text(self, tree: Tree[object]) -> Evaluate:
        text = unquote(str(tree.children[0]))
        return lambda row: text

    def _field(self, tree: Tree[object]) -> Evaluate:
        return self._named(unquote(str(tree.children[0])))

    def _bare(self, tree: Tree[object]) -> Evaluate:
        name = str(tree.children[0])
        if name == "values" and self.values is not None:
            field = self.values
            return lambda row: row.value(field)
        if name.upper() in ("TRUE", "FALSE") and self.table.find_field(name) is None:
            truth = name.upper() == "TRUE"
            return lambda row: truth
        return self._named(name)

    def _named(self, name: str) -> Evaluate:
        field = self.table.find_field(name)
        if field is None:
            self.unknown.append(name)
            return lambda row: None
        self.used.append(field.id)
        if field.type in AS_STORED:
            field_id = field.id
            return lambda row: row.record.values.get(field_id)
        if field.type == "singleSelect":
            return partial(_option, field)
        return lambda row: row.value(field)

    def _negate(self, tree: Tree[object]) -> Evaluate:
        inner = self.compile(tree.children[0])
        return lambda row: -as_number(inner(row))

    def _call(self, tree: Tree[object]) -> Evaluate:
        name = str(tree.children[0]).upper()
        trees = arguments_of(tree)
        special: Callable[[list[object]], Evaluate] | None = getattr(
            self, f"_call_{name.lower()}", None
        )
        if special is not None:
            return special(trees)
        function = FUNCTIONS.get(name)
        if function is None:
            raise FormulaSyntaxError(f"there is no function {name}")
        try:
            inspect.signature(function).bind(*trees)
        except TypeError as error:
            raise FormulaSyntaxError(f"{name}: {error}") from error
        arguments = [self.compile(each) for each in trees]

        def evaluate(row: Row) -> Value:
            found = [argument(row) for argument in arguments]
            if any(isinstance(each, Failure) for each in found):
                raise FormulaError
            return function(*found)

        return evaluate

    def _expect(self, name: str, trees: list[object], fewest: int, most: int) -> list[Evaluate]:
        if not fewest <= len(trees) <= most:
            raise FormulaSyntaxError(f"{name} takes {fewest} to {most} arguments")
        return [self.compile(each) for each in trees]

    def _call_or(self, trees: list[object]) -> Evaluate:
        arguments = self._expect("OR", trees, 1, 10_000)
        return lambda row: any(is_true(each(row)) for each in arguments)

    def _call_and(self, trees: list[object]) -> Evaluate:
        arguments = self._expect("AND", trees, 1, 10_000)

        def evaluate(row: Row) -> bool:
            for each in arguments:  # noqa: SIM110  a generator costs more than the comparison
                if not is_true(each(row)):
                    return False
            return True

        return evaluate

    def _call_if(self, trees: list[object]) -> Evaluate:
        condition, then, *rest = self._expect("IF", trees, 2, 3)
        otherwise: Evaluate = rest[0] if rest else lambda row: None
        return lambda row: then(row) if is_true(condition(row)) else otherwise(row)

    def _call_switch(self, trees: list[object]) -> Evaluate:
        subject, *rest = self._expect("SWITCH", trees, 3, 10_000)
        default: Evaluate = rest.pop() if len(rest) % 2 else lambda row: None
        pairs = list(zip(rest[::2], rest[1::2], strict=True))

        def evaluate(row: Row) -> Value:
            value = subject(row)
            for pattern, result in pairs:
                if are_equal(value, pattern(row)):
                    return result(row)
            return default(row)

        return evaluate

    def _call_error(self, trees: list[object]) -> Evaluate:
        self._expect("ERROR", trees, 0, 1)
        return lambda row: Failure()

    def _call_iserror(self, trees: list[object]) -> Evaluate:
        (inner,) = self._expect("ISERROR", trees, 1, 1)

        def evaluate(row: Row) -> Value:
            try:
                return isinstance(inner(row), Failure)
            except (FormulaError, ValueError, TypeError, OverflowError):
                return True

        return evaluate

    def _call_record_id(self, trees: list[object]) -> Evaluate:
        self._expect("RECORD_ID", trees, 0, 0)
        return lambda row: row.record.id

    def _call_now(self, trees: list[object]) -> Evaluate:
        self._expect("NOW", trees, 0, 0)
        return lambda row: row.now()

    def _call_today(self, trees: list[object]) -> Evaluate:
        self._expect("TODAY", trees, 0, 0)
        return lambda row: start_of_day(row.now())

    def _call_created_time(self, trees: list[object]) -> Evaluate:
        self._expect("CREATED_TIME", trees, 0, 0)
        return lambda row: row.created()

    def _call_last_modified_time(self, trees: list[object]) -> Evaluate:
        field_ids = []
        for each in trees:
            name = each.children[0] if isinstance(each, Tree) else None
            if not isinstance(name, Token):
                raise FormulaSyntaxError("LAST_MODIFIED_TIME takes fields")
            text = unquote(str(name)) if name.type == "BRACED" else str(name)
            field = self.table.find_field(text)
            if field is None:
                self.unknown.append(text)
            else:
                field_ids.append(field.id)
        return lambda row: row.modified(field_ids or None)
