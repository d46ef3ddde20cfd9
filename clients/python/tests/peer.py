"""Servers of the tests, and a resource that they serve."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import gatehouse
from gatehouse import Row, Subresource

THINGS = Row(
    "example.com",
    "v1",
    "things",
    "Thing",
    subresources=(Subresource("size", "example.com", "v1", "Size", verbs=("get", "create")),),
)


def thing(name: str, version: str = "1", **more: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "n", "uid": "u-" + name, "resourceVersion": version, **more}
    return {"kind": "Thing", "apiVersion": "example.com/v1", "metadata": metadata}


class Exchange(BaseHTTPRequestHandler):
    """One request, and what may be done about it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    handle_with: Callable[[Exchange], None]

    def serve(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        self.query = dict(parse_qsl(parts.query))
        self.handle_with(self)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve

    def answer(self, value: Any, code: int = 200, **headers: str) -> None:
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        self.end_headers()
        self.wfile.write(data)

    def refuse(self, code: int, reason: str, **headers: str) -> None:
        status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": "no: " + reason}
        self.answer(status, code, **headers)

    def begin(self) -> None:
        """Begin an answer that comes in chunks."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def chunk(self, data: bytes) -> None:
        """A chunk; the last one is empty."""
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def drop(self) -> None:
        """Close the connection without another word."""
        self.close_connection = True
        self.wfile.flush()
        self.connection.shutdown(2)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a client that is gone is no fault of the test's server


@contextmanager
def peer(handle: Callable[[Exchange], object], context: ssl.SSLContext | None = None) -> Iterator[gatehouse.Config]:
    """A server, and the configuration of its clients."""
    handler = type("Handler", (Exchange,), {"handle_with": lambda self, exchange: handle(exchange)})
    server = _Server(("127.0.0.1", 0), handler)
    if context is not None:
        # The handshake is done by the first read, in the thread of the connection.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield gatehouse.Config(host=f"{'https' if context else 'http'}://127.0.0.1:{server.server_address[1]}")
    finally:
        server.shutdown()
        server.server_close()


def waits(client: Any) -> list[float]:
    """Make a client note how long it would wait instead of waiting."""
    noted: list[float] = []
    if isinstance(client, gatehouse.Client):
        client._sleep = noted.append
    else:

        async def sleep(seconds: float) -> None:
            noted.append(seconds)

        client._sleep = sleep
    return noted
