import assert from "node:assert/strict";
import { createServer as createHttp } from "node:http";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import { proxyFor, throughProxy } from "#dist/proxy.js";
import { Authority, whoAmI } from "./authority.js";
import { failure } from "./environment.js";
import { listen, partsOf } from "./peer.js";

/** An HTTP proxy, which notes what is asked of it. */
async function httpProxy(t: TestContext, code = 200): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = [];
  const server = createHttp();
  server.on("connect", (request, socket: Socket, head) => {
    asked.push(`${request.url} ${request.headers["proxy-authorization"] ?? ""}`.trim());
    if (code !== 200) return void socket.end(`HTTP/1.1 ${code} No\r\ncontent-length: 0\r\n\r\n`);
    const [host, port] = request.url!.split(":");
    const out = connect(Number(port), host!, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      out.write(head);
      socket.pipe(out).pipe(socket);
    });
    for (const each of [socket, out]) each.on("error", () => {});
    t.after(() => out.destroy());
  });
  return { port: await listen(t, server), asked };
}

/** A SOCKS5 proxy that wants a password. */
async function socksProxy(t: TestContext): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    const steps = [
      () => socket.write(Buffer.from([5, 2])),
      (data: Buffer) => {
        const user = data.subarray(2, 2 + data[1]!).toString();
        const password = data.subarray(3 + data[1]!).toString();
        asked.push(`${user}:${password}`);
        socket.write(Buffer.from([1, password === "secret" ? 0 : 1]));
      },
      (data: Buffer) => {
        const host = data.subarray(5, 5 + data[4]!).toString();
        const port = data.readUInt16BE(5 + data[4]!);
        asked.push(`${host}:${port}`);
        const out = connect(port, "127.0.0.1", () => {
          socket.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]));
          socket.pipe(out).pipe(socket);
        });
        out.on("error", () => {});
        t.after(() => out.destroy());
      },
    ];
    const hear = (data: Buffer) => {
      const step = steps.shift()!;
      if (steps.length === 0) socket.off("data", hear);
      step(data);
    };
    socket.on("data", hear);
  });
  return { port: await listen(t, server), asked };
}

describe("through a proxy", () => {
  for (const http2 of [false, true]) {
    test(`of HTTP, by HTTP/${http2 ? 2 : 1.1}`, async (t) => {
      const authority = new Authority(t);
      const server = await authority.serve(t, whoAmI, { http2 });
      const proxy = await httpProxy(t);
      const { things } = partsOf({ server, http2, tls: { ca: authority.ca }, proxyUrl: `http://me:a%20b@127.0.0.1:${proxy.port}` });
      assert.equal((await things.get("x"))["data"].protocol, http2 ? "2.0" : "1.1");
      assert.deepEqual(proxy.asked, [`${new URL(server).host} Basic ${Buffer.from("me:a b").toString("base64")}`]);
    });
  }

  test("of SOCKS5, which resolves the name", async (t) => {
    const authority = new Authority(t);
    const { port: at } = new URL(await authority.serve(t, whoAmI));
    const proxy = await socksProxy(t);
    const config = { server: `https://example.com:${at}`, tls: { ca: authority.ca } };
    assert.equal((await partsOf({ ...config, proxyUrl: `socks5://me:secret@127.0.0.1:${proxy.port}` }).things.get("x")).kind, "Thing");
    assert.deepEqual(proxy.asked, ["me:secret", `example.com:${at}`]);
    assert.match(`${await failure(partsOf({ ...config, proxyUrl: `socks5://me:wrong@127.0.0.1:${proxy.port}` }).things.get("x"))}`, /refuses the password/);
    assert.match(`${await failure(partsOf({ ...config, proxyUrl: `socks5://127.0.0.1:${proxy.port}` }).things.get("x"))}`, /wants other credentials/);
  });

  test("a connection may be silent once it is there", async (t) => {
    const target = await listen(t, createServer());
    const [http, socks] = [await httpProxy(t), await socksProxy(t)];
    for (const address of [`http://127.0.0.1:${http.port}`, `socks5://me:secret@127.0.0.1:${socks.port}`]) {
      const socket = await throughProxy(new URL(address), "127.0.0.1", target);
      assert.deepEqual([socket.timeout ?? 0, socket.listenerCount("timeout")], [0, 0], address);
      socket.destroy();
    }
  });

  test("that refuses, or is no proxy", async (t) => {
    const { port } = await httpProxy(t, 407);
    assert.match(`${await failure(partsOf({ server: "https://example.com", proxyUrl: `http://127.0.0.1:${port}` }).things.get("x"))}`, /proxy: it answers 407/);
    const silent = createServer((socket) => socket.end());
    const at = await listen(t, silent);
    assert.equal(at, (silent.address() as AddressInfo).port);
    assert.match(`${await failure(partsOf({ server: "https://example.com", proxyUrl: `socks5://127.0.0.1:${at}` }).things.get("x"))}`, /proxy: the connection ended/);
  });
});

test("the environment names proxies and exceptions", () => {
  const list = "10.0.0.0/8, .inside.example,other.example:8443,fd00::/8,2001:db8::1";
  for (const [server, want] of [
    ["https://api.example.com", "http://proxy:3128/"], ["http://api.example.com", "socks5://plain"], ["https://127.0.0.1:6443", ""], ["https://localhost", ""], ["https://[::1]", ""],
    ["https://10.1.2.3", ""], ["https://11.1.2.3", "http://proxy:3128/"], ["https://api.inside.example", ""], ["https://inside.example", ""], ["https://notinside.example", "http://proxy:3128/"],
    ["https://other.example", "http://proxy:3128/"], ["https://other.example:8443", ""], ["https://[fd00::5]", ""], ["https://[2001:db8::1]", ""], ["https://[2001:db8::2]", "http://proxy:3128/"],
  ] as const) {
    const proxy = proxyFor(new URL(server), { HTTPS_PROXY: "proxy:3128", http_proxy: "socks5://plain", no_proxy: list });
    assert.equal(proxy?.href ?? "", want, server);
  }
  assert.equal(proxyFor(new URL("https://x"), { HTTPS_PROXY: "http://proxy", NO_PROXY: "*" }), undefined);
  assert.equal(proxyFor(new URL("https://x"), {}), undefined);
});
