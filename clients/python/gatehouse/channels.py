"""The protocols of exec, attach and port-forward: a WebSocket whose messages begin with the number of their channel.

The WebSocket itself is the package websockets, an extra: it has both a synchronous and an asyncio client.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .address import proxy_of
from .config import Config
from .errors import ApiError, ConfigError, ConnectionFailed, ExitError, GatehouseError, error_of, status_error
from .request import Request

STDIN, STDOUT, STDERR, ERROR, RESIZE, CLOSE = 0, 1, 2, 3, 4, 255
STREAMS = {STDOUT: "stdout", STDERR: "stderr"}
V5 = "v5.channel.k8s.io"
"""Channels can be closed in it."""
SESSION_PROTOCOLS = (V5, "v4.channel.k8s.io")

DATA, FAULT = 0, 1
"""The channels of a forwarded port, each of which begins with the port's number."""
PORT_PROTOCOLS = ("v4.channel.k8s.io",)

CHUNK = 32 << 10
MAX_MESSAGE = 16 << 20
PING_INTERVAL = 20
PING_TIMEOUT = 40
"""How many seconds a peer may leave a ping unanswered before it is taken for gone."""


@dataclass(frozen=True)
class Output:
    """The output of a command and its exit code."""

    stdout: bytes
    stderr: bytes
    code: int

    def check(self) -> Output:
        """Raise an ExitError unless the code is 0."""
        if self.code != 0:
            said = self.stderr.decode(errors="replace").strip()
            raise ExitError(self.code, f"the command exits with {self.code}: {said}" if said else f"the command exits with {self.code}")
        return self


def session_request(path: str, command: Sequence[str], container: str | None, stdin: bool, tty: bool) -> Request:
    if isinstance(command, str):
        raise TypeError("the command is a list of words")
    query = [("stdin", _word(stdin)), ("stdout", "true"), ("stderr", _word(not tty)), ("tty", _word(tty))]
    if container:
        query.append(("container", container))
    return Request("GET", path, query + [("command", word) for word in command])


def port_request(path: str, port: int) -> Request:
    return Request("GET", path, {"ports": str(port)})


def _word(value: bool) -> str:
    return "true" if value else "false"


def address(base: str, request: Request) -> str:
    return "ws" + base.removeprefix("http") + request.target()


def settings(config: Config, context: Any, headers: list[tuple[str, str]], protocols: Sequence[str]) -> dict[str, Any]:
    """The arguments of connect, which are the same in both of the library's clients."""
    out: dict[str, Any] = {
        "additional_headers": headers,
        "user_agent_header": None,
        "subprotocols": list(protocols),
        "compression": None,
        "proxy": proxy_of(config) or None,
        "open_timeout": 45,
        "ping_interval": PING_INTERVAL,
        "ping_timeout": PING_TIMEOUT,
        "close_timeout": 2,
        "max_size": MAX_MESSAGE,
    }
    if config.host.startswith("https"):
        out["ssl"] = context
        if config.server_name:
            out["server_hostname"] = config.server_name
    return out


def library() -> Any:
    """The exceptions of websockets. Without the package, a ConfigError names the extra to install."""
    try:
        import websockets.exceptions
    except ImportError as fault:
        raise ConfigError("exec, attach and port_forward need the extra: pip install 'gatehouse-client[streams]'") from fault
    return websockets.exceptions


def refused(request: Request, fault: Exception) -> GatehouseError:
    """The error for a refused or failed handshake."""
    answer = getattr(fault, "response", None)
    if answer is not None and answer.status_code >= 400:
        return error_of(answer.status_code, bytes(answer.body or b""))
    return ConnectionFailed(f"{request.method} {request.path}: {fault}")


def spoken(request: Request, protocol: str | None, protocols: Sequence[str]) -> str:
    """The subprotocol that was negotiated; it is an error when there is none."""
    if protocol is None:
        raise ConnectionFailed(f"{request.method} {request.path}: the server speaks none of {', '.join(protocols)}")
    return protocol


def message(channel: int, data: bytes) -> bytes:
    return bytes((channel,)) + data


def parts(received: str | bytes) -> tuple[int, bytes]:
    """A message's channel and payload; channel -1 for an empty message."""
    data = received.encode() if isinstance(received, str) else received
    return (data[0], data[1:]) if data else (-1, b"")


def resize(width: int, height: int) -> bytes:
    return message(RESIZE, json.dumps({"Width": width, "Height": height}).encode())


def exit_code(data: bytes) -> int:
    """The exit code in the Status that ends a command. A command that could not be started is an ApiError."""
    try:
        status = json.loads(data)
        if status.get("status") == "Success":
            return 0
        if status.get("reason") == "NonZeroExitCode":
            for cause in (status.get("details") or {}).get("causes") or ():
                if cause.get("reason") == "ExitCode":
                    return int(cause["message"])
    except (ValueError, TypeError, KeyError, AttributeError) as fault:
        raise GatehouseError(f"end of a command: {data[:200]!r}") from fault
    raise status_error(status)


class PortReader:
    """Reassembles the data of a forwarded port from its messages."""

    def __init__(self) -> None:
        self._begun: set[int] = set()
        self._rest = bytearray()

    def take(self, size: int) -> bytes:
        """Up to size buffered bytes."""
        out = bytes(self._rest[:size])
        del self._rest[:size]
        return out

    def put(self, received: str | bytes) -> None:
        """Add a message. An error that the server reports on the fault channel is raised."""
        channel, data = parts(received)
        if channel not in (DATA, FAULT):
            return
        if channel not in self._begun:
            self._begun.add(channel)
            if len(data) < 2:
                raise GatehouseError(f"port forward: channel {channel} begins with {len(data)} bytes instead of the port")
            data = data[2:]
        if channel == FAULT and data:
            raise ConnectionFailed(f"port forward: {data.decode(errors='replace')}", broke=True)
        if channel == DATA:
            self._rest += data


def renew_after(error: GatehouseError, renewable: bool, again: bool) -> bool:
    """Whether to try a refused connection once more with new credentials."""
    return isinstance(error, ApiError) and error.code == 401 and renewable and not again
