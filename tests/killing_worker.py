"""A real worker that kills itself, its RQ parent included, right after a named step.

Run as a program: `killing_worker.py MODULE ATTRIBUTE`. The step is patched here, from the tests;
the product has no switch for it.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from workers.main import run_worker


def _die_after(step: Callable[..., Any], name: str) -> Callable[..., Any]:
    def stepped(*args: Any, **kwargs: Any) -> Any:
        step(*args, **kwargs)
        sys.stderr.write(f"killed after {name}\n")
        sys.stderr.flush()
        os.kill(os.getppid(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)

    return stepped


def main() -> None:
    """Patch the step, then work like any worker."""
    module, attribute = sys.argv[1:3]
    owner: Any = importlib.import_module(module)
    *path, last = attribute.split(".")
    for part in path:
        owner = getattr(owner, part)
    setattr(owner, last, _die_after(getattr(owner, last), f"{module}.{attribute}"))
    run_worker()


if __name__ == "__main__":
    main()
