"""The configuration of a client: server and credentials. It is loaded from a kubeconfig or a pod's service account."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .errors import ConfigError

SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
"""The folder in which a pod finds its service account."""


@dataclass
class Impersonation:
    """The user to impersonate."""

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
    """The base of a relative command."""
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
    """The certificate authority; empty for those of the system."""
    cert: bytes = b""
    key: bytes = b""
    server_name: str = ""
    """The name that the server's certificate must have, where it is not the address."""
    insecure: bool = False
    """Do not verify the server's certificate."""
    token: str = ""
    token_file: str = ""
    """Read again after a minute, and after a 401."""
    username: str = ""
    password: str = ""
    exec: ExecPlugin | None = None
    impersonate: Impersonation | None = None
    proxy_url: str = ""
    """Without it, the environment decides."""
    timeout: float | None = None
    """The read timeout in seconds. Watches, logs and connections have none."""
    http1: bool = False
    """Keep to HTTP/1.1 where the client could speak HTTP/2."""
    user_agent: str = ""
    """A prefix of the User-Agent header."""
    field_manager: str = "gatehouse-python"
    """The default field manager of writes."""


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
