import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { Credentials } from "./credentials.js";
import { ApiError, errorOf } from "./errors.js";
import { forMany } from "./signal.js";
import type { Answer, Transport } from "./transport.js";

const maxRetries = 10;
/** How often a request is sent again whose connection broke: a GET, or what the server has not looked at. */
const maxResends = 3;
/** The longest that a server can make a request wait. */
const maxRetryAfter = 60_000;
const firstResend = 50;
/** How much is read of an answer that says what went wrong. */
const maxErrorBody = 1 << 20;

export const jsonType = "application/json";

/** One request, which may be sent several times. */
export interface Request {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  query?: URLSearchParams;
  body?: string | Uint8Array;
  contentType?: string;
  accept?: string;
  signal?: AbortSignal | undefined;
}

/** Waits, or throws the signal's reason. */
async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  try {
    await wait(milliseconds, undefined, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

const unzip = promisify(gunzip);

/** Sends requests as one user and tries again what may be tried again. */
export class Requester {
  sleep = sleep;
  readonly #transport: Transport;
  readonly #credentials: Credentials;
  readonly #headers: Record<string, string | string[]>;
  readonly #prefix: string;
  readonly fieldManager: string;

  constructor(transport: Transport, credentials: Credentials, headers: Record<string, string | string[]>, prefix: string, fieldManager: string) {
    this.#transport = transport;
    this.#credentials = credentials;
    this.#headers = headers;
    this.#prefix = prefix.replace(/\/+$/, "");
    this.fieldManager = fieldManager;
  }

  /** Sends a request and reads the answer, which is JSON. */
  async json<T>(request: Request): Promise<T> {
    const body = await this.read(request);
    try {
      return JSON.parse(body.toString("utf8"));
    } catch (error) {
      throw new Error(`${request.method} ${request.path}: ${(error as Error).message}`, { cause: error });
    }
  }

  /** Sends a request and reads the whole answer. A GET whose answer breaks off is sent again. */
  async read(request: Request): Promise<Buffer> {
    for (let resends = 1; ; resends++) {
      const answer = await this.open(request, "gzip");
      try {
        return await readAll(answer);
      } catch (error) {
        request.signal?.throwIfAborted();
        if (request.method !== "GET" || resends > maxResends) throw error;
      }
    }
  }

  /** Sends a request until it has an answer that is none of those to try again, and leaves the body to the caller. From 400 on it is an error. */
  async open(request: Request, encoding?: string): Promise<Answer> {
    forMany(request.signal);
    let resends = 0;
    let renewed = false;
    for (let tries = 0; ; tries++) {
      let answer: Answer;
      try {
        answer = await this.#send(request, encoding);
      } catch (error) {
        request.signal?.throwIfAborted();
        if (resends >= maxResends || !(unheard(error) || (request.method === "GET" && broke(error)))) throw error;
        await this.sleep(firstResend * ++resends, request.signal);
        continue;
      }
      if (answer.status < 400) return answer;
      const failure = await readError(answer);
      const after = retryAfter(answer);
      if (answer.status === 401 && !renewed && this.#credentials.renew()) {
        renewed = true;
      } else if (after !== undefined && tries < maxRetries) {
        await this.sleep(after, request.signal);
      } else {
        throw failure;
      }
    }
  }

  /** Sends a request once, as whoever asks now. */
  async #send({ method, path, query, body, contentType, accept, signal }: Request, encoding?: string): Promise<Answer> {
    signal?.throwIfAborted();
    const identity = await this.#credentials.identity();
    const headers: Record<string, string | string[]> = { ...this.#headers, accept: accept ?? jsonType };
    if (identity.authorization) headers["authorization"] = identity.authorization;
    if (contentType) headers["content-type"] = contentType;
    if (encoding) headers["accept-encoding"] = encoding;
    const search = query?.toString();
    return this.#transport.send({ method, path: this.#prefix + path + (search ? `?${search}` : ""), headers, body, signal }, identity);
  }
}

async function readAll({ body, headers }: Answer): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const whole = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  return headers["content-encoding"] === "gzip" ? unzip(whole) : whole;
}

/** Reads what an answer from 400 on says. What cannot be read is left out of the message. */
async function readError(answer: Answer): Promise<ApiError> {
  const chunks: Buffer[] = [];
  let size = 0;
  let text = "";
  try {
    for await (const chunk of answer.body) {
      chunks.push(chunk);
      if ((size += chunk.length) > maxErrorBody) break;
    }
    const whole = Buffer.concat(chunks);
    text = (answer.headers["content-encoding"] === "gzip" ? await unzip(whole) : whole).toString("utf8");
  } catch {
    // The code says enough.
  }
  return errorOf(answer.status, text);
}

/** Says whether a connection ended before there was an answer. One that was never made is not tried again: the address is wrong, or nobody is there. */
function broke(error: unknown): boolean {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (!code || syscall === "connect" || syscall === "getaddrinfo") return false;
  return ["ECONNRESET", "ECONNABORTED", "EPIPE", "ETIMEDOUT", "ERR_STREAM_PREMATURE_CLOSE"].includes(code) || code.startsWith("ERR_HTTP2_");
}

/** Says whether a server has not looked at a request: HTTP/2 tells, so that writes can be sent again too. */
function unheard(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === "ERR_HTTP2_GOAWAY_SESSION" || code === "ERR_HTTP2_INVALID_SESSION" || (code === "ERR_HTTP2_STREAM_ERROR" && message.includes("REFUSED_STREAM"));
}

/** How long a server wants to be left alone before the same request; undefined where it does not say that it may come again. */
function retryAfter({ status, headers }: Answer): number | undefined {
  const after = headers["retry-after"];
  if ((status !== 429 && status < 500) || typeof after !== "string" || !/^\d+$/.test(after)) return undefined;
  return Math.min(Number(after) * 1000, maxRetryAfter);
}
