"""Which process holds a lease, and is that process still there?

A lease ends by itself, but whoever runs beside a killed worker need not wait for that: on the
same machine, in the same process namespace, a process that is gone cannot send anything more.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

_PROC = Path("/proc")


def worker_name() -> str:
    """Names this process among all machines: machine, process number, when it began."""
    return f"{_machine()}:{os.getpid()}:{_began(os.getpid()) or 0}"


def is_gone(holder: str) -> bool:
    """Whether the holder was a process of this machine that has ended for certain."""
    machine, _, rest = holder.rpartition(":")
    machine, _, number = machine.rpartition(":")
    if machine != _machine() or not number.isdigit() or rest in {"", "0"}:
        return False
    return _began(int(number)) != rest


def _machine() -> str:
    try:
        namespace = os.stat(_PROC / "self" / "ns" / "pid").st_ino
        boot = (_PROC / "sys" / "kernel" / "random" / "boot_id").read_text().strip()[:8]
    except OSError:
        return socket.gethostname()
    return f"{socket.gethostname()}.{boot}.{namespace}"


def _began(process: int) -> str | None:
    """The start time of a process in clock ticks since boot; None when there is no such process.

    Field 22 of /proc/PID/stat (proc(5)); a zombie has ended, too.
    """
    try:
        status = (_PROC / str(process) / "stat").read_text()
    except OSError:
        return None
    fields = status.rpartition(")")[2].split()
    return None if fields[0] in {"Z", "X"} else fields[19]
