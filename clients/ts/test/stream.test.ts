import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createHttps } from "node:https";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { Writable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { isMethodNotAllowed } from "@gatehouse/client";
import type { ApiError } from "@gatehouse/client";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { exitOf } from "#dist/exec.js";
import { Authority, folder, write } from "./authority.js";
import { failure } from "./environment.js";
import { breakOff, listen, partsOf, peer, refuse } from "./peer.js";

const [stdin, stdout, stderr, errorChannel, resize, close] = [0, 1, 2, 3, 4, 255] as const;
const success = '{"metadata":{},"status":"Success"}';
const exit3 = '{"metadata":{},"status":"Failure","message":"command terminated with exit code 3","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"3"}]}}';
const noShell = '{"metadata":{},"status":"Failure","message":"no such file","reason":"InternalError","code":500}';

/** A connection to what speaks the protocols of exec, attach and port-forward as a kubelet does. */
interface Talk {
  say(channel: number, data: string | Buffer): void;
  /** The next message; undefined at the end. */
  hear(): Promise<{ channel: number; data: Buffer } | undefined>;
  socket: WebSocket;
}

/** Serves connections and notes what is asked for. */
async function container(t: TestContext, protocols: string[], talk: (talk: Talk) => unknown, autoPong = true) {
  const asked: string[] = [];
  const sockets = new WebSocketServer({ noServer: true, autoPong, handleProtocols: (offered) => protocols.find((each) => offered.has(each)) ?? false });
  const server = createServer();
  server.on("upgrade", (request, connection, head) => {
    asked.push(request.url!);
    sockets.handleUpgrade(request, connection, head, (socket) => {
      const heard: Buffer[] = [];
      const waiting: ((data: Buffer | undefined) => void)[] = [];
      let ended = false;
      socket.on("message", (data: Buffer) => (waiting.shift() ?? ((each) => heard.push(each!)))(data));
      socket.on("close", () => {
        ended = true;
        for (const each of waiting) each(undefined);
      });
      const next = async () => heard.shift() ?? (ended ? undefined : new Promise<Buffer | undefined>((resolve) => waiting.push(resolve)));
      talk({
        socket, say: (channel, data) => socket.send(Buffer.concat([Buffer.from([channel]), Buffer.from(data)])),
        hear: async () => {
          const data = await next();
          return data && { channel: data[0]!, data: data.subarray(1) };
        },
      });
    });
  });
  const { things } = partsOf({ server: `http://127.0.0.1:${await listen(t, server)}` });
  return { things, asked };
}

for (const version of ["v5.channel.k8s.io", "v4.channel.k8s.io"]) {
  describe(`exec by ${version}`, () => {
    test("input, output and the end", async (t) => {
      const { things, asked } = await container(t, [version], async ({ say, hear }) => {
        let input = "";
        // The fourth version has no end of the input: the command knows what it gets.
        while (version === "v5.channel.k8s.io" || input.length < 11) {
          const message = await hear();
          assert.ok(message, "the input does not end");
          if (message.channel === stdin) input += message.data;
          if (message.channel === close) {
            assert.deepEqual([...message.data], [stdin]);
            break;
          }
        }
        say(stdout, input.toUpperCase());
        say(stderr, "warning");
        say(stdout, "");
        say(77, "a channel of the future");
        say(errorChannel, success);
        say(stdout, "too late");
      });
      const session = await things.exec("web", ["tr", "a-z", "A-Z"], { container: "c", stdin: true });
      session.stdin.write("hello ");
      session.stdin.end("world");
      assert.deepEqual(await session.output(), { code: 0, stdout: "HELLO WORLD", stderr: "warning" });
      assert.deepEqual(asked, ["/apis/example.com/v1/namespaces/n/things/web/exec?stdin=true&stdout=true&stderr=true&tty=false&container=c&command=tr&command=a-z&command=A-Z"]);
    });

    test("an exit code", async (t) => {
      const { things } = await container(t, [version], ({ say }) => say(errorChannel, exit3));
      assert.equal(await (await things.exec("web", ["false"])).exit, 3);
    });

    test("a command that cannot run", async (t) => {
      const { things } = await container(t, [version], ({ say }) => say(errorChannel, noShell));
      const error = (await failure((await things.exec("web", ["sh"])).output())) as ApiError;
      assert.deepEqual([error.code, error.message], [500, "no such file"]);
    });

    for (const [name, end] of [["in order", (socket: WebSocket) => socket.close(1000)], ["by breaking", (socket: WebSocket) => socket.terminate()]] as const) {
      test(`a connection that ends before the command does, ${name}`, async (t) => {
        const { things } = await container(t, [version], async ({ say, hear, socket }) => {
          say(stdout, "so far");
          await hear(); // it has come
          end(socket);
        });
        const session = await things.exec("web", ["sh"], { stdin: true });
        session.stdin.write("x");
        assert.equal(await text(session.stdout), "so far");
        assert.match(`${await failure(session.exit)}`, name === "in order" ? /ended before the command did/ : /broke/);
        await assert.doesNotReject(async () => session.stdin.write("nobody hears it"));
      });
    }
  });
}

describe("exec", () => {
  test("that is refused", async (t) => {
    const { things } = await peer(t, (_, response) => refuse(response, 405, "MethodNotAllowed"));
    assert.ok(isMethodNotAllowed(await failure(things.exec("web", ["sh"]))));
  });

  test("that nobody answers, or that speaks another protocol", async (t) => {
    assert.match(`${await failure(partsOf({ server: "http://127.0.0.1:1" }).things.exec("web", ["sh"]))}`, /ECONNREFUSED/);
    const { things } = await container(t, ["v1.channel.k8s.io"], () => {});
    assert.match(`${await failure(things.exec("web", ["sh"]))}`, /no subprotocol/);
  });

  test("input that is not connected takes nothing", async (t) => {
    const { things } = await container(t, ["v5.channel.k8s.io"], () => {});
    const session = await things.exec("web", ["sh"]);
    session.stdin.write("x");
    const [error] = await once(session.stdin, "error").catch((thrown) => [thrown]);
    assert.match(`${error}`, /is not connected/);
    session.close();
    assert.match(`${await failure(session.exit)}`, /ended before the command did/);
  });

  test("output that nobody reads holds up the other side, and nothing is lost", async (t) => {
    const piece = Buffer.alloc(64 << 10, "x");
    const pieces = 256;
    let unsent = 0;
    const { things } = await container(t, ["v5.channel.k8s.io"], async ({ say, socket }) => {
      for (let i = 0; i < pieces; i++) say(stdout, piece);
      say(errorChannel, success);
      for (let before = -1; before !== socket.bufferedAmount; await pause(200)) before = socket.bufferedAmount;
      unsent = socket.bufferedAmount;
    });
    const session = await things.exec("web", ["yes"]);
    while (unsent === 0) await pause(50);
    assert.ok(session.stdout.readableLength <= 2 << 20, `${session.stdout.readableLength} bytes are kept`);
    assert.equal((await buffer(session.stdout)).length, pieces * piece.length);
    assert.equal(await session.exit, 0);
  });

  test("with credentials that are renewed, over TLS with a certificate", async (t) => {
    const authority = new Authority(t);
    const { cert, key } = authority.user("alice");
    const sockets = new WebSocketServer({ noServer: true });
    const tokens: string[] = [];
    const server = createHttps({ ca: authority.ca, cert: authority.sign("server", createPrivateKey(key), "IP:127.0.0.1"), key, requestCert: true });
    server.on("upgrade", (request, connection, head) => {
      tokens.push(request.headers["authorization"] ?? "");
      if (tokens.length === 1) return void connection.end("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n");
      sockets.handleUpgrade(request, connection, head, (socket) => socket.send(Buffer.from(`\x03${success}`)));
    });
    const tokenFile = write(folder(t), "token", "one");
    const { things } = partsOf({ server: `https://127.0.0.1:${await listen(t, server)}`, tokenFile, tls: { ca: authority.ca, cert, key } });
    assert.equal(await (await things.exec("web", ["true"])).exit, 0);
    assert.deepEqual(tokens, ["Bearer one", "Bearer one"]);
  });
});

test("a session whose other side is silent for a minute is over, and pings are answers enough", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval", "Date"] });
  for (const answers of [true, false]) {
    const { things } = await container(t, ["v5.channel.k8s.io"], () => {}, answers);
    const session = await things.attach("web");
    let over = false;
    session.exit.catch(() => { over = true; });
    for (let i = 0; i < 6; i++) {
      t.mock.timers.tick(20_000);
      await pause(20); // the answer comes
    }
    assert.equal(over, !answers);
    session.close();
  }
});

test("attach: a terminal whose size changes, and a caller that has enough", async (t) => {
  const { things, asked } = await container(t, ["v5.channel.k8s.io"], async ({ say, hear }) => {
    const message = (await hear())!;
    assert.equal(message.channel, resize);
    say(stdout, message.data);
  });
  const enough = new Error("enough");
  const ending = new AbortController();
  const session = await things.attach("web", { tty: true, signal: ending.signal });
  session.resize(80, 24);
  let seen = "";
  session.stdout.pipe(new Writable({
    write: (chunk, _, done) => {
      seen += chunk;
      ending.abort(enough);
      done();
    },
  }));
  assert.equal(await failure(session.exit), enough);
  assert.equal(seen, '{"Width":80,"Height":24}');
  assert.deepEqual(asked, ["/apis/example.com/v1/namespaces/n/things/web/attach?stdin=false&stdout=true&stderr=false&tty=true"]);
  assert.equal(await failure(things.attach("web", { signal: ending.signal })), enough);
});

describe("a forwarded port", () => {
  const port = Buffer.from([0x90, 0x1f]);

  test("echoes, large pieces too, and ends with either side", async (t) => {
    let gone!: () => void;
    const left = new Promise<void>((resolve) => { gone = resolve; });
    const { things, asked } = await container(t, ["v4.channel.k8s.io"], async ({ say, hear, socket }) => {
      say(0, port);
      say(1, port);
      for (let message = await hear(); message; message = await hear()) {
        if (`${message.data}` === "leave") socket.close(1000);
        else say(message.channel, message.data);
      }
      gone();
    });
    const connection = await things.portForward("web", 8080);
    assert.deepEqual(asked, ["/apis/example.com/v1/namespaces/n/things/web/portforward?ports=8080"]);
    for (const sent of ["hello", "large".repeat(500_000)]) {
      connection.write(sent);
      let got = "";
      while (got.length < sent.length) {
        got += connection.read() ?? "";
        if (got.length < sent.length) await new Promise((resolve) => connection.once("readable", resolve));
      }
      assert.ok(got === sent);
    }
    connection.end();
    await left;
    const other = await things.portForward("web", 8080);
    other.write("leave");
    assert.equal(await text(other), "");
  });

  test("joins whoever comes to a port of this machine", async (t) => {
    let left = 0;
    const { things } = await container(t, ["v4.channel.k8s.io"], async ({ say, hear }) => {
      say(0, port);
      say(1, port);
      for (let message = await hear(); message; message = await hear()) {
        if (`${message.data}` === "fail") say(1, "connection refused");
        else say(0, message.data);
      }
      left++;
    });
    const errors: string[] = [];
    const ending = new AbortController();
    const server = await things.forward("web", 8080, { signal: ending.signal, onError: (error) => errors.push(`${error}`) });
    const { port: at, address } = server.address() as AddressInfo;
    assert.equal(address, "127.0.0.1");
    for (let i = 0; i < 3; i++) {
      const local = connect(at, "127.0.0.1");
      local.write("through a listener");
      assert.equal(`${(await once(local, "data"))[0]}`, "through a listener");
      local.end();
      await once(local, "close");
    }
    while (left < 3) await pause(5); // the other side learns of it
    assert.deepEqual(errors, []);
    const failing = connect(at, "127.0.0.1");
    failing.write("fail");
    await once(failing, "close");
    assert.deepEqual(errors, ["Error: port forward: connection refused"]);
    const last = connect(at, "127.0.0.1");
    last.write("x");
    await once(last, "data");
    ending.abort();
    await Promise.all([once(last, "close"), once(server, "close")]);
    await assert.rejects(things.forward("web", 8080, { signal: ending.signal }));
    const taken = await things.forward("web", 8080);
    await assert.rejects(things.forward("web", 8080, { localPort: (taken.address() as AddressInfo).port }), /EADDRINUSE/);
    taken.close();
  });

  test("reports what the other side reports", async (t) => {
    const { things } = await container(t, ["v4.channel.k8s.io"], ({ say }) => {
      say(0, port);
      say(1, port);
      say(0, "some");
      say(1, "connection refused");
    });
    assert.match(`${await failure(text(await things.portForward("web", 8080)))}`, /port forward: connection refused/);
    const short = await container(t, ["v4.channel.k8s.io"], ({ say }) => say(0, "x"));
    assert.match(`${await failure(text(await short.things.portForward("web", 8080)))}`, /begins with 1 bytes instead of the port/);
  });
});

describe("log lines", () => {
  test("with and without an end", async (t) => {
    const { things } = await peer(t, (_, response) => response.end("one\n\ntwö"));
    const lines: string[] = [];
    for await (const line of things.logLines("web")) lines.push(line);
    assert.deepEqual(lines, ["one", "", "twö"]);
    assert.equal(await things.logs("web"), "one\n\ntwö");
  });

  test("that break off are an error, and a signal is none", async (t) => {
    let broken = true;
    const { things } = await peer(t, (_, response) => response.write("one\ntwo", () => broken && breakOff(response)));
    const lines: string[] = [];
    await assert.rejects(async () => {
      for await (const line of things.logLines("web", { follow: true })) lines.push(line);
    });
    broken = false;
    const ending = new AbortController();
    for await (const line of things.logLines("web", { follow: true, signal: ending.signal })) {
      lines.push(line);
      ending.abort();
    }
    assert.deepEqual(lines, ["one", "one"]);
  });
});

test("what a command ends with", () => {
  assert.throws(() => exitOf("nonsense"), /end of a command/);
  assert.throws(() => exitOf('{"status":"Failure","reason":"NonZeroExitCode","message":"m","details":{"causes":[{"reason":"ExitCode","message":"many"}]}}'), /m/);
  assert.deepEqual([exitOf(success), exitOf(exit3)], [0, 3]);
});
