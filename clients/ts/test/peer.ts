import { createServer } from "node:http";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { AddressInfo, Server, Socket } from "node:net";
import type { TestContext } from "node:test";
import type { Config, Row, Untyped } from "@gatehouse/client";
import { credentialsOf } from "#dist/credentials.js";
import type { Credentials } from "#dist/credentials.js";
import { Dialer } from "#dist/dial.js";
import { Http1 } from "#dist/http1.js";
import { Http2 } from "#dist/http2.js";
import { Requester } from "#dist/request.js";
import { Resource } from "#dist/resource.js";
import { WebSockets } from "#dist/websocket.js";

/** A resource of the tests. */
export const thingsRow: Row = {
  group: "example.com", version: "v1", resource: "things", kind: "Thing", namespaced: true,
  subresources: [{ name: "size", group: "example.com", version: "v1", kind: "Size", verbs: ["get", "create"], connect: [], text: false }],
};

/** A client whose parts a test can reach. Its waits are noted and not waited. */
export interface Parts {
  /** Things in the namespace n. */
  things: Resource<Untyped>;
  all: Resource<Untyped>;
  credentials: Credentials;
  waits: number[];
}

export function partsOf(config: Config): Parts {
  const dialer = new Dialer(config);
  const credentials = credentialsOf(config);
  const requester = new Requester(config.http2 ? new Http2(dialer) : new Http1(dialer), credentials, {}, dialer.url.pathname, config.fieldManager ?? "gatehouse-ts");
  const waits: number[] = [];
  requester.sleep = async (milliseconds, signal) => {
    waits.push(milliseconds);
    signal?.throwIfAborted();
  };
  const all = new Resource<Untyped>({ requester, sockets: new WebSockets(dialer, credentials, {}) }, thingsRow);
  return { things: all.in("n"), all, credentials, waits };
}

/** Starts a server of a test and closes it after the test. Returns its port. */
export async function listen(t: TestContext, server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** A server of a test, without TLS, and its client. */
export async function peer(t: TestContext, handler: RequestListener, config: Partial<Config> = {}): Promise<Parts> {
  const port = await listen(t, createServer(handler));
  return partsOf({ server: `http://127.0.0.1:${port}`, ...config });
}

/** Answers with JSON. */
export function answer(response: ServerResponse, value: unknown): void {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(value));
}

/** Answers with a Status. */
export function refuse(response: ServerResponse, code: number, reason: string): void {
  response.statusCode = code;
  answer(response, { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message: `no: ${reason}` });
}

/** Breaks a connection off. */
export function breakOff(response: ServerResponse): void {
  response.socket!.destroy();
}

export async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return text;
}

/** An object of the tests. */
export function thing(name: string, version: string): Untyped {
  return { kind: "Thing", apiVersion: "example.com/v1", metadata: { name, namespace: "n", uid: `u-${name}`, resourceVersion: version } };
}
