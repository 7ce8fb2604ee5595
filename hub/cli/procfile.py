"""Which processes does the Procfile name, and with which environment do they run here?"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import hub
from hub.cli.supervisor import Program
from hub.errors import ConfigError

PROJECT = Path(hub.__file__).parents[1]
PROCFILE = PROJECT / "Procfile"


def programs(environ: Mapping[str, str]) -> list[Program]:
    """The Procfile's processes, in its order."""
    if not PROCFILE.is_file():
        raise ConfigError(
            f"{PROCFILE} is missing: start from a checkout of the repository, whose Procfile says"
            " which processes run."
        )
    from honcho.environ import parse_procfile

    found = parse_procfile(PROCFILE.read_text(encoding="utf-8")).processes
    return [Program(name=name, command=command, environ=environ) for name, command in found.items()]


def child_environ(**settings: str) -> dict[str, str]:
    """This process's environment with settings on top; the hub's own programs come first."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return {**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1", **settings}
