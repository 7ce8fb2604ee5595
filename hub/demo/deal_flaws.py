"""Which flaws of the deals are kept, how many are there, and why do they stay?"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from hub.demo.names import NameIndex
from hub.demo.report import Kept, examples_of
from hub.demo.rows import HubRow
from hub.demo.teams import Team

_SHEET = "sales_pipeline"
_WHY = {
    "deals without an account": (
        "account",
        "Kept as unmatched: the client stays empty until a person links one.",
    ),
    "deals with an account that is not in the account sheet": (
        "account",
        "Kept as unmatched: no client is invented, none is guessed.",
    ),
    "open deals without dates": (
        "engage_date",
        "Prospecting deals that nobody has engaged yet: the dates stay empty.",
    ),
    "engaged or closed deals without the day of engagement": (
        "engage_date",
        "The day stays empty: nothing in the sheet tells it.",
    ),
    "closed deals without the day of closing": (
        "close_date",
        "The day stays empty: nothing in the sheet tells it.",
    ),
    "open deals with a day of closing": ("close_date", "Kept as it stands."),
    "deals closed before they were engaged": ("close_date", "Kept as it stands."),
    "won deals without an amount": ("close_value", "The amount stays empty."),
    "deals of a product that is not in the product sheet": ("product", "Kept as it stands."),
    "deals of a seller who is in no team": (
        "sales_agent",
        "Manager and region stay empty.",
    ),
}


class DealFlaws:
    """Notes what is wrong with deals while they are read."""

    def __init__(
        self,
        *,
        names: NameIndex,
        products: Sequence[str] | None,
        teams: Mapping[str, Team] | None,
    ) -> None:
        self._names = names
        self._products = products
        self._teams = teams
        self._found: dict[str, list[str]] = {}
        self._sellers: set[str] = set()

    def note(self, deal: HubRow, *, account: str | None) -> None:
        """Look at one deal."""
        code = str(deal["code"])
        if account is None:
            self._add("deals without an account", code)
        elif deal["client_id"] is None:
            self._add("deals with an account that is not in the account sheet", account)
        self._note_days(deal, code)
        if deal["stage"] == "won" and deal["amount"] is None:
            self._add("won deals without an amount", code)
        product, owner = deal["product"], deal["owner"]
        if self._products is not None and isinstance(product, str):
            self._note_product(product)
        if isinstance(owner, str):
            self._sellers.add(owner)
            if self._teams is not None and owner not in self._teams:
                self._add("deals of a seller who is in no team", owner)

    def kept(self) -> tuple[Kept, ...]:
        """The flaws that were found, the deals' first."""
        kept = [
            Kept(
                flaw=flaw,
                sheet=_SHEET,
                column=_WHY[flaw][0],
                count=len(found),
                reason=_WHY[flaw][1],
                examples=self._examples(flaw, found),
            )
            for flaw, found in self._found.items()
        ]
        idle = sorted(set(self._teams or ()) - self._sellers)
        if idle:
            kept.append(
                Kept(
                    flaw="sellers without a deal",
                    sheet="sales_teams",
                    column="sales_agent",
                    count=len(idle),
                    reason="They stay out: only deals name sellers.",
                    examples=examples_of(idle),
                )
            )
        return tuple(kept)

    def _note_days(self, deal: HubRow, code: str) -> None:
        engaged, closed = deal["engaged_on"], deal["closed_on"]
        is_closed = deal["stage"] in {"won", "lost"}
        if engaged is None and closed is None and deal["stage"] == "prospecting":
            self._add("open deals without dates", code)
        elif engaged is None:
            self._add("engaged or closed deals without the day of engagement", code)
        if is_closed and closed is None:
            self._add("closed deals without the day of closing", code)
        if not is_closed and closed is not None:
            self._add("open deals with a day of closing", code)
        if engaged is not None and closed is not None and str(closed) < str(engaged):
            self._add("deals closed before they were engaged", code)

    def _note_product(self, product: str) -> None:
        assert self._products is not None  # noqa: S101  # the caller has looked
        if product not in self._products:
            self._add("deals of a product that is not in the product sheet", product)

    def _add(self, flaw: str, example: str) -> None:
        self._found.setdefault(flaw, []).append(example)

    def _examples(self, flaw: str, found: Sequence[str]) -> tuple[str, ...]:
        examples = examples_of(found)
        if flaw.startswith("deals with an account"):
            return tuple(self._names.with_near_miss(text) for text in examples)
        if flaw.startswith("deals of a product"):
            return tuple(_near(text, self._products or ()) for text in examples)
        return examples


def _near(text: str, choices: Sequence[str]) -> str:
    near = difflib.get_close_matches(text, choices, n=1, cutoff=0.8)
    return f"{text} (close to {near[0]})" if near else text
