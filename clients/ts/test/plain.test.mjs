// Plain JavaScript uses the package as it is.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { json, text } from "node:stream/consumers";
import { test } from "node:test";
import { ApiError, Client, isNotFound, rows, version } from "@gatehouse/client";

test("JavaScript lists, watches and learns of its mistakes", async () => {
  const client = Client.fromKubeconfig(process.env.GATEHOUSE_KUBECONFIG, { userAgent: "plain/1" });
  const names = [];
  for await (const namespace of client.coreV1.namespaces.list()) names.push(namespace.metadata.name);
  assert.ok(names.includes("kube-system"));
  for await (const { type, object } of client.coreV1.namespaces.watch({ fieldSelector: "metadata.name=default" })) {
    assert.deepEqual([type, object.metadata.name], ["ADDED", "default"]);
    break;
  }
  const answer = await client.request("/version");
  assert.deepEqual([answer.status, (await json(answer.body)).major], [200, "1"]);
  await assert.rejects(client.request("/no/such/path"), (error) => isNotFound(error));
  await assert.rejects(client.request("version"), TypeError);
  const review = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
  const { body, status } = await client.request("/apis/authentication.k8s.io/v1/selfsubjectreviews", { method: "POST", contentType: "application/json", body: JSON.stringify(review), query: { pretty: "true" } });
  assert.equal(status, 201);
  assert.match(await text(body), /\n  "kind": "SelfSubjectReview"/);
  const untyped = client.resource(rows.coreV1.namespaces);
  await assert.rejects(untyped.get("nope"), (error) => isNotFound(error) && error instanceof ApiError && error.code === 404);
  assert.throws(() => client.coreV1.namespaces.list({ labelSelecter: "a" }), /list has no option "labelSelecter"; it has .*labelSelector/);
  await assert.rejects(client.coreV1.namespaces.get(7), TypeError);
  await assert.rejects(client.coreV1.namespaces.get("a", "b"), /the options are no object/);
});

test("the version is that of the package", () => {
  assert.equal(version, createRequire(import.meta.url)("@gatehouse/client/package.json").version);
});
