"""Which account does a name mean, when people write it with other capitals?"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from hub.demo.report import Applications


class NameIndex:
    """Finds a name as it is written, else one that differs only in capitals."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = dict.fromkeys(names)
        self._folded: dict[str, str | None] = {}
        for name in self._names:
            folded = name.casefold()
            # Two names that differ only in capitals: neither may be guessed.
            self._folded[folded] = None if folded in self._folded else name

    def find(self, text: str) -> str | None:
        """The name that `text` means, if it means exactly one."""
        return text if text in self._names else self._folded.get(text.casefold())

    def count_if_changed(
        self, applications: Applications, *, sheet: str, column: str, text: str
    ) -> None:
        """Report that `text` was taken for a name that is written otherwise."""
        found = self.find(text)
        if found is not None and found != text:
            applications.count(
                rule="capitals",
                sheet=sheet,
                column=column,
                found=text,
                became=found,
                reason="The account sheet writes the name with other capitals.",
            )

    def with_near_miss(self, text: str) -> str:
        """`text`, and the name it is close to if there is one."""
        near = difflib.get_close_matches(text, self._names, n=1, cutoff=0.8)
        return f"{text} (close to {near[0]})" if near else text
