import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Client, isAlreadyExists, isConflict, isForbidden, isNotFound } from "@gatehouse/client";
import type { AppsV1, CoreV1 } from "@gatehouse/client";
import { admin, config, failure, unique } from "./environment.js";

/** A client and the namespace in which it plays the scenario (clients/scenario.md). */
interface Stage {
  client: Client;
  namespace: string;
}

for (const http2 of [false, true]) {
  const protocol = http2 ? "http2" : "http1";
  describe(`the scenario over ${protocol}`, () => {
    test("by certificate", async (t) => {
      const stage = { client: admin({ http2 }), namespace: unique(`ts-certificate-${protocol}`) };
      const created = await stage.client.coreV1.namespaces.create({ metadata: { name: stage.namespace } });
      assert.equal(created.status?.phase, "Active");
      for (const [name, step] of Object.entries({ pod, deployment, values, definition, pages, watch, errors, apply, collection })) await t.test(name, () => step(stage));
      await end(stage.client, stage.namespace);
    });
    test("by token", async (t) => {
      const boss = admin({ http2 });
      const stage = await robot(boss, unique(`ts-token-${protocol}`), http2);
      for (const [name, step] of Object.entries({ pod, deployment, values, pages, watch, errors, apply, forbidden, collection })) await t.test(name, () => step(stage));
      await end(boss, stage.namespace);
      stage.client.close();
    });
  });
}

/** Makes a namespace and the client of a service account that may do everything in it. */
async function robot(boss: Client, namespace: string, http2: boolean): Promise<Stage> {
  await boss.coreV1.namespaces.create({ metadata: { name: namespace } });
  const accounts = boss.coreV1.serviceAccounts.in(namespace);
  await accounts.create({ metadata: { name: "robot" } });
  await boss.rbacV1.roles.in(namespace).create({ metadata: { name: "robot" }, rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }] });
  await boss.rbacV1.roleBindings.in(namespace).create({
    metadata: { name: "robot" }, subjects: [{ kind: "ServiceAccount", name: "robot", namespace }],
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "robot" },
  });
  const token = await accounts.token("robot", { seconds: 3600 });
  assert.ok(token.token && token.expires.getTime() - Date.now() > 50 * 60_000, `the token expires at ${token.expires}`);
  const { tls, ...rest } = config();
  const client = new Client({ ...rest, tls: { ca: tls!.ca! }, token: token.token, http2 });
  // Authorization follows the store: it may take a moment to know the binding.
  for (const deadline = Date.now() + 10_000; ; await pause(20)) {
    try {
      await client.coreV1.pods.in(namespace).page();
      return { client, namespace };
    } catch (error) {
      if (!isForbidden(error) || Date.now() > deadline) throw error;
    }
  }
}

async function end(boss: Client, namespace: string): Promise<void> {
  await boss.coreV1.namespaces.delete(namespace);
  assert.equal((await boss.coreV1.namespaces.get(namespace)).status?.phase, "Terminating");
  boss.close();
}

async function pod({ client, namespace }: Stage): Promise<void> {
  const created = await client.coreV1.pods.in(namespace).create({
    metadata: { name: "web" },
    spec: {
      containers: [{
        name: "c", image: "nginx", ports: [{ name: "web", containerPort: 80 }], resources: { requests: { cpu: "1.5" } },
        readinessProbe: { httpGet: { port: "web" } }, livenessProbe: { httpGet: { port: 80 } },
      }],
    },
  });
  const container = created.spec!.containers[0]!;
  assert.equal(container.resources?.requests?.["cpu"], "1500m");
  assert.deepEqual([container.readinessProbe?.httpGet?.port, container.livenessProbe?.httpGet?.port], ["web", 80]);
}

async function deployment({ client, namespace }: Stage): Promise<void> {
  const deployments = client.appsV1.deployments.in(namespace);
  const web: AppsV1.Deployment = {
    metadata: { name: "web" },
    spec: {
      replicas: 1, selector: { matchLabels: { app: "web" } }, strategy: { rollingUpdate: { maxSurge: 2, maxUnavailable: "30%" } },
      template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image: "nginx" }] } },
    },
  };
  let d = await deployments.create(web);
  assert.deepEqual(d.spec!.strategy?.rollingUpdate, { maxSurge: 2, maxUnavailable: "30%" });
  d = await deployments.get("web");
  assert.ok(d.metadata!.uid);
  assert.deepEqual([d.metadata!.generation, d.kind, d.apiVersion], [1, "Deployment", "apps/v1"]);
  d = await deployments.patch("web", { spec: { replicas: 2 } });
  assert.equal(d.spec!.replicas, 2);
  d = await deployments.patch("web", { spec: { template: { spec: { containers: [{ name: "c", image: "nginx:2" }] } } } }, { type: "strategic" });
  assert.deepEqual(d.spec!.template.spec!.containers.map(({ name, image }) => [name, image]), [["c", "nginx:2"]]);
  d = await deployments.patch("web", [{ op: "replace", path: "/spec/replicas", value: 3 }], { type: "json" });
  assert.equal(d.spec!.replicas, 3);

  let calls = 0;
  d = await deployments.update("web", async (current) => {
    if (++calls === 1) await deployments.patch("web", '{"metadata":{"labels":{"quick":"yes"}}}'); // somebody else is quicker
    current.metadata!.annotations = { ...current.metadata!.annotations, step: "update" };
  });
  assert.deepEqual([calls, d.metadata!.annotations?.["step"], d.metadata!.labels?.["quick"]], [2, "update", "yes"]);

  assert.equal((await deployments.scale("web", 4)).spec?.replicas, 4);
  const scale = await deployments.getScale("web");
  assert.deepEqual([scale.spec?.replicas, scale.status?.selector], [4, "app=web"]);

  d = await deployments.getStatus("web");
  d.status = { ...d.status, replicas: 4, observedGeneration: d.metadata!.generation! };
  d.spec!.paused = true;
  d = await deployments.replaceStatus(d);
  assert.deepEqual([d.status?.replicas, d.status?.observedGeneration, d.spec!.paused], [4, d.metadata!.generation, undefined]);
  d = await deployments.patchStatus("web", { status: { readyReplicas: 1 }, spec: { paused: true } });
  assert.deepEqual([d.status?.readyReplicas, d.spec!.paused], [1, undefined]);
}

async function values({ client, namespace }: Stage): Promise<void> {
  const bytes = Buffer.from([0, 1, 255]).toString("base64");
  assert.deepEqual((await client.coreV1.secrets.in(namespace).create({ metadata: { name: "s" }, data: { k: bytes } })).data, { k: bytes });
  const renewTime = "2026-03-01T12:00:00.123456Z";
  const lease = await client.coordinationV1.leases.in(namespace).create({ metadata: { name: "l" }, spec: { renewTime } });
  assert.equal(lease.spec?.renewTime, renewTime);
  const data = { a: [1, { b: null }] };
  assert.deepEqual((await client.appsV1.controllerRevisions.in(namespace).create({ metadata: { name: "r" }, revision: 1, data })).data, data);
}

async function definition({ client, namespace }: Stage): Promise<void> {
  const definitions = client.apiextensionsV1.customResourceDefinitions;
  const word = namespace.replaceAll("-", "");
  const name = `${word}s.example.com`;
  const properties = { size: { type: "integer", default: 3 }, list: { type: "array", items: { type: "string" } } };
  await definitions.create({
    metadata: { name },
    spec: {
      group: "example.com", scope: "Namespaced", names: { plural: `${word}s`, kind: `Thing${word}` },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object", properties } } }],
    },
  });
  const read = await definitions.get(name);
  assert.deepEqual(read.spec.versions[0]!.schema!.openAPIV3Schema!.properties, properties);
  await definitions.delete(name);
}

async function pages({ client, namespace }: Stage): Promise<void> {
  const configMaps = client.coreV1.configMaps.in(namespace);
  const names = ["c0", "c1", "c2", "c3", "c4"];
  for (const name of names) await configMaps.create({ metadata: { name, labels: { mine: "yes" } } });
  const seen: string[] = [];
  for await (const { kind, apiVersion, metadata } of configMaps.list({ limit: 2 })) {
    assert.deepEqual([kind, apiVersion], ["ConfigMap", "v1"]);
    if (metadata!.name!.startsWith("c")) seen.push(metadata!.name!);
  }
  assert.deepEqual(seen, names);
  const page = await configMaps.page({ labelSelector: "mine=yes", limit: 2 });
  assert.equal(page.items.length, 2);
  assert.ok(page.continue && page.resourceVersion);
  assert.equal(page.remainingItemCount, undefined); // servers do not count what they have to select
  const middle = await configMaps.page({ labelSelector: "mine=yes", limit: 2, continue: page.continue });
  const last = await configMaps.page({ labelSelector: "mine=yes", limit: 2, continue: middle.continue });
  assert.deepEqual([middle.items.length, last.items.length, last.continue], [2, 1, ""]);
  assert.deepEqual((await configMaps.list({ labelSelector: "mine=yes" }).toArray()).map((m) => m.metadata!.name), names);
}

async function watch({ client, namespace }: Stage): Promise<void> {
  const pods = client.coreV1.pods.in(namespace);
  const seen: string[] = [];
  for await (const { type, object } of pods.watch({ fieldSelector: "metadata.name=web", timeoutSeconds: 30 })) {
    assert.equal(object.metadata!.name, "web");
    if (type !== "MODIFIED") seen.push(type); // it may be marked before it goes
    if (type === "ADDED") await pods.delete("web", { gracePeriodSeconds: 0 });
    if (type === "DELETED") break;
  }
  assert.deepEqual(seen, ["ADDED", "DELETED"]);
}

async function errors({ client, namespace }: Stage): Promise<void> {
  const configMaps = client.coreV1.configMaps.in(namespace);
  const missing = await failure(configMaps.get("nope"));
  assert.ok(isNotFound(missing));
  assert.deepEqual([missing.code, missing.reason, missing.details?.name], [404, "NotFound", "nope"]);
  const twice = await failure(configMaps.create({ metadata: { name: "c0" } }));
  assert.ok(isAlreadyExists(twice) && !isConflict(twice) && twice.code === 409, `${twice}`);
  const old = await configMaps.get("c0");
  await configMaps.replace({ ...old, data: { a: "b" } });
  const late = await failure(configMaps.replace(old));
  assert.ok(isConflict(late) && late.code === 409, `${late}`);
  const made: CoreV1.ConfigMap = await configMaps.create({ metadata: { name: "d0" } });
  const other = await failure(configMaps.delete("d0", { preconditions: { uid: "another" }, propagationPolicy: "Foreground" }));
  assert.ok(isConflict(other), `${other}`);
  await configMaps.delete("d0", { preconditions: { uid: made.metadata!.uid! }, propagationPolicy: "Background" });
  assert.ok(isNotFound(await failure(configMaps.get("d0"))));
}

async function forbidden({ client }: Stage): Promise<void> {
  const error = await failure(client.coreV1.pods.in("kube-system").page());
  assert.ok(isForbidden(error) && error.code === 403, `${error}`);
}

async function apply({ client, namespace }: Stage): Promise<void> {
  const configMaps = client.coreV1.configMaps.in(namespace);
  const owners = ({ metadata }: CoreV1.ConfigMap) => metadata!.managedFields?.map(({ manager, operation }) => `${manager} ${operation}`);
  const applied = await configMaps.apply({ metadata: { name: "applied" }, data: { a: "b" } }, { fieldManager: "scenario" });
  assert.deepEqual([owners(applied), applied.data], [["scenario Apply"], { a: "b" }]);
  const yaml = "metadata: {name: applied}\ndata: {a: c}";
  const taken = await failure(configMaps.apply(yaml, { fieldManager: "other" }));
  assert.ok(isConflict(taken), `${taken}`);
  assert.deepEqual(taken.details?.causes?.map(({ reason, field }) => [reason, field]), [["FieldManagerConflict", ".data.a"]]);
  const forced = await configMaps.apply(yaml, { fieldManager: "other", force: true });
  assert.deepEqual([owners(forced)?.includes("other Apply"), forced.data], [true, { a: "c" }]);
  assert.deepEqual(owners(await configMaps.create({ metadata: { name: "owned" }, data: { a: "b" } })), ["gatehouse-ts Update"]);
  const dry = await configMaps.create({ metadata: { name: "dry" } }, { dryRun: true });
  assert.ok(dry.metadata!.uid);
  assert.ok(isNotFound(await failure(configMaps.get("dry"))));
}

async function collection({ client, namespace }: Stage): Promise<void> {
  const configMaps = client.coreV1.configMaps.in(namespace);
  await configMaps.deleteCollection({ labelSelector: "mine=yes" });
  assert.deepEqual((await configMaps.page({ labelSelector: "mine=yes" })).items, []);
}
