import type { Readable } from "node:stream";
import type { Identity } from "./credentials.js";

/** A request on the wire. */
export interface Sent {
  method: string;
  /** The path and query. */
  path: string;
  headers: Record<string, string | string[]>;
  body?: string | Uint8Array | undefined;
  signal?: AbortSignal | undefined;
}

/** A response whose body has not been read. */
export interface Answer {
  status: number;
  headers: { [name: string]: string | string[] | undefined };
  body: Readable;
}

/** Sends requests over pooled connections. */
export interface Transport {
  send(request: Sent, identity: Identity): Promise<Answer>;
  /** Closes idle connections. */
  close(): void;
}
