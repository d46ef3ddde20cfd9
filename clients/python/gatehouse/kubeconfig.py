"""kubeconfig files: merged, and the configuration that a context makes of them."""

from __future__ import annotations

import base64
import os
from typing import Any

from .config import Config, ExecPlugin, Impersonation, in_cluster, read
from .errors import ConfigError
from .yamltext import load

EXTENSION = "client.authentication.k8s.io/exec"


class NoKubeconfig(ConfigError):
    """No kubeconfig file exists."""


def load_kubeconfig(path: str | os.PathLike[str] | None = None, context: str | None = None) -> Config:
    """Read the file at path, else those of $KUBECONFIG merged, else ~/.kube/config. Without a context it is the current one."""
    paths = [os.fspath(path)] if path else _default_paths()
    files = [_File(p) for p in paths if path or os.path.exists(p)]
    if not files:
        raise NoKubeconfig(f"there is no kubeconfig: {', '.join(paths)}")
    return _Merged(files).config(context)


def auto() -> Config:
    """A kubeconfig if there is one, else the service account of the pod."""
    try:
        return load_kubeconfig()
    except NoKubeconfig:
        if os.environ.get("KUBERNETES_SERVICE_HOST"):
            return in_cluster()
        raise


def _default_paths() -> list[str]:
    named = os.environ.get("KUBECONFIG")
    if named:
        return [p for p in named.split(os.pathsep) if p]
    return [os.path.join(os.path.expanduser("~"), ".kube", "config")]


class _File:
    """One file. Its relative paths begin in its folder."""

    def __init__(self, path: str) -> None:
        try:
            content = load(read(path), manifest=False)
        except ValueError as fault:
            raise ConfigError(f"{path}: {fault}") from fault
        if not isinstance(content, dict):
            raise ConfigError(f"{path}: this is no kubeconfig")
        self.path = path
        self.content: dict[str, Any] = content
        self.directory = os.path.dirname(os.path.abspath(path))

    def named(self, kind: str) -> dict[str, Any]:
        """The clusters, users or contexts, by their names; of two with the same name, the first."""
        out: dict[str, Any] = {}
        for entry in self.content.get(kind) or ():
            if not isinstance(entry, dict) or "name" not in entry:
                raise ConfigError(f"{self.path}: one of the {kind} has no name")
            out.setdefault(str(entry["name"]), entry.get(kind[:-1]) or {})
        return out


class _Entry:
    """A cluster, a user or a context, of one file."""

    def __init__(self, content: dict[str, Any], directory: str) -> None:
        self.content = content
        self.directory = directory

    def text(self, key: str) -> str:
        value = self.content.get(key)
        return "" if value is None else str(value)

    def data(self, key: str) -> bytes:
        """The decoded -data field, or the content of the file."""
        data = self.text(key + "-data")
        if data:
            try:
                return base64.b64decode("".join(data.split()), validate=True)
            except ValueError as fault:
                raise ConfigError(f"{key}-data: {fault}") from fault
        path = self.file(key)
        return read(path) if path else b""

    def file(self, key: str) -> str:
        path = self.text(key)
        return os.path.join(self.directory, path) if path else ""


class _Merged:
    """Several files merged: the first that defines an entry wins, as in kubectl."""

    def __init__(self, files: list[_File]) -> None:
        self.current = ""
        self.entries: dict[str, dict[str, _Entry]] = {"clusters": {}, "users": {}, "contexts": {}}
        for file in files:
            self.current = self.current or str(file.content.get("current-context") or "")
            for kind, entries in self.entries.items():
                for name, content in file.named(kind).items():
                    entries.setdefault(name, _Entry(content, file.directory))

    def config(self, context: str | None) -> Config:
        """The configuration of a context."""
        name = context or self.current
        if not name:
            raise ConfigError("the kubeconfig has no current context")
        chosen = self._entry("contexts", name, "")
        cluster = self._entry("clusters", chosen.text("cluster"), name)
        out = Config(
            host=cluster.text("server"),
            namespace=chosen.text("namespace"),
            ca=cluster.data("certificate-authority"),
            server_name=cluster.text("tls-server-name"),
            insecure=cluster.content.get("insecure-skip-tls-verify") is True,
            proxy_url=cluster.text("proxy-url"),
        )
        if chosen.text("user"):
            _add_user(out, self._entry("users", chosen.text("user"), name), cluster)
        return out

    def _entry(self, kind: str, name: str, context: str) -> _Entry:
        found = self.entries[kind].get(name)
        if found is None:
            which = f", which context {context!r} names" if context else ""
            raise ConfigError(f"the kubeconfig has no {kind[:-1]} {name!r}{which}")
        return found


def _add_user(out: Config, user: _Entry, cluster: _Entry) -> None:
    out.cert, out.key = user.data("client-certificate"), user.data("client-key")
    out.token, out.token_file = user.text("token"), user.file("tokenFile")
    out.username, out.password = user.text("username"), user.text("password")
    if any(key in user.content for key in ("as", "as-uid", "as-groups", "as-user-extra")):
        out.impersonate = Impersonation(
            user.text("as"), user.text("as-uid"), user.content.get("as-groups") or (), user.content.get("as-user-extra") or {}
        )
    plugin = user.content.get("exec")
    if plugin:
        out.exec = _plugin(_Entry(plugin, user.directory))
        for extension in cluster.content.get("extensions") or ():
            if extension.get("name") == EXTENSION:
                out.exec.extension = extension.get("extension")


def _plugin(said: _Entry) -> ExecPlugin:
    return ExecPlugin(
        command=said.text("command"),
        api_version=said.text("apiVersion"),
        args=[str(a) for a in said.content.get("args") or ()],
        env={str(e["name"]): str(e["value"]) for e in said.content.get("env") or ()},
        install_hint=said.text("installHint"),
        provide_cluster_info=said.content.get("provideClusterInfo") is True,
        interactive=said.text("interactiveMode") != "Never",
        directory=said.directory,
    )
