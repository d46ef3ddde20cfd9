"""What is read and written comes out as it was, with what nobody knows."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from conftest import Environment

import gatehouse
from gatehouse import MicroTime, Model, rows
from gatehouse.model import model
from gatehouse.models import apiextensions_v1, apps_v1, coordination_v1, core_v1, meta_v1

STRANGE = {"deep": [1, None, "new"]}


def kinds() -> dict[tuple[str, str], type[Model]]:
    """The models of all kinds and lists, by apiVersion and kind."""
    out: dict[tuple[str, str], type[Model]] = {}
    for row in rows.ALL:
        module = row.model.partition(".")[0]
        version = f"{row.group}/{row.version}" if row.group else row.version
        for kind in filter(None, (row.kind, row.list_kind)):
            out[version, kind] = model(f"{module}.{kind}")
    return out


def strange(value: Any, cls: type[Model]) -> Any:
    """The JSON of an object, with a field that nobody knows in each of its models."""
    out = {"newField": STRANGE}
    for name, v in value.items():
        code = cls._fields[name][1] if name in cls._fields else None
        out[name] = _deeper(v, code)
    return out


def _deeper(v: Any, code: str | None) -> Any:
    if code is None or code in ("t", "u", "b") or v is None:
        return v
    if code[0] == "[":
        return [_deeper(x, code[1:]) for x in v]
    if code[0] == "{":
        return {k: _deeper(x, code[1:]) for k, x in v.items()}
    return strange(v, model(code))


def touch(value: Any) -> None:
    """Read all fields of all models."""
    if isinstance(value, list):
        for v in value:
            touch(v)
    elif isinstance(value, dict):
        touch(list(value.values()))
    elif isinstance(value, Model):
        for attribute, _ in value._fields.values():
            touch(getattr(value, attribute))


def test_golden(server: Environment) -> None:
    """Every object of the golden scripts, and a full one of each kind: untouched, and with all of its fields read."""
    models, seen = kinds(), set()
    with open(server.golden, encoding="utf-8") as file:
        for line in file:
            want = json.loads(line)
            cls = models.get((want["apiVersion"], want["kind"]))
            if cls is None:
                continue
            seen.add(cls)
            for object in (want, strange(want, cls)):
                model_of = cls.from_dict(json.loads(json.dumps(object)))
                assert model_of.to_dict() == object
                touch(model_of)
                assert model_of.to_dict() == object
    assert len(seen) >= 100


def test_every_field_can_be_given_and_read() -> None:
    """The tables of all models agree with their annotations, and no two fields share an attribute."""
    for cls in {model(f"{row.model.partition('.')[0]}.{name}") for row in rows.ALL for name in _models_of(row.model.partition(".")[0])}:
        attributes = [attribute for attribute, _ in cls._fields.values()]
        assert len(set(attributes)) == len(attributes), cls
        assert set(attributes) == {a for a in cls.__annotations__ if a != "_fields"}, cls
        for attribute in attributes:
            getattr(cls(), attribute)


def _models_of(module: str) -> list[str]:
    import importlib

    found = vars(importlib.import_module("gatehouse.models." + module))
    return [name for name, v in found.items() if isinstance(v, type) and issubclass(v, Model) and v is not Model and v.__module__.endswith(module)]


def test_what_is_unknown_survives() -> None:
    """As if the server were newer: a field, and a value of an enum."""
    pod = core_v1.Pod.from_dict(
        {"metadata": {"name": "x"}, "spec": {"restartPolicy": "Sometimes", "containers": [{"name": "c", "newField": 1, "ports": None}]}}
    )
    assert pod.spec.containers
    assert pod.spec.restart_policy == "Sometimes"
    assert pod.spec.containers[0].unknown == {"newField": 1} and pod.spec.containers[0].ports is None
    pod.spec.containers.insert(0, core_v1.Container(name="first"))
    pod.spec.containers[1].ports = [core_v1.ContainerPort(container_port=80)]
    pod.metadata.labels = {"a": "b"}
    assert pod.to_dict() == {
        "metadata": {"name": "x", "labels": {"a": "b"}},
        "spec": {"restartPolicy": "Sometimes", "containers": [{"name": "first"}, {"name": "c", "newField": 1, "ports": [{"containerPort": 80}]}]},
    }


def test_dicts_stand_for_models() -> None:
    pod = core_v1.Pod(metadata={"name": "x"}, spec={"containers": [{"name": "c", "resources": {"requests": {"cpu": "1"}}}]})  # type: ignore[arg-type]
    assert pod.spec.containers
    assert isinstance(pod.metadata, meta_v1.ObjectMeta) and isinstance(pod.spec.containers[0], core_v1.Container)
    assert pod == core_v1.Pod(
        metadata=meta_v1.ObjectMeta(name="x"),
        spec=core_v1.PodSpec(containers=[core_v1.Container(name="c", resources=core_v1.ResourceRequirements(requests={"cpu": "1"}))]),
    )
    pod.spec = {"hostNetwork": True}  # type: ignore[assignment]
    assert pod.spec.host_network is True


def test_metadata_spec_and_status_are_always_there() -> None:
    """They are made when they are asked for, kept when something is put into them, and not written while they are empty."""
    pod = core_v1.Pod.from_dict({"kind": "Pod", "status": {}})
    assert (pod.metadata.name, pod.spec.containers, pod.status.phase) == (None, None, None)
    assert pod.to_dict() == {"kind": "Pod", "status": {}}
    pod.metadata.name = "x"
    assert pod.to_dict() == {"kind": "Pod", "status": {}, "metadata": {"name": "x"}}
    pod.status.phase = "Running"
    assert pod.to_dict()["status"] == {"phase": "Running"}
    assert repr(core_v1.Pod()) == "Pod(kind='Pod', api_version='v1')"
    assert core_v1.PodTemplateSpec().spec is None
    del_spec = core_v1.Pod.from_dict({"spec": {"a": 1}})
    del_spec.spec = None  # type: ignore[assignment]
    assert del_spec.to_dict() == {}


def test_a_misspelt_field_is_an_error() -> None:
    with pytest.raises(AttributeError, match="ObjectMeta has no field 'nmae'"):
        meta_v1.ObjectMeta(nmae="x")  # type: ignore[call-arg]
    metadata = meta_v1.ObjectMeta(name="x")
    with pytest.raises(AttributeError):
        metadata.nmae = "x"  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        metadata.nmae  # type: ignore[attr-defined]  # noqa: B018


def test_times() -> None:
    """Seconds and microseconds by the field, whatever is given; read as servers of all ages write them."""
    moment = datetime(2026, 3, 1, 14, 0, 0, 123456, timezone(timedelta(hours=2)))
    lease = coordination_v1.Lease(
        metadata=meta_v1.ObjectMeta(creation_timestamp=moment),
        spec=coordination_v1.LeaseSpec(renew_time=MicroTime.fromisoformat("2026-03-01T12:00:00+00:00"), acquire_time=moment),  # type: ignore[arg-type]
    )
    out = lease.to_dict()
    assert out["metadata"]["creationTimestamp"] == "2026-03-01T12:00:00Z"
    assert (out["spec"]["renewTime"], out["spec"]["acquireTime"]) == ("2026-03-01T12:00:00.000000Z", "2026-03-01T12:00:00.123456Z")
    for text, micro in {
        "2026-03-01T12:00:00Z": 0,
        "2026-03-01T12:00:00.1Z": 100000,
        "2026-03-01T13:00:00.123456789+01:00": 123456,
        "0001-01-01T00:00:00Z": 0,
    }.items():
        read = coordination_v1.LeaseSpec.from_dict({"renewTime": text}).renew_time
        assert isinstance(read, MicroTime) and read.microsecond == micro and read.utcoffset() is not None
    assert meta_v1.ObjectMeta.from_dict({"creationTimestamp": "0001-01-01T00:00:00Z"}).to_dict() == {"creationTimestamp": "0001-01-01T00:00:00Z"}
    for wrong in ("yesterday", "2026-03-01", "2026-03-01T12:00:00", "2026-13-01T12:00:00Z"):
        with pytest.raises(ValueError):
            meta_v1.ObjectMeta.from_dict({"creationTimestamp": wrong}).creation_timestamp  # noqa: B018
    assert meta_v1.ObjectMeta.from_dict({"creationTimestamp": "yesterday"}).to_dict() == {"creationTimestamp": "yesterday"}
    with pytest.raises(ValueError, match="is no object"):
        core_v1.Pod.from_dict({"spec": []}).spec  # noqa: B018
    with pytest.raises(ValueError, match="time zone"):
        meta_v1.ObjectMeta(creation_timestamp=datetime(2026, 1, 1)).to_dict()


def test_models_are_values() -> None:
    one = core_v1.Secret(metadata=meta_v1.ObjectMeta(name="s"), data={"k": b"\0"})
    for two in (copy.deepcopy(one), pickle.loads(pickle.dumps(one)), core_v1.Secret.from_dict(one.to_dict())):
        assert two == one
        two.data = {}
        assert two != one and one.data == {"k": b"\0"}
    assert one != one.to_dict()
    assert repr(core_v1.ContainerPort(container_port=80, host_ip=None)) == "ContainerPort(container_port=80)"
    with pytest.raises(TypeError):
        hash(one)


def test_any_value() -> None:
    """Where a field takes any JSON, none of it is read."""
    schema = apiextensions_v1.JSONSchemaProps.from_dict({"default": {"a": [1, {"b": None}]}, "items": {"type": "string"}, "enum": [None, 1]})
    assert schema.default == {"a": [1, {"b": None}]} and schema.items == {"type": "string"}
    data = apps_v1.ControllerRevision(data={"at": MicroTime(2026, 1, 1, tzinfo=timezone.utc), "raw": b"\0"}, revision=1).to_dict()
    assert data["data"] == {"at": "2026-01-01T00:00:00.000000Z", "raw": "AA=="}


def test_a_store_knows_words() -> None:
    from gatehouse.store import Store

    store: Store[dict[str, Any]] = Store()

    def put(namespace: str, name: str, colour: str) -> dict[str, Any] | None:
        return store._put((namespace, name), {"colour": colour})

    put("b", "x", "red")
    store.add_index("first", lambda o: [o["colour"][0]])  # what is there already is found too
    put("a", "z", "rose")
    put("a", "y", "blue")
    assert put("a", "y", "black") == {"colour": "blue"}
    assert [o["colour"] for o in store.list()] == ["black", "rose", "red"]
    assert [o["colour"] for o in store.by_index("first", "r")] == ["rose", "red"]
    assert [o["colour"] for o in store.by_index("first", "b")] == ["black"]
    assert store.by_index("first", "x") == []
    assert store._remove(("a", "z")) == {"colour": "rose"} and store._remove(("a", "z")) is None
    assert store.get("a", "z") is None and len(store) == 2 and len(store.by_index("first", "r")) == 1
    with pytest.raises(KeyError):
        store.by_index("last", "x")
