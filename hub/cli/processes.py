"""How do the Procfile's worker and scheduler start?"""

from __future__ import annotations

import click


@click.command()
def worker() -> None:
    """Run one RQ worker until it is told to stop.

    Settings come from hub.toml (HUB_CONFIG), DATABASE_URL and REDIS_URL.
    """
    from workers.main import run_worker

    run_worker()


@click.command()
def scheduler() -> None:
    """Run the scheduler of periodic work until it is told to stop.

    Settings come from hub.toml (HUB_CONFIG), DATABASE_URL and REDIS_URL.
    """
    from workers.main import run_scheduler

    run_scheduler()
