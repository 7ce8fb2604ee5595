"""Is every key found on the line where it stands?"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.config.places import key_lines, nearest_line

TRICKY = """\
# [not.a.table]
title = "a # b = c"
[a]
text = \"\"\"
[inside]
key = 1
\"\"\"
list = [
  "x = 1",
  { y = 2 },
]
"quoted key" = 1
'single.quoted' = 2
dotted.key = 3 # z = 4
escaped = "\\\\"
literal = '''
still = 'inside' '''
last = 5
[ a . "b c" ]
inner = { one = 1, two = "}" }
[[rows]]
n = 1
"""


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (("title",), 2),
        (("a",), 3),
        (("a", "text"), 4),
        (("a", "list"), 8),
        (("a", "quoted key"), 12),
        (("a", "single.quoted"), 13),
        (("a", "dotted", "key"), 14),
        (("a", "escaped"), 15),
        (("a", "literal"), 16),
        (("a", "last"), 18),
        (("a", "b c"), 19),
        (("a", "b c", "inner"), 20),
        (("rows",), 21),
    ],
)
def test_a_key_is_found(key: tuple[str, ...], line: int) -> None:
    assert line == key_lines(TRICKY)[key]


def test_what_only_looks_like_a_key_is_not_one() -> None:
    found = key_lines(TRICKY)

    assert not {("inside",), ("a", "key"), ("a", "still"), ("a", "z")} & found.keys()


def test_a_key_within_an_inline_table_stands_where_the_table_begins() -> None:
    assert 20 == nearest_line(key_lines(TRICKY), ("a", "b c", "inner", "two"))


names = st.text(alphabet="abcdefgh", min_size=1, max_size=4)
scalars = st.one_of(
    st.integers(),
    st.booleans(),
    st.text(alphabet=st.characters(codec="ascii", categories=["L", "N", "P", "S", "Zs"])),
)
documents = st.dictionaries(names, st.dictionaries(names, scalars, max_size=4), max_size=4)


@given(documents)
def test_every_key_of_any_document_has_a_line(document: dict[str, dict[str, object]]) -> None:
    text = "\n".join(_toml(document))
    assert document == tomllib.loads(text)

    lines = key_lines(text)

    for table, keys in document.items():
        for key in keys:
            assert text.splitlines()[lines[table, key] - 1].startswith(f"{key} =")


def _toml(document: dict[str, dict[str, object]]) -> Iterator[str]:
    for table, keys in document.items():
        yield f"[{table}]"
        for key, value in keys.items():
            yield f"{key} = {_literal(value)}"


def _literal(value: object) -> str:
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return str(value).lower() if isinstance(value, bool) else str(value)
