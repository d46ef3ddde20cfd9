import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { Credentials } from "./credentials.js";
import { ApiError, errorOf } from "./errors.js";
import { forMany } from "./signal.js";
import type { Answer, Transport } from "./transport.js";

const maxRetries = 10;
/** Resends after a broken connection: of GETs, and of requests that the server did not process. */
const maxResends = 3;
/** The cap on Retry-After. */
const maxRetryAfter = 60_000;
const firstResend = 50;
/** The size limit of error bodies. */
const maxErrorBody = 1 << 20;

export const jsonType = "application/json";

/** A request, which may be sent several times. */
export interface Request {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  query?: URLSearchParams;
  body?: string | Uint8Array;
  contentType?: string;
  accept?: string;
  signal?: AbortSignal | undefined;
}

/** Waits; rejects with the signal's reason. */
async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  try {
    await wait(milliseconds, undefined, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

const unzip = promisify(gunzip);

/** Sends requests with credentials and retries. */
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

  /** Sends a request and decodes the JSON response. */
  async json<T>(request: Request): Promise<T> {
    const body = await this.read(request);
    try {
      return JSON.parse(body.toString("utf8"));
    } catch (error) {
      throw new Error(`${request.method} ${request.path}: ${(error as Error).message}`, { cause: error });
    }
  }

  /** Sends a request and reads the whole response. A GET whose body breaks off is sent again. */
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

  /** Sends a request, with retries, and leaves the body to the caller. Throws ApiError from 400 on. */
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

  /** Sends a request once, with the current credentials. */
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

/** Reads an error response. An unreadable body is left out. */
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
    // The status code is enough.
  }
  return errorOf(answer.status, text);
}

/** Whether an established connection broke before the response. Failed dials are not retried. */
function broke(error: unknown): boolean {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (!code || syscall === "connect" || syscall === "getaddrinfo") return false;
  return ["ECONNRESET", "ECONNABORTED", "EPIPE", "ETIMEDOUT", "ERR_STREAM_PREMATURE_CLOSE"].includes(code) || code.startsWith("ERR_HTTP2_");
}

/** Whether HTTP/2 guarantees that the server did not process the request, so that writes can be resent. */
function unheard(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === "ERR_HTTP2_GOAWAY_SESSION" || code === "ERR_HTTP2_INVALID_SESSION" || (code === "ERR_HTTP2_STREAM_ERROR" && message.includes("REFUSED_STREAM"));
}

/** The Retry-After of a 429 or 5xx in milliseconds; undefined means no retry. */
function retryAfter({ status, headers }: Answer): number | undefined {
  const after = headers["retry-after"];
  if ((status !== 429 && status < 500) || typeof after !== "string" || !/^\d+$/.test(after)) return undefined;
  return Math.min(Number(after) * 1000, maxRetryAfter);
}
