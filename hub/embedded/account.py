"""Which user of this machine does a server run as, and what can that user reach?"""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """A user of the operating system."""

    name: str
    uid: int
    gid: int


def unprivileged() -> Account | None:
    """The user that Postgres runs as when root starts it, which it refuses; else nobody else."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam("nobody")
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def has_entry(uid: int) -> bool:
    """Is there a user of this number? Containers run under any; Postgres asks for a name."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def name_of(uid: int) -> str:
    """A user's name, for a message."""
    return pwd.getpwuid(uid).pw_name if has_entry(uid) else str(uid)


def can_reach(path: Path, account: Account) -> bool:
    """May this user pass through every folder above the path?"""
    return all(_can_pass(folder, account) for folder in path.resolve().parents)


def _can_pass(folder: Path, account: Account) -> bool:
    try:
        status = folder.stat()
    except FileNotFoundError:
        return True  # made by us later, and open
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)
