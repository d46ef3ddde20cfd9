import assert from "node:assert/strict";
import { createServer } from "node:http";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { ApiError, Client, isNotFound } from "@gatehouse/client";
import type { Config } from "@gatehouse/client";
import { failure } from "./environment.js";
import { answer, bodyOf, breakOff, listen, partsOf, peer, refuse, thing } from "./peer.js";

describe("an answer that asks for patience", () => {
  for (const { name, after, code, refusals, waits, fails } of [
    { name: "too many requests", after: "2", code: 429, refusals: 2, waits: [2000, 2000], fails: 0 },
    { name: "unavailable", after: "1", code: 503, refusals: 1, waits: [1000], fails: 0 },
    { name: "at once", after: "0", code: 500, refusals: 1, waits: [0], fails: 0 },
    { name: "for very long", after: "86400", code: 503, refusals: 1, waits: [60_000], fails: 0 },
    { name: "without a time", after: "", code: 503, refusals: 1, waits: [], fails: 503 },
    { name: "a date", after: "Mon, 02 Jan 2006 15:04:05 GMT", code: 503, refusals: 1, waits: [], fails: 503 },
    { name: "conflict", after: "1", code: 409, refusals: 1, waits: [], fails: 409 },
    { name: "for ever", after: "1", code: 429, refusals: 100, waits: Array(10).fill(1000), fails: 429 },
  ]) {
    test(name, async (t) => {
      let requests = 0;
      const client = await peer(t, async (request, response) => {
        assert.match(await bodyOf(request), /"kind":"Thing"/);
        if (++requests > refusals) return answer(response, thing("x", "1"));
        if (after) response.setHeader("retry-after", after);
        refuse(response, code, "Whatever");
      });
      const created = client.things.create(thing("x", ""));
      if (fails) assert.equal(((await failure(created)) as ApiError).code, fails);
      else assert.equal((await created).metadata?.name, "x");
      assert.deepEqual(client.waits, waits);
    });
  }
});

describe("a connection that breaks", () => {
  for (const { name, breaks, write, sent, fails } of [
    { name: "a read is sent again", breaks: 1, write: false, sent: 2, fails: false },
    { name: "a read that never works", breaks: 100, write: false, sent: 4, fails: true },
    { name: "a write may have happened", breaks: 1, write: true, sent: 1, fails: true },
  ]) {
    test(name, async (t) => {
      let requests = 0;
      const { things } = await peer(t, (_, response) => (++requests > breaks ? answer(response, thing("x", "1")) : breakOff(response)));
      const called = write ? things.create(thing("x", "")) : things.get("x");
      if (fails) await failure(called);
      else await called;
      assert.equal(requests, sent);
    });
  }

  test("an answer that breaks off is read again", async (t) => {
    let requests = 0;
    const { things } = await peer(t, (_, response) => {
      if (++requests > 1) return answer(response, thing("x", "1"));
      response.setHeader("content-length", "1000");
      response.write('{"kind":', () => breakOff(response));
    });
    assert.equal((await things.get("x")).metadata?.name, "x");
    assert.equal(requests, 2);
  });

  test("nobody is there", async () => {
    const { things, waits } = partsOf({ server: "http://127.0.0.1:1" });
    assert.match(`${await failure(things.get("x"))}`, /ECONNREFUSED/);
    assert.deepEqual(waits, []);
  });
});

describe("answers of others than the server", () => {
  test("that are no Status are errors all the same", async (t) => {
    const { things } = await peer(t, (_, response) => response.writeHead(404, { "content-type": "text/plain" }).end("the proxy has lost its way\n"));
    const error = await failure(things.get("x"));
    assert.ok(isNotFound(error));
    assert.deepEqual([error.code, error.message], [404, "the proxy has lost its way"]);
  });

  test("that are no JSON", async (t) => {
    const { things } = await peer(t, (_, response) => response.end("<html>"));
    assert.match(`${await failure(things.get("x"))}`, /GET .*things\/x: .*JSON/);
  });

  test("that are compressed", async (t) => {
    const { things } = await peer(t, (request, response) => {
      assert.equal(request.headers["accept-encoding"], "gzip");
      response.statusCode = request.url!.endsWith("/x") ? 200 : 409;
      const body = response.statusCode === 200 ? thing("x", "1") : { kind: "Status", status: "Failure", code: 409, message: "packed" };
      response.setHeader("content-encoding", "gzip").end(gzipSync(JSON.stringify(body)));
    });
    assert.equal((await things.get("x")).metadata?.name, "x");
    assert.equal(((await failure(things.get("y"))) as Error).message, "packed");
  });
});

test("a list whose items are null is empty, and items know what they are", async (t) => {
  const { things } = await peer(t, (request, response) => {
    if (request.url!.includes("labelSelector")) return answer(response, { metadata: { resourceVersion: "7" }, items: null });
    answer(response, { metadata: { resourceVersion: "7", continue: "c", remainingItemCount: 3 }, items: [{ metadata: { name: "a" } }, { kind: "Other", metadata: {} }] });
  });
  assert.deepEqual(await things.page({ labelSelector: "a=b" }), { items: [], resourceVersion: "7", continue: "" });
  const page = await things.page();
  assert.deepEqual(page.items.map(({ kind, apiVersion }) => [kind, apiVersion]), [["Thing", "example.com/v1"], ["Other", "example.com/v1"]]);
  assert.deepEqual([page.continue, page.remainingItemCount], ["c", 3]);
});

test("a signal ends an operation with its reason", async (t) => {
  const enough = new Error("enough");
  const { things } = await peer(t, () => {}); // it never answers
  const ending = new AbortController();
  setTimeout(() => ending.abort(enough), 20);
  const warnings: Error[] = [];
  process.on("warning", (warning) => warnings.push(warning));
  const many = await Promise.all(Array.from({ length: 20 }, () => failure(things.get("x", { signal: ending.signal }))));
  assert.deepEqual(new Set(many), new Set([enough]));
  assert.equal(await failure(things.list({ signal: AbortSignal.abort(enough) }).toArray()), enough);
  assert.deepEqual(warnings, []);
});

test("every operation sends what it should", async (t) => {
  let sent = "";
  const { things, all } = await peer(t, async (request, response) => {
    const body = await bodyOf(request);
    sent = `${request.method} ${request.url}${body ? ` ${request.headers["content-type"]} ${body}` : ""}`;
    if (request.url!.endsWith("/token?fieldManager=me")) return answer(response, { status: { token: "t", expirationTimestamp: "2026-01-01T00:00:00Z" } });
    answer(response, thing("x", "1"));
  }, { fieldManager: "me" });
  const x = { metadata: { name: "x", namespace: "n" } };
  const things1 = "/apis/example.com/v1/namespaces/n/things";
  const cases: [string, () => Promise<unknown>, string][] = [
    ["get", () => things.get("a/b"), `GET ${things1}/a%2Fb`],
    ["create by the object's namespace", () => all.create(x), `POST ${things1}?fieldManager=me application/json {"metadata":{"name":"x","namespace":"n"},"kind":"Thing","apiVersion":"example.com/v1"}`],
    ["a kind that is said stays", () => things.create({ ...x, kind: "Other" }), `POST ${things1}?fieldManager=me application/json {"metadata":{"name":"x","namespace":"n"},"kind":"Other","apiVersion":"example.com/v1"}`],
    ["replace", () => things.replace(x, { fieldManager: "you", dryRun: true }), `PUT ${things1}/x?fieldManager=you&dryRun=All application/json {"metadata":{"name":"x","namespace":"n"},"kind":"Thing","apiVersion":"example.com/v1"}`],
    ["merge", () => things.patch("x", '{"a":1}'), `PATCH ${things1}/x?fieldManager=me application/merge-patch+json {"a":1}`],
    ["merge null", () => things.patch("x", { a: null }, { dryRun: false }), `PATCH ${things1}/x?fieldManager=me application/merge-patch+json {"a":null}`],
    ["strategic", () => things.patch("x", Buffer.from("{}"), { type: "strategic", fieldValidation: "Strict" }), `PATCH ${things1}/x?fieldValidation=Strict&fieldManager=me application/strategic-merge-patch+json {}`],
    ["json", () => things.patchStatus("x", [], { type: "json" }), `PATCH ${things1}/x/status?fieldManager=me application/json-patch+json []`],
    ["apply", () => things.apply({ ...x, spec: { a: 1 } }, { force: true }), `PATCH ${things1}/x?force=true&fieldManager=me application/apply-patch+yaml {"metadata":{"name":"x","namespace":"n"},"spec":{"a":1},"kind":"Thing","apiVersion":"example.com/v1"}`],
    ["apply yaml", () => things.applyStatus("metadata: {name: x}\nspec: {a: 1}\n"), `PATCH ${things1}/x/status?fieldManager=me application/apply-patch+yaml {"metadata":{"name":"x"},"spec":{"a":1},"kind":"Thing","apiVersion":"example.com/v1"}`],
    ["delete", () => things.delete("x", { gracePeriodSeconds: 0, propagationPolicy: "Orphan", preconditions: { uid: "u", resourceVersion: "7" }, dryRun: true }), `DELETE ${things1}/x application/json {"kind":"DeleteOptions","apiVersion":"v1","gracePeriodSeconds":0,"preconditions":{"uid":"u","resourceVersion":"7"},"propagationPolicy":"Orphan","dryRun":["All"]}`],
    ["delete collection", () => all.deleteCollection({ labelSelector: "a=b", fieldSelector: "c=d" }), `DELETE /apis/example.com/v1/things?labelSelector=a%3Db&fieldSelector=c%3Dd application/json {"kind":"DeleteOptions","apiVersion":"v1"}`],
    ["scale", () => things.scale("x", 0), `PATCH ${things1}/x/scale?fieldManager=me application/merge-patch+json {"spec":{"replicas":0}}`],
    ["evict", () => things.evict("x", { gracePeriodSeconds: 5, preconditions: { uid: "u" }, dryRun: true }), `POST ${things1}/x/eviction?dryRun=All&fieldManager=me application/json {"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"x","namespace":"n"},"deleteOptions":{"gracePeriodSeconds":5,"preconditions":{"uid":"u"}}}`],
    ["token", () => things.token("x", { audiences: ["a"], seconds: 3600 }), `POST ${things1}/x/token?fieldManager=me application/json {"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","metadata":{"name":"x","namespace":"n"},"spec":{"audiences":["a"],"expirationSeconds":3600}}`],
    ["sub", () => things.sub("x", "size").get(), `GET ${things1}/x/size`],
    ["create sub", () => things.sub("x", "size").create({ a: 1 }), `POST ${things1}/x/size?fieldManager=me application/json {"a":1,"kind":"Size","apiVersion":"example.com/v1"}`],
    ["replace sub", () => things.sub("x", "size").replace({ a: 1 }), `PUT ${things1}/x/size?fieldManager=me application/json {"a":1,"kind":"Size","apiVersion":"example.com/v1"}`],
    ["patch sub", () => things.sub("x", "size").patch({ a: 1 }), `PATCH ${things1}/x/size?fieldManager=me application/merge-patch+json {"a":1}`],
    ["logs", () => things.logs("x", { container: "c", previous: true, timestamps: true, sinceSeconds: 2, tailLines: 0, limitBytes: 9, sinceTime: new Date(0) }), `GET ${things1}/x/log?container=c&previous=true&timestamps=true&sinceSeconds=2&tailLines=0&limitBytes=9&sinceTime=1970-01-01T00%3A00%3A00.000Z`],
    ["list at a version", () => things.page({ limit: 5, resourceVersion: "7", resourceVersionMatch: "Exact", labelSelector: "a in (b,c)" }), `GET ${things1}?limit=5&resourceVersion=7&resourceVersionMatch=Exact&labelSelector=a+in+%28b%2Cc%29`],
  ];
  for (const [name, call, want] of cases) {
    await t.test(name, async () => {
      await call();
      assert.equal(sent, want);
    });
  }
  for (const [name, call] of Object.entries<() => unknown>({
    "no namespace": () => all.get("x"), "no namespace to create in": () => all.create({ metadata: { name: "x" } }), "no name": () => things.get(""),
    "no such subresource": () => things.sub("x", "depth"), "an apply of a list": () => things.apply("[]"), "an apply of nothing": () => things.apply(""),
    "a command that is no list": () => things.exec("x", "ls" as never), "no such patch": () => things.patch("x", {}, { type: "wrong" as never }),
  })) {
    await t.test(name, async () => {
      sent = "";
      assert.ok((await failure((async () => call())())) instanceof TypeError);
      assert.equal(sent, "");
    });
  }
});

test("addresses and certificates that are none are errors at once", () => {
  for (const server of ["", "127.0.0.1:6443", "ftp://x", "https://", "http://a b"]) assert.throws(() => new Client({ server }), /is not like https/, server);
  const wrong: [Config, RegExp][] = [
    [{ server: "https://x", tls: { ca: "nothing" } }, /certificate authority/],
    [{ server: "https://x", tls: { cert: "nothing", key: "nothing" } }, /client certificate/],
    [{ server: "https://x", tls: { cert: "nothing" } }, /there is no key/],
    [{ server: "https://x", proxyUrl: "ftp://y" }, /none of http, https and socks5/],
  ];
  for (const [config, want] of wrong) assert.throws(() => new Client(config), want);
});

test("a server may lie below a path", async (t) => {
  let asked = "";
  const port = await listen(t, createServer((request, response) => {
    asked = request.url!;
    answer(response, thing("x", "1"));
  }));
  await partsOf({ server: `http://127.0.0.1:${port}/clusters/a/` }).things.get("x");
  assert.equal(asked, "/clusters/a/apis/example.com/v1/namespaces/n/things/x");
});
