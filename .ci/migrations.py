"""Do the migrations go up, down and up again, and do they make the tables the code declares?"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from hub.embedded.postgres import EmbeddedPostgres

STEPS = (["upgrade", "head"], ["check"], ["downgrade", "base"], ["upgrade", "head"], ["check"])


def main() -> int:
    """Run every step on an empty Postgres of our own."""
    folder = Path(tempfile.mkdtemp(prefix="hub-migrations-"))
    folder.chmod(0o711)
    server = EmbeddedPostgres(folder / "postgres", durable=False)
    environment = {**os.environ, "DATABASE_URL": server.start()}
    try:
        for step in STEPS:
            print("alembic", *step, flush=True)
            command = [sys.executable, "-m", "alembic", *step]
            done = subprocess.run(command, env=environment)  # noqa: S603  # fixed words
            if done.returncode:
                return 1
        return 0
    finally:
        server.erase()


if __name__ == "__main__":
    sys.exit(main())
