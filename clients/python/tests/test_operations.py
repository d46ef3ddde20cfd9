"""What the server's documents show can be called, and what can be called is shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import bridge
import pytest

import gatehouse
from gatehouse import Row, rows
from gatehouse.request import Request

METHODS = {"get": "get", "update": "put", "patch": "patch", "delete": "delete", "create": "post", "list": "get", "deletecollection": "delete"}
ALPHA = ("alpha", "beta")


def published(client: gatehouse.Client) -> set[str]:
    """The operations of the server's documents, but for the deprecated watch ones and those of versions that no client has."""
    out: set[str] = set()
    index = json.loads(client.read(Request("GET", "/openapi/v3")))
    for path, where in index["paths"].items():
        if any(word in path.rpartition("/")[2] for word in ALPHA):
            continue
        document = json.loads(client.read(Request("GET", where["serverRelativeURL"])))
        for path, item in document["paths"].items():
            if "/watch/" not in path:
                out |= {f"{method} {path}" for method, o in item.items() if method != "parameters" and "x-kubernetes-group-version-kind" in o}
    return out


def callable_of(row: Row) -> Iterator[str]:
    """The operations that a row knows."""
    base = f"/apis/{row.group}/{row.version}" if row.group else f"/api/{row.version}"
    everywhere = f"{base}/{row.resource}"
    collection = f"{base}/namespaces/{{namespace}}/{row.resource}" if row.namespaced else everywhere
    for verb in row.verbs:
        if verb == "list":
            yield from {"get " + collection, "get " + everywhere}
        elif verb in ("create", "deletecollection"):
            yield f"{METHODS[verb]} {collection}"
        elif verb != "watch":  # a list with watch=true
            yield f"{METHODS[verb]} {collection}/{{name}}"
    for below in row.subresources:
        path = f"{collection}/{{name}}/{below.name}"
        for verb in below.verbs:
            yield f"{METHODS[verb]} {path}"
        for method in below.connect:
            yield f"{method} {path}"
            if below.name == "proxy":
                yield f"{method} {path}/{{path}}"


def test_operations_are_published(admin: gatehouse.Client) -> None:
    shown, known = published(admin), {o for row in rows.ALL for o in callable_of(row)}
    assert sorted(shown - known) == []
    assert sorted(known - shown) == []
    assert len(known) > 500


@pytest.mark.parametrize("way", ["sync", "aio-http2"])
def test_operations_are_there(config: gatehouse.Config, way: str) -> None:
    """Call every operation of every row, as a dry run, for an object that is not there: whatever the server says, it is not that it
    has no such operation."""
    called = 0
    with bridge.client(way, config) as client:
        for row in rows.ALL:
            resource = client.resource(row)
            for name, call in calls(resource("default") if row.namespaced else resource, row):
                called += 1
                assert not missing(call), name
            for below in row.subresources:
                sub = (resource("default") if row.namespaced else resource).sub("python-nope", below.name)
                for verb in below.verbs:
                    called += 1
                    assert not missing(lambda: sub_call(sub, verb), text=below.text), f"{verb} {row.resource}/{below.name}"
    assert called > 500


def calls(r: Any, row: Row) -> Iterator[tuple[str, Callable[[], Any]]]:
    body = {"metadata": {"name": "python-nope"}}
    by_verb: dict[str, Callable[[], Any]] = {
        "get": lambda: r.get("python-nope"),
        "list": lambda: r.page(limit=1),
        "create": lambda: r.create(body, dry_run=True),
        "update": lambda: r.replace(body, dry_run=True),
        "patch": lambda: r.patch("python-nope", {}, dry_run=True),
        "delete": lambda: r.delete("python-nope", dry_run=True),
        "deletecollection": lambda: r.delete_collection(label_selector="python=nope", dry_run=True),
        "watch": lambda: list(r.watch(label_selector="python=nope", timeout_seconds=0.001)),
    }
    for verb in row.verbs:
        yield f"{verb} {row.group} {row.resource}", by_verb[verb]


def sub_call(sub: Any, verb: str) -> Any:
    body = {"metadata": {"name": "python-nope"}}
    if verb == "get":
        return sub.get()
    if verb == "create":
        return sub.create(body, dry_run=True)
    return sub.replace(body, dry_run=True) if verb == "update" else sub.patch({}, dry_run=True)


def missing(call: Callable[[], Any], text: bool = False) -> bool:
    """Whether a call shows that the server has no such operation, which names no object."""
    try:
        call()
    except gatehouse.NotFound as error:
        return not text and (error.details is None or not error.details.name)
    except gatehouse.ApiError as error:
        return error.code == 405
    return False


def test_rows_and_attributes_agree(admin: gatehouse.Client) -> None:
    """Each row is an attribute of its group, in both clients."""
    from gatehouse import aio_apis, apis

    for module, base in ((apis, apis.Apis), (aio_apis, aio_apis.AsyncApis)):
        found = []
        for group in vars(base):
            if not group.startswith("_"):
                accessor = getattr(module, "".join(word.capitalize() for word in group.split("_")))(admin)
                found += [getattr(accessor, name).row for name in vars(type(accessor)) if not name.startswith("_")]
        assert found == list(rows.ALL)
