"""The server's base URL, the User-Agent header, and the choice of a proxy."""

from __future__ import annotations

import os
import sys
from urllib.parse import urlsplit

from .config import Config
from .errors import ConfigError

VERSION = "1.36.0"
"""The minor release of the API that the models were made from, and this client's own number."""


def base_of(config: Config) -> str:
    """The server's URL without a trailing slash."""
    try:
        parts = urlsplit(config.host)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0 and not set(config.host) & set(" \t\r\n")
    except ValueError:
        good = False
    if not good:
        raise ConfigError(f"address of the server: {config.host!r} is not like https://host:port")
    return config.host.rstrip("/")


def user_agent(config: Config) -> str:
    own = f"gatehouse-python/{VERSION} ({sys.platform}; Python {sys.version_info[0]}.{sys.version_info[1]})"
    return f"{config.user_agent} {own}" if config.user_agent else own


def proxy_of(config: Config) -> str:
    """The URL of the proxy to use; empty for a direct connection."""
    if config.proxy_url:
        return config.proxy_url
    scheme = urlsplit(config.host).scheme
    if not any(name in os.environ for name in (scheme + "_proxy", scheme.upper() + "_PROXY", "all_proxy", "ALL_PROXY")):
        return ""
    from urllib.request import getproxies, proxy_bypass  # not cheap, and seldom needed

    host = urlsplit(config.host).hostname or ""
    if host == "localhost" or host.startswith("127.") or host == "::1" or proxy_bypass(host):
        return ""
    proxies = getproxies()
    return proxies.get(scheme) or proxies.get("all") or ""
