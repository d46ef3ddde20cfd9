import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "@gatehouse/client";
import type { CoreV1, Informer, Resource } from "@gatehouse/client";
import { failure } from "./environment.js";

// The compiler refuses each line below a @ts-expect-error, or the tests do not compile; who has no compiler gets the error when it
// runs, before anything is sent: nobody is at this address.
const client = new Client({ server: "http://127.0.0.1:1" });
const pods: Resource<CoreV1.Pod> = client.coreV1.pods.in("n");

const misspelt: Record<string, () => unknown> = {
  // @ts-expect-error
  get: () => pods.get("x", { resourceversion: "1" }),
  // @ts-expect-error
  list: () => pods.list({ labelSelecter: "a=b" }),
  // @ts-expect-error
  page: () => pods.page({ limmit: 1 }),
  // @ts-expect-error
  watch: () => pods.watch({ fieldselector: "a=b" }),
  // @ts-expect-error
  informer: () => pods.informer({ onAdded: () => {} }),
  // @ts-expect-error
  "informer at a version": () => pods.informer({ resourceVersion: "1" }),
  // @ts-expect-error
  create: () => pods.create({}, { dryrun: true }),
  // @ts-expect-error
  replace: () => pods.replace({ metadata: { name: "x" } }, { fieldmanager: "me" }),
  // @ts-expect-error
  update: () => pods.update("x", () => {}, { dryrun: true }),
  // @ts-expect-error
  patch: () => pods.patch("x", {}, { tipe: "json" }),
  // @ts-expect-error
  "a patch that is none": () => pods.patch("x", {}, { type: "yaml" }),
  // @ts-expect-error
  apply: () => pods.apply({ metadata: { name: "x" } }, { forse: true }),
  // @ts-expect-error
  delete: () => pods.delete("x", { gracePeriod: 1 }),
  // @ts-expect-error
  deleteCollection: () => pods.deleteCollection({ preconditions: {} }),
  // @ts-expect-error
  getStatus: () => pods.getStatus("x", { dryRun: true }),
  // @ts-expect-error
  scale: () => pods.scale("x", 1, { dryrun: true }),
  // @ts-expect-error
  evict: () => pods.evict("x", { gracePeriod: 1 }),
  // @ts-expect-error
  token: () => client.coreV1.serviceAccounts.in("n").token("x", { audience: "a" }),
  // @ts-expect-error
  sub: () => pods.sub("x", "status").get({ dryRun: true }),
  // @ts-expect-error
  logs: () => pods.logs("x", { follow: true }),
  // @ts-expect-error
  logLines: () => pods.logLines("x", { tail: 1 }),
  // @ts-expect-error
  exec: () => pods.exec("x", ["sh"], { stdIn: true }),
  // @ts-expect-error
  attach: () => pods.attach("x", { command: ["sh"] }),
  // @ts-expect-error
  portForward: () => pods.portForward("x", 80, { host: "y" }),
  // @ts-expect-error
  forward: () => pods.forward("x", 80, { port: 81 }),
  // @ts-expect-error
  request: () => client.request("/version", { verb: "GET" }),
  // @ts-expect-error
  "a configuration": () => new Client({ server: "https://x", tokenfile: "y" }),
  // @ts-expect-error
  tls: () => new Client({ server: "https://x", tls: { insecureSkipVerify: true } }),
  // @ts-expect-error
  fromKubeconfig: () => Client.fromKubeconfig("x", { contxt: "y" }),
  // @ts-expect-error
  auto: () => Client.auto({ http3: true }),
};

for (const [name, call] of Object.entries(misspelt)) {
  test(`a misspelt option is an error: ${name}`, async () => {
    const error = await failure((async () => call())());
    assert.ok(error instanceof TypeError, `${error}`);
    assert.match(error.message, /has no option "|a patch is merge/);
  });
}

test("a misspelt field does not compile", () => {
  // @ts-expect-error
  const wrong: CoreV1.Pod = { metadata: { nam: "x" } };
  // @ts-expect-error
  const kind: Informer<CoreV1.Pod> | undefined = undefined as Informer<CoreV1.Node> | undefined;
  // A value that the model does not list is the server's affair.
  const open: CoreV1.ContainerPort = { containerPort: 1, protocol: "QUIC" };
  assert.deepEqual([wrong, kind, open.protocol], [{ metadata: { nam: "x" } }, undefined, "QUIC"]);
});
