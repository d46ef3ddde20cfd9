"""Sends requests with httpx."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import anyio
import httpx

from .. import tls
from ..address import base_of, proxy_of, user_agent
from ..config import Config
from ..credentials import Credentials, Pair, impersonation_headers
from ..errors import ConfigError, ConnectionFailed
from ..request import Request
from ..transport import CONNECT_TIMEOUT, SOCKET_OPTIONS

T = TypeVar("T")

PATIENCE = 30.0
"""Seconds after which an abandoned request is cancelled."""

HTTP2 = importlib.util.find_spec("h2") is not None


class Transport:
    """The connection pools of one server and one event loop.

    Short requests share an HTTP/2 connection. httpx cannot reset an HTTP/2 stream, so watches and logs use HTTP/1.1 connections of their
    own and end by closing them. httpx also breaks or leaks a connection when a request is cancelled while it connects or writes. So a
    request runs in a task of its own, which is abandoned instead of cancelled.
    """

    def __init__(self, config: Config, credentials: Credentials) -> None:
        self.base = base_of(config)
        self._config = config
        self._credentials = credentials
        self._always = [("User-Agent", user_agent(config)), *impersonation_headers(config.impersonate)]
        self._pair: Pair | None = None
        self._http: _Both | None = None
        self._old: _Both | None = None
        self._running: set[asyncio.Task[Any]] = set()
        if config.exec is None:  # report configuration errors from the constructor
            self._pair = credentials.pair()
            self._http = _Both(config, self._pair)

    async def headers(self) -> list[tuple[str, str]]:
        """The headers of every request."""
        return self._always + await self._of(self._credentials.headers)

    async def pair(self) -> Pair | None:
        return await self._of(self._credentials.pair)

    async def _of(self, ask: Callable[[], T]) -> T:
        """Renewable credentials may read a file or run a plugin, so they are called in a worker thread."""
        return await asyncio.to_thread(ask) if self._credentials.renewable else ask()

    async def send(self, request: Request, forever: bool = False) -> httpx.Response:
        """Send a request once. The response has been read; with forever, the caller reads and closes it unless its code is 400 or more."""
        headers = await self.headers() + request.headers()
        http = await self._now()
        if forever:
            headers.append(("Accept-Encoding", "identity"))
        task = self._begin(self._send(http.forever if forever else http.short, request, headers, forever))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(self._unwanted)
            asyncio.get_running_loop().call_later(PATIENCE, task.cancel)
            raise

    def _begin(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def _unwanted(self, done: asyncio.Task[httpx.Response]) -> None:
        """Close the response of an abandoned request."""
        if not done.cancelled() and done.exception() is None:
            self._begin(done.result().aclose())

    async def _send(self, http: httpx.AsyncClient, request: Request, headers: list[tuple[str, str]], forever: bool) -> httpx.Response:
        extensions = {"sni_hostname": self._config.server_name} if self._config.server_name else None
        timeout = httpx.Timeout(None, connect=CONNECT_TIMEOUT, read=None if forever else self._config.timeout)
        with translated(request):
            asked = http.build_request(
                request.method, self.base + request.target(), content=request.body, headers=headers, timeout=timeout, extensions=extensions
            )
            answer = await http.send(asked, stream=forever)
            if forever and answer.status_code >= 400:
                await answer.aread()
            return answer

    async def _now(self) -> _Both:
        """The pools for the current client certificate. The previous ones stay open, since requests may be in flight."""
        pair = await self.pair()
        if self._http is None or pair != self._pair:
            old, self._old = self._old, self._http
            self._http, self._pair = _Both(self._config, pair), pair
            if old is not None:
                await old.close()
        return self._http

    async def close(self) -> None:
        for _ in range(2):  # the second round is for responses that the first one closes
            if self._running:
                await asyncio.wait(set(self._running), timeout=1)
        for task in self._running:
            task.cancel()
        for http in (self._http, self._old):
            if http is not None:
                await http.close()
        self._http = self._old = None


class _Both:
    """The pools for short requests, and for watches and logs."""

    def __init__(self, config: Config, pair: Pair | None) -> None:
        self.short = _connections(config, pair, HTTP2 and not config.http1)
        self.forever = _connections(config, pair, False)

    async def close(self) -> None:
        await self.short.aclose()
        await self.forever.aclose()


def _connections(config: Config, pair: Pair | None, http2: bool) -> httpx.AsyncClient:
    context = tls.context(config, pair)  # not shared: httpx sets its ALPN protocols
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=32)
    try:
        transport = httpx.AsyncHTTPTransport(
            verify=context, http2=http2, limits=limits, proxy=proxy_of(config) or None, socket_options=SOCKET_OPTIONS
        )
    except (ImportError, ValueError) as fault:
        raise ConfigError(f"proxy: {fault}") from fault
    return httpx.AsyncClient(transport=transport, trust_env=False)


@contextmanager
def translated(request: Request) -> Iterator[None]:
    """Convert the library's exceptions."""
    try:
        yield
    except (httpx.HTTPError, httpx.StreamError, OSError, anyio.ClosedResourceError, anyio.BrokenResourceError) as fault:
        never = isinstance(fault, (httpx.ConnectError, httpx.TimeoutException, httpx.ProxyError, httpx.UnsupportedProtocol))
        said = str(fault) or type(fault).__name__
        # httpx does not check whether an idle HTTP/2 connection is still open: writing to it fails.
        unsent = isinstance(fault, httpx.WriteError)
        raise ConnectionFailed(f"{request.method} {request.path}: {said}", broke=not never, unsent=unsent) from fault
