"""May a request go there? Nothing inside the network is reached unless it was allowed.

The address is checked where the connection stands, not where a name is looked up, so that neither
a redirect nor a name that changes its mind leads inside.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

from hub.errors import ConfigError


class InsideTheNetwork(ConfigError):
    """The address lies inside the network, which was not allowed."""

    code = "INSIDE_THE_NETWORK"


def require_outside(opened: socket.socket, host: str) -> None:
    """Close a connection that ended inside the network.

    Raises:
        InsideTheNetwork: it did.
    """
    address = ipaddress.ip_address(str(opened.getpeername()[0]).split("%")[0])
    if address.is_global and not address.is_multicast:
        return
    opened.close()
    raise InsideTheNetwork(
        f"{host} is {address}, inside the network. If it is a server of your own, set "
        "allow_private_network = true at the connection in hub.toml."
    )


class _OutsideHttp(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        opened = super()._new_conn()
        require_outside(opened, self.host)
        return opened


class _OutsideHttps(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        opened = super()._new_conn()
        require_outside(opened, self.host)
        return opened


class _HttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _OutsideHttp


class _HttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _OutsideHttps


class OutsideAdapter(HTTPAdapter):
    """Lets `requests` reach the outside only."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools, with connections that look where they ended."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
