"""What can be seen in a formula before it is compiled?"""

from __future__ import annotations

import re

from lark import Tree


def possible_records(tree: object) -> frozenset[str] | None:
    """The record ids outside of which the formula is surely false; `None` when any may match."""
    if not isinstance(tree, Tree):
        return None
    if tree.data == "equal":
        sides = list(tree.children)
        for call, text in (sides, sides[::-1]):
            if _is_record_id(call) and isinstance(text, Tree) and text.data == "text":
                return frozenset({unquote(str(text.children[0]))})
        return None
    if tree.data != "call":
        return None
    name, arguments = str(tree.children[0]).upper(), arguments_of(tree)
    inner = [possible_records(each) for each in arguments]
    if name == "OR" and inner and all(each is not None for each in inner):
        return frozenset().union(*(each for each in inner if each is not None))
    known = [each for each in inner if each is not None]
    if name == "AND" and known:
        return frozenset.intersection(*known)
    return None


def unquote(literal: str) -> str:
    escapes = {"n": "\n", "t": "\t", "r": "\r"}
    return re.sub(
        r"\\(.)", lambda found: escapes.get(found[1], found[1]), literal[1:-1], flags=re.DOTALL
    )


def arguments_of(tree: Tree[object]) -> list[object]:
    listed = tree.children[1]
    if not isinstance(listed, Tree):
        return []
    return [each for each in listed.children if each is not None]


def _is_record_id(tree: object) -> bool:
    return (
        isinstance(tree, Tree)
        and tree.data == "call"
        and str(tree.children[0]).upper() == "RECORD_ID"
    )
