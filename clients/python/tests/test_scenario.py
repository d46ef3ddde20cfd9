"""clients/scenario.md, by certificate and by token, with both clients, over HTTP/1.1 and HTTP/2."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timezone

import bridge
import pytest
from robot import robot

import gatehouse
from gatehouse import MicroTime
from gatehouse.models import apiextensions_v1, apps_v1, coordination_v1, core_v1, meta_v1


@dataclass
class Stage:
    client: gatehouse.Client
    others: gatehouse.Client
    """Somebody else."""
    namespace: str
    admin: bool


def named(name: str, **more: object) -> meta_v1.ObjectMeta:
    return meta_v1.ObjectMeta(name=name, **more)  # type: ignore[arg-type]


@pytest.fixture(params=[(identity, way) for identity in ("certificate", "token") for way in bridge.WAYS], ids="-".join)
def stage(request: pytest.FixtureRequest, admin: gatehouse.Client, namespace: Callable[[str], str]) -> Iterator[Stage]:
    identity, way = request.param
    name = namespace(f"python-{identity}-{way}")
    assert admin.core_v1.namespaces.get(name).status.phase == "Active"
    config = admin.config if identity == "certificate" else robot(admin, name)
    with bridge.client(way, config) as client:
        yield Stage(client, admin, name, identity == "certificate")
    gone = admin.core_v1.namespaces.delete(name)
    assert isinstance(gone, (core_v1.Namespace, meta_v1.Status))
    assert admin.core_v1.namespaces.get(name).status.phase == "Terminating"


def test_scenario(stage: Stage) -> None:
    pod(stage)
    deployment(stage)
    values(stage)
    if stage.admin:
        definition(stage)
    pages(stage)
    watch(stage)
    errors(stage)
    apply(stage)
    collection(stage)


def pod(s: Stage) -> None:
    made = s.client.core_v1.pods(s.namespace).create(
        core_v1.Pod(
            metadata=named("web"),
            spec=core_v1.PodSpec(
                containers=[
                    core_v1.Container(
                        name="c",
                        image="nginx",
                        ports=[core_v1.ContainerPort(name="web", container_port=80)],
                        resources=core_v1.ResourceRequirements(requests={"cpu": "1.5"}),
                        readiness_probe=core_v1.Probe(http_get=core_v1.HTTPGetAction(port="web")),
                        liveness_probe=core_v1.Probe(http_get=core_v1.HTTPGetAction(port=80)),
                    )
                ]
            ),
        )
    )
    c = made.to_dict()["spec"]["containers"][0]
    assert c["resources"]["requests"]["cpu"] == "1500m"
    assert (c["readinessProbe"]["httpGet"]["port"], c["livenessProbe"]["httpGet"]["port"]) == ("web", 80)


def deployment(s: Stage) -> None:
    deployments = s.client.apps_v1.deployments(s.namespace)
    made = deployments.create(
        apps_v1.Deployment(
            metadata=named("web"),
            spec=apps_v1.DeploymentSpec(
                replicas=1,
                selector=meta_v1.LabelSelector(match_labels={"app": "web"}),
                strategy=apps_v1.DeploymentStrategy(rolling_update=apps_v1.RollingUpdateDeployment(max_surge=2, max_unavailable="30%")),
                template=core_v1.PodTemplateSpec(
                    metadata=meta_v1.ObjectMeta(labels={"app": "web"}),
                    spec=core_v1.PodSpec(containers=[core_v1.Container(name="c", image="nginx")]),
                ),
            ),
        )
    )
    assert made.spec.strategy and made.spec.strategy.rolling_update
    assert (made.spec.strategy.rolling_update.max_surge, made.spec.strategy.rolling_update.max_unavailable) == (2, "30%")
    got = deployments.get("web")
    assert got.metadata.uid and got.metadata.generation == 1 and got.kind == "Deployment"
    assert deployments.patch("web", {"spec": {"replicas": 2}}).spec.replicas == 2
    image = {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "nginx:2"}]}}}}
    patched = deployments.patch("web", image, "strategic").to_dict()
    containers = patched["spec"]["template"]["spec"]["containers"]
    assert [(c["name"], c["image"]) for c in containers] == [("c", "nginx:2")]
    assert deployments.patch("web", [{"op": "replace", "path": "/spec/replicas", "value": 3}], "json").spec.replicas == 3
    update(deployments, s.others.apps_v1.deployments(s.namespace))
    assert deployments.scale("web", 4).spec.replicas == 4
    scale = deployments.get_scale("web")
    assert (scale.spec.replicas, scale.status.selector) == (4, "app=web")
    now = deployments.get_status("web")
    now.status.replicas, now.status.observed_generation, now.spec.paused = 4, now.metadata.generation, True
    now = deployments.replace_status(now)
    assert now.status.replicas == 4 and now.status.observed_generation and not now.spec.paused
    now = deployments.patch_status("web", {"status": {"readyReplicas": 1}, "spec": {"paused": True}})
    assert now.status.ready_replicas == 1 and not now.spec.paused


def update(deployments: gatehouse.Resource[apps_v1.Deployment], others: gatehouse.Resource[apps_v1.Deployment]) -> None:
    """Somebody else is quicker the first time."""
    calls = 0

    def change(d: apps_v1.Deployment) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            others.patch("web", {"metadata": {"labels": {"quick": "yes"}}})
        d.metadata.annotations = {**(d.metadata.annotations or {}), "step": "update"}

    updated = deployments.update("web", change)
    assert updated.metadata.annotations and updated.metadata.labels
    assert (calls, updated.metadata.annotations["step"], updated.metadata.labels["quick"]) == (2, "update", "yes")


def values(s: Stage) -> None:
    secret = s.client.core_v1.secrets(s.namespace).create(core_v1.Secret(metadata=named("s"), data={"k": b"\x00\x01\xff"}))
    assert secret.data == {"k": b"\x00\x01\xff"}
    moment = MicroTime(2026, 3, 1, 12, 0, 0, 123456, timezone.utc)
    lease = s.client.coordination_v1.leases(s.namespace).create(
        coordination_v1.Lease(metadata=named("l"), spec=coordination_v1.LeaseSpec(renew_time=moment))
    )
    assert lease.spec.renew_time == moment and isinstance(lease.spec.renew_time, MicroTime)
    revision = s.client.apps_v1.controller_revisions(s.namespace).create(
        apps_v1.ControllerRevision(metadata=named("r"), revision=1, data={"a": [1, {"b": None}]})
    )
    assert revision.data == {"a": [1, {"b": None}]}


def definition(s: Stage) -> None:
    definitions = s.client.apiextensions_v1.custom_resource_definitions
    plural = s.namespace.replace("-", "") + "s"
    schema = apiextensions_v1.JSONSchemaProps(
        type="object",
        properties={
            "size": apiextensions_v1.JSONSchemaProps(type="integer", default=3),
            "list": apiextensions_v1.JSONSchemaProps(type="array", items={"type": "string"}),
        },
    )
    version = apiextensions_v1.CustomResourceDefinitionVersion(
        name="v1", served=True, storage=True, schema=apiextensions_v1.CustomResourceValidation(open_apiv3_schema=schema)
    )
    definitions.create(
        apiextensions_v1.CustomResourceDefinition(
            metadata=named(plural + ".example.com"),
            spec=apiextensions_v1.CustomResourceDefinitionSpec(
                group="example.com",
                scope="Namespaced",
                names=apiextensions_v1.CustomResourceDefinitionNames(plural=plural, kind="Thing" + plural),
                versions=[version],
            ),
        )
    )
    try:
        properties = definitions.get(plural + ".example.com").to_dict()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
        assert (properties["size"]["default"], properties["list"]["items"]) == (3, {"type": "string"})
    finally:
        definitions.delete(plural + ".example.com")


def pages(s: Stage) -> None:
    config_maps = s.client.core_v1.config_maps(s.namespace)
    for n in range(5):
        config_maps.create({"metadata": {"name": f"c{n}", "labels": {"mine": "yes"}}})
    listed = list(config_maps.list(limit=2))
    assert {(m.kind, m.api_version) for m in listed} == {("ConfigMap", "v1")}
    assert [n for n in (m.metadata.name for m in listed) if n and n.startswith("c")] == ["c0", "c1", "c2", "c3", "c4"]
    page = config_maps.page(label_selector="mine=yes", limit=2)
    assert len(page.items) == 2 and page.continue_ and page.resource_version and page.remaining in (None, 3)
    rest = config_maps.page(label_selector="mine=yes", continue_=page.continue_)
    assert len(rest.items) == 3 and not rest.continue_


def watch(s: Stage) -> None:
    pods = s.client.core_v1.pods(s.namespace)
    seen = []
    for event in pods.watch(field_selector="metadata.name=web", timeout_seconds=30):
        assert event.object.metadata.name == "web"
        seen.append(event.type)
        if event.type == "ADDED":
            pods.delete("web", grace_period_seconds=0)
        if event.type == "DELETED":
            break
    assert [t for t in seen if t != "MODIFIED"] == ["ADDED", "DELETED"]


def errors(s: Stage) -> None:
    config_maps = s.client.core_v1.config_maps(s.namespace)
    with pytest.raises(gatehouse.NotFound) as missing:
        config_maps.get("nope")
    assert (missing.value.code, missing.value.reason) == (404, "NotFound")
    assert missing.value.details and missing.value.details.name == "nope"
    with pytest.raises(gatehouse.AlreadyExists) as there:
        config_maps.create({"metadata": {"name": "c0"}})
    assert there.value.code == 409
    c0, old = config_maps.get("c0"), config_maps.get("c0")
    c0.data = {"a": "b"}
    config_maps.replace(c0)
    with pytest.raises(gatehouse.Conflict) as conflict:
        config_maps.replace(old)
    assert conflict.value.code == 409
    config_maps.create({"metadata": {"name": "d0"}})
    with pytest.raises(gatehouse.Conflict):
        config_maps.delete("d0", propagation_policy="Foreground", preconditions={"uid": "another"})
    config_maps.delete("d0", propagation_policy="Background")
    with pytest.raises(gatehouse.NotFound):
        config_maps.get("d0")
    if not s.admin:
        with pytest.raises(gatehouse.Forbidden) as forbidden:
            s.client.core_v1.pods("kube-system").page()
        assert forbidden.value.code == 403


def apply(s: Stage) -> None:
    config_maps = s.client.core_v1.config_maps(s.namespace)
    applied = config_maps.apply({"metadata": {"name": "applied"}, "data": {"a": "b"}}, field_manager="scenario")
    assert applied.metadata.managed_fields
    assert [(f.manager, f.operation) for f in applied.metadata.managed_fields] == [("scenario", "Apply")]
    with pytest.raises(gatehouse.Conflict) as conflict:
        config_maps.apply(core_v1.ConfigMap(metadata=named("applied"), data={"a": "c"}))
    assert conflict.value.details and conflict.value.details.causes and conflict.value.details.causes[0].field == ".data.a"
    assert config_maps.apply("metadata: {name: applied}\ndata: {a: c}\n", force=True).data == {"a": "c"}
    dry = config_maps.create({"metadata": {"name": "dry"}}, dry_run=True)
    assert dry.metadata.uid
    with pytest.raises(gatehouse.NotFound):
        config_maps.get("dry")


def collection(s: Stage) -> None:
    config_maps = s.client.core_v1.config_maps(s.namespace)
    config_maps.delete_collection(label_selector="mine=yes")
    assert config_maps.page(label_selector="mine=yes").items == []
