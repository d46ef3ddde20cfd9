"""The server goes away and comes back, with and without a memory of what happened."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import bridge
import pytest
from conftest import Environment

import gatehouse
from gatehouse.models import core_v1

Ways = pytest.mark.parametrize("way", bridge.WAYS)
Absences = pytest.mark.parametrize("how", ["restart", "expire"])


def stage(config_maps: gatehouse.Resource[core_v1.ConfigMap]) -> None:
    """Make the config maps that the server's absence changes."""
    for name in ("dies", "changes", "stays"):
        config_maps.create({"metadata": {"name": name, "labels": {"staged": "yes"}}})


def step(m: core_v1.ConfigMap) -> str:
    return (m.data or {}).get("step", "")


def name(m: core_v1.ConfigMap) -> str:
    assert m.metadata.name is not None
    return m.metadata.name


@Ways
@Absences
def test_a_watch_tells_each_change_once(server: Environment, config: gatehouse.Config, namespace: Callable[[str], str], how: str, way: str) -> None:
    where = namespace(f"python-watch-{how}")
    with bridge.client(way, config) as client:
        config_maps = client.core_v1.config_maps(where)
        stage(config_maps)
        got: Counter[str] = Counter()
        for event in config_maps.watch(timeout_seconds=60):
            if name(event.object) == "kube-root-ca.crt":
                continue
            what = f"{event.type} {name(event.object)} {step(event.object)}".strip()
            got[what] += 1
            if what == "ADDED stays":
                server.take_away(how, where)
            if what == "ADDED last":
                config_maps.delete("last")
            elif got["ADDED born"] and got["DELETED dies"] and got["MODIFIED changes 1"] and not got["ADDED last"]:
                config_maps.create({"metadata": {"name": "last"}})
            if what == "DELETED last":
                break
    want = "ADDED born|ADDED changes|ADDED dies|ADDED last|ADDED stays|DELETED dies|DELETED last|MODIFIED changes 1"
    assert +got == Counter(want.split("|"))


@Ways
def test_a_watch_from_a_version(server: Environment, config: gatehouse.Config, namespace: Callable[[str], str], way: str) -> None:
    """What happened since is told, and when the server has forgotten it, that is the error."""
    where = namespace("python-watch-version")
    with bridge.client(way, config) as client:
        config_maps = client.core_v1.config_maps(where)
        stage(config_maps)
        version = config_maps.page(label_selector="staged=yes").resource_version
        config_maps.delete("stays")
        watch = config_maps.watch(label_selector="staged=yes", resource_version=version, timeout_seconds=60)
        event = next(iter(watch)) if way == "sync" else watch.__anext__()  # type: ignore[attr-defined]
        assert (event.type, name(event.object)) == ("DELETED", "stays")
        server.take_away("expire", where)
        with pytest.raises(gatehouse.Expired):
            for event in watch:
                pytest.fail(f"got {event}")


@Ways
@Absences
def test_an_informer_has_what_a_list_has(server: Environment, config: gatehouse.Config, namespace: Callable[[str], str], how: str, way: str) -> None:
    where = namespace(f"python-informer-{how}")
    with bridge.client(way, config) as client:
        config_maps = client.core_v1.config_maps(where)
        stage(config_maps)
        told: list[str] = []
        done = threading.Event()

        def add(m: core_v1.ConfigMap, initial: bool) -> None:
            told.append(f"add {name(m)} {initial}")
            if name(m) == "last":
                done.set()

        informer = config_maps.informer(
            on_add=add,
            on_update=lambda old, m: told.append(f"update {name(m)} {step(old)} {step(m)}"),
            on_delete=lambda last: told.append(f"delete {name(last)} {(last.metadata.labels or {}).get('staged')}"),
        )
        informer.add_index("staged", lambda m: [(m.metadata.labels or {}).get("staged", "no")])
        with informer:
            informer.wait_synced()
            assert len(informer.by_index("staged", "yes")) == 3 and informer.get(where, "dies") is not None
            server.take_away(how, where)
            config_maps.create({"metadata": {"name": "last"}})
            assert done.wait(60)
        stored = [(name(m), m.metadata.resource_version) for m in informer.list()]
        assert stored == [(name(m), m.metadata.resource_version) for m in config_maps.list()]
        assert len(informer.by_index("staged", "yes")) == 2
        for want in ("add born False", "update changes  1", "delete dies yes", "add stays True"):
            assert told.count(want) == 1, told
