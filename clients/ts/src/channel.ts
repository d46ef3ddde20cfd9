import { Readable } from "node:stream";
import type { Channels } from "./websocket.js";

/** How much is kept of what nobody reads, before the other side has to wait. */
const kept = 1 << 20;

/** What comes over a channel. While it is full, nothing more is read of the connection. */
export class Output extends Readable {
  readonly #channels: Channels;
  #full = false;
  #finished = false;

  constructor(channels: Channels) {
    super({ highWaterMark: kept });
    this.#channels = channels;
  }

  /** Adds what came. */
  add(data: Buffer): void {
    if (this.#finished || this.destroyed || this.push(data) || this.#full) return;
    this.#full = true;
    this.#channels.pause();
  }

  /** Nothing more comes. */
  finish(): void {
    this.#finished = true;
    if (!this.destroyed) this.push(null);
  }

  override _read(): void {
    this.#free();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#free();
    done(error);
  }

  #free(): void {
    if (!this.#full) return;
    this.#full = false;
    this.#channels.resume();
  }
}
