"""How does a program start so that it does not outlive whoever started it?

Run as a file: `python launch.py PARENT SIGNAL UID GID -- COMMAND...`. It changes the user where one
is given, asks the kernel for SIGNAL at the parent's death and becomes the command. Where the
kernel offers no such thing (macOS) a watcher sends the signal.
"""

from __future__ import annotations

import ctypes
import os
import sys
import time

PR_SET_PDEATHSIG = 1
UNCHANGED = -1


def main(arguments: list[str]) -> None:
    """Become the command behind `--`."""
    parent, signal_number, uid, gid = (int(word) for word in arguments[:4])
    command = arguments[5:]
    if gid != UNCHANGED:
        os.setgroups([])
        os.setgid(gid)
    if uid != UNCHANGED:
        os.setuid(uid)
    # After setuid, which clears it.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal_number)
    else:
        watch(parent, signal_number)
    if os.getppid() != parent:
        sys.exit("launch: the parent is gone already")
    os.execvp(command[0], command)  # noqa: S606  # this program's whole purpose


def watch(parent: int, signal_number: int) -> None:
    """Leave a detached watcher behind that signals this process when the parent is gone."""
    target = os.getpid()
    first = os.fork()
    if first:
        os.waitpid(first, 0)
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    while _is_alive(parent) and _is_alive(target):
        time.sleep(0.5)
    if _is_alive(target):
        os.kill(target, signal_number)
    os._exit(0)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


if __name__ == "__main__":
    main(sys.argv[1:])
