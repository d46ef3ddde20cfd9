"""Where a server is, and who asks. A kubeconfig or a pod's service account fills it in."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .errors import ConfigError

SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
"""Where a pod finds its service account."""


@dataclass
class Impersonation:
    """Who the server is asked to act for."""

    user: str = ""
    uid: str = ""
    groups: Sequence[str] = ()
    extra: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass
class ExecPlugin:
    """A command that prints credentials, as kubeconfig files describe it."""

    command: str
    api_version: str
    """client.authentication.k8s.io/v1 or /v1beta1"""
    args: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    """Added to the environment."""
    install_hint: str = ""
    provide_cluster_info: bool = False
    interactive: bool = False
    """It may use the terminal."""
    directory: str = ""
    """Where a relative path of the command begins."""
    extension: Any = None
    """The cluster's extension client.authentication.k8s.io/exec."""


@dataclass
class Config:
    """What a client is made of. Certificates and keys are PEM."""

    host: str
    """https://10.0.0.1:6443"""
    namespace: str = ""
    """That of the context or of the service account."""
    ca: bytes = b""
    """Whom to trust; empty for the authorities of the system."""
    cert: bytes = b""
    key: bytes = b""
    server_name: str = ""
    """Checked instead of the address."""
    insecure: bool = False
    """Trust every server."""
    token: str = ""
    token_file: str = ""
    """Read again after a minute, and when the server refuses what it had."""
    username: str = ""
    password: str = ""
    exec: ExecPlugin | None = None
    impersonate: Impersonation | None = None
    proxy_url: str = ""
    """Without it, the environment decides."""
    timeout: float | None = None
    """How many seconds an answer may be silent; watches, logs and connections may be so for ever."""
    http1: bool = False
    """Keep to HTTP/1.1 where the client could speak HTTP/2."""
    user_agent: str = ""
    """Put in front of the client's own."""
    field_manager: str = "gatehouse-python"
    """The name under which writes own fields."""


def in_cluster(directory: str = SERVICE_ACCOUNT) -> Config:
    """The service account of the pod that this program runs in."""
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT")
    if not host or not port:
        raise ConfigError("not in a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set")
    token = os.path.join(directory, "token")
    if not os.path.exists(token):
        raise ConfigError(f"not in a cluster: there is no {token}")
    namespace = os.path.join(directory, "namespace")
    return Config(
        host=f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}",
        namespace=read(namespace).decode().strip() if os.path.exists(namespace) else "",
        ca=read(os.path.join(directory, "ca.crt")),
        token_file=token,
    )


def read(path: str) -> bytes:
    """A file that a configuration names."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as fault:
        raise ConfigError(str(fault)) from fault
