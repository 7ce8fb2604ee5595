"""What is the published schema? `python -m hub_graphql.export` writes it, `--check` compares.

The types stand in the order of their names, so that a diff shows what changed and nothing else.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Sequence
from pathlib import Path

from hub_graphql.schema import build_schema

SDL_FILE = Path(__file__).parents[1] / "schema.graphql"


def published_schema() -> str:
    """The SDL of the schema as it is declared now."""
    return build_schema().schema.as_str() + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the SDL, or say what it would change."""
    parser = argparse.ArgumentParser(prog="python -m hub_graphql.export", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare; exit 1 on a difference")
    parser.add_argument("--file", type=Path, default=SDL_FILE, help="default: %(default)s")
    options = parser.parse_args(arguments)
    declared = published_schema()
    if not options.check:
        options.file.write_text(declared, encoding="utf-8")
        print(f"{options.file.name}: {len(declared.splitlines())} lines written.")
        return 0
    published = options.file.read_text(encoding="utf-8") if options.file.exists() else ""
    if published == declared:
        return 0
    sys.stderr.writelines(
        difflib.unified_diff(
            published.splitlines(keepends=True),
            declared.splitlines(keepends=True),
            "published",
            "declared",
            n=1,
        )
    )
    print(
        f"{options.file.name} is not what the types declare:"
        " run python -m hub_graphql.export and review the diff.",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
