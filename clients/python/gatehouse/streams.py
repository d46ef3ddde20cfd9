"""exec, attach and port-forward of the synchronous client."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from . import channels as ch
from . import tls
from .errors import ConnectionFailed, GatehouseError
from .request import Request

if TYPE_CHECKING:
    from .client import Client


def session(client: Client, path: str, command: Sequence[str], container: str | None, stdin: bool, tty: bool) -> Session:
    request = ch.session_request(path, command, container, stdin, tty)
    return Session(*_connect(client, request, ch.SESSION_PROTOCOLS))


def port_connection(client: Client, path: str, port: int) -> PortConnection:
    return PortConnection(_connect(client, ch.port_request(path, port), ch.PORT_PROTOCOLS)[0])


def _connect(client: Client, request: Request, protocols: Sequence[str]) -> tuple[Any, str]:
    """Open a WebSocket, with new credentials when the server refuses the old ones."""
    errors = ch.library()
    from websockets.sync.client import connect

    credentials, transport = client._credentials, client._transport
    again = False
    while True:
        context = tls.context(client.config, credentials.pair())
        arguments = ch.settings(client.config, context, transport.headers(), protocols)
        try:
            # All versions of the library support connect as a context manager. close() is the counterpart of this call.
            socket = connect(ch.address(transport.base, request), **arguments).__enter__()
        except (errors.WebSocketException, OSError) as fault:
            error: GatehouseError = ch.refused(request, fault)
            if not ch.renew_after(error, credentials.renewable, again):
                raise error from fault
            credentials.renew()
            again = True
            continue
        try:
            return socket, ch.spoken(request, socket.subprotocol, protocols)
        except ConnectionFailed:
            socket.close()
            raise


class _Channels:
    """A WebSocket that raises this package's errors."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._errors = ch.library()

    def _send(self, data: bytes) -> None:
        try:
            self._socket.send(data)
        except (self._errors.WebSocketException, OSError) as fault:
            raise ConnectionFailed(f"the connection is closed: {fault}", broke=True) from fault

    def _receive(self) -> str | bytes | None:
        """The next message; None after a normal closure."""
        try:
            received: str | bytes = self._socket.recv()
            return received
        except self._errors.ConnectionClosedOK:
            return None
        except (self._errors.WebSocketException, OSError) as fault:
            raise ConnectionFailed(f"the connection broke: {fault}", broke=True) from fault

    def close(self) -> None:
        """Close the connection, from any thread."""
        self._socket.close()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class Session(_Channels):
    """A running command. One thread reads its output, by iteration, wait or communicate; any thread may write."""

    def __init__(self, socket: Any, protocol: str) -> None:
        super().__init__(socket)
        self._protocol = protocol
        self.code: int | None = None
        """The exit code, once it has ended."""

    def __enter__(self) -> Session:
        return self

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        """Its output, as ("stdout", bytes) and ("stderr", bytes), until it exits. A command that could not be started is an ApiError."""
        while self.code is None:
            received = self._receive()
            if received is None:
                raise ConnectionFailed("the connection ended before the command did", broke=True)
            channel, data = ch.parts(received)
            if channel == ch.ERROR:
                self.code = ch.exit_code(data)
                self.close()
            elif channel in ch.STREAMS and data:
                yield ch.STREAMS[channel], data

    def write(self, data: bytes) -> None:
        """Send to its standard input."""
        for begin in range(0, len(data), ch.CHUNK):
            self._send(ch.message(ch.STDIN, data[begin : begin + ch.CHUNK]))

    def close_stdin(self) -> None:
        """Close its standard input. The v4 protocol has no message for it, so older servers are not told."""
        if self._protocol == ch.V5:
            self._send(ch.message(ch.CLOSE, bytes((ch.STDIN,))))

    def resize(self, width: int, height: int) -> None:
        """Set the size of the terminal, in columns and rows."""
        self._send(ch.resize(width, height))

    def wait(self) -> int:
        """Wait for the exit code, discarding output."""
        for _ in self:
            pass
        assert self.code is not None
        return self.code

    def communicate(self, input: bytes | None = None) -> ch.Output:
        """Send the input, close it, and collect the output."""
        writer = threading.Thread(target=self._write_all, args=(input,), daemon=True)
        writer.start()
        out: dict[str, list[bytes]] = {"stdout": [], "stderr": []}
        for stream, data in self:
            out[stream].append(data)
        writer.join()
        assert self.code is not None
        return ch.Output(b"".join(out["stdout"]), b"".join(out["stderr"]), self.code)

    def _write_all(self, data: bytes | None) -> None:
        """A command may end without having read all of its input."""
        try:
            if data is not None:
                self.write(data)
                self.close_stdin()
        except ConnectionFailed:
            pass


class PortConnection(_Channels):
    """A connection to a port of a pod, with a socket's methods."""

    def __init__(self, socket: Any) -> None:
        super().__init__(socket)
        self._reader = ch.PortReader()

    def __enter__(self) -> PortConnection:
        return self

    def recv(self, size: int = 65536) -> bytes:
        """1 to size bytes; empty at the end. An error that the server reports is a ConnectionFailed."""
        while True:
            data = self._reader.take(size)
            if data:
                return data
            received = self._receive()
            if received is None:
                return b""
            self._reader.put(received)

    def sendall(self, data: bytes) -> None:
        for begin in range(0, len(data), ch.CHUNK):
            self._send(ch.message(ch.DATA, data[begin : begin + ch.CHUNK]))
