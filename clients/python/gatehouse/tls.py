"""The TLS settings of a configuration."""

from __future__ import annotations

import os
import ssl
import tempfile

from .config import Config
from .credentials import Pair
from .errors import ConfigError


def context(config: Config, pair: Pair | None) -> ssl.SSLContext:
    """The SSL context of a configuration and a client certificate."""
    try:
        out = ssl.create_default_context(cadata=config.ca.decode() if config.ca else None)
    except (ssl.SSLError, ValueError) as fault:
        raise ConfigError(f"certificate authority: {fault}") from fault
    # Python 3.13 made this the default; many clusters' CA certificates lack the extensions that it requires.
    out.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
    if config.insecure:
        out.check_hostname = False
        out.verify_mode = ssl.CERT_NONE
    if pair is not None:
        _show(out, pair)
    return out


def _show(out: ssl.SSLContext, pair: Pair) -> None:
    """Load a certificate and its key. Python reads them from files only: write a temporary one with mode 0600."""
    with tempfile.TemporaryDirectory(prefix="gatehouse-") as directory:
        path = os.path.join(directory, "pair")
        with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as file:
            file.write(pair[0].rstrip() + b"\n" + pair[1])
        try:
            out.load_cert_chain(path, password=lambda: b"")  # do not prompt for the passphrase of an encrypted key
        except (ssl.SSLError, ValueError, OSError) as fault:
            raise ConfigError(f"client certificate: {fault}") from fault
