"""Sends requests with httpx."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import anyio
import httpx

from .. import tls
from ..address import base_of, proxy_of, user_agent
from ..config import Config
from ..credentials import Credentials, Pair, impersonation_headers
from ..errors import ConnectionFailed
from ..request import Request
from ..transport import CONNECT_TIMEOUT, SOCKET_OPTIONS

T = TypeVar("T")

HTTP2 = importlib.util.find_spec("h2") is not None


class Transport:
    """The connections to one server, of one event loop."""

    def __init__(self, config: Config, credentials: Credentials) -> None:
        self.base = base_of(config)
        self._config = config
        self._credentials = credentials
        self._always = [("User-Agent", user_agent(config)), *impersonation_headers(config.impersonate)]
        self._pair: Pair | None = None
        self._http: httpx.AsyncClient | None = None
        self._old: httpx.AsyncClient | None = None
        if config.cert or config.key or config.ca:
            tls.context(config, (config.cert, config.key) if config.cert or config.key else None)  # say now what is wrong

    async def headers(self) -> list[tuple[str, str]]:
        """Those of every request."""
        return self._always + await self._of(self._credentials.headers)

    async def pair(self) -> Pair | None:
        return await self._of(self._credentials.pair)

    async def _of(self, ask: Callable[[], T]) -> T:
        """Credentials that change may read a file, or run a plugin: not in the loop's thread."""
        return await asyncio.to_thread(ask) if self._credentials.renewable else ask()

    async def send(self, request: Request, forever: bool = False) -> httpx.Response:
        """Send a request once. The caller reads and closes the answer."""
        headers = await self.headers() + request.headers()
        if forever:
            headers.append(("Accept-Encoding", "identity"))
        http = await self._now()
        extensions = {"sni_hostname": self._config.server_name} if self._config.server_name else None
        timeout = httpx.Timeout(None, connect=CONNECT_TIMEOUT, read=None if forever else self._config.timeout)
        with translated(request):
            asked = http.build_request(
                request.method, self.base + request.target(), content=request.body, headers=headers, timeout=timeout, extensions=extensions
            )
            return await http.send(asked, stream=True)

    async def _now(self) -> httpx.AsyncClient:
        """The connections for the certificate that is good now. Those of the one before may still be in use."""
        pair = await self.pair()
        if self._http is None or pair != self._pair:
            old, self._old = self._old, self._http
            self._http, self._pair = self._new(pair), pair
            if old is not None:
                await old.aclose()
        return self._http

    def _new(self, pair: Pair | None) -> httpx.AsyncClient:
        proxy = proxy_of(self._config)
        return httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(
                verify=tls.context(self._config, pair),
                http2=HTTP2 and not self._config.http1,
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=32),
                proxy=proxy or None,
                socket_options=SOCKET_OPTIONS,
            ),
            trust_env=False,
        )

    async def close(self) -> None:
        for http in (self._http, self._old):
            if http is not None:
                await http.aclose()
        self._http = self._old = None


@contextmanager
def translated(request: Request) -> Iterator[None]:
    """Makes this package's errors of the library's."""
    try:
        yield
    except (httpx.HTTPError, httpx.StreamError, OSError, anyio.ClosedResourceError, anyio.BrokenResourceError) as fault:
        never = isinstance(fault, (httpx.ConnectError, httpx.TimeoutException, httpx.ProxyError, httpx.UnsupportedProtocol))
        said = str(fault) or type(fault).__name__
        raise ConnectionFailed(f"{request.method} {request.path}: {said}", broke=not never) from fault
