import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { loadKubeconfig } from "@gatehouse/client";
import type { TokenFile } from "#dist/credentials.js";
import type { ExecCredentials } from "#dist/execplugin.js";
import { Authority, folder, whoAmI, write } from "./authority.js";
import { failure } from "./environment.js";
import { partsOf, peer, refuse } from "./peer.js";
import type { Parts } from "./peer.js";

const asked = async ({ things }: Parts) => (await things.get("x"))["data"];

test("a token file is read again after a minute, and at once when the server refuses the token", async (t) => {
  const dir = folder(t);
  const tokenFile = write(dir, "token", "one");
  let valid = "Bearer one";
  const client = await peer(t, (request, response) => (request.headers["authorization"] === valid ? whoAmI(request, response) : refuse(response, 401, "Unauthorized")), { tokenFile });
  let now = 0;
  (client.credentials as TokenFile).now = () => now;
  const is = async (want: string) => assert.equal((await asked(client)).authorization, want);
  await is("Bearer one");
  write(dir, "token", "two");
  await is("Bearer one");
  now += 60_000;
  valid = "Bearer two";
  await is("Bearer two");
  write(dir, "token", "three");
  valid = "Bearer three";
  await is("Bearer three"); // refused once, read again
  rmSync(tokenFile);
  now += 60_000;
  await is("Bearer three"); // a file that is gone for a moment
  valid = "Bearer four";
  assert.match(`${await failure(client.things.get("x"))}`, /Unauthorized/);
  assert.match(`${await failure(partsOf({ server: "http://127.0.0.1:1", tokenFile }).things.get("x"))}`, /token: .*ENOENT/);
});

/** Writes a command that prints what the file answer has, and notes each of its runs and what it was told. */
function plugin(dir: string): string {
  return write(dir, "plugin", `#!/bin/sh
cd ${dir}
echo run >> runs
printf %s "$KUBERNETES_EXEC_INFO" > info
printf %s "$GREETING $*" > args
cat answer
`, 0o700);
}

describe("an exec plugin", () => {
  for (const version of ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"]) {
    for (const http2 of [false, true]) {
      test(`of ${version} over HTTP/${http2 ? 2 : 1.1}`, async (t) => {
        const authority = new Authority(t);
        let valid: string | undefined = "Bearer one";
        const server = await authority.serve(t, (request, response) => (request.headers["authorization"] === valid ? whoAmI(request, response) : refuse(response, 401, "Unauthorized")), { http2 });
        const dir = folder(t);
        plugin(dir);
        const print = (status: object) => write(dir, "answer", JSON.stringify({ kind: "ExecCredential", apiVersion: version, status }));
        const runs = () => readFileSync(join(dir, "runs"), "utf8").trim().split("\n").length;
        write(dir, "ca", authority.ca);
        const path = write(dir, "config", `
current-context: c
clusters:
- name: c
  cluster: {server: "${server}", certificate-authority: ca, extensions: [{name: client.authentication.k8s.io/exec, extension: {audience: me}}]}
users:
- name: u
  user: {exec: {command: ./plugin, args: [a, b], env: [{name: GREETING, value: hello}], apiVersion: ${version}, provideClusterInfo: true, interactiveMode: Never}}
contexts: [{name: c, context: {cluster: c, user: u}}]
`);
        const expires = Math.floor(Date.now() / 1000) * 1000 + 3_600_000;
        print({ token: "one", expirationTimestamp: new Date(expires).toISOString() });
        const client = partsOf({ ...loadKubeconfig(path), http2 });
        const three = await Promise.all([asked(client), asked(client), asked(client)]);
        assert.deepEqual(three.map(({ authorization }) => authorization), ["Bearer one", "Bearer one", "Bearer one"]);
        assert.equal(runs(), 1);
        const info = JSON.parse(readFileSync(join(dir, "info"), "utf8"));
        assert.deepEqual([info.kind, info.apiVersion, info.spec.interactive], ["ExecCredential", version, false]);
        assert.deepEqual(info.spec.cluster, { server, "certificate-authority-data": Buffer.from(authority.ca).toString("base64"), config: { audience: "me" } });
        assert.equal(readFileSync(join(dir, "args"), "utf8"), "hello a b");

        // It runs again when its token has expired, and when the server refuses one that has not.
        (client.credentials as ExecCredentials).now = () => expires;
        valid = "Bearer two";
        print({ token: "two" });
        assert.equal((await asked(client)).authorization, "Bearer two");
        assert.equal(runs(), 2);
        valid = "Bearer three";
        print({ token: "three" });
        assert.equal((await asked(client)).authorization, "Bearer three");
        assert.equal(runs(), 3);

        // A certificate instead of a token, and then another one: no connection of the old one is used any more.
        valid = undefined;
        for (const name of ["plugged", "replaced"]) {
          const { cert, key } = authority.user(name);
          print({ clientCertificateData: cert, clientKeyData: key });
          client.credentials.renew();
          assert.equal((await asked(client)).name, name);
        }
      });
    }
  }

  for (const [name, text, want] of [
    ["that prints no JSON", "hello", /printed no JSON/],
    ["of another version", '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1alpha1","status":{"token":"t"}}', /not an ExecCredential of/],
    ["that prints nothing of use", '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{}}', /neither a token nor a certificate/],
    ["that prints null", "null", /not an ExecCredential of/],
  ] as const) {
    test(name, async (t) => {
      const dir = folder(t);
      write(dir, "answer", text);
      const { things } = partsOf({ server: "http://127.0.0.1:1", exec: { command: plugin(dir), apiVersion: "client.authentication.k8s.io/v1" } });
      assert.match(`${await failure(things.get("x"))}`, want);
    });
  }

  test("that fails, or is not there", async () => {
    const { things } = partsOf({ server: "http://127.0.0.1:1", exec: { command: "sh", args: ["-c", "echo broken >&2; exit 3"], apiVersion: "client.authentication.k8s.io/v1" } });
    assert.match(`${await failure(things.get("x"))}`, /sh ended with 3: broken/);
    const missing = partsOf({ server: "http://127.0.0.1:1", exec: { command: "no-such-plugin", apiVersion: "client.authentication.k8s.io/v1", installHint: "install it so" } });
    assert.match(`${await failure(missing.things.get("x"))}`, /ENOENT\ninstall it so/);
  });
});
