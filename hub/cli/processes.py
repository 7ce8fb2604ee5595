"""How do the Procfile's worker and scheduler start?"""

from __future__ import annotations

import click


@click.command()
@click.option(
    "--queue",
    "queues",
    multiple=True,
    metavar="NAME",
    help="Serve this queue only; may be given again. Else all, the most urgent first.",
)
def worker(queues: tuple[str, ...]) -> None:
    """Run one RQ worker until it is told to stop.

    Queues: live, routine, sources, and those that connections name as their own.

    Settings come from hub.toml (HUB_CONFIG), DATABASE_URL and REDIS_URL.
    """
    from workers.main import run_worker

    run_worker(queues)


@click.command()
def scheduler() -> None:
    """Run the scheduler of periodic work until it is told to stop.

    Settings come from hub.toml (HUB_CONFIG), DATABASE_URL and REDIS_URL.
    """
    from workers.main import run_scheduler

    run_scheduler()
