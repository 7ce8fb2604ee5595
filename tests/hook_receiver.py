"""Who answers the pings of a webhook in a test?"""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class HookReceiver:
    """A real HTTP server that keeps every ping and answers what it is told to."""

    def __init__(self) -> None:
        self.pings: list[tuple[bytes, str]] = []
        self.status = 204
        self._arrived = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()
                receiver._note(body, self.headers["X-Airtable-Content-MAC"])

            def log_message(self, format: str, *args: object) -> None:
                """Nothing on the terminal."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/ping"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()

    def _note(self, body: bytes, mac: str) -> None:
        with self._arrived:
            self.pings.append((body, mac))
            self._arrived.notify_all()

    def wait(self, count: int, seconds: float = 5.0) -> list[tuple[bytes, str]]:
        """The pings, once there are `count` of them."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.pings) >= count, seconds):
                raise AssertionError(f"{len(self.pings)} of {count} pings after {seconds} s")
            return list(self.pings)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
