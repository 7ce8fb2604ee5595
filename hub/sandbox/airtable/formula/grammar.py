"""How is a formula written?"""

from __future__ import annotations

from functools import lru_cache

from lark import Lark
from lark.exceptions import LarkError
from lark.tree import Tree

GRAMMAR = r"""
?start: comparison
?comparison: joined
    | comparison "=" joined         -> equal
    | comparison "!=" joined        -> unequal
    | comparison "<" joined         -> less
    | comparison "<=" joined        -> less_or_equal
    | comparison ">" joined         -> greater
    | comparison ">=" joined        -> greater_or_equal
?joined: sum
    | joined "&" sum                -> join
?sum: product
    | sum "+" product               -> add
    | sum "-" product               -> subtract
?product: signed
    | product "*" signed            -> multiply
    | product "/" signed            -> divide
?signed: atom
    | "-" signed                    -> negate
    | "+" signed
?atom: NUMBER                       -> number
    | DOUBLE_QUOTED                 -> text
    | SINGLE_QUOTED                 -> text
    | BRACED                        -> field
    | NAME "(" [arguments] ")"      -> call
    | NAME                          -> bare
    | "(" comparison ")"
arguments: comparison ("," comparison)* [","]

NUMBER: /(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?/
DOUBLE_QUOTED: /"(\\.|[^"\\])*"/s
SINGLE_QUOTED: /'(\\.|[^'\\])*'/s
BRACED: /\{(\\.|[^}\\])*\}/s
NAME: /[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*/
WS: /\s+/
%ignore WS
"""


class FormulaSyntaxError(ValueError):
    """The text is not a formula."""


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr")


def parse_formula(text: str) -> Tree[object]:
    try:
        return _parser().parse(text)  # type: ignore[return-value]  # lark's tree of tokens
    except LarkError as error:
        raise FormulaSyntaxError(str(error)) from error
