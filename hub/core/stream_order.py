"""In which order are streams worked on, so that links find the records they point to?"""

from __future__ import annotations

from collections.abc import Mapping

from hub.core.mapping import StreamMapping


def order_streams(mappings: Mapping[str, StreamMapping]) -> tuple[str, ...]:
    """Stream names, those that others link to first; cycles are cut where they are met."""
    ordered: list[str] = []
    visiting: set[str] = set()

    def visit(name: str) -> None:
        if name in visiting or name in ordered:
            return
        visiting.add(name)
        for parent in sorted({m.link for m in mappings[name].fields if m.link}):
            if parent in mappings and parent != name:
                visit(parent)
        visiting.discard(name)
        ordered.append(name)

    for name in sorted(mappings):
        visit(name)
    return tuple(ordered)
