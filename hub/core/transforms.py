"""Which named transforms may a mapping use, and what does each do?

The table alone, without the library that carries them out: the configuration reads it, too.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class TransformDescription:
    """One transform: what it does, and what stands behind its colon where it takes something."""

    name: str
    description: str
    example: str
    takes: str | None = None


TRANSFORMS = {
    item.name: item
    for item in (
        TransformDescription(
            name="trim",
            description="Cuts off blanks at both ends.",
            example='" Acme " → "Acme"',
        ),
        TransformDescription(
            name="squeeze",
            description="Makes every run of blanks and line ends one blank.",
            example='"Acme \\n Corp" → "Acme Corp"',
        ),
        TransformDescription(
            name="lower", description="Makes letters small.", example='"ACME" → "acme"'
        ),
        TransformDescription(
            name="upper", description="Makes letters capital.", example='"de" → "DE"'
        ),
        TransformDescription(
            name="digits",
            description="Keeps the digits only.",
            example='"+49 (30) 12-34" → "49301234"',
        ),
        TransformDescription(
            name="email",
            description="Takes the address out of a text, in small letters; empty without one.",
            example='"Ann <Ann@Acme.COM>" → "ann@acme.com"',
        ),
        TransformDescription(
            name="domain_of",
            description="Takes the domain of an address or a link, in small letters, without www.",
            example='"https://www.Acme.com/x" → "acme.com"',
        ),
        TransformDescription(
            name="number",
            description="Reads a number with thousands commas, a currency or a percent sign.",
            example='"$1,234.50" → "1234.50"',
        ),
        TransformDescription(
            name="number_comma",
            description="Reads a number with a decimal comma and thousands points.",
            example='"1.234,50 €" → "1234.50"',
        ),
        TransformDescription(
            name="date",
            description="Reads a date or a time written in this form (as strptime knows it).",
            example='date:%d/%m/%Y: "24/11/2026" → "2026-11-24"',
            takes="the form",
        ),
        TransformDescription(
            name="seconds",
            description="Reads seconds since 1970 as a time.",
            example='"1790000000" → "2026-09-21T13:33:20Z"',
        ),
        TransformDescription(
            name="milliseconds",
            description="Reads milliseconds since 1970 as a time.",
            example='"1790000000000" → "2026-09-21T13:33:20Z"',
        ),
        TransformDescription(
            name="split",
            description="Makes a list of the parts between the given text.",
            example='split:; : "a;b" → ["a", "b"]',
            takes="what parts them",
        ),
        TransformDescription(
            name="first",
            description="Takes the part before the first of the given text.",
            example='first:@: "ann@acme.com" → "ann"',
            takes="what parts them",
        ),
        TransformDescription(
            name="last",
            description="Takes the part behind the last of the given text.",
            example='last:/: "a/b/c" → "c"',
            takes="what parts them",
        ),
        TransformDescription(
            name="empty",
            description="Takes this text for an empty cell.",
            example='empty:n/a: "n/a" → empty',
            takes="the text",
        ),
    )
}


def check_transform(word: str) -> None:
    """See that `word` names a transform and gives it what it takes.

    Raises:
        ValueError: it does not; the message names the nearest.
    """
    name, colon, argument = word.partition(":")
    known = TRANSFORMS.get(name)
    if known is None:
        near = difflib.get_close_matches(name.lower(), TRANSFORMS, n=1, cutoff=0.5)
        hint = f' Did you mean "{near[0]}"?' if near else ""
        raise ValueError(
            f'there is no transform "{name}"; valid are {", ".join(TRANSFORMS)}.{hint}'
        )
    if known.takes is not None and not argument:
        raise ValueError(f'"{name}" needs {known.takes} behind a colon, such as {known.example}')
    if known.takes is None and colon:
        raise ValueError(f'"{name}" takes nothing behind a colon')


def markdown() -> str:
    """The table for people."""
    lines = ["| Transform | Does | Example |", "|---|---|---|"]
    for item in TRANSFORMS.values():
        written = f"{item.name}:…" if item.takes else item.name
        lines.append(f"| `{written}` | {item.description} | {item.example} |")
    return "\n".join(lines)
