"""How does a test get the web process: in this process, or served on a port of its own?"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from hub import app

TOKEN = "patAAAAAAAAAAAAAA." + "b" * 64
SETTINGS = """
[connection.crm]
kind = "airtable"
endpoint = "http://127.0.0.1:9"
token = "${AIRTABLE_TOKEN}"
base = "app00000000000000"
grid_url = "http://127.0.0.1:9/app00000000000000"

[connection.crm.stream.clients]
table = "tbl00000000000001"
entity = "client"
hub_id_field = "fld00000000000001"
fields = { name = "fld00000000000002" }

[connection.crm.stream.deals]
table = "tbl00000000000002"
entity = "deal"
hub_id_field = "fld00000000000003"
fields = { code = "fld00000000000004" }
"""


def built_app(
    folder: Path, database_url: str, redis_url: str, settings: str = SETTINGS, **environ: str
) -> ASGIApp:
    """The web process of these servers and settings, not yet served."""
    (folder / "hub.toml").write_text(settings)
    return app.build(
        app.read_settings(
            {
                "HUB_CONFIG": str(folder / "hub.toml"),
                "DATABASE_URL": database_url,
                "REDIS_URL": redis_url,
                "AIRTABLE_TOKEN": TOKEN,
                **environ,
            }
        )
    )


def client_of(app: ASGIApp) -> TestClient:
    """A program that speaks with the web process on this machine."""
    return TestClient(app, base_url="http://127.0.0.1")


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """The address of the web process on a free port; it stops at the end."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started:
            assert time.monotonic() < deadline, "the web process did not start"
            threading.Event().wait(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=10)
