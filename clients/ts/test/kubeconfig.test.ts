import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { autoConfig, Client, inClusterConfig, loadKubeconfig, NoKubeconfig, version } from "@gatehouse/client";
import { inClusterConfig as inClusterAt } from "#dist/incluster.js";
import { Authority, folder, whoAmI, write } from "./authority.js";
import { thingsRow } from "./peer.js";

const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("a kubeconfig", () => {
  for (const http2 of [false, true]) {
    test(`says where a server is and who asks, over HTTP/${http2 ? 2 : 1.1}`, async (t) => {
      const authority = new Authority(t);
      const server = await authority.serve(t, whoAmI, { http2 });
      const { cert, key } = authority.user("alice");
      const dir = folder(t);
      write(dir, "ca.crt", authority.ca);
      write(dir, "alice.crt", cert);
      write(dir, "alice.key", key);
      write(dir, "token", "from-a-file\n");
      const path = write(dir, "config", `
apiVersion: v1
kind: Config
current-context: data
clusters:
- name: data
  cluster: {server: "${server}", certificate-authority-data: ${base64(authority.ca)}}
- name: files
  cluster: {server: "${server}", certificate-authority: ca.crt}
- name: insecure
  cluster: {server: "${server}", insecure-skip-tls-verify: true}
- name: named
  cluster: {server: "${server}", certificate-authority: ca.crt, tls-server-name: example.com}
- name: misnamed
  cluster: {server: "${server}", certificate-authority: ca.crt, tls-server-name: example.org}
- name: distrusted
  cluster: {server: "${server}"}
users:
- name: data
  user: {client-certificate-data: ${base64(cert)}, client-key-data: ${base64(key)}}
- name: files
  user: {client-certificate: alice.crt, client-key: alice.key}
- name: token
  user: {token: secret}
- name: token-file
  user: {tokenFile: token, token: older}
- name: basic
  user: {username: u, password: p}
- name: other
  user: {token: secret, as: bob, as-groups: [g1, g2], as-user-extra: {example.com/x: [why]}}
contexts:
- {name: data, context: {cluster: data, user: data, namespace: shop}}
- {name: files, context: {cluster: files, user: files}}
- {name: token, context: {cluster: insecure, user: token}}
- {name: token-file, context: {cluster: files, user: token-file}}
- {name: basic, context: {cluster: named, user: basic}}
- {name: other, context: {cluster: files, user: other}}
- {name: nobody, context: {cluster: files, user: ""}}
- {name: misnamed, context: {cluster: misnamed, user: token}}
- {name: distrusted, context: {cluster: distrusted, user: token}}
- {name: no-cluster, context: {cluster: gone, user: data}}
- {name: no-user, context: {cluster: data, user: gone}}
`);
      const ask = async (context: string) => {
        const client = Client.fromKubeconfig(path, { context, http2, userAgent: "shop/1" });
        t.after(() => client.close());
        const { data } = await client.resource(thingsRow).in("n").get("x");
        return { namespace: client.namespace, data };
      };
      for (const [context, namespace, want] of [
        ["", "shop", { name: "alice" }], ["files", "default", { name: "alice" }], ["token", "default", { authorization: "Bearer secret" }],
        ["token-file", "default", { authorization: "Bearer from-a-file" }], ["basic", "default", { authorization: `Basic ${base64("u:p")}` }],
        ["other", "default", { authorization: "Bearer secret", impersonate: "bob", groups: "g1,g2", extra: "why" }], ["nobody", "default", {}],
      ] as const) {
        await t.test(context || "the current context", async () => {
          const got = await ask(context);
          assert.equal(got.namespace, namespace);
          const { agent, protocol, ...data } = got.data;
          assert.ok(agent.startsWith(`shop/1 gatehouse-ts/${version} (`), agent);
          assert.equal(protocol, http2 ? "2.0" : "1.1");
          assert.deepEqual(data, { name: "", ...want });
        });
      }
      for (const [context, want] of [
        ["misnamed", /does not match|altnames/], ["distrusted", /self-signed|unable to|issuer/], ["no-cluster", /no cluster "gone"/], ["no-user", /no user "gone"/], ["gone", /no context "gone"/],
      ] as const) {
        await t.test(context, async () => assert.rejects(async () => ask(context), want));
      }
    });
  }

  test("may be several files, of which the first that says something wins", (t) => {
    const dir = folder(t);
    const first = write(dir, "first", `
current-context: one
clusters: [{name: c, cluster: {server: "https://first"}}]
users: [{name: token, user: {token: secret}}]
contexts: [{name: one, context: {cluster: c, user: token, namespace: shop}}]
`);
    const second = write(dir, "second", `
current-context: ignored
clusters: [{name: c, cluster: {server: "https://ignored"}}]
users: [{name: token, user: {token: ignored}}, {name: added, user: {token: added}}]
contexts: [{name: added, context: {cluster: c, user: added}}]
`);
    environment(t, { KUBECONFIG: [join(dir, "missing"), first, second].join(":"), KUBERNETES_SERVICE_HOST: "" });
    assert.deepEqual(loadKubeconfig(), { server: "https://first", namespace: "shop", token: "secret", tls: {} });
    assert.deepEqual(loadKubeconfig("", "added"), { server: "https://first", token: "added", tls: {} });
    assert.equal(autoConfig().namespace, "shop");
  });

  test("has no numbers: a token of digits stays as it is", (t) => {
    const path = write(folder(t), "config", `
current-context: 1
clusters: [{name: 2, cluster: {server: "https://x", insecure-skip-tls-verify: true, extensions: [{name: client.authentication.k8s.io/exec, extension: {size: 3}}]}}]
users: [{name: 3, user: {token: 00123456789012345678901234567890, password: 1e3, exec: {command: x, args: [1, 0x10], env: [{name: a, value: 1.0}], apiVersion: client.authentication.k8s.io/v1}}}]
contexts: [{name: 1, context: {cluster: 2, user: 3, namespace: 7}}]
`);
    assert.deepEqual(loadKubeconfig(path), {
      server: "https://x", tls: { insecure: true }, namespace: "7", token: "00123456789012345678901234567890", password: "1e3",
      exec: { command: "x", args: ["1", "0x10"], env: { a: "1.0" }, apiVersion: "client.authentication.k8s.io/v1", interactive: true, dir: dirname(path), extension: { size: 3 } },
    });
  });

  test("that is none is an error", (t) => {
    const dir = folder(t);
    for (const [content, want] of [["clusters: [", /config:.*/], ["- a", /not a kubeconfig/], ["", /no current context/], ["text", /not a kubeconfig/]] as const) {
      assert.throws(() => loadKubeconfig(write(dir, "config", content)), want);
    }
    assert.throws(() => loadKubeconfig(join(dir, "missing")), /ENOENT/);
    environment(t, { KUBECONFIG: join(dir, "missing"), KUBERNETES_SERVICE_HOST: "" });
    assert.throws(() => loadKubeconfig(), NoKubeconfig);
    assert.throws(() => autoConfig(), NoKubeconfig);
  });
});

test("a pod has the address and the token of its service account", (t) => {
  const dir = folder(t);
  environment(t, { KUBECONFIG: join(dir, "missing"), KUBERNETES_SERVICE_HOST: "", KUBERNETES_SERVICE_PORT: "" });
  assert.throws(() => inClusterConfig(), /not in a cluster/);
  environment(t, { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "443" });
  assert.throws(() => inClusterAt(dir), /ENOENT.*token/);
  write(dir, "token", "t");
  write(dir, "ca.crt", "ca");
  assert.deepEqual(inClusterAt(dir), { server: "https://[fd00::1]:443", tokenFile: join(dir, "token"), tls: { ca: "ca" } });
  write(dir, "namespace", "shop\n");
  assert.equal(inClusterAt(dir).namespace, "shop");
  assert.throws(() => autoConfig(), /ENOENT.*serviceaccount/); // it looks in the pod's folder now
});

/** Sets variables until the test ends. */
function environment(t: { after(fn: () => void): void }, variables: Record<string, string>): void {
  for (const [name, value] of Object.entries(variables)) {
    const before = process.env[name];
    process.env[name] = value;
    t.after(() => {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    });
  }
}
