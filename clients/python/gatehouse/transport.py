"""Sends requests with urllib3."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ProtocolError, SSLError
from urllib3.response import BaseHTTPResponse

from . import tls
from .address import base_of, proxy_of, user_agent
from .config import Config
from .credentials import Credentials, Pair, impersonation_headers
from .errors import ConfigError, ConnectionFailed
from .request import Request

CONNECT_TIMEOUT = 30.0

# TCP keep-alive detects a dead peer while a watch is idle.
SOCKET_OPTIONS = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
for _name, _value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 3)):
    if hasattr(socket, _name):
        SOCKET_OPTIONS.append((socket.IPPROTO_TCP, getattr(socket, _name), _value))


class Transport:
    """The connection pool of one server. Safe for concurrent use."""

    def __init__(self, config: Config, credentials: Credentials) -> None:
        self.base = base_of(config)
        self.user_agent = user_agent(config)
        self._config = config
        self._credentials = credentials
        self._always = [("User-Agent", self.user_agent), *impersonation_headers(config.impersonate)]
        self._lock = threading.Lock()
        self._pool: urllib3.PoolManager | None = None
        self._pair: Pair | None = None
        if config.exec is None:
            self._pool_now()  # report configuration errors from the constructor

    def headers(self) -> list[tuple[str, str]]:
        """The headers of every request."""
        return self._always + self._credentials.headers()

    def send(self, request: Request, forever: bool = False) -> BaseHTTPResponse:
        """Send a request once. The caller reads and closes the response. With forever, it has no read timeout."""
        headers = urllib3.HTTPHeaderDict(self.headers() + request.headers())
        if not forever:
            headers["Accept-Encoding"] = "gzip"
        read = None if forever else self._config.timeout
        with translated(request):
            return self._pool_now().request(
                request.method,
                self.base + request.target(),
                body=request.body,
                headers=headers,
                preload_content=False,
                redirect=False,
                retries=False,
                timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT, read=read),
            )

    def _pool_now(self) -> urllib3.PoolManager:
        """The pool for the current client certificate. A rotated certificate needs new connections."""
        pair = self._credentials.pair()
        with self._lock:
            if self._pool is None or pair != self._pair:
                if self._pool is not None:
                    self._pool.clear()
                self._pool, self._pair = self._new_pool(pair), pair
            return self._pool

    def _new_pool(self, pair: Pair | None) -> urllib3.PoolManager:
        config = self._config
        settings: dict[str, Any] = {
            "maxsize": 32,
            "ssl_context": tls.context(config, pair),
            "server_hostname": config.server_name or None,
            "socket_options": SOCKET_OPTIONS,
        }
        proxy = proxy_of(config)
        if not proxy:
            return urllib3.PoolManager(**settings)
        try:
            if not proxy.startswith("socks"):
                return urllib3.ProxyManager(proxy, **settings)
            from urllib3.contrib.socks import SOCKSProxyManager

            return SOCKSProxyManager(proxy.replace("socks5://", "socks5h://", 1), **settings)
        except ImportError as fault:
            raise ConfigError(f"proxy {proxy}: pip install 'gatehouse-client[socks]'") from fault
        except (HTTPError, ValueError) as fault:
            raise ConfigError(f"proxy: {fault}") from fault

    def close(self) -> None:
        with self._lock:
            if self._pool is not None:
                self._pool.clear()
                self._pool = None


@contextmanager
def translated(request: Request) -> Iterator[None]:
    """Convert the library's exceptions."""
    try:
        yield
    except (HTTPError, OSError) as fault:
        raise ConnectionFailed(f"{request.method} {request.path}: {fault}", _broke(fault)) from fault


def _broke(fault: BaseException) -> bool:
    """Whether an established connection was lost. Failures to connect are not retried: the address is wrong or the server is down."""
    if isinstance(fault, (NewConnectionError, ConnectTimeoutError, SSLError)):
        return False
    return isinstance(fault, (ProtocolError, ConnectionError))
