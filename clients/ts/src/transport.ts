import type { Readable } from "node:stream";
import type { Identity } from "./credentials.js";

/** One request as it goes over a connection. */
export interface Sent {
  method: string;
  /** The path with its query. */
  path: string;
  headers: Record<string, string | string[]>;
  body?: string | Uint8Array | undefined;
  signal?: AbortSignal | undefined;
}

/** The head of an answer; its body is still to be read. */
export interface Answer {
  status: number;
  headers: { [name: string]: string | string[] | undefined };
  body: Readable;
}

/** Sends requests over connections that it keeps. */
export interface Transport {
  send(request: Sent, identity: Identity): Promise<Answer>;
  /** Closes the connections that are not in use. */
  close(): void;
}
