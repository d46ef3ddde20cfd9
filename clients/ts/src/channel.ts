import { Readable } from "node:stream";
import type { Channels } from "./websocket.js";

/** The bytes that are buffered unread before the peer is held up. */
const kept = 1 << 20;

/** The data of one incoming channel. While its buffer is full, the connection is not read. */
export class Output extends Readable {
  readonly #channels: Channels;
  #full = false;
  #finished = false;

  constructor(channels: Channels) {
    super({ highWaterMark: kept });
    this.#channels = channels;
  }

  /** Appends received data. */
  add(data: Buffer): void {
    if (this.#finished || this.destroyed || this.push(data) || this.#full) return;
    this.#full = true;
    this.#channels.pause();
  }

  /** Marks the end of the data. */
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
