"""Tokens that are read again, and plugins that print credentials."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import bridge
import pytest
from authority import Authority, who_am_i
from peer import Exchange, peer

import gatehouse
from gatehouse import Config, ExecPlugin, load_kubeconfig
from gatehouse.credentials import TOKEN_FILE_AGE, TokenFile
from gatehouse.execplugin import ExecCredentials

Ways = pytest.mark.parametrize("way", ["sync", "aio-http1"])
V1 = "client.authentication.k8s.io/v1"


class Guard:
    """A server that takes one authorization."""

    def __init__(self, valid: str) -> None:
        self.valid = valid

    def __call__(self, x: Exchange) -> None:
        if x.headers.get("Authorization", "") == self.valid:
            who_am_i(x)
        else:
            x.refuse(401, "Unauthorized")


def ask(client: gatehouse.Client) -> dict[str, str]:
    return client.core_v1.config_maps("n").get("x").data or {}


def test_token_file(tmp_path: Path) -> None:
    """A token is read again after a minute, and the old one is used on when the file is gone for a moment."""
    now, path = 0.0, tmp_path / "token"
    path.write_text("one")
    file = TokenFile(str(path), None, lambda: now)

    def is_now(token: str) -> bool:
        return file.headers() == [("Authorization", "Bearer " + token)]

    assert is_now("one")
    path.write_text("two\n")
    assert is_now("one")
    now += TOKEN_FILE_AGE
    assert is_now("two")
    path.write_text("three")
    file.renew()
    assert is_now("three")
    path.write_text("")
    file.renew()
    assert is_now("three")
    path.unlink()
    file.renew()
    assert is_now("three")
    with pytest.raises(gatehouse.ConfigError):
        TokenFile(str(path), None).headers()
    path.write_text(" \n")
    with pytest.raises(gatehouse.ConfigError, match="is empty"):
        TokenFile(str(path), None).headers()


@Ways
def test_a_token_that_is_refused_is_read_again(tmp_path: Path, way: str) -> None:
    (tmp_path / "token").write_text("one")
    guard = Guard("Bearer one")
    with peer(guard) as config:
        config.token_file = str(tmp_path / "token")
        with bridge.client(way, config) as client:
            assert ask(client)["authorization"] == "Bearer one"
            guard.valid = "Bearer two"
            (tmp_path / "token").write_text("two")
            assert ask(client)["authorization"] == "Bearer two"
            guard.valid = "Bearer three"
            with pytest.raises(gatehouse.Unauthorized):
                ask(client)


class Plugin:
    """A command that prints what a file has, and notes each of its runs and what it was told."""

    def __init__(self, directory: Path, version: str) -> None:
        self.directory = directory
        self.version = version
        path = directory / "plugin"
        path.write_text(
            f'#!/bin/sh\ncd {directory}\necho run >> runs\nprintf %s "$KUBERNETES_EXEC_INFO" > info\nprintf %s "$GREETING $*" > args\ncat answer\n'
        )
        path.chmod(0o700)

    def prints(self, **status: Any) -> None:
        self.says(json.dumps({"kind": "ExecCredential", "apiVersion": self.version, "status": status}))

    def says(self, text: str) -> None:
        (self.directory / "answer").write_text(text)

    @property
    def runs(self) -> int:
        return (self.directory / "runs").read_text().count("run")


@Ways
@pytest.mark.parametrize("version", [V1, "client.authentication.k8s.io/v1beta1"])
def test_exec_plugin(tmp_path: Path, version: str, way: str) -> None:
    authority, guard, plugin = Authority(), Guard("Bearer one"), Plugin(tmp_path, version)
    (tmp_path / "ca").write_bytes(authority.pem)
    with peer(guard, authority.server(tmp_path)) as server:
        (tmp_path / "config").write_text(
            f"""
current-context: c
clusters:
- name: c
  cluster: {{server: "{server.host}", certificate-authority: ca, extensions: [{{name: client.authentication.k8s.io/exec, extension: {{audience: me}}}}]}}
users:
- name: u
  user: {{exec: {{command: ./plugin, args: [a, b], env: [{{name: GREETING, value: hello}}], apiVersion: {version}, provideClusterInfo: true, interactiveMode: Never}}}}
contexts: [{{name: c, context: {{cluster: c, user: u}}}}]
"""
        )
        expires = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(hours=1)
        plugin.prints(token="one", expirationTimestamp=expires.strftime("%Y-%m-%dT%H:%M:%SZ"))
        with bridge.client(way, load_kubeconfig(tmp_path / "config")) as client:
            for _ in range(3):
                assert ask(client)["authorization"] == "Bearer one"
            assert plugin.runs == 1
            info = json.loads((tmp_path / "info").read_text())
            assert (info["kind"], info["apiVersion"], info["spec"]["interactive"]) == ("ExecCredential", version, False)
            assert (info["spec"]["cluster"]["server"], info["spec"]["cluster"]["config"]) == (server.host, {"audience": "me"})
            assert (tmp_path / "args").read_text() == "hello a b"
            # It runs again when its token has expired, and when the server refuses one that has not.
            credentials = client._credentials
            assert isinstance(credentials, ExecCredentials)
            credentials._now = lambda: expires
            guard.valid = "Bearer two"
            plugin.prints(token="two")
            assert (ask(client)["authorization"], plugin.runs) == ("Bearer two", 2)
            guard.valid = "Bearer three"
            plugin.prints(token="three")
            assert (ask(client)["authorization"], plugin.runs) == ("Bearer three", 3)
            # A certificate instead of a token, and another one.
            guard.valid = ""
            for name in ("plugged", "again", "and-again"):
                cert, key = authority.user(name)
                plugin.prints(clientCertificateData=cert.decode(), clientKeyData=key.decode())
                credentials.renew()
                assert ask(client)["name"] == name


def test_what_plugins_do_wrong(tmp_path: Path) -> None:
    plugin = Plugin(tmp_path, V1)
    config = Config(host="http://127.0.0.1:1", exec=ExecPlugin("./plugin", V1, directory=str(tmp_path)))
    for says, told in {
        "hello": "printed no JSON",
        "[]": "not an ExecCredential of",
        '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1alpha1","status":{"token":"t"}}': "not an ExecCredential of",
        '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{}}': "neither a token nor a certificate",
    }.items():
        plugin.says(says)
        with gatehouse.Client(config) as client, pytest.raises(gatehouse.ConfigError, match=told):
            ask(client)
    (tmp_path / "answer").unlink()
    with gatehouse.Client(config) as client, pytest.raises(gatehouse.ConfigError, match="exits with 1: .*answer"):
        ask(client)
    config.exec = ExecPlugin("no-such-plugin", V1, install_hint="install it so")
    with gatehouse.Client(config) as client, pytest.raises(gatehouse.ConfigError, match="install it so"):
        ask(client)
