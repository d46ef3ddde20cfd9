import { once } from "node:events";
import type { EventEmitter } from "node:events";
import type { ClientRequest, IncomingMessage } from "node:http";
import type { Credentials } from "./credentials.js";
import type { Dialer } from "./dial.js";
import { errorOf, isUnauthorized } from "./errors.js";
import { whenAborted } from "./signal.js";

const handshakeTimeout = 45_000;
const pingEvery = 20_000;
/** The silence after which a peer is considered dead. */
const silence = 60_000;
/** Close codes of an orderly end: normal, going away, none. */
const inOrder = new Set([1000, 1001, 1005]);
const maxErrorBody = 1 << 20;

/** The used part of ws's WebSocket. Its own types would be a dependency of our users. */
interface Socket extends EventEmitter {
  readonly protocol: string;
  readonly readyState: number;
  readonly OPEN: number;
  ping(): void;
  pause(): void;
  resume(): void;
  send(data: Uint8Array, done: (error?: Error | null) => void): void;
  close(code: number): void;
  terminate(): void;
}

/** Opens WebSockets, each over an HTTP/1.1 connection of its own. */
export class WebSockets {
  readonly #dialer: Dialer;
  readonly #credentials: Credentials;
  readonly #headers: Record<string, string | string[]>;

  constructor(dialer: Dialer, credentials: Credentials, headers: Record<string, string | string[]>) {
    this.#dialer = dialer;
    this.#credentials = credentials;
    this.#headers = headers;
  }

  /** Opens a connection, paused. Credentials are renewed once after a 401. */
  async connect(path: string, query: URLSearchParams, protocols: string[], signal: AbortSignal | undefined): Promise<Channels> {
    try {
      return await this.#open(path, query, protocols, signal);
    } catch (error) {
      if (!isUnauthorized(error) || !this.#credentials.renew()) throw error;
      return this.#open(path, query, protocols, signal);
    }
  }

  async #open(path: string, query: URLSearchParams, protocols: string[], signal: AbortSignal | undefined): Promise<Channels> {
    const { WebSocket } = await import("ws"); // loaded on first use
    const identity = await this.#credentials.identity();
    signal?.throwIfAborted();
    const { url } = this.#dialer;
    const headers = { ...this.#headers, ...(identity.authorization ? { authorization: identity.authorization } : {}) };
    const address = `${url.protocol.replace("http", "ws")}//${url.host}${url.pathname.replace(/\/+$/, "")}${path}?${query}`;
    const socket = new WebSocket(address, protocols, {
      headers, perMessageDeflate: false, handshakeTimeout,
      createConnection: (_: object, done: (error: Error | null, socket: never) => void) => {
        this.#dialer.connect(identity, ["http/1.1"]).then((connection) => done(null, connection as never), (error) => done(error, undefined as never));
        return undefined;
      },
    });
    // Messages that arrive with the handshake must wait for receive.
    socket.once("open", () => socket.pause());
    socket.on("error", () => {}); // reported by open and receive; unhandled it would end the process
    const forget = whenAborted(signal, () => socket.terminate());
    try {
      const refused = once(socket, "unexpected-response").then(([request, answer]) => refusal(request, answer));
      refused.catch(() => {}); // after an error, both promises reject
      await Promise.race([once(socket, "open"), refused]);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      forget();
    }
    return new Channels(socket, signal);
  }
}

/** Throws the error response to a handshake. */
async function refusal(request: ClientRequest, answer: IncomingMessage): Promise<never> {
  let text = "";
  try {
    for await (const chunk of answer.setEncoding("utf8")) if ((text += chunk).length > maxErrorBody) break;
  } catch {
    // The status code is enough.
  }
  request.destroy();
  throw errorOf(answer.statusCode!, text);
}

/** A WebSocket with multiplexed channels: the first byte of a message is the channel. */
export class Channels {
  readonly protocol: string;
  readonly #socket: Socket;
  #full = 0;

  constructor(socket: Socket, signal: AbortSignal | undefined) {
    this.#socket = socket;
    this.protocol = socket.protocol;
    let heard = Date.now();
    socket.on("pong", () => { heard = Date.now(); }).on("message", () => { heard = Date.now(); });
    const pings = setInterval(() => {
      if (this.#full > 0) heard = Date.now(); // pongs are not read while paused
      if (Date.now() - heard > silence) socket.terminate();
      else if (socket.readyState === socket.OPEN) socket.ping();
    }, pingEvery).unref();
    const forget = whenAborted(signal, () => socket.terminate());
    socket.once("close", () => {
      clearInterval(pings);
      forget();
    });
  }

  /** Starts receiving. ended is called once, with an error unless the peer closed in order. */
  receive(message: (channel: number, data: Buffer) => void, ended: (error?: Error) => void): void {
    let broken: Error | undefined;
    this.#socket.on("message", (data: Buffer) => { if (data.length > 0) message(data[0]!, data.subarray(1)); });
    this.#socket.on("error", (error) => { broken ??= error; });
    this.#socket.once("close", (code) => ended(inOrder.has(code) ? undefined : broken ?? new Error(`the connection broke (${code})`)));
    this.#socket.resume();
  }

  send(channel: number, data: Uint8Array, done: (error?: Error | null) => void = () => {}): void {
    const message = Buffer.allocUnsafe(data.length + 1);
    message[0] = channel;
    message.set(data, 1);
    this.#socket.send(message, done);
  }

  /** Stops reading until resume has been called as often. */
  pause(): void {
    if (this.#full++ === 0) this.#socket.pause();
  }

  resume(): void {
    if (--this.#full === 0) this.#socket.resume();
  }

  close(): void {
    this.#socket.resume(); // to read the peer's close frame
    this.#socket.close(1000);
  }
}
