"""Sessions and forwarded ports, with both clients, against a peer that speaks their protocols as a kubelet does; and logs."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bridge
import pytest
from authority import Authority
from peer import THINGS, Exchange, peer
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

import gatehouse
from gatehouse import channels as ch

Ways = pytest.mark.parametrize("way", ["sync", "aio-http1"])
Versions = pytest.mark.parametrize("version", ch.SESSION_PROTOCOLS)

SUCCESS = json.dumps({"metadata": {}, "status": "Success"})
EXIT_3 = json.dumps(
    {
        "status": "Failure",
        "message": "command terminated with exit code 3",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": "3"}]},
    }
)
NO_SHELL = json.dumps({"status": "Failure", "message": "no such file", "reason": "InternalError", "code": 500})


class Kubelet:
    """A container: talk is what it does once a connection is there."""

    def __init__(self, talk: Callable[[Kubelet], None]) -> None:
        self._talk = talk
        self.asked = ""
        self.faults: list[Exception] = []

    def serve(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        self.asked, self.connection = connection.request.path, connection
        try:
            self._talk(self)
        except (AssertionError, ConnectionClosed) as fault:
            self.faults.append(fault)

    def say(self, channel: int, text: str | bytes) -> None:
        self.connection.send(bytes([channel]) + (text.encode() if isinstance(text, str) else text))

    def hear(self) -> tuple[int, bytes]:
        message = self.connection.recv()
        assert isinstance(message, bytes)
        return message[0], message[1:]


@contextmanager
def pods(way: str, kubelet: Kubelet, *protocols: str, **options: Any) -> Iterator[gatehouse.Resource[Any]]:
    ca = options.pop("ca", b"")
    with serve(kubelet.serve, "127.0.0.1", 0, subprotocols=list(protocols) or None, compression=None, **options) as server:  # type: ignore[arg-type]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        host = f"{'https' if ca else 'http'}://127.0.0.1:{server.socket.getsockname()[1]}"
        with bridge.client(way, gatehouse.Config(host=host, ca=ca)) as client:
            yield client.resource(THINGS)("n")
        server.shutdown()
    assert kubelet.faults == []


@Ways
@Versions
def test_input_and_output(way: str, version: str) -> None:
    def talk(k: Kubelet) -> None:
        heard = b""
        while True:
            channel, data = k.hear()
            if channel == ch.STDIN:
                heard += data
            # The fourth version has no end of the input: the command knows what it gets.
            if (channel, data) == (ch.CLOSE, b"\0") or (version != ch.V5 and len(heard) == 110_000):
                break
        k.say(ch.STDOUT, heard.upper()[:11])
        k.say(ch.STDERR, "warning")
        k.say(ch.STDOUT, "")
        k.say(77, "a channel of the future")
        k.connection.send(b"")
        k.say(ch.ERROR, SUCCESS)

    kubelet = Kubelet(talk)
    with pods(way, kubelet, version) as things:
        session = things.exec("web", ["tr", "a-z", "A-Z"], container="c", stdin=True)
        out = session.communicate(b"hello world" * 10_000)
    assert out == ch.Output(b"HELLO WORLD", b"warning", 0) and out.check() is out
    want = "exec?stdin=true&stdout=true&stderr=true&tty=false&container=c&command=tr&command=a-z&command=A-Z"
    assert kubelet.asked == "/apis/example.com/v1/namespaces/n/things/web/" + want


@Ways
@Versions
def test_ends_of_commands(way: str, version: str) -> None:
    with pods(way, Kubelet(lambda k: k.say(ch.ERROR, EXIT_3)), version) as things:
        assert things.exec("web", ["false"]).wait() == 3
        with pytest.raises(gatehouse.ExitError) as exit:
            things.exec("web", ["false"]).communicate().check()
        assert exit.value.code == 3
    with pods(way, Kubelet(lambda k: k.say(ch.ERROR, NO_SHELL)), version) as things:
        with pytest.raises(gatehouse.ApiError, match="no such file") as error:
            things.exec("web", ["sh"]).wait()
        assert (error.value.code, error.value.reason) == (500, "InternalError")
    with pods(way, Kubelet(lambda k: k.connection.close()), version) as things:
        with pytest.raises(gatehouse.ConnectionFailed, match="before the command"):
            things.exec("web", ["sh"]).wait()
    with pods(way, Kubelet(lambda k: k.connection.socket.shutdown(2)), version) as things:
        with pytest.raises(gatehouse.ConnectionFailed):
            things.exec("web", ["sh"]).wait()


@pytest.mark.parametrize("text", [b"nonsense", b"[]", b'{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"many"}]}}'])
def test_what_is_no_end(text: bytes) -> None:
    with pytest.raises(gatehouse.GatehouseError):
        ch.exit_code(text)


@Ways
def test_connections_that_are_refused(way: str) -> None:
    with peer(lambda x: x.refuse(405, "MethodNotAllowed")) as config, bridge.client(way, config) as client:
        with pytest.raises(gatehouse.ApiError) as error:
            client.resource(THINGS)("n").exec("web", ["sh"])
        assert (error.value.code, error.value.reason) == (405, "MethodNotAllowed")
    with pods(way, Kubelet(lambda k: None), "v1.other.k8s.io", select_subprotocol=lambda *_: None) as things:
        with pytest.raises(gatehouse.ConnectionFailed, match="speaks none of"):
            things.exec("web", ["sh"])
    with bridge.client(way, gatehouse.Config(host="http://127.0.0.1:1")) as client:
        with pytest.raises(gatehouse.ConnectionFailed):
            client.resource(THINGS)("n").port_forward("web", 80)


@Ways
def test_new_credentials_are_tried(way: str, tmp_path: Path) -> None:
    path, asked = tmp_path / "token", []

    def refuse(x: Exchange) -> None:
        asked.append(x.headers["Authorization"])
        path.write_text("two")
        x.refuse(401, "Unauthorized")

    path.write_text("one")
    with peer(refuse) as config:
        config.token_file = str(path)
        with bridge.client(way, config) as client, pytest.raises(gatehouse.Unauthorized):
            client.resource(THINGS)("n").exec("web", ["sh"])
    assert asked == ["Bearer one", "Bearer two"]


@Ways
def test_attach(way: str) -> None:
    """A terminal whose size changes, over TLS."""
    heard: list[tuple[int, bytes]] = []

    def talk(k: Kubelet) -> None:
        heard.append(k.hear())
        k.say(ch.STDOUT, "$ ")
        heard.append(k.hear())
        k.say(ch.ERROR, SUCCESS)

    authority = Authority()
    import tempfile

    with tempfile.TemporaryDirectory() as directory:
        context = authority.server(Path(directory))
    kubelet = Kubelet(talk)
    with pods(way, kubelet, ch.V5, ssl=context, ca=authority.pem) as things:
        with things.attach("web", stdin=True, tty=True) as session:
            session.resize(80, 24)
            for stream, data in session:
                assert (stream, data) == ("stdout", b"$ ")
                session.write(b"exit\r")
            assert session.code == 0
    assert heard == [(ch.RESIZE, b'{"Width": 80, "Height": 24}'), (ch.STDIN, b"exit\r")]
    assert kubelet.asked.endswith("/things/web/attach?stdin=true&stdout=true&stderr=false&tty=true")


@Ways
def test_port_forward(way: str) -> None:
    """A port that echoes."""

    def talk(k: Kubelet) -> None:
        k.say(ch.DATA, b"\x90\x1f")
        k.say(ch.FAULT, b"\x90\x1f")
        while True:
            channel, data = k.hear()
            if data == b"end":
                return
            k.say(ch.FAULT if data == b"fail" else channel, data)

    kubelet = Kubelet(talk)
    with pods(way, kubelet, *ch.PORT_PROTOCOLS) as things, things.port_forward("web", 8080) as port:
        for data in (b"hello", b"large" * 100_000):
            port.sendall(data)
            got = b""
            while len(got) < len(data):
                got += port.recv(7000)
            assert got == data
        port.sendall(b"fail")
        with pytest.raises(gatehouse.ConnectionFailed, match="port forward: fail"):
            port.recv()
        port.sendall(b"end")
        assert port.recv() == b""
        assert kubelet.asked.endswith("/things/web/portforward?ports=8080")


def test_a_forwarded_port_that_begins_without_its_number() -> None:
    with pytest.raises(gatehouse.GatehouseError, match="instead of the port"):
        ch.PortReader().put(b"\0x")


@pytest.mark.parametrize("way", ["sync", "aio-http1"])
def test_log_lines(way: str) -> None:
    """Lines with and without an end, and an answer that breaks off."""
    broken = False

    def serve(x: Exchange) -> None:
        assert x.query == {"follow": "true", "container": "c"}
        x.begin()
        x.chunk(b"one\n\ntw")
        x.chunk(b"o")
        x.drop() if broken else x.chunk(b"")

    with peer(serve) as config, bridge.client(way, config) as client:
        things: Any = client.resource(THINGS)("n")

        def follow() -> Iterator[str]:
            return iter(things.logs("web", follow=True, container="c") if way == "sync" else things.follow_logs("web", container="c"))

        assert list(follow()) == ["one", "", "two"]
        broken = True
        with pytest.raises(gatehouse.ConnectionFailed):
            list(follow())


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "websockets.exceptions", None)
    with gatehouse.Client(gatehouse.Config(host="http://127.0.0.1:1")) as client:
        with pytest.raises(gatehouse.ConfigError, match=r"gatehouse-client\[streams\]"):
            client.core_v1.pods("n").exec("web", ["sh"])
