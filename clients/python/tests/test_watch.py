"""What is asked of a server that ends, breaks and forgets, and what is told."""

from __future__ import annotations

import gc
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import bridge
import pytest
from peer import THINGS, Exchange, peer, thing

import gatehouse
from gatehouse import watching
from gatehouse.watching import FIRST_RECONNECT, LAST_RECONNECT, Lines, Watching, reconnect


@dataclass
class Step:
    """What the server says to one request."""

    code: int = 0
    reason: str = ""
    after: str = ""
    items: tuple[str, ...] | None = None
    version: str = ""
    more: str = ""
    events: tuple[str, ...] = ()
    breaks: bool = False


@dataclass
class Script:
    steps: list[Step]
    asked: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    over: threading.Event = field(default_factory=threading.Event)

    def serve(self, x: Exchange) -> None:
        with self.lock:
            if x.query.get("watch") == "true":
                self.asked.append("watch " + x.query["resourceVersion"])
                assert x.query["allowWatchBookmarks"] == "true"
            else:
                self.asked.append(f"list {x.query.get('continue', '')}".strip())
            step = self.steps.pop(0) if self.steps else None
        if step is None:
            x.begin()
            self.over.wait(60)  # nothing happens any more
        elif step.code:
            x.refuse(step.code, step.reason, **({"Retry_After": step.after} if step.after else {}))
        elif step.items is not None:
            items = [thing(*i.split("@")) for i in step.items]
            x.answer({"kind": "ThingList", "metadata": {"resourceVersion": step.version, "continue": step.more}, "items": items or None})
        else:
            x.begin()
            for e in step.events:
                x.chunk(e.encode() if step.breaks and e is step.events[-1] and not e.endswith("}") else e.encode() + b"\n")
            if step.breaks:
                x.drop()
            else:
                x.chunk(b"")


def listed(version: str, *items: str, more: str = "") -> Step:
    return Step(items=items, version=version, more=more)


def event(type: str, name: str, version: str) -> str:
    return json.dumps({"type": type, "object": thing(name, version)})


EXPIRED = json.dumps({"type": "ERROR", "object": {"kind": "Status", "status": "Failure", "message": "too old", "reason": "Expired", "code": 410}})

CASES: dict[str, tuple[list[Step], dict[str, Any], list[str], list[str], type[Exception] | None]] = {
    "a list in two pages, then changes": (
        [
            listed("5", "a@1", more="more"),
            listed("5", "b@2"),
            Step(events=(event("MODIFIED", "a", "6"), event("DELETED", "b", "7"), event("ADDED", "c", "8"))),
        ],
        {},
        ["ADDED a@1", "ADDED b@2", "MODIFIED a@6", "DELETED b@7", "ADDED c@8"],
        ["list", "list more", "watch 5", "watch 8"],
        None,
    ),
    "connections that end, break and are refused": (
        [
            listed("5"),
            Step(events=(event("ADDED", "a", "6"),)),
            Step(breaks=True, events=(event("BOOKMARK", "", "9"),)),
            Step(code=503, reason="ServiceUnavailable"),
            Step(code=429, reason="TooManyRequests"),
            Step(breaks=True, events=(event("ADDED", "b", "10"), '{"type":"ADDED","obj')),
        ],
        {},
        ["ADDED a@6", "ADDED b@10"],
        ["list", "watch 5", "watch 6", "watch 9", "watch 9", "watch 9", "watch 10"],
        None,
    ),
    "forgotten: the difference is told": (
        [
            listed("5", "a@1", "b@2", "c@3", "d@4"),
            Step(events=(event("MODIFIED", "a", "6"), EXPIRED)),
            listed("20", "a@6", "b@12", more="more"),
            Step(code=410, reason="Expired"),
            listed("21", "a@6", "b@12", "d@4", "e@21"),
            Step(events=(event("DELETED", "d", "22"),)),
        ],
        {},
        ["ADDED a@1", "ADDED b@2", "ADDED c@3", "ADDED d@4", "MODIFIED a@6", "MODIFIED b@12", "ADDED e@21", "DELETED c@3", "DELETED d@22"],
        ["list", "watch 5", "list", "list more", "list", "watch 21", "watch 22"],
        None,
    ),
    "forgotten with an answer": (
        [listed("5", "a@1"), Step(code=410, reason="Gone"), listed("9")],
        {},
        ["ADDED a@1", "DELETED a@1"],
        ["list", "watch 5", "list", "watch 9"],
        None,
    ),
    "from a version": (
        [Step(events=(event("BOOKMARK", "", "4"),)), Step(events=(EXPIRED,))],
        {"resource_version": "3", "bookmarks": True},
        ["BOOKMARK @4"],
        ["watch 3", "watch 4"],
        gatehouse.Expired,
    ),
    "may not list": ([Step(code=403, reason="Forbidden")], {}, [], ["list"], gatehouse.Forbidden),
    "a first request that fails": ([Step(code=500, reason="InternalError")], {}, [], ["list"], gatehouse.ApiError),
    "a right that is taken away": (
        [listed("5"), Step(events=(event("ADDED", "a", "6"),)), Step(code=403, reason="Forbidden")],
        {},
        ["ADDED a@6"],
        ["list", "watch 5", "watch 6"],
        gatehouse.Forbidden,
    ),
    "no event at all": ([listed("5"), Step(events=("nonsense",))], {}, [], ["list", "watch 5"], gatehouse.GatehouseError),
}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "reconnect", lambda attempt: 0.0)


@pytest.fixture(params=["sync", "aio-http1"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("name", CASES)
def test_watch(name: str, way: str) -> None:
    steps, options, want, want_asked, failure = CASES[name]
    script = Script(list(steps))
    got = []
    with peer(script.serve) as config, bridge.client(way, config) as client:
        watch = client.resource(THINGS)("n").watch(**options)
        try:
            for e in watch:
                got.append(f"{e.type} {e.object['metadata']['name']}@{e.object['metadata']['resourceVersion']}")
                if failure is None and got == want:
                    stop_soon(watch, script, want_asked)  # what is told now is too much
            assert failure is None
        except gatehouse.GatehouseError as error:
            assert failure is not None and isinstance(error, failure), error
        script.over.set()
    assert (got, script.asked) == (want, want_asked)


def stop_soon(watch: Any, script: Script, asked: list[str]) -> None:
    """Stop a watch when the server has been asked everything."""

    def stop() -> None:
        for _ in range(3000):
            if len(script.asked) >= len(asked) or script.over.wait(0.02):
                break
        script.over.wait(0.1)
        watch.stop()

    threading.Thread(target=stop, daemon=True).start()


def test_recreated(way: str) -> None:
    """An object that was deleted and made again while nobody watched is told as both."""
    lists = 0

    def serve(x: Exchange) -> None:
        nonlocal lists
        if x.query.get("watch") == "true":
            x.refuse(410, "Expired")
            return
        lists += 1
        x.answer({"metadata": {"resourceVersion": "5"}, "items": [thing("x", str(lists), uid=f"u{lists}")]})

    got = []
    with peer(serve) as config, bridge.client(way, config) as client:
        for e in client.resource(THINGS)("n").watch():
            got.append((e.type, e.object["metadata"]["uid"]))
            if len(got) == 3:
                break
    assert got == [("ADDED", "u1"), ("DELETED", "u1"), ("ADDED", "u2")]


def test_timeout(way: str) -> None:
    """The whole watch ends after its time, without an error, though the server goes on."""
    script = Script([listed("5")])
    with peer(script.serve) as config, bridge.client(way, config) as client:
        assert list(client.resource(THINGS)("n").watch(timeout_seconds=0.2)) == []
        script.over.set()
    assert script.asked in (["list"], ["list", "watch 5"])


def test_stopped_while_it_waits_to_connect(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "reconnect", lambda attempt: 1000.0)
    script = Script([listed("5"), Step(code=503, reason="ServiceUnavailable")])
    with peer(script.serve) as config, bridge.client(way, config) as client:
        watch = client.resource(THINGS)("n").watch()
        stop_soon(watch, script, ["list", "watch 5"])
        assert list(watch) == []


@pytest.mark.parametrize("begin", [[], [listed("5")]])
def test_stopped_while_the_server_wants_to_be_left_alone(way: str, begin: list[Step]) -> None:
    """In the list and in the watch: nothing is asked after the stop."""
    script = Script([*begin, Step(code=429, reason="TooManyRequests", after="60")])
    asked = ["list", "watch 5"][: 1 + len(begin)]
    with peer(script.serve) as config, bridge.client(way, config) as client:
        watch = client.resource(THINGS)("n").watch()
        stop_soon(watch, script, asked)
        assert list(watch) == []
    assert script.asked == asked


def test_a_misspelt_option_is_an_error_before_anything_is_sent(way: str) -> None:
    script = Script([])
    with peer(script.serve) as config, bridge.client(way, config) as client:
        things = client.resource(THINGS)("n")
        for call in (things.watch, things.list, things.page, things.informer, things.delete_collection):
            with pytest.raises(TypeError, match="label_selctor"):
                call(label_selctor="a=b")  # type: ignore[call-arg]
    assert script.asked == []


def test_an_informer_begins_with_a_list(way: str) -> None:
    with peer(lambda x: None) as config, bridge.client(way, config) as client:
        with pytest.raises(TypeError, match="resource_version"):
            client.resource(THINGS)("n").informer(resource_version="1")  # type: ignore[call-arg]


def test_a_watch_that_nobody_has_is_closed_at_once() -> None:
    """Without waiting for the garbage collector."""
    script = Script([listed("5"), Step(events=(event("ADDED", "a", "6"),)), Step(events=(event("ADDED", "b", "7"),))])
    with peer(script.serve) as config, gatehouse.Client(config) as client:
        gc.disable()
        try:
            watch = client.resource(THINGS)("n").watch()
            running = watch._running
            assert next(watch).type == "ADDED" and running._answer is not None
            del watch
            assert running._answer is None and running._stopped.is_set()
        finally:
            gc.enable()


def test_lines() -> None:
    """Lines, however they come."""
    text = b"one\n\ntwo\r\n" + b"x" * 200_000 + b"\nhalf"
    for size in (1, 2, 7, 65536, len(text)):
        lines, got = Lines(), []
        for begin in range(0, len(text), size):
            got += lines.feed(text[begin : begin + size])
        assert got == [b"one", b"", b"two\r", b"x" * 200_000]
        assert lines.rest() == b"half"


def test_events() -> None:
    with peer(lambda x: None) as config, gatehouse.Client(config) as client:
        state = Watching(client.resource(THINGS)("n")._scope, {"resource_version": "1"})
    turned = state.heard(b'{ "object": {"metadata":{"name":"turned"}}, "type": "MODIFIED" }\r')
    assert turned is not None and (turned.type, turned.raw["metadata"]["name"]) == ("MODIFIED", "turned")
    assert state.heard(b"\r") is None
    for line in (b"nonsense", b"[]", b'{"type":"ADDED"}', b'{"type":"ADDED","object":[]}', b'{"type":"ERROR","object":{"a":1}}'):
        with pytest.raises(gatehouse.GatehouseError):
            state.heard(line)


def test_waits_grow() -> None:
    for attempt in range(100):
        most = min(FIRST_RECONNECT * 2**attempt, LAST_RECONNECT)
        assert most / 2 <= reconnect(attempt) <= most


def things_of(script: Script, way: str) -> Iterator[Any]:
    with peer(script.serve) as config, bridge.client(way, config) as client:
        yield client.resource(THINGS)("n")
        script.over.set()


def test_a_handler_that_raises(way: str) -> None:
    """It is reported, and does not stop the informer."""
    for things in things_of(Script([listed("5", "a@1", "b@2")]), way):
        failed: list[Exception] = []

        def add(object: Any, initial: bool) -> None:
            assert initial
            if object["metadata"]["name"] == "a":
                raise RuntimeError("cannot do this")

        with things.informer(on_add=add, on_error=failed.append) as informer:
            informer.wait_synced()
            assert [str(e) for e in failed] == ["cannot do this"]
            assert [o["metadata"]["name"] for o in informer.list()] == ["a", "b"]
            assert len(informer) == 2 and informer.get("n", "b") and informer.get("n", "c") is None


def test_an_informer_that_may_not_list(way: str) -> None:
    for things in things_of(Script([Step(code=403, reason="Forbidden")]), way):
        informer = things.informer()
        with pytest.raises(gatehouse.Forbidden):
            with informer:
                informer.wait_synced()
