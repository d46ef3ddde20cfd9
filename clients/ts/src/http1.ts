import { Agent, request as send } from "node:http";
import type { Duplex } from "node:stream";
import type { Identity } from "./credentials.js";
import type { Dialer } from "./dial.js";
import type { Answer, Sent, Transport } from "./transport.js";

/** The idle timeout of connections: shorter than servers', so that requests rarely race with a close. */
const idle = 60_000;

/** Sends requests over HTTP/1.1 with keep-alive. */
export class Http1 implements Transport {
  readonly #dialer: Dialer;
  #agent: DialingAgent | undefined;

  constructor(dialer: Dialer) { this.#dialer = dialer; }

  send(request: Sent, identity: Identity): Promise<Answer> {
    const agent = this.#agentOf(identity);
    const { method, path, body, signal } = request;
    const headers: Record<string, string | string[]> = { host: this.#dialer.url.host, ...request.headers };
    if (body !== undefined) headers["content-length"] = String(Buffer.byteLength(body));
    return new Promise((resolve, reject) => {
      const out = send({ agent, method, path, headers, ...(signal ? { signal } : {}) }, (answer) => {
        resolve({ status: answer.statusCode!, headers: answer.headers, body: answer });
      });
      out.on("error", reject);
      out.end(body);
    });
  }

  close(): void {
    this.#agent?.destroyIdle();
  }

  /** The connection pool of an identity; replaced when the client certificate changes. */
  #agentOf(identity: Identity): DialingAgent {
    const kept = this.#agent;
    if (kept && kept.identity.cert === identity.cert && kept.identity.key === identity.key) return kept;
    kept?.retire();
    this.#agent = new DialingAgent(this.#dialer, identity);
    return this.#agent;
  }
}

/** A connection pool of one server and one client certificate. */
class DialingAgent extends Agent {
  readonly identity: Identity;
  readonly #dialer: Dialer;

  constructor(dialer: Dialer, identity: Identity) {
    super({ keepAlive: true, timeout: idle, scheduling: "lifo" });
    this.#dialer = dialer;
    this.identity = identity;
  }

  createConnection(_: object, done: (error: Error | null, socket: Duplex) => void): undefined {
    this.#dialer.connect(this.identity, ["http/1.1"]).then((socket) => done(null, socket), (error) => done(error, undefined as never));
  }

  destroyIdle(): void {
    for (const sockets of Object.values(this.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
  }

  /** Closes idle connections now and busy ones after their requests. */
  retire(): void {
    this.maxFreeSockets = 0;
    this.destroyIdle();
  }
}
