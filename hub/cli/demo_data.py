"""What does the demo keep in its state folder, and how does it get there the first time?"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hub.errors import ConfigError

if TYPE_CHECKING:
    from hub.demo.company import Company
    from hub.demo.loading import Progress

# The stand-in's address may change from start to start; the file stays as its owner left it.
SANDBOX_URL = "${HUB_SANDBOX_URL:-http://127.0.0.1:8400}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Loaded:
    """Which company was loaded: the mark that loading is complete."""

    base: str
    today: str
    source: str | None


class DemoFolder:
    """The demo's files within the state folder."""

    def __init__(self, home: Path) -> None:
        self.home = home

    @property
    def base_file(self) -> Path:
        """What the stand-in loads at its first start."""
        return self.home / "demo-base.json"

    @property
    def sandbox_data(self) -> Path:
        """Where the stand-in keeps its own state."""
        return self.home / "sandbox"

    @property
    def config(self) -> Path:
        """The demo's hub.toml; its owner may edit it."""
        return self.home / "hub.toml"

    @property
    def report(self) -> Path:
        """What reading the sheets came to."""
        return self.home / "demo-report.json"

    @property
    def _mark(self) -> Path:
        return self.home / "demo.json"

    def loaded(self) -> Loaded | None:
        """The company that is there, if loading it came to its end."""
        try:
            return Loaded(**json.loads(self._mark.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (TypeError, ValueError) as problem:
            raise ConfigError(
                f"{self._mark} cannot be read. Start afresh with: hub demo --reset"
            ) from problem

    def token(self) -> str:
        """The token that opens the stand-in's base, drawn once."""
        file = self.home / "airtable-token"
        try:
            return file.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            token = f"pat{secrets.token_urlsafe(18)}"
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(handle, "w", encoding="utf-8") as opened:
                opened.write(token)
            return token

    def build(self, source: Path | None) -> Company:
        """Make the company and write the stand-in's base and the hub.toml from it.

        Raises:
            InvalidInput: a sheet of `source` cannot be used.
        """
        from hub.demo.base_file import write_base_file
        from hub.demo.base_ids import BaseIds
        from hub.demo.company import build
        from hub.demo.settings import demo_config_text

        company = build(source=source)
        write_base_file(company, self.base_file, token=self.token())
        company.report.store(self.report)
        if not self.config.exists():
            base = BaseIds(seed=company.seed).base
            self.config.write_text(
                demo_config_text(
                    company, airtable_url=SANDBOX_URL, grid_url=f"{SANDBOX_URL}/{base}"
                ),
                encoding="utf-8",
            )
        return company

    def load_central(self, company: Company, database_url: str, progress: Progress) -> int:
        """Fill the central tables; the number of rows loaded."""
        from hub.demo.loading import load_central
        from hub.store.database import Database

        database = Database(database_url, application_name="hub-demo")
        try:
            report = load_central(company, database, progress)
        finally:
            database.dispose()
        return report.total

    def set_mark(self, company: Company, source: Path | None) -> Loaded:
        """Remember that loading came to its end."""
        from hub.demo.base_ids import BaseIds

        loaded = Loaded(
            base=BaseIds(seed=company.seed).base,
            today=company.today.isoformat(),
            source=str(source) if source else None,
        )
        draft = self._mark.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(loaded)), encoding="utf-8")
        draft.replace(self._mark)
        return loaded

    def erase(self) -> None:
        """Remove the demo's state; a hub.toml that was there stays beside as hub.toml.before."""
        from hub.embedded.postgres import EmbeddedPostgres
        from hub.embedded.valkey import EmbeddedValkey

        EmbeddedPostgres(self.home / "postgres").erase()
        EmbeddedValkey(self.home / "valkey").erase()
        shutil.rmtree(self.sandbox_data, ignore_errors=True)
        if self.config.exists():
            self.config.replace(self.config.with_name("hub.toml.before"))
        for file in (self._mark, self.base_file, self.report):
            file.unlink(missing_ok=True)
