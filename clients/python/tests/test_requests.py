"""What is sent, how often, and what is made of the answers, with both clients."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

import bridge
import pytest
from peer import THINGS, Exchange, peer, thing, waits

import gatehouse
from gatehouse.models import core_v1, meta_v1
from gatehouse.errors import ConnectionFailed
from gatehouse.request import MAX_RESENDS, MAX_RETRIES, Attempts, Request

NEW = {"metadata": {"name": "x"}}


@pytest.fixture(params=["sync", "aio-http1"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@contextmanager
def served(way: str, serve: Callable[[Exchange], None]) -> Iterator[tuple[gatehouse.Client, list[float]]]:
    with peer(serve) as config, bridge.client(way, config) as client:
        yield client, waits(getattr(client, "inner", client))


@pytest.mark.parametrize(
    "after, code, bad, waited, want",
    [
        ("2", 429, 2, [2.0, 2.0], None),
        ("1", 503, 1, [1.0], None),
        ("0", 500, 1, [0.0], None),
        ("86400", 503, 1, [60.0], None),
        ("", 503, 1, [], 503),
        ("Mon, 02 Jan 2006 15:04:05 GMT", 503, 1, [], 503),
        ("1", 409, 1, [], 409),
        ("1", 429, 100, [1.0] * MAX_RETRIES, 429),
    ],
)
def test_retry_after(way: str, after: str, code: int, bad: int, waited: list[float], want: int | None) -> None:
    """Whatever the method: the server says that it did nothing."""
    sent = 0

    def serve(x: Exchange) -> None:
        nonlocal sent
        sent += 1
        assert json.loads(x.body)["kind"] == "Thing"
        if sent <= bad:
            x.refuse(code, "Whatever", **({"Retry_After": after} if after else {}))
        else:
            x.answer(thing("x"))

    with served(way, serve) as (client, noted):
        try:
            client.resource(THINGS)("n").create(NEW)
            got = None
        except gatehouse.ApiError as error:
            got = error.code
    assert (got, noted) == (want, waited)


@pytest.mark.parametrize("write, broken, want_sent, fails", [(False, 1, 2, False), (False, 100, 1 + MAX_RESENDS, True), (True, 1, 1, True)])
def test_broken_connections(way: str, write: bool, broken: int, want_sent: int, fails: bool) -> None:
    """A read is sent again, a write is not, because it may have happened."""
    sent = 0

    def serve(x: Exchange) -> None:
        nonlocal sent
        sent += 1
        if sent <= broken:
            x.drop()
        else:
            x.answer(thing("x"))

    with served(way, serve) as (client, _):
        things = client.resource(THINGS)("n")
        try:
            assert (things.create(NEW) if write else things.get("x"))["metadata"]["name"] == "x"
            assert not fails
        except gatehouse.ConnectionFailed:
            assert fails
    assert sent == want_sent


def test_an_answer_that_breaks_off(way: str) -> None:
    sent = 0

    def serve(x: Exchange) -> None:
        nonlocal sent
        sent += 1
        if sent == 1:
            x.send_response(200)
            x.send_header("Content-Length", "1000")
            x.end_headers()
            x.wfile.write(b'{"kind":')
            x.drop()
        else:
            x.answer(thing("x"))

    with served(way, serve) as (client, _):
        assert client.resource(THINGS)("n").get("x")["metadata"]["name"] == "x"
    assert sent == 2


def test_nobody_there(way: str) -> None:
    with bridge.client(way, gatehouse.Config(host="http://127.0.0.1:1")) as client:
        noted = waits(getattr(client, "inner", client))
        with pytest.raises(gatehouse.ConnectionFailed):
            client.resource(THINGS)("n").get("x")
    assert noted == []


def test_a_time_for_answers(way: str) -> None:
    over = threading.Event()
    with peer(lambda x: over.wait(60)) as config:
        config.timeout = 0.05
        with bridge.client(way, config) as client, pytest.raises(gatehouse.ConnectionFailed, match="(?i)time"):
            client.resource(THINGS)("n").get("x")
        over.set()


def test_answers_of_others(way: str) -> None:
    """What is no Status is an error all the same, and what is no object is none."""
    answers: list[tuple[bytes, int]] = [(b"the proxy has lost its way", 404), (b"\xff" * 5000, 502), (b"<html>", 200), (b"[]", 200)]

    with served(way, lambda x: x.answer(*answers.pop(0))) as (client, _):
        things = client.resource(THINGS)("n")
        with pytest.raises(gatehouse.NotFound, match="lost its way"):
            things.get("x")
        with pytest.raises(gatehouse.ApiError) as error:
            things.get("x")
        assert error.value.code == 502 and len(str(error.value)) == 2048
        for _ in range(2):
            with pytest.raises(gatehouse.GatehouseError):
                things.get("x")


def test_reasons(way: str) -> None:
    """Each reason has its error; a reason that nobody knows, and one of several for a code, too."""
    cases: list[tuple[int, str, type[gatehouse.ApiError]]] = [
        (404, "NotFound", gatehouse.NotFound),
        (409, "AlreadyExists", gatehouse.AlreadyExists),
        (409, "Conflict", gatehouse.Conflict),
        (410, "Expired", gatehouse.Expired),
        (410, "Gone", gatehouse.Expired),
        (403, "Forbidden", gatehouse.Forbidden),
        (401, "Unauthorized", gatehouse.Unauthorized),
        (422, "Invalid", gatehouse.Invalid),
        (429, "TooManyRequests", gatehouse.TooManyRequests),
        (404, "", gatehouse.NotFound),
        (418, "Teapot", gatehouse.ApiError),
    ]
    left = list(cases)

    with served(way, lambda x: x.refuse(*left.pop(0)[:2])) as (client, _):
        for code, reason, want in cases:
            with pytest.raises(gatehouse.ApiError) as error:
                client.resource(THINGS)("n").get("x")
            assert (type(error.value), error.value.code, error.value.reason, error.value.status.code) == (want, code, reason, code)


P = "/apis/example.com/v1/namespaces/n/things"
ME = "fieldManager=me"
POD = core_v1.Pod(metadata=meta_v1.ObjectMeta(name="x", creation_timestamp=datetime(2026, 1, 2, 5, 0, 0, 999, timezone(timedelta(hours=2)))))
CALLS: dict[str, tuple[Callable[[Any, Any], Any], str]] = {
    "get": (lambda r, _: r.get("a/b", resource_version="0"), f"GET {P}/a%2Fb?resourceVersion=0"),
    "create in the object's namespace": (
        lambda _, on: on.create(thing("x"), dry_run=False),
        f'POST {P}?{ME} application/json {{"kind":"Thing","apiVersion":"example.com/v1","metadata":{{"name":"x","namespace":"n","uid":"u-x","resourceVersion":"1"}}}}',
    ),
    "kind is filled in": (
        lambda r, _: r.replace(NEW, field_manager="you", dry_run=True),
        f'PUT {P}/x?fieldManager=you&dryRun=All application/json {{"metadata":{{"name":"x"}},"kind":"Thing","apiVersion":"example.com/v1"}}',
    ),
    "a model": (
        lambda r, _: r.create(POD),
        f'POST {P}?{ME} application/json {{"kind":"Pod","apiVersion":"v1","metadata":{{"name":"x","creationTimestamp":"2026-01-02T03:00:00Z"}}}}',
    ),
    "merge": (lambda r, _: r.patch("x", {"a": None}), f'PATCH {P}/x?{ME} application/merge-patch+json {{"a":null}}'),
    "strategic": (
        lambda r, _: r.patch("x", "{ }", "strategic", field_validation="Strict"),
        f"PATCH {P}/x?fieldValidation=Strict&{ME} application/strategic-merge-patch+json {{ }}",
    ),
    "json": (lambda r, _: r.patch_status("x", [], "json"), f"PATCH {P}/x/status?{ME} application/json-patch+json []"),
    "apply yaml": (
        lambda r, _: r.apply("metadata: {name: x}\nspec: {mode: 0644, on: no, at: 2026-01-01, t: 12:30}\n", force=True),
        f"PATCH {P}/x?force=true&{ME} application/apply-patch+yaml "
        '{"metadata":{"name":"x"},"spec":{"mode":420,"on":"no","at":"2026-01-01","t":"12:30"},"kind":"Thing","apiVersion":"example.com/v1"}',
    ),
    "delete": (
        lambda r, _: r.delete("x", grace_period_seconds=0, propagation_policy="Orphan", preconditions={"uid": "u", "resourceVersion": "7"}, dry_run=True),
        f'DELETE {P}/x application/json {{"kind":"DeleteOptions","apiVersion":"v1","gracePeriodSeconds":0,"propagationPolicy":"Orphan",'
        '"preconditions":{"uid":"u","resourceVersion":"7"},"dryRun":["All"]}',
    ),
    "delete collection": (
        lambda _, on: on.delete_collection(label_selector="a=b", field_selector="c=d", preconditions=meta_v1.Preconditions(uid="u")),
        "DELETE /apis/example.com/v1/things?labelSelector=a%3Db&fieldSelector=c%3Dd application/json "
        '{"kind":"DeleteOptions","apiVersion":"v1","preconditions":{"uid":"u"}}',
    ),
    "scale": (lambda r, _: r.scale("x", 0), f'PATCH {P}/x/scale?{ME} application/merge-patch+json {{"spec":{{"replicas":0}}}}'),
    "evict": (
        lambda r, _: r.evict("x", grace_period_seconds=5, dry_run=True),
        f'POST {P}/x/eviction?dryRun=All&{ME} application/json {{"apiVersion":"policy/v1","kind":"Eviction",'
        '"metadata":{"name":"x","namespace":"n"},"deleteOptions":{"gracePeriodSeconds":5}}',
    ),
    "sub": (lambda r, _: r.sub("x", "size").get(), f"GET {P}/x/size"),
    "create sub": (
        lambda r, _: r.sub("x", "size").create({"a": 1}),
        f'POST {P}/x/size?{ME} application/json {{"a":1,"kind":"Size","apiVersion":"example.com/v1"}}',
    ),
    "page": (
        lambda r, _: r.page(limit=2, continue_="c", resource_version_match="Exact", timeout_seconds=3),
        f"GET {P}?limit=2&continue=c&resourceVersionMatch=Exact&timeoutSeconds=3",
    ),
    "logs": (
        lambda r, _: r.logs("x", container="c", previous=True, since_time=datetime(2026, 1, 1, tzinfo=timezone.utc), tail_lines=5, limit_bytes=9),
        f"GET {P}/x/log?container=c&previous=true&sinceTime=2026-01-01T00%3A00%3A00Z&tailLines=5&limitBytes=9",
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_is_sent(way: str, name: str) -> None:
    got = []

    def serve(x: Exchange) -> None:
        body = f" {x.headers['Content-Type']} {x.body.decode()}" if x.body else ""
        got.append(f"{x.command} {x.path}{body}")
        x.answer(thing("x"))

    call, want = CALLS[name]
    with peer(serve) as config:
        config.field_manager = "me"
        with bridge.client(way, config) as client:
            call(client.resource(THINGS)("n"), client.resource(THINGS))
    assert got == [want]


def test_token(way: str) -> None:
    def serve(x: Exchange) -> None:
        assert json.loads(x.body)["spec"] == {"audiences": ["a"], "expirationSeconds": 3600}
        x.answer({"status": {"token": "t", "expirationTimestamp": "2026-01-01T00:00:00Z"}})

    with served(way, serve) as (client, _):
        token = client.resource(THINGS)("n").token("x", ["a"], 3600)
    assert (token.token, token.expires) == ("t", datetime(2026, 1, 1, tzinfo=timezone.utc))


def test_what_cannot_be_sent(way: str) -> None:
    """It is an error before anything is sent."""

    sent: list[str] = []
    with served(way, lambda x: sent.append(x.path)) as (client, _):
        on, things = client.resource(THINGS), client.resource(THINGS)("n")
        calls: list[tuple[Callable[[], Any], type[Exception]]] = [
            (lambda: on.get("x"), ValueError),
            (lambda: things.get(""), ValueError),
            (lambda: things.replace({}), ValueError),
            (lambda: things.sub("x", "depth"), ValueError),
            (lambda: things.apply("[]"), ValueError),
            (lambda: things.apply("a: ["), ValueError),
            (lambda: things.create([]), TypeError),
            (lambda: things.patch("x", {}, "apply"), ValueError),  # type: ignore[arg-type]
            (lambda: things.create(NEW, feild_manager="me"), TypeError),  # type: ignore[call-arg]
            (lambda: things.delete("x", grace_period=1), TypeError),  # type: ignore[call-arg]
            (lambda: things.logs("x", tail=1), TypeError),  # type: ignore[call-overload]
            (lambda: things.exec("x", "ls -l"), TypeError),
            (lambda: things.create({"at": datetime(2026, 1, 1)}), ValueError),
        ]
        for call, error in calls:
            with pytest.raises(error):
                call()
    assert sent == []


def test_threads_share_a_client() -> None:
    """Each gets its own answer."""
    from concurrent.futures import ThreadPoolExecutor

    with peer(lambda x: x.answer(thing(x.path.rsplit("/", 1)[1]))) as config, gatehouse.Client(config) as client:
        things = client.resource(THINGS)("n")
        names = [f"t{n}" for n in range(200)]
        with ThreadPoolExecutor(8) as threads:
            assert [t["metadata"]["name"] for t in threads.map(things.get, names)] == names


def test_which_faults_are_tried_again() -> None:
    """A write only when it was not sent whole, and nothing for ever."""
    get, post = Request("GET", "/"), Request("POST", "/")
    broke, unsent, never = ConnectionFailed("", broke=True), ConnectionFailed("", broke=True, unsent=True), ConnectionFailed("")
    for request, fault, times in ((get, broke, 3), (get, unsent, 3), (get, never, 0), (post, broke, 0), (post, unsent, 3), (post, never, 0)):
        attempts, waited = Attempts(request), 0
        with pytest.raises(ConnectionFailed):
            while True:
                attempts.broke(fault)
                waited += 1
        assert waited == times
