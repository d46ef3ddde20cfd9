"""Every form of a kubeconfig, with both clients; and the service account of a pod."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bridge
import pytest
from authority import Authority, pem_of, who_am_i
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from peer import peer

import gatehouse
from gatehouse import Config, in_cluster, load_kubeconfig
from gatehouse.kubeconfig import auto

Ways = pytest.mark.parametrize("way", ["sync", "aio-http1"])


@dataclass
class Place:
    authority: Authority
    host: str
    directory: Path
    path: Path


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


TEXT = """
apiVersion: v1
kind: Config
preferences: {{}}
current-context: data
clusters:
- name: data
  cluster: {{server: "{host}", certificate-authority-data: {ca}}}
- name: files
  cluster: {{server: "{host}", certificate-authority: ca.crt}}
- name: insecure
  cluster: {{server: "{host}", insecure-skip-tls-verify: true}}
- name: named
  cluster: {{server: "{host}", certificate-authority: ca.crt, tls-server-name: example.com}}
- name: misnamed
  cluster: {{server: "{host}", certificate-authority: ca.crt, tls-server-name: example.org}}
users:
- name: data
  user: {{client-certificate-data: {cert}, client-key-data: {key}}}
- name: files
  user: {{client-certificate: alice.crt, client-key: alice.key}}
- name: token
  user: {{token: 0123}}
- name: token-file
  user: {{tokenFile: token, token: older}}
- name: basic
  user: {{username: u, password: p}}
- name: other
  user: {{token: secret, as: bob, as-groups: [g1, g2], as-user-extra: {{example.com/x: [why]}}}}
- name: broken
  user: {{client-certificate-data: {cert}, client-key-data: {ca}}}
contexts:
- {{name: data, context: {{cluster: data, user: data, namespace: shop}}}}
- {{name: files, context: {{cluster: files, user: files}}}}
- {{name: token, context: {{cluster: insecure, user: token}}}}
- {{name: token-file, context: {{cluster: files, user: token-file}}}}
- {{name: basic, context: {{cluster: named, user: basic}}}}
- {{name: other, context: {{cluster: files, user: other}}}}
- {{name: nobody, context: {{cluster: files, user: ""}}}}
- {{name: misnamed, context: {{cluster: misnamed, user: token}}}}
- {{name: broken, context: {{cluster: files, user: broken}}}}
- {{name: no-cluster, context: {{cluster: gone, user: data}}}}
- {{name: no-user, context: {{cluster: data, user: gone}}}}
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    directory = tmp_path_factory.mktemp("kubeconfig")
    authority = Authority()
    cert, key = authority.user("alice")
    for name, content in {"ca.crt": authority.pem, "alice.crt": cert, "alice.key": key, "token": b"from-a-file\n"}.items():
        (directory / name).write_bytes(content)
    with peer(who_am_i, authority.server(directory)) as config:
        path = directory / "first"
        path.write_text(TEXT.format(host=config.host, ca=b64(authority.pem), cert=b64(cert), key=b64(key)))
        yield Place(authority, config.host, directory, path)


def ask(way: str, config: Config) -> dict[str, str]:
    with bridge.client(way, config) as client:
        data = client.core_v1.config_maps("n").get("x").data
        assert data is not None
        return data


@Ways
@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
@pytest.mark.parametrize(
    "context, namespace, want",
    [
        (None, "shop", {"name": "alice"}),
        ("files", "default", {"name": "alice"}),
        ("token", "default", {"authorization": "Bearer 0123"}),
        ("token-file", "default", {"authorization": "Bearer from-a-file"}),
        ("basic", "default", {"authorization": "Basic " + b64(b"u:p")}),
        ("other", "default", {"authorization": "Bearer secret", "impersonate": "bob", "groups": "g1,g2", "extra": "why"}),
        ("nobody", "default", {}),
    ],
)
def test_contexts(place: Place, way: str, context: str | None, namespace: str, want: dict[str, str]) -> None:
    config = load_kubeconfig(place.path, context)
    config.user_agent = "shop/1"
    got = ask(way, config)
    assert got.pop("agent").startswith(f"shop/1 gatehouse-python/{gatehouse.__version__} (")
    assert got == want
    with bridge.client(way, config) as client:
        assert client.namespace == namespace


@Ways
def test_a_server_of_another_name_is_not_trusted(place: Place, way: str) -> None:
    with pytest.raises(gatehouse.ConnectionFailed, match="(?i)certificate|hostname"):
        ask(way, load_kubeconfig(place.path, "misnamed"))


@pytest.mark.parametrize(
    "context, said",
    [("no-cluster", "no cluster 'gone'"), ("no-user", "no user 'gone'"), ("gone", "no context 'gone'")],
)
def test_what_is_missing_is_told(place: Place, context: str, said: str) -> None:
    with pytest.raises(gatehouse.ConfigError, match=said):
        load_kubeconfig(place.path, context)


@Ways
def test_a_key_that_is_none_is_told_before_anything_is_sent(place: Place, way: str) -> None:
    with pytest.raises(gatehouse.ConfigError, match="client certificate"), bridge.client(way, load_kubeconfig(place.path, "broken")):
        pass
    with pytest.raises(gatehouse.ConfigError, match="authority"), bridge.client(way, Config(host=place.host, ca=b"nothing")):
        pass


@pytest.mark.parametrize("text", ["- a", "clusters: [", "users: [{user: {}}]\nclusters: []\ncurrent-context: x", "{}"])
def test_what_is_no_kubeconfig(tmp_path: Path, text: str) -> None:
    (tmp_path / "config").write_text(text)
    with pytest.raises(gatehouse.ConfigError):
        load_kubeconfig(tmp_path / "config")


def test_data_that_is_no_base64(tmp_path: Path) -> None:
    text = "current-context: c\nclusters: [{{name: c, cluster: {{certificate-authority-data: {}}}}}]\ncontexts: [{{name: c, context: {{cluster: c}}}}]"
    (tmp_path / "config").write_text(text.format('"YWJj\\nZGVm"'))
    assert load_kubeconfig(tmp_path / "config").ca == b"abcdef"
    (tmp_path / "config").write_text(text.format("YW*Jj"))
    with pytest.raises(gatehouse.ConfigError, match="certificate-authority-data"):
        load_kubeconfig(tmp_path / "config")


def test_merged(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    second = place.directory / "second"
    second.write_text(
        "current-context: ignored\n"
        "clusters: null\n"
        "users: [{name: token, user: {token: ignored}}, {name: added, user: {token: added}}]\n"
        "contexts: [{name: added, context: {cluster: insecure, user: added}}]\n"
    )
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(map(str, [place.directory / "missing", place.path, second])))
    assert load_kubeconfig(context="token").token == "0123"
    assert load_kubeconfig(context="added").token == "added"
    assert auto().namespace == "shop"
    monkeypatch.delenv("KUBECONFIG")
    monkeypatch.setenv("HOME", str(place.directory))
    (place.directory / ".kube").mkdir()
    (place.directory / ".kube" / "config").write_text(second.read_text().replace("ignored", "added", 1).replace("null", "[{name: insecure, cluster: {}}]"))
    assert load_kubeconfig().token == "added"


def test_a_service_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "missing"))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    for load in (auto, in_cluster):
        with pytest.raises(gatehouse.ConfigError):
            load()
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    with pytest.raises(gatehouse.ConfigError, match="token"):
        in_cluster(str(tmp_path))
    for name, text in {"token": "t", "ca.crt": "ca", "namespace": "shop\n"}.items():
        (tmp_path / name).write_text(text)
    assert in_cluster(str(tmp_path)) == Config(host="https://[fd00::1]:443", namespace="shop", ca=b"ca", token_file=str(tmp_path / "token"))


KEYS: dict[str, tuple[Callable[[], Any], str]] = {
    "p256-sec1": (lambda: ec.generate_private_key(ec.SECP256R1()), "TraditionalOpenSSL"),
    "p256-pkcs8": (lambda: ec.generate_private_key(ec.SECP256R1()), "PKCS8"),
    "p384-sec1": (lambda: ec.generate_private_key(ec.SECP384R1()), "TraditionalOpenSSL"),
    "p384-pkcs8": (lambda: ec.generate_private_key(ec.SECP384R1()), "PKCS8"),
    "p521-sec1": (lambda: ec.generate_private_key(ec.SECP521R1()), "TraditionalOpenSSL"),
    "rsa-pkcs1": (lambda: rsa.generate_private_key(65537, 2048), "TraditionalOpenSSL"),
    "rsa-pkcs8": (lambda: rsa.generate_private_key(65537, 2048), "PKCS8"),
    "ed25519": (ed25519.Ed25519PrivateKey.generate, "PKCS8"),
}


@pytest.mark.parametrize("name", KEYS)
def test_keys(place: Place, name: str) -> None:
    """A client certificate works with every form of key that kubeconfigs have; the TLS of both clients is the same."""
    make, form = KEYS[name]
    key = make()
    cert = place.authority.sign(name, key.public_key())
    config = Config(host=place.host, ca=place.authority.pem, cert=cert, key=pem_of(key, form))
    assert ask("sync", config)["name"] == name


@pytest.mark.parametrize("host", ["", "127.0.0.1:6443", "ftp://x", "https://", "http://a b", "https://x:port"])
def test_what_is_no_address(host: str) -> None:
    with pytest.raises(gatehouse.ConfigError, match="address"):
        gatehouse.Client(Config(host=host))


@pytest.mark.filterwarnings("ignore:SOCKS support")
def test_a_proxy_is_asked(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """That of the configuration, else that of the environment, but for the machine itself."""
    from gatehouse.address import proxy_of

    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    assert ask("sync", load_kubeconfig(place.path, "files"))["name"] == "alice"
    assert proxy_of(Config(host="https://10.1.2.3:6443")) == "http://127.0.0.1:1"
    assert proxy_of(Config(host="https://10.1.2.3:6443", proxy_url="http://p:2")) == "http://p:2"
    config = load_kubeconfig(place.path, "files")
    config.proxy_url = "http://127.0.0.1:1"
    for way in ("sync", "aio-http1"):
        with pytest.raises(gatehouse.ConnectionFailed):
            ask(way, config)
        for wrong in ("ftp://127.0.0.1:1", "socks5://127.0.0.1:1"):  # the second needs an extra
            with pytest.raises(gatehouse.ConfigError, match="proxy"):
                ask(way, Config(host="https://10.1.2.3:6443", proxy_url=wrong))
