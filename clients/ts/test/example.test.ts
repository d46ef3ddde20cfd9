import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { AppsV1 } from "@gatehouse/client";
import { admin, unique, variable } from "./environment.js";

test("the example keeps a config map in step with deployments", { timeout: 60_000 }, async () => {
  const client = admin();
  const namespace = unique("ts-example");
  await client.coreV1.namespaces.create({ metadata: { name: namespace } });
  const deployments = client.appsV1.deployments.in(namespace);
  const configMaps = client.coreV1.configMaps.in(namespace);
  const deployment = (name: string, listed: string): AppsV1.Deployment => ({
    metadata: { name, labels: { listed } },
    spec: { replicas: 2, selector: { matchLabels: { name } }, template: { metadata: { labels: { name } }, spec: { containers: [{ name: "c", image: "i" }] } } },
  });
  await deployments.create(deployment("before", "yes"));
  const program = spawn(process.execPath, [fileURLToPath(new URL("../example/deployments.js", import.meta.url)), namespace], {
    env: { ...process.env, KUBECONFIG: variable("GATEHOUSE_KUBECONFIG") }, stdio: ["ignore", "ignore", "pipe"],
  });
  const errors = text(program.stderr);
  // What is done once the config map says what it should.
  const steps: [Record<string, string>, () => Promise<unknown>][] = [
    [{ before: "2" }, async () => {
      await deployments.create(deployment("listed", "yes"));
      await deployments.create(deployment("unlisted", "no"));
    }],
    [{ before: "2", listed: "2" }, () => deployments.scale("listed", 5)],
    [{ before: "2", listed: "5" }, () => deployments.delete("before")],
    [{ listed: "5" }, () => deployments.patch("listed", { metadata: { labels: { listed: null } } })],
    [{}, async () => program.kill("SIGTERM")],
  ];
  for await (const { object } of configMaps.watch({ fieldSelector: "metadata.name=deployments" })) {
    const [want, next] = steps[0]!;
    if (JSON.stringify(object.data ?? {}) !== JSON.stringify(want)) continue;
    steps.shift();
    await next();
    if (steps.length === 0) break;
  }
  const [code] = await once(program, "exit");
  assert.deepEqual([code, await errors], [0, ""]);
  assert.ok((await configMaps.get("deployments")).metadata!.managedFields?.every(({ manager }) => manager === "deployments-example") ?? true);
  await client.coreV1.namespaces.delete(namespace);
  client.close();
});
