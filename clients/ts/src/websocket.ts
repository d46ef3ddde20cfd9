import { once } from "node:events";
import type { EventEmitter } from "node:events";
import type { ClientRequest, IncomingMessage } from "node:http";
import type { Credentials } from "./credentials.js";
import type { Dialer } from "./dial.js";
import { errorOf, isUnauthorized } from "./errors.js";
import { whenAborted } from "./signal.js";

const handshakeTimeout = 45_000;
const pingEvery = 20_000;
/** How long a peer may be silent before it is taken for gone. */
const silence = 60_000;
/** The closes that are in order: normal, going away, and without a code. */
const inOrder = new Set([1000, 1001, 1005]);
const maxErrorBody = 1 << 20;

/** What is used of a WebSocket of ws, whose types our users would have to install. */
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

/** Opens WebSockets to the server. They need a connection of their own and HTTP/1.1. */
export class WebSockets {
  readonly #dialer: Dialer;
  readonly #credentials: Credentials;
  readonly #headers: Record<string, string | string[]>;

  constructor(dialer: Dialer, credentials: Credentials, headers: Record<string, string | string[]>) {
    this.#dialer = dialer;
    this.#credentials = credentials;
    this.#headers = headers;
  }

  /** Opens a connection, with new credentials when the server refuses the old ones. It is paused. */
  async connect(path: string, query: URLSearchParams, protocols: string[], signal: AbortSignal | undefined): Promise<Channels> {
    try {
      return await this.#open(path, query, protocols, signal);
    } catch (error) {
      if (!isUnauthorized(error) || !this.#credentials.renew()) throw error;
      return this.#open(path, query, protocols, signal);
    }
  }

  async #open(path: string, query: URLSearchParams, protocols: string[], signal: AbortSignal | undefined): Promise<Channels> {
    const { WebSocket } = await import("ws"); // most programs need none
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
    // What comes with the head of the answer must wait until somebody listens.
    socket.once("open", () => socket.pause());
    socket.on("error", () => {}); // whoever waits is told; it must not be the end of the program
    const forget = whenAborted(signal, () => socket.terminate());
    try {
      const refused = once(socket, "unexpected-response").then(([request, answer]) => refusal(request, answer));
      refused.catch(() => {}); // the other one of the two throws as well
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

/** Throws what a server says instead of opening a WebSocket. */
async function refusal(request: ClientRequest, answer: IncomingMessage): Promise<never> {
  let text = "";
  try {
    for await (const chunk of answer.setEncoding("utf8")) if ((text += chunk).length > maxErrorBody) break;
  } catch {
    // The code says enough.
  }
  request.destroy();
  throw errorOf(answer.statusCode!, text);
}

/** A WebSocket whose messages begin with the number of their channel. */
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
      if (this.#full > 0) heard = Date.now(); // nothing is read, so nothing can be heard
      if (Date.now() - heard > silence) socket.terminate();
      else if (socket.readyState === socket.OPEN) socket.ping();
    }, pingEvery).unref();
    const forget = whenAborted(signal, () => socket.terminate());
    socket.once("close", () => {
      clearInterval(pings);
      forget();
    });
  }

  /** Begins to receive. ended is called once: with what broke the connection, or without anything when the peer closed it in order. */
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

  /** Reads nothing more until as many calls of resume. */
  pause(): void {
    if (this.#full++ === 0) this.#socket.pause();
  }

  resume(): void {
    if (--this.#full === 0) this.#socket.resume();
  }

  close(): void {
    this.#socket.resume(); // so that the peer's answer is read
    this.#socket.close(1000);
  }
}
