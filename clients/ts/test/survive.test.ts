import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isExpired, isNotFound } from "@gatehouse/client";
import type { Client, CoreV1, Resource } from "@gatehouse/client";
import { admin, deferred, takeAway, unique } from "./environment.js";

type ConfigMaps = Resource<CoreV1.ConfigMap>;

/** Calls with the config maps that the server's absence changes, in a namespace of their own. */
async function staged(client: Client, namespace: string, play: (configMaps: ConfigMaps) => Promise<void>): Promise<void> {
  await client.coreV1.namespaces.create({ metadata: { name: namespace } });
  try {
    const configMaps = client.coreV1.configMaps.in(namespace);
    for (const name of ["dies", "changes", "stays"]) await configMaps.create({ metadata: { name, labels: { staged: "yes" } } });
    await play(configMaps);
  } finally {
    await client.coreV1.namespaces.delete(namespace);
    client.close();
  }
}

/** A whole test may take this long. */
const patience = { timeout: 120_000 };

for (const http2 of [false, true]) {
  for (const how of ["restart", "expire"] as const) {
    describe(`the server goes away (${how}) and comes back, over HTTP/${http2 ? 2 : 1.1}`, () => {
      test("a watch tells each change once", patience, async () => {
        const client = admin({ http2 });
        const namespace = unique(`ts-watch-${how}`);
        await staged(client, namespace, async (configMaps) => {
          const told: string[] = [];
          for await (const { type, object } of configMaps.watch()) {
            const { name } = object.metadata!;
            if (name === "kube-root-ca.crt") continue;
            const what = `${type} ${name} ${object.data?.["step"] ?? ""}`.trim();
            told.push(what);
            if (what === "ADDED stays") await takeAway(how, namespace);
            // When all of it has come, one more object comes and goes: what was told twice would have been told by then.
            if (["ADDED born", "DELETED dies", "MODIFIED changes 1"].every((each) => told.includes(each)) && !told.includes("ADDED last")) await createOnce(configMaps, "last");
            if (what === "ADDED last") await configMaps.delete("last");
            if (what === "DELETED last") break;
          }
          const want = ["ADDED born", "ADDED changes", "ADDED dies", "ADDED last", "ADDED stays", "DELETED dies", "DELETED last", "MODIFIED changes 1"];
          assert.deepEqual(told.sort(), want);
        });
      });

      test("an informer has what a list has, and its handlers are told each change", patience, async () => {
        const client = admin({ http2 });
        const namespace = unique(`ts-informer-${how}`);
        await staged(client, namespace, async (configMaps) => {
          const told: string[] = [];
          const done = deferred();
          const informer = configMaps.informer({
            onAdd: ({ metadata }, initial) => {
              told.push(`add ${metadata!.name} ${initial}`);
              if (metadata!.name === "last") done.resolve();
            },
            onUpdate: (old, { metadata, data }) => told.push(`update ${metadata!.name} ${old.data?.["step"]} ${data?.["step"]}`),
            onDelete: ({ metadata }) => told.push(`delete ${metadata!.name} ${metadata!.labels?.["staged"]}`),
          });
          informer.addIndex("staged", ({ metadata }) => [metadata!.labels?.["staged"] ?? ""]);
          const ended = informer.run();
          await informer.waitSynced();
          assert.equal(informer.byIndex("staged", "yes").length, 3);
          assert.ok(informer.get(namespace, "dies"));
          await takeAway(how, namespace);
          await configMaps.create({ metadata: { name: "last" } });
          await done.promise;
          informer.stop();
          await ended;
          const states = (list: CoreV1.ConfigMap[]) => list.map(({ metadata }) => `${metadata!.name} ${metadata!.resourceVersion}`);
          assert.deepEqual(states(informer.list()), states(await configMaps.list().toArray()));
          assert.equal(informer.byIndex("staged", "yes").length, 2);
          for (const want of ["add born false", "update changes undefined 1", "delete dies yes", "add stays true"]) {
            assert.equal(told.filter((each) => each === want).length, 1, `${want} in ${told}`);
          }
        });
      });
    });
  }
}

async function createOnce(configMaps: ConfigMaps, name: string): Promise<void> {
  try {
    await configMaps.get(name);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await configMaps.create({ metadata: { name } });
  }
}

test("a watch from a version tells what happened since, and fails when the server has forgotten it", patience, async () => {
  const client = admin();
  const namespace = unique("ts-watch-version");
  await staged(client, namespace, async (configMaps) => {
    const { resourceVersion } = await configMaps.page({ labelSelector: "staged=yes" });
    await configMaps.delete("stays");
    const told: string[] = [];
    try {
      for await (const { type, object } of configMaps.watch({ labelSelector: "staged=yes", resourceVersion })) {
        told.push(`${type} ${object.metadata!.name}`);
        await takeAway("expire", namespace);
      }
      assert.fail("it ends without an error");
    } catch (error) {
      assert.ok(isExpired(error), `${error}`);
    }
    assert.deepEqual(told, ["DELETED stays"]);
  });
});
