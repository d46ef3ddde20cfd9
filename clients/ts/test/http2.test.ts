import assert from "node:assert/strict";
import { constants, createServer } from "node:http2";
import type { Http2Server, ServerHttp2Session } from "node:http2";
import { connect, createServer as createTcp } from "node:net";
import type { Socket } from "node:net";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import { Authority, whoAmI } from "./authority.js";
import { failure } from "./environment.js";
import { answer, bodyOf, listen, partsOf, thing } from "./peer.js";
import type { Parts } from "./peer.js";

/** A server of HTTP/2 without TLS, its sessions, and its client. */
async function http2Peer(t: TestContext, server: Http2Server): Promise<{ client: Parts; sessions: ServerHttp2Session[] }> {
  const sessions: ServerHttp2Session[] = [];
  server.on("session", (session) => sessions.push(session));
  return { client: partsOf({ server: `http://127.0.0.1:${await listen(t, server)}`, http2: true }), sessions };
}

describe("over HTTP/2", () => {
  test("more requests at once than a connection may have take more connections", async (t) => {
    const waiting: (() => void)[] = [];
    const { client, sessions } = await http2Peer(t, createServer({ settings: { maxConcurrentStreams: 3 } }, (_, response) => {
      waiting.push(() => answer(response as never, thing("x", "1")));
      if (waiting.length === 10) for (const each of waiting) each(); // none is answered before all have come
    }));
    await Promise.all(Array.from({ length: 10 }, () => client.things.get("x")));
    assert.equal(sessions.length, 4);
  });

  test("a connection that the server leaves is not used again", async (t) => {
    const { client, sessions } = await http2Peer(t, createServer((request, response) => {
      answer(response as never, thing("x", "1"));
      request.stream.session!.goaway();
    }));
    for (let i = 0; i < 3; i++) {
      assert.equal((await client.things.get("x")).metadata?.name, "x");
      await new Promise((resolve) => setTimeout(resolve, 20)); // until the client has heard it
    }
    assert.equal(sessions.length, 3);
  });

  test("a server that leaves every connection at once is an error", async (t) => {
    const server = createServer((_, response) => answer(response as never, thing("x", "1")));
    server.on("session", (session) => session.goaway());
    const { client } = await http2Peer(t, server);
    assert.ok((await failure(client.things.create(thing("x", "")))) instanceof Error);
  });

  test("a connection that breaks: a read is sent again, a write is not", async (t) => {
    let requests = 0;
    const { client } = await http2Peer(t, createServer(async (request, response) => {
      await bodyOf(request as never);
      if (++requests % 2 === 1) request.stream.session!.destroy();
      else answer(response as never, thing("x", "1"));
    }));
    assert.equal((await client.things.get("x")).metadata?.name, "x");
    assert.equal(requests, 2);
    await failure(client.things.create(thing("x", "")));
    assert.equal(requests, 3);
  });

  test("a write that the server has not looked at is sent again", async (t) => {
    let requests = 0;
    const { client } = await http2Peer(t, createServer((request, response) => {
      if (++requests <= 2) request.stream.close(constants.NGHTTP2_REFUSED_STREAM);
      else answer(response as never, thing("x", "1"));
    }));
    assert.equal((await client.things.create(thing("x", ""))).metadata?.name, "x");
    assert.equal(requests, 3);
  });

  test("a watch finds out that its server is gone without a word, and connects again", async (t) => {
    const server = await listen(t, createServer((request, response) => {
      if (!request.url.includes("watch=true")) return answer(response as never, { metadata: { resourceVersion: "1" }, items: [] });
      response.write(`${JSON.stringify({ type: "ADDED", object: thing(`after-${new URL(request.url, "http://x").searchParams.get("resourceVersion")}`, "7") })}\n`);
    }));
    // What lies between takes everything and passes nothing on, once it is a hole.
    const between: Socket[] = [];
    const at = await listen(t, createTcp((socket) => {
      const out = connect(server, "127.0.0.1");
      t.after(() => out.destroy());
      for (const each of [socket, out]) between.push(each.on("error", () => {}));
      socket.pipe(out).pipe(socket);
    }));
    t.mock.timers.enable({ apis: ["setInterval", "setTimeout"] });
    const { things } = partsOf({ server: `http://127.0.0.1:${at}`, http2: true });
    const told: string[] = [];
    for await (const { object } of things.watch()) {
      if (told.push(object.metadata!.name!) === 2) break;
      for (const each of between) each.unpipe().on("data", () => {});
      t.mock.timers.tick(30_000); // a ping is sent
      t.mock.timers.tick(15_000); // and not answered
    }
    assert.deepEqual(told, ["after-1", "after-7"]);
  });

  test("a signal ends a request, and the connection goes on", async (t) => {
    const { client, sessions } = await http2Peer(t, createServer((request, response) => { if (request.url.endsWith("/x")) answer(response as never, thing("x", "1")); }));
    const enough = new Error("enough");
    const ending = new AbortController();
    setTimeout(() => ending.abort(enough), 20);
    assert.equal(await failure(client.things.get("never", { signal: ending.signal })), enough);
    await client.things.get("x");
    assert.equal(sessions.length, 1);
  });

  test("a server that does not speak it is an error", async (t) => {
    const authority = new Authority(t);
    const { things } = partsOf({ server: await authority.serve(t, whoAmI), tls: { ca: authority.ca }, http2: true });
    assert.match(`${await failure(things.get("x"))}`, /does not speak HTTP\/2|no application protocol/);
  });
});

describe("a server that is none", () => {
  for (const http2 of [false, true]) {
    for (const protocol of ["http", "https"]) {
      test(`${protocol} by HTTP/${http2 ? 2 : 1.1}`, async (t) => {
        assert.match(`${await failure(partsOf({ server: `${protocol}://127.0.0.1:1`, http2 }).things.get("x"))}`, /ECONNREFUSED/);
        const rude = await listen(t, createTcp((socket) => void socket.on("error", () => {}).end("go away\r\n")));
        assert.ok((await failure(partsOf({ server: `${protocol}://127.0.0.1:${rude}`, http2 }).things.get("x"))) instanceof Error);
        const silent = await listen(t, createTcp((socket) => void socket.destroy()));
        assert.ok((await failure(partsOf({ server: `${protocol}://127.0.0.1:${silent}`, http2 }).things.get("x"))) instanceof Error);
      });
    }
  }
});
