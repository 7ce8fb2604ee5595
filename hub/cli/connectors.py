"""How does a person see, check and read the connections from the command line?"""

from __future__ import annotations

import click

from hub.cli.connectors_look import check, discover, list_connections, preview
from hub.cli.connectors_run import letters, replay, run


@click.group()
def connectors() -> None:
    """See, check and read the connections of hub.toml."""


for _command in (list_connections, check, discover, preview, run, letters, replay):
    connectors.add_command(_command)
