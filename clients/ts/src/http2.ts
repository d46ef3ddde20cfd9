import type { ClientHttp2Session } from "node:http2";
import type { TLSSocket } from "node:tls";
import type { Identity } from "./credentials.js";
import type { Dialer } from "./dial.js";
import type { Answer, Sent, Transport } from "./transport.js";

const openTimeout = 30_000;
const pingEvery = 30_000;
const pingTimeout = 15_000;
/** Flow control windows of a stream and of the connection. */
const streamWindow = 1 << 20;
const sessionWindow = 8 << 20;

/** Sends requests over HTTP/2, up to the server's limit of streams per connection. */
export class Http2 implements Transport {
  readonly #dialer: Dialer;
  #sessions: Session[] = [];
  #dialing: Promise<Session> | undefined;

  constructor(dialer: Dialer) { this.#dialer = dialer; }

  async send(request: Sent, identity: Identity): Promise<Answer> {
    for (;;) {
      const session = await this.#session(identity);
      request.signal?.throwIfAborted();
      // Other waiters may have used up its streams, or it may have closed.
      if (session.usable(identity)) return session.send(request, this.#dialer.url);
    }
  }

  close(): void {
    for (const session of this.#sessions) if (session.streams === 0) session.close();
  }

  async #session(identity: Identity): Promise<Session> {
    const open = this.#sessions.find((session) => session.usable(identity));
    if (open) return open;
    this.#dialing ??= this.#open(identity).finally(() => { this.#dialing = undefined; });
    return this.#dialing;
  }

  async #open(identity: Identity): Promise<Session> {
    for (const old of this.#sessions) if (old.identity.cert !== identity.cert) old.close();
    const { connect } = await import("node:http2"); // loaded on first use
    const socket = await this.#dialer.connect(identity, ["h2"]);
    if (this.#dialer.url.protocol === "https:" && (socket as TLSSocket).alpnProtocol !== "h2") {
      socket.destroy();
      throw new Error(`${this.#dialer.url.host} does not speak HTTP/2`);
    }
    const http2 = connect(this.#dialer.url, { createConnection: () => socket, settings: { enablePush: false, initialWindowSize: streamWindow } });
    const session = new Session(http2, identity, () => { this.#sessions = this.#sessions.filter((other) => other !== session); });
    await session.opened; // the limit of streams is in the server's settings
    if (!session.usable(identity)) throw reset("the server leaves the connection at once");
    this.#sessions.push(session);
    return session;
  }
}

/** One connection. It keeps the process alive only while it has streams. */
class Session {
  streams = 0;
  /** Resolves when the server's SETTINGS have arrived. */
  readonly opened: Promise<void>;
  readonly identity: Identity;
  readonly #http2: ClientHttp2Session;
  #leaving = false;

  constructor(http2: ClientHttp2Session, identity: Identity, gone: () => void) {
    this.#http2 = http2;
    this.identity = identity;
    const leave = () => {
      this.#leaving = true;
      gone();
    };
    http2.once("connect", () => http2.setLocalWindowSize(sessionWindow));
    this.opened = new Promise<void>((resolve, reject) => {
      const slow = setTimeout(() => http2.destroy(reset("the server does not begin to speak HTTP/2")), openTimeout);
      http2.once("remoteSettings", () => clearTimeout(slow)).once("close", () => clearTimeout(slow));
      http2.once("remoteSettings", () => resolve()).once("error", reject);
      http2.once("close", () => reject(reset("the connection ended before an answer")));
    });
    http2.on("goaway", leave).on("close", leave).on("error", leave); // streams emit the error as well
    http2.unref();
    const pings = setInterval(() => this.#ping(), pingEvery).unref();
    http2.once("close", () => clearInterval(pings));
  }

  usable(identity: Identity): boolean {
    const most = Math.max(1, this.#http2.remoteSettings.maxConcurrentStreams ?? Infinity);
    return !this.#leaving && !this.#http2.closed && !this.#http2.destroyed && this.streams < most && this.identity.cert === identity.cert;
  }

  close(): void {
    this.#leaving = true;
    this.#http2.close();
  }

  send({ method, path, headers, body, signal }: Sent, url: URL): Promise<Answer> {
    const all: Record<string, string | string[]> = { ":method": method, ":path": path, ":authority": url.host, ":scheme": url.protocol.slice(0, -1), ...headers };
    if (body !== undefined) all["content-length"] = String(Buffer.byteLength(body));
    return new Promise((resolve, reject) => {
      const stream = this.#http2.request(all, { endStream: body === undefined, ...(signal ? { signal } : {}) });
      if (this.streams++ === 0) this.#http2.ref();
      stream.once("close", () => {
        if (--this.streams === 0 && !this.#http2.destroyed) this.#http2.unref();
        reject(reset("the stream ended before an answer")); // no effect after a response
      });
      stream.once("response", (head) => resolve({ status: Number(head[":status"]), headers: head as Answer["headers"], body: stream }));
      stream.on("error", reject);
      if (body !== undefined) stream.end(body);
    });
  }

  /** Detects a dead connection under long-lived streams. */
  #ping(): void {
    if (this.streams === 0 || this.#http2.destroyed) return;
    const timer = setTimeout(() => this.#http2.destroy(reset("the server answers no ping")), pingTimeout).unref();
    this.#http2.ping(() => clearTimeout(timer));
  }
}

/** The error of a broken connection. */
function reset(message: string): Error {
  return Object.assign(new Error(message), { code: "ECONNRESET" });
}
