"""What is said when a server that the hub brings along cannot run here?"""

from __future__ import annotations


class EmbeddedError(Exception):
    """An embedded server cannot start, and the message says why and what to do.

    The embedded servers know nothing of the hub, so this is no `HubError`; the command line
    shows both alike.
    """
