"""Credentials: the headers of a request, and the certificate of a TLS handshake."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable
from typing import Protocol
from urllib.parse import quote

from .config import Config, Impersonation
from .errors import ConfigError

TOKEN_FILE_AGE = 60.0
"""How many seconds a token that was read from a file is used before the file is read again."""

Headers = list["tuple[str, str]"]
Pair = tuple[bytes, bytes]
"""A certificate and its key."""


class Credentials(Protocol):
    """Safe for concurrent use."""

    renewable: bool
    """Whether to renew and retry after a 401."""

    def headers(self) -> Headers: ...

    def renew(self) -> None:
        """Discard what is cached."""

    def pair(self) -> Pair | None:
        """The client certificate, if there is one."""


def credentials_of(config: Config) -> Credentials:
    """The credentials of a configuration: a certificate goes with each of the others."""
    pair = (config.cert, config.key) if config.cert or config.key else None
    if config.token_file:
        return TokenFile(config.token_file, pair)
    if config.token:
        return Fixed("Bearer " + config.token, pair)
    if config.username:
        both = f"{config.username}:{config.password}".encode()
        return Fixed("Basic " + base64.b64encode(both).decode(), pair)
    if config.exec is not None:
        from .execplugin import ExecCredentials

        return ExecCredentials(config, pair)
    return Fixed("", pair)


class Fixed:
    """Credentials that never change."""

    renewable = False

    def __init__(self, authorization: str, pair: Pair | None) -> None:
        self._authorization = authorization
        self._pair = pair

    def headers(self) -> Headers:
        return [("Authorization", self._authorization)] if self._authorization else []

    def renew(self) -> None:
        pass

    def pair(self) -> Pair | None:
        return self._pair


class TokenFile:
    """A token that another process rotates."""

    renewable = True

    def __init__(self, path: str, pair: Pair | None, now: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._pair = pair
        self._now = now
        self._lock = threading.Lock()
        self._token = ""
        self._good_until = 0.0

    def headers(self) -> Headers:
        with self._lock:
            if not self._token or self._now() >= self._good_until:
                self._read()
            return [("Authorization", "Bearer " + self._token)]

    def _read(self) -> None:
        """Keep the old token while the file is missing or empty: rotation may replace it in two steps."""
        try:
            with open(self._path, encoding="utf-8") as file:
                token = file.read().strip()
        except OSError as fault:
            if not self._token:
                raise ConfigError(f"token: {fault}") from fault
            return
        if token:
            self._token, self._good_until = token, self._now() + TOKEN_FILE_AGE
        elif not self._token:
            raise ConfigError(f"token: {self._path} is empty")

    def renew(self) -> None:
        with self._lock:
            self._good_until = 0.0

    def pair(self) -> Pair | None:
        return self._pair


def impersonation_headers(user: Impersonation | None) -> Headers:
    """The Impersonate-* headers."""
    if user is None:
        return []
    out = [("Impersonate-User", user.user)] if user.user else []
    if user.uid:
        out.append(("Impersonate-Uid", user.uid))
    out += [("Impersonate-Group", group) for group in user.groups]
    for name, values in user.extra.items():
        out += [("Impersonate-Extra-" + quote(name, safe=""), value) for value in values]
    return out
