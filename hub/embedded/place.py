"""Where do Postgres' data lie when root's state folder is closed to the user that runs it?"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
from pathlib import Path

from hub.embedded.account import Account, can_reach
from hub.embedded.binaries import shared_folder

logger = logging.getLogger(__name__)

OPEN_TO_PASS = 0o711


def data_folder(state: Path, account: Account | None) -> Path:
    """`data` in the state folder where that can be; else a place elsewhere, noted in `place`.

    The folders above are the user's and keep their modes.
    """
    note = state / "place"
    if note.is_file():
        noted = Path(note.read_text().strip())
        if _belongs_to(noted, state):
            return noted / "data"
    inside = state / "data"
    if account is None or inside.is_dir() or can_reach(inside, account):
        return inside
    place = _new_place(state)
    note.write_text(f"{place}\n")
    return place / "data"


def _belongs_to(place: Path, state: Path) -> bool:
    """Is the place this state folder's: made for it, or for one that has moved here?"""
    sign = place / "belongs_to"
    if not sign.is_file():
        return False
    owner = Path(sign.read_text().strip())
    if owner != state and not owner.exists():
        sign.write_text(f"{state}\n")
        owner = state
    return owner == state


def _new_place(state: Path) -> Path:
    name = hashlib.sha256(os.fsencode(state)).hexdigest()[:16]
    place = shared_folder() / f"state-{name}"
    if place.exists():
        # The state folder was removed and made again. Its old data wait for one more round.
        aside = place.with_name(f"{place.name}.before")
        shutil.rmtree(aside, ignore_errors=True)
        place.rename(aside)
        logger.warning("Data of an earlier %s were set aside in %s.", state, aside)
    place.mkdir(mode=OPEN_TO_PASS)
    place.chmod(OPEN_TO_PASS)
    (place / "belongs_to").write_text(f"{state}\n")
    return place
