"""Credentials that a command prints: client.authentication.k8s.io/v1 and v1beta1."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from .config import Config
from .credentials import Headers, Pair
from .errors import ConfigError
from .model import _read_time


class ExecCredentials:
    """Runs the command when there are no valid credentials, and caches its output until that expires."""

    renewable = True

    def __init__(self, config: Config, pair: Pair | None, now: Callable[[], datetime] | None = None) -> None:
        assert config.exec is not None
        self._plugin = config.exec
        self._config = config
        self._own = pair
        self._now = now or (lambda: datetime.now(timezone.utc))
        self._lock = threading.Lock()
        self._valid = False
        self._expires: datetime | None = None
        self._token = ""
        self._pair: Pair | None = None

    def headers(self) -> Headers:
        with self._lock:
            self._refresh()
            return [("Authorization", "Bearer " + self._token)] if self._token else []

    def pair(self) -> Pair | None:
        with self._lock:
            self._refresh()
            return self._pair or self._own

    def renew(self) -> None:
        with self._lock:
            self._valid = False

    def _refresh(self) -> None:
        """Run the command unless the cached credentials are valid. The caller holds the lock, so concurrent requests run it once."""
        if self._valid and (self._expires is None or self._now() < self._expires):
            return
        status = self._answer(self._run())
        self._token = status.get("token") or ""
        cert, key = status.get("clientCertificateData") or "", status.get("clientKeyData") or ""
        self._pair = (cert.encode(), key.encode()) if cert else None
        expires = status.get("expirationTimestamp")
        self._expires = _read_time(expires) if expires else None
        self._valid = True

    def _answer(self, printed: bytes) -> dict[str, Any]:
        name = self._plugin.command
        try:
            answer = json.loads(printed)
        except ValueError as fault:
            raise ConfigError(f"credentials: {name} printed no JSON: {fault}") from fault
        kind, version = (answer.get("kind"), answer.get("apiVersion")) if isinstance(answer, dict) else (None, None)
        if kind != "ExecCredential" or version != self._plugin.api_version:
            raise ConfigError(f"credentials: {name} printed a {kind} of {version}, not an ExecCredential of {self._plugin.api_version}")
        status: dict[str, Any] = answer.get("status") or {}
        if not status.get("token") and not status.get("clientCertificateData"):
            raise ConfigError(f"credentials: {name} printed neither a token nor a certificate")
        return status

    def _run(self) -> bytes:
        plugin = self._plugin
        command = plugin.command
        if os.sep in command and not os.path.isabs(command):
            command = os.path.join(plugin.directory, command)
        environment = {**os.environ, **plugin.env, "KUBERNETES_EXEC_INFO": json.dumps(self._info())}
        try:
            done = subprocess.run(
                [command, *plugin.args],
                env=environment,
                stdin=None if plugin.interactive else subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
        except FileNotFoundError as fault:
            raise ConfigError("\n".join(filter(None, [f"credentials: {fault}", plugin.install_hint]))) from fault
        except OSError as fault:
            raise ConfigError(f"credentials: {fault}") from fault
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip()
            raise ConfigError(f"credentials: {plugin.command} exits with {done.returncode}: {said}")
        return done.stdout

    def _info(self) -> dict[str, Any]:
        """KUBERNETES_EXEC_INFO: the API version, and the cluster if provideClusterInfo is set."""
        config, plugin = self._config, self._plugin
        spec: dict[str, Any] = {"interactive": plugin.interactive and sys.stdin is not None and sys.stdin.isatty()}
        if plugin.provide_cluster_info:
            said = {
                "server": config.host,
                "tls-server-name": config.server_name,
                "insecure-skip-tls-verify": config.insecure,
                "certificate-authority-data": base64.b64encode(config.ca).decode(),
                "proxy-url": config.proxy_url,
                "config": plugin.extension,
            }
            spec["cluster"] = {name: value for name, value in said.items() if value}
        return {"kind": "ExecCredential", "apiVersion": plugin.api_version, "spec": spec}
