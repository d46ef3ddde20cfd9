"""exec, attach and port-forward, for asyncio: see gatehouse.streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from .. import channels as ch
from .. import tls
from ..errors import ConnectionFailed
from ..request import Request

if TYPE_CHECKING:
    from .client import AsyncClient


async def session(client: AsyncClient, path: str, command: Sequence[str], container: str | None, stdin: bool, tty: bool) -> AsyncSession:
    request = ch.session_request(path, command, container, stdin, tty)
    return AsyncSession(*await _connect(client, request, ch.SESSION_PROTOCOLS))


async def port_connection(client: AsyncClient, path: str, port: int) -> AsyncPortConnection:
    return AsyncPortConnection((await _connect(client, ch.port_request(path, port), ch.PORT_PROTOCOLS))[0])


async def _connect(client: AsyncClient, request: Request, protocols: Sequence[str]) -> tuple[Any, str]:
    """Open a WebSocket, with new credentials when the server refuses the old ones."""
    errors = ch.library()
    from websockets.asyncio.client import connect

    credentials, transport = client._credentials, client._transport
    again = False
    while True:
        context = tls.context(client.config, await transport.pair())
        arguments = ch.settings(client.config, context, await transport.headers(), protocols)
        try:
            socket = await connect(ch.address(transport.base, request), **arguments)
        except (errors.WebSocketException, OSError) as fault:
            error = ch.refused(request, fault)
            if not ch.renew_after(error, credentials.renewable, again):
                raise error from fault
            credentials.renew()
            again = True
            continue
        try:
            return socket, ch.spoken(request, socket.subprotocol, protocols)
        except ConnectionFailed:
            await socket.close()
            raise


class _Channels:
    """A WebSocket that raises this package's errors."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._errors = ch.library()

    async def _send(self, data: bytes) -> None:
        try:
            await self._socket.send(data)
        except (self._errors.WebSocketException, OSError) as fault:
            raise ConnectionFailed(f"the connection is closed: {fault}", broke=True) from fault

    async def _receive(self) -> str | bytes | None:
        """The next message; None after a normal closure."""
        try:
            received: str | bytes = await self._socket.recv()
            return received
        except self._errors.ConnectionClosedOK:
            return None
        except (self._errors.WebSocketException, OSError) as fault:
            raise ConnectionFailed(f"the connection broke: {fault}", broke=True) from fault

    async def close(self) -> None:
        await self._socket.close()

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()


class AsyncSession(_Channels):
    """A running command. One task reads its output, by iteration, wait or communicate; any task may write."""

    def __init__(self, socket: Any, protocol: str) -> None:
        super().__init__(socket)
        self._protocol = protocol
        self.code: int | None = None
        """The exit code, once it has ended."""

    async def __aenter__(self) -> AsyncSession:
        return self

    async def __aiter__(self) -> AsyncIterator[tuple[str, bytes]]:
        while self.code is None:
            received = await self._receive()
            if received is None:
                raise ConnectionFailed("the connection ended before the command did", broke=True)
            channel, data = ch.parts(received)
            if channel == ch.ERROR:
                self.code = ch.exit_code(data)
                await self.close()
            elif channel in ch.STREAMS and data:
                yield ch.STREAMS[channel], data

    async def write(self, data: bytes) -> None:
        for begin in range(0, len(data), ch.CHUNK):
            await self._send(ch.message(ch.STDIN, data[begin : begin + ch.CHUNK]))

    async def close_stdin(self) -> None:
        if self._protocol == ch.V5:
            await self._send(ch.message(ch.CLOSE, bytes((ch.STDIN,))))

    async def resize(self, width: int, height: int) -> None:
        await self._send(ch.resize(width, height))

    async def wait(self) -> int:
        async for _ in self:
            pass
        assert self.code is not None
        return self.code

    async def communicate(self, input: bytes | None = None) -> ch.Output:
        writer = asyncio.create_task(self._write_all(input))
        out: dict[str, list[bytes]] = {"stdout": [], "stderr": []}
        try:
            async for stream, data in self:
                out[stream].append(data)
        finally:
            writer.cancel()
            await asyncio.wait({writer})
        assert self.code is not None
        return ch.Output(b"".join(out["stdout"]), b"".join(out["stderr"]), self.code)

    async def _write_all(self, data: bytes | None) -> None:
        """A command may end without having read all of its input."""
        try:
            if data is not None:
                await self.write(data)
                await self.close_stdin()
        except ConnectionFailed:
            pass


class AsyncPortConnection(_Channels):
    """A connection to a port of a pod."""

    def __init__(self, socket: Any) -> None:
        super().__init__(socket)
        self._reader = ch.PortReader()

    async def __aenter__(self) -> AsyncPortConnection:
        return self

    async def recv(self, size: int = 65536) -> bytes:
        while True:
            data = self._reader.take(size)
            if data:
                return data
            received = await self._receive()
            if received is None:
                return b""
            self._reader.put(received)

    async def sendall(self, data: bytes) -> None:
        for begin in range(0, len(data), ch.CHUNK):
            await self._send(ch.message(ch.DATA, data[begin : begin + ch.CHUNK]))
